"""All that is known of one order, gathered for a page: filings and versions, verdict, declaration, answers, goods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Select, String, func, literal, select, union
from sqlalchemy.orm import Session

from wms.alerts import Alert
from wms.customs.bonded_list import BondedList
from wms.customs.cancel_request import CancelRequest, requests_about
from wms.customs.gate_pass import GatePass
from wms.customs.inbox import InboxMessage
from wms.customs.parcels import Parcel, PickState
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.retail_receipts import RetailReceipt, receipts_of
from wms.customs.return_case import ReturnCase, cases_of
from wms.customs.tax_bill import TaxBill, bills_by_list
from wms.i18n import Sentence
from wms.ledger.lots import Lot
from wms.ledger.places import Location
from wms.orders.deliveries import DeliveryReport, delivery_of
from wms.orders.documents import Order, Payment, Waybill
from wms.orders.filing import KINDS, RepeatedElement, Repetition, in_force
from wms.orders.matching import Verdict
from wms.orders.paper_receipts import PaperReceipt, receipts_on
from wms.orders.verdicts import Match

F = TypeVar("F", Order, Payment, Waybill)


class Standing(StrEnum):
    """What became of a version of a filing."""

    IN_FORCE = "in_force"
    REPLACED = "replaced"
    TOO_LATE = "too_late"
    """newer than the one the order was accepted by, which stands"""
    CONFLICT = "conflict"
    """the same element with other content; the first stands"""


@dataclass(frozen=True, kw_only=True)
class Filing:
    """One version of a filing; what conflicts with an earlier one is not read, so its own time is not known."""

    kind: str
    declared_at: datetime | None
    file_name: str
    received_at: datetime
    standing: Standing


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
    left: Sentence | None
    """why the last run could not accept it, while it is not accepted"""
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
        query = query.where(numbers.c.order_no.icontains(search, autoescape=True))
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
    match = session.scalars(select(Match).where(Match.order_no == order_no)).one_or_none()
    filings = _filings(session, order_no, match)
    if not filings:
        return None
    query = select(RetailDeclaration).where(RetailDeclaration.order_no == order_no)
    declaration = session.scalars(query.order_by(RetailDeclaration.id.desc())).first()
    parcel = None if declaration is None else _parcel(session, declaration)
    waybill = _standing(session, Waybill, order_no, match)
    return Story(
        order_no=order_no,
        order=_standing(session, Order, order_no, match),
        payment=_standing(session, Payment, order_no, match),
        waybill=waybill,
        filings=filings,
        match=match,
        left=_left(session, order_no, match),
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


def _left(session: Session, order_no: str, match: Match | None) -> Sentence | None:
    if match is not None and match.verdict is Verdict.ACCEPTED:
        return None
    told = select(Alert).where(
        Alert.kind == "order.left", Alert.subject == order_no, Alert.acknowledged_at.is_(None)
    )
    alert = session.scalars(told).one_or_none()
    return None if alert is None else alert.sentence


def _all(session: Session, table: type[F], order_no: str) -> Sequence[F]:
    return session.scalars(select(table).where(table.order_no == order_no)).all()


def _filings(session: Session, order_no: str, match: Match | None) -> list[Filing]:
    return [
        *_versions(session, Order, order_no, match),
        *_versions(session, Payment, order_no, match),
        *_versions(session, Waybill, order_no, match),
        *_conflicts(session, order_no),
    ]


def _standing(session: Session, table: type[F], order_no: str, match: Match | None) -> F | None:
    """The version that counts: once accepted, the newest that had come by then, whatever is filed later."""
    if match is None or match.verdict is not Verdict.ACCEPTED:
        return in_force(session, table, order_no=order_no)
    query = (
        select(table)
        .join(InboxMessage, InboxMessage.id == table.message_id)
        .where(table.order_no == order_no)
        .order_by(table.declared_at.desc(), table.id.desc())
    )
    judged = table.id == match.order_id if table is Order else InboxMessage.received_at <= match.judged_at
    return session.scalars(query.where(judged).limit(1)).first()


def _versions(session: Session, table: type[F], order_no: str, match: Match | None) -> list[Filing]:
    standing = _standing(session, table, order_no, match)
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
            standing=_judge(one, standing),
        )
        for one, file_name, received_at in session.execute(query.order_by(table.declared_at, table.id))
    ]


def _judge(one: F, standing: F | None) -> Standing:
    if standing is None or (one.declared_at, one.id) > (standing.declared_at, standing.id):
        return Standing.TOO_LATE
    return Standing.IN_FORCE if one.id == standing.id else Standing.REPLACED


def _conflicts(session: Session, order_no: str) -> list[Filing]:
    query = (
        select(RepeatedElement.kind, InboxMessage.file_name, InboxMessage.received_at)
        .join(InboxMessage, InboxMessage.id == RepeatedElement.message_id)
        .where(RepeatedElement.order_no == order_no, RepeatedElement.outcome == Repetition.DUPLICATE_CONFLICT)
        .order_by(RepeatedElement.id)
    )
    return [
        Filing(
            kind=kind,
            declared_at=None,
            file_name=file_name,
            received_at=received_at,
            standing=Standing.CONFLICT,
        )
        for kind, file_name, received_at in session.execute(query)
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
