"""What a receipt makes a person look at: one alert, and a case where somebody has to decide."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from wms.alerts import Severity, raise_alert
from wms.customs import cases
from wms.customs.bonded_list import BondedList
from wms.customs.departure import Departed
from wms.customs.gate_pass import GatePass
from wms.i18n import N_, Sentence, say
from wms.ledger.book import Document


def gathered(session: Session, bonded: BondedList, missing: Iterable[str], *, at: datetime) -> None:
    """Declarations an exit list names and could not take along."""
    for number in missing:
        raise_alert(
            session,
            kind="exit.unknown",
            subject=f"{bonded.inner_no} {number}",
            sentence=say(
                N_("Exit list {list} names declaration {number}, which is unknown here or on another list."),
                list=bonded.inner_no,
                number=number,
            ),
            severity=Severity.WARNING,
            at=at,
        )


def exit_excess(
    session: Session,
    document: BondedList,
    excess: Iterable[tuple[Document, int]],
    *,
    at: datetime,
    by_id: int,
) -> None:
    """What customs booked out beyond the orders' promises is not entered; it waits for a person under its case."""
    for line, quantity in excess:
        found = next(each for each in document.lines if each.line_no == line.line)
        case = cases.open_case(
            session,
            kind=cases.CaseKind.BOOKED_OTHERWISE,
            item_no=found.item_no,
            book_item_id=found.book_item_id,
            quantity=quantity,
            book_difference=0,
            document_number=document.list_no,
            document_line=line.line,
            at=at,
            by_id=by_id,
        )
        raise_alert(
            session,
            kind="book.excess",
            subject=str(line),
            sentence=say(
                N_(
                    "{document}: customs booked {quantity} more than its orders promised. Case {case} decides."
                ),
                document=str(line),
                quantity=quantity,
                case=case.number,
            ),
            severity=Severity.WARNING,
            at=at,
        )


def excess(session: Session, found: Iterable[tuple[Document, int]], *, at: datetime) -> None:
    """What a passage booked beyond its promises."""
    for document, quantity in found:
        raise_alert(
            session,
            kind="book.excess",
            subject=str(document),
            sentence=say(
                N_("{document} was booked by {quantity} more than it had promised."),
                document=str(document),
                quantity=quantity,
            ),
            severity=Severity.WARNING,
            at=at,
        )


def weight(session: Session, document: GatePass, *, at: datetime) -> None:
    """A vehicle that weighs something else than declared takes the manual lane."""
    raise_alert(
        session,
        kind="gate.weight",
        subject=document.pass_no,
        sentence=say(
            N_(
                "Vehicle {vehicle}: declared {declared} kg, weighed {weighed} kg. Send it to the manual lane."
            ),
            vehicle=document.vehicle_no,
            declared=document.total_kg.normalize(),
            weighed=(document.collected_kg or Decimal(0)).normalize(),
        ),
        severity=Severity.WARNING,
        at=at,
    )


def departed(session: Session, document: GatePass, found: Departed | None, *, at: datetime) -> None:
    """What a vehicle took along and should not have, and what it left behind."""
    if found is None:
        return
    if found.stayed:
        said = say(
            N_(
                "Vehicle {vehicle} left with {parcels} parcels; {stayed} of its lists stay in the zone. "
                "Declare a pass for them."
            ),
            vehicle=document.vehicle_no,
            parcels=found.parcels,
            stayed=found.stayed,
        )
        _raise(session, "gate.part_load", document.pass_no, said, Severity.NOTICE, at=at)
    for order in found.barred_orders:
        said = say(
            N_("Order {order} left with vehicle {vehicle}, although it was barred. Call it back."),
            order=order,
            vehicle=document.vehicle_no,
        )
        _raise(session, "gate.barred", order, said, Severity.CRITICAL, at=at)
    if found.lifted:
        said = say(
            N_("Vehicle {vehicle} took {count} held pieces along. Their hold is void; call them back."),
            vehicle=document.vehicle_no,
            count=found.lifted,
        )
        _raise(session, "gate.held", document.pass_no, said, Severity.CRITICAL, at=at)
    if found.elsewhere or found.nowhere:
        said = say(
            N_(
                "Vehicle {vehicle} left: {elsewhere} of its pieces stood at other places in the ledger, {nowhere} "
                "nowhere. Count staging and these bins."
            ),
            vehicle=document.vehicle_no,
            elsewhere=found.elsewhere,
            nowhere=found.nowhere,
        )
        _raise(session, "gate.not_staged", document.pass_no, said, Severity.CRITICAL, at=at)


def _raise(
    session: Session, kind: str, subject: str, sentence: Sentence, severity: Severity, *, at: datetime
) -> None:
    raise_alert(session, kind=kind, subject=subject, sentence=sentence, severity=severity, at=at)


def strange_returns(
    session: Session, document: BondedList, strangers: Iterable[str], *, at: datetime
) -> None:
    """A return list was booked that names goods which may not enter the book again."""
    for list_no in strangers:
        raise_alert(
            session,
            kind="return.stranger",
            subject=f"{document.list_no} {list_no}",
            sentence=say(
                N_("Return list {list} was booked; the goods of declaration {number} may not enter again."),
                list=document.list_no,
                number=list_no,
            ),
            severity=Severity.WARNING,
            at=at,
        )
