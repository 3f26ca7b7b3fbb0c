"""Declaring outward from here: an exit list of released declarations, and the pass of the vehicle that takes it.

Both are kept as declared and leave through the outbox in the same transaction; what becomes of them is said by
receipts, like that of any list or pass handed in.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from config.customs_rules import Trade
from wms.customs import bonded_list, exit_lists, gate_pass
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.exit_messages import (
    Firm,
    Loading,
    Terms,
    exit_list_body,
    gate_pass_body,
    write_declared,
)
from wms.customs.gate_pass import GatePass, PassedList, PassState
from wms.customs.left_behind import gone, left_behind, rest_of
from wms.customs.parcels import Parcel, ParcelState
from wms.customs.retail_declaration import SINGLE_WINDOW, BookEffect, RetailDeclaration
from wms.customs.trade import Course
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import AccountBook, Side
from wms.numbering import next_number
from wms.outbox import tell
from wms.registry.companies import Company
from wms.registry.rows import Rules
from wms.registry.rules import rules_on
from wms.registry.units import half_up
from wms.registry.vehicles import Vehicle


class OtherBook(Refusal):
    """A list takes goods out of one account book."""

    message = N_("Declaration {number} belongs to another account book than the first one chosen.")


class ListNotReady(Refusal):
    """A pass refers to lists that customs knows."""

    message = N_("Exit list {list} has no number of customs yet, or was given back. Wait for the review.")


class OnOtherPass(Refusal):
    """A list rides on one vehicle."""

    message = N_("Exit list {list} is on gate pass {number} of vehicle {vehicle} already.")


class RestRidesAlone(Refusal):
    """One document on several vehicles has a pass to itself on each."""

    message = N_("Exit list {list} left in part. Declare the pass of its rest without other lists.")


class FewerWait(Refusal):
    """More was asked for than there is; what is declared must be what was meant."""

    message = N_("You asked for {asked} orders, but {waiting} sealed parcels wait now. Load the page again.")


class NoListChosen(Refusal):
    """A pass takes at least one list."""

    message = N_("Choose at least one exit list.")
    status = 422


class NoSuchVehicle(Refusal):
    """Vehicles are filed with their empty weight."""

    message = N_("Vehicle {vehicle} is not on file. File it with its empty weight first.")
    status = 422


class RulesMissing(Refusal):
    """The codes a declaration needs come with the rules."""

    message = N_("No rules are in force on {day}. Load the registry's rules first.")


def declare_exit(
    session: Session,
    declarations: Sequence[RetailDeclaration],
    *,
    trade: Trade,
    sender_id: str,
    day: date,
    at: datetime,
) -> BondedList:
    """Declare an exit list of these declarations, each released and on no other list, and send it.

    Raises NothingListed, NotReleased, OnOtherList and OtherBook.
    """
    if not declarations:
        raise exit_lists.NothingListed
    book_id = declarations[0].book_id
    for each in declarations:
        if each.book_id != book_id:
            raise OtherBook(number=each.list_no)
    exit_lists.check_may_leave(session, declarations)
    terms = terms_of(session, book_id=book_id, sender_id=sender_id, day=day)
    lines = exit_lists.draft_lines(session, declarations)
    inner_no = next_number(session, "E", day=day)
    numbers = [each.list_no for each in declarations]
    body = exit_list_body(lines, numbers, inner_no=inner_no, terms=terms, at=at, day=day)
    made = bonded_list.declare(session, body, trade=trade, at=at)
    exit_lists.join_declarations(session, made)
    payload = write_declared("INV101", body, inner_no=inner_no, terms=terms, at=at)
    tell(session, destination=SINGLE_WINDOW, kind="INV101", payload=payload, at=at)
    return made


def waiting_for_exit(session: Session, *, limit: int = 1000) -> list[RetailDeclaration]:
    """Sealed parcels' declarations on no exit list, in the order of release."""
    query = (
        select(RetailDeclaration)
        .join(Parcel, Parcel.declaration_id == RetailDeclaration.id)
        .where(
            Parcel.state == ParcelState.SEALED,
            RetailDeclaration.exit_list_id.is_(None),
            RetailDeclaration.book_effect == BookEffect.PROMISED,
            RetailDeclaration.cancel_pending.is_(False),
            RetailDeclaration.list_no != "",
        )
        .order_by(RetailDeclaration.release_stamp, RetailDeclaration.order_no)
        .limit(limit)
    )
    return list(session.scalars(query))


def first_waiting(session: Session, count: int) -> list[RetailDeclaration]:
    """So many of those that wait, in the order of release; raises NothingListed and FewerWait."""
    if count < 1:
        raise exit_lists.NothingListed
    found = waiting_for_exit(session, limit=count)
    if len(found) < count:
        raise FewerWait(asked=count, waiting=len(found))
    return found


def lists_without_pass(session: Session) -> list[BondedList]:
    """Exit lists that customs pre-booked and no living pass takes yet, or whose vehicle left part of them behind."""
    query = select(BondedList).where(
        BondedList.side == Side.OUT,
        BondedList.course == Course.RETAIL,
        BondedList.state.in_((ListState.PRE_BOOKED, ListState.APPROVED, ListState.BOOKED)),
        BondedList.list_no != "",
        BondedList.list_no.not_in(_on_passes()),
        or_(BondedList.list_no.not_in(gone()), BondedList.list_no.in_(left_behind(session))),
    )
    return list(session.scalars(query.order_by(BondedList.id)))


def issue_pass(
    session: Session,
    lists: Sequence[BondedList],
    *,
    plate: str,
    contact: str,
    sender_id: str,
    day: date,
    at: datetime,
) -> GatePass:
    """Declare the pass of a vehicle for these exit lists, or for what the last vehicle left of one, and send it.

    Raises NoListChosen, ListNotReady, OnOtherPass, RestRidesAlone, NoSuchVehicle, and PassStillOpen of the pass.
    """
    if not lists:
        raise NoListChosen
    rests = left_behind(session, [each.list_no for each in lists])
    _check_lists(session, lists, rests)
    vehicle = session.scalars(select(Vehicle).where(Vehicle.plate == plate)).one_or_none()
    if vehicle is None:
        raise NoSuchVehicle(vehicle=plate)
    terms = terms_of(session, book_id=lists[0].book_id, sender_id=sender_id, day=day)
    gross_kg, net_kg = _weights(session, lists)
    loading = Loading(
        plate=plate,
        card_no=vehicle.card_no or "",
        vehicle_kg=vehicle.tare_kg,
        gross_kg=gross_kg,
        net_kg=net_kg,
        contact=contact,
    )
    inner_no = next_number(session, "G", day=day)
    numbers = [each.list_no for each in lists]
    rest = rest_of(session, lists[0]) if rests else []
    body = gate_pass_body(numbers, loading, rest=rest, inner_no=inner_no, terms=terms, day=day)
    made = gate_pass.declare(session, body, at=at)
    payload = write_declared("SAS121", body, inner_no=inner_no, terms=terms, at=at)
    tell(session, destination=SINGLE_WINDOW, kind="SAS121", payload=payload, at=at)
    return made


#: A pass in one of these takes nothing along any more.
_OVER = (*gate_pass.UNUSED, PassState.PASSED)


def _on_passes() -> Select[str]:
    """Numbers of lists that a pass takes whose vehicle has not gone."""
    return (
        select(PassedList.list_no)
        .join(GatePass, GatePass.id == PassedList.pass_id)
        .where(GatePass.state.not_in(_OVER))
    )


def _check_lists(session: Session, lists: Sequence[BondedList], rests: Mapping[str, int]) -> None:
    for each in lists:
        if each.list_no in rests and len(lists) > 1:
            raise RestRidesAlone(list=each.list_no)
        known = each.state in (ListState.PRE_BOOKED, ListState.APPROVED, ListState.BOOKED)
        if not each.list_no or not known:
            raise ListNotReady(list=each.list_no or each.inner_no)
        other = session.scalars(
            select(GatePass)
            .join(PassedList, PassedList.pass_id == GatePass.id)
            .where(
                PassedList.list_no == each.list_no,
                GatePass.state.not_in(_OVER if each.list_no in rests else gate_pass.UNUSED),
            )
            .order_by(GatePass.id.desc())
            .limit(1)
        ).first()
        if other is not None:
            raise OnOtherPass(
                list=each.list_no, number=other.pass_no or other.inner_no, vehicle=other.vehicle_no
            )


def _weights(session: Session, lists: Sequence[BondedList]) -> tuple[Decimal, Decimal]:
    """Gross and net weight of the lists' parcels in the zone, kilograms: as weighed where they are sealed."""
    ids = [each.id for each in lists]
    has_left = select(Parcel.id).where(
        Parcel.declaration_id == RetailDeclaration.id, Parcel.state == ParcelState.LEFT
    )
    gross_g = session.scalar(
        select(func.sum(func.coalesce(Parcel.weight_g, Parcel.expected_g)))
        .join(RetailDeclaration, RetailDeclaration.id == Parcel.declaration_id)
        .where(
            RetailDeclaration.exit_list_id.in_(ids),
            Parcel.state.not_in((ParcelState.PULLED, ParcelState.LEFT)),
        )
    )
    net_kg = session.scalar(
        select(func.sum(RetailDeclaration.net_kg)).where(
            RetailDeclaration.exit_list_id.in_(ids),
            RetailDeclaration.book_effect != BookEffect.WITHDRAWN,
            ~has_left.exists(),
        )
    )
    return half_up(Fraction(gross_g or 0) / 1000), half_up(Fraction(net_kg or 0))


def terms_of(session: Session, *, book_id: int, sender_id: str, day: date) -> Terms:
    """What every declaration outward of a book has in common; raises RulesMissing."""
    rules: Rules | None = rules_on(session, day=day)
    if rules is None:
        raise RulesMissing(day=day)
    book = session.get_one(AccountBook, book_id)
    company = session.get_one(Company, book.company_id)
    return Terms(
        firm=Firm(credit_code=company.credit_code, customs_code=company.customs_code, name=company.name),
        book_no=book.number,
        customs_code=book.customs_code,
        supervision_mode=rules.supervision_mode,
        transport_mode=rules.second_line_transport,
        country=rules.head_country,
        currency=rules.currency,
        sender_id=sender_id,
    )
