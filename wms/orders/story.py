"""All that is known of one order, gathered for a page: filings and versions, verdict, declaration, answers, goods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, String, func, literal, select, union
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList
from wms.customs.cancel_request import CancelRequest, requests_about
from wms.customs.gate_pass import GatePass
from wms.customs.inbox import InboxMessage
from wms.customs.parcels import Parcel, PickState
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.retail_receipts import RetailReceipt, receipts_of
from wms.customs.return_case import ReturnCase, cases_of
from wms.customs.tax_bill import TaxBill, bills_by_list
from wms.ledger.lots import Lot
from wms.ledger.places import Location
from wms.orders.deliveries import DeliveryReport, delivery_of
from wms.orders.documents import Order, Payment, Waybill
from wms.orders.filing import KINDS, in_force
from wms.orders.matching import Verdict
from wms.orders.paper_receipts import PaperReceipt, receipts_on
from wms.orders.verdicts import Match

F = TypeVar("F", Order, Payment, Waybill)


@dataclass(frozen=True, kw_only=True)
class Filing:
    """One version of a filing."""

    kind: str
    declared_at: datetime
    file_name: str
    received_at: datetime
    is_in_force: bool


@dataclass(frozen=True, kw_only=True)
class PickedLot:
    """Goods chosen for the parcel."""

    line_no: int
    lot: str
    location: str
    quantity: int
    state: PickState


@dataclass(frozen=True, kw_only=True)
class Story:
    """One order from its first paper to the booked exit; what has not happened is none or empty."""

    order_no: str
    order: Order | None
    payment: Payment | None
    waybill: Waybill | None
    filings: Sequence[Filing]
    match: Match | None
    declaration: RetailDeclaration | None
    paper_receipts: Sequence[PaperReceipt]
    receipts: Sequence[RetailReceipt]
    cancels: Sequence[CancelRequest]
    returns: Sequence[ReturnCase]
    bill: TaxBill | None
    parcel: Parcel | None
    picks: Sequence[PickedLot]
    gate_pass: GatePass | None
    exit_list: BondedList | None
    delivery: DeliveryReport | None


@dataclass(frozen=True, kw_only=True)
class OrderRow:
    """An order in a list; no match yet when no run has judged it."""

    order_no: str
    match: Match | None
    declaration: RetailDeclaration | None


def orders_page(
    session: Session, *, verdict: Verdict | None, search: str, page: int, size: int
) -> tuple[list[OrderRow], bool]:
    """One page of all orders any filing names, by number, and whether there are more; unjudged ones are waiting."""
    numbers = _numbers().subquery()
    query = (
        select(numbers.c.order_no, Match, RetailDeclaration)
        .outerjoin(Match, Match.order_no == numbers.c.order_no)
        .outerjoin(RetailDeclaration, RetailDeclaration.order_no == numbers.c.order_no)
    )
    if search:
        query = query.where(numbers.c.order_no.contains(search, autoescape=True))
    if verdict is not None:
        judged = func.coalesce(Match.verdict.cast(String), literal(Verdict.WAITING.value))
        query = query.where(judged == verdict.value)
    found = session.execute(query.order_by(numbers.c.order_no).limit(size + 1).offset((page - 1) * size))
    rows = [OrderRow(order_no=number, match=match, declaration=one) for number, match, one in found]
    return rows[:size], len(rows) > size


def _numbers() -> Select[tuple[str]]:
    every = union(select(Order.order_no), select(Payment.order_no), select(Waybill.order_no)).subquery()
    return select(every.c.order_no)


def story_of(session: Session, order_no: str) -> Story | None:
    """The whole story of an order; none when no filing names it."""
    filings = _filings(session, order_no)
    if not filings:
        return None
    query = select(RetailDeclaration).where(RetailDeclaration.order_no == order_no)
    declaration = session.scalars(query.order_by(RetailDeclaration.id.desc())).first()
    parcel = None if declaration is None else _parcel(session, declaration)
    waybill = in_force(session, Waybill, order_no=order_no)
    return Story(
        order_no=order_no,
        order=in_force(session, Order, order_no=order_no),
        payment=in_force(session, Payment, order_no=order_no),
        waybill=waybill,
        filings=filings,
        match=session.scalars(select(Match).where(Match.order_no == order_no)).one_or_none(),
        declaration=declaration,
        paper_receipts=receipts_on(
            session,
            orders=_all(session, Order, order_no),
            payments=_all(session, Payment, order_no),
            waybills=_all(session, Waybill, order_no),
        ),
        receipts=[] if declaration is None else _receipts(session, declaration),
        cancels=requests_about(session, order_nos=[order_no], list_nos=[]),
        returns=[] if declaration is None else cases_of(session, declaration.id),
        bill=None
        if declaration is None
        else bills_by_list(session, [declaration.list_no]).get(declaration.list_no),
        parcel=parcel,
        picks=[] if parcel is None else _picks(session, parcel),
        gate_pass=None if parcel is None or parcel.pass_id is None else session.get(GatePass, parcel.pass_id),
        exit_list=None
        if declaration is None or declaration.exit_list_id is None
        else session.get(BondedList, declaration.exit_list_id),
        delivery=None
        if waybill is None
        else delivery_of(session, carrier_code=waybill.carrier_code, waybill_no=waybill.waybill_no),
    )


def _all(session: Session, table: type[F], order_no: str) -> Sequence[F]:
    return session.scalars(select(table).where(table.order_no == order_no)).all()


def _filings(session: Session, order_no: str) -> list[Filing]:
    return [
        *_versions(session, Order, order_no),
        *_versions(session, Payment, order_no),
        *_versions(session, Waybill, order_no),
    ]


def _versions(session: Session, table: type[F], order_no: str) -> list[Filing]:
    standing = in_force(session, table, order_no=order_no)
    query = (
        select(table, InboxMessage.file_name, InboxMessage.received_at)
        .join(InboxMessage, InboxMessage.id == table.message_id)
        .where(table.order_no == order_no)
    )
    return [
        Filing(
            kind=KINDS[table],
            declared_at=one.declared_at,
            file_name=file_name,
            received_at=received_at,
            is_in_force=standing is not None and one.id == standing.id,
        )
        for one, file_name, received_at in session.execute(query.order_by(table.declared_at, table.id))
    ]


def _receipts(session: Session, declaration: RetailDeclaration) -> list[RetailReceipt]:
    """By customs' clock, as they count."""
    return sorted(
        receipts_of(session, "CEB622", [declaration.number]), key=lambda each: (each.returned_at, each.id)
    )


def _parcel(session: Session, declaration: RetailDeclaration) -> Parcel | None:
    query = select(Parcel).where(Parcel.declaration_id == declaration.id).order_by(Parcel.id.desc())
    return session.scalars(query).first()


def _picks(session: Session, parcel: Parcel) -> list[PickedLot]:
    places, lots = {each.location_id for each in parcel.picks}, {each.lot_id for each in parcel.picks}
    where = session.execute(select(Location.id, Location.code).where(Location.id.in_(places)))
    which = session.execute(select(Lot.id, Lot.code).where(Lot.id.in_(lots)))
    codes, names = {row.id: row.code for row in where}, {row.id: row.code for row in which}
    return [
        PickedLot(
            line_no=each.line_no,
            lot=names[each.lot_id],
            location=codes[each.location_id],
            quantity=each.quantity,
            state=each.state,
        )
        for each in parcel.picks
    ]
