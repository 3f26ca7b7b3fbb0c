"""The zone's documents and books for programs: lists, passes, receipts, book items, reconciliation, cases."""

from datetime import datetime
from decimal import Decimal

from flask import request
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.customs.bonded_list import BondedList
from wms.customs.cases import Discrepancy, spots_of
from wms.customs.gate_pass import GatePass
from wms.customs.overview import goods_in_zone, reconcile_all
from wms.floor.receipt_progress import progress
from wms.ledger.book import AccountBook, Side
from wms.ledger.queries import BookRow, book_rows, rows_before_exits
from wms.web.api.paging import page_of
from wms.web.api.resource import Out, Resource
from wms.web.house import session
from wms.web.instants import asked_instant

bonded_lists = Resource("bonded-lists")
gate_passes = Resource("gate-passes")
receiving = Resource("receiving")
book = Resource("book")
reconciliation = Resource("reconciliation")
discrepancies = Resource("discrepancies")


class BondedListOut(Out):
    """核注清单; `goods` is not_arrived or in_zone."""

    number: str | None
    direction: str
    state: str
    goods: str


class BondedListsOut(Out):
    items: list[BondedListOut]
    next: str | None


@bonded_lists.get("", permission=Permission.READ_DOCUMENTS, out=BondedListsOut)
def list_bonded_lists() -> BondedListsOut:
    """Every inbound bonded list, in order of declaration; `?after` continues."""
    arrived = goods_in_zone(session())
    found, more = page_of(select(BondedList).where(BondedList.side == Side.IN), BondedList.id)
    return BondedListsOut(
        items=[
            BondedListOut(
                number=each.list_no or None,
                direction=each.side.value.lower(),
                state=each.state.value.lower(),
                goods="in_zone" if each.list_no in arrived else "not_arrived",
            )
            for each in found
        ],
        next=more,
    )


class GatePassOut(Out):
    """核放单; `weight_agrees` is null before the gate weighed it."""

    number: str
    direction: str
    vehicle: str
    lists: list[str]
    state: str
    weight_agrees: bool | None


class GatePassesOut(Out):
    items: list[GatePassOut]
    next: str | None


@gate_passes.get("", permission=Permission.READ_DOCUMENTS, out=GatePassesOut)
def list_gate_passes() -> GatePassesOut:
    """Every gate pass, in order of declaration; `?after` continues."""
    found, more = page_of(select(GatePass), GatePass.id)
    return GatePassesOut(
        items=[
            GatePassOut(
                number=each.pass_no,
                direction=each.side.value.lower(),
                vehicle=each.vehicle_no,
                lists=each.list_nos,
                state=each.state.value.lower(),
                weight_agrees=each.weight_ok,
            )
            for each in found
        ],
        next=more,
    )


class ReceivedOut(Out):
    """One item of a pass whose receipt is closed; quantities in stock units as text."""

    pass_number: str
    list_number: str
    item_no: str
    declared: str
    received: str
    damaged: str
    difference: str


class ReceivingOut(Out):
    items: list[ReceivedOut]
    next: str | None


@receiving.get("", permission=Permission.READ_DOCUMENTS, out=ReceivingOut)
def list_receiving() -> ReceivingOut:
    """What was found on each pass whose receipt is closed; `?after` continues."""
    closed, more = page_of(
        select(GatePass).where(GatePass.receipt_closed_at.is_not(None)), GatePass.id, size=100
    )
    return ReceivingOut(
        items=[
            ReceivedOut(
                pass_number=each.pass_no,
                list_number=line.list_no,
                item_no=line.item_no,
                declared=str(line.declared),
                received=str(line.received),
                damaged=str(line.damaged),
                difference=str(line.difference),
            )
            for each in closed
            for line in progress(session(), each)
        ],
        next=more,
    )


class BookItemOut(Out):
    """Figures of one book item, stock units as text."""

    book: str
    line: int
    item_no: str
    name: str
    unit: str
    actual_in: str
    actual_out: str
    promised_in: str
    promised_out: str
    available: str
    arrived_not_booked: str
    left_not_booked: str
    stock: str


class BookItemsOut(Out):
    items: list[BookItemOut]
    next: str | None


@book.get("/items", permission=Permission.READ_BOOK, out=BookItemsOut)
def list_book_items() -> BookItemsOut:
    """Every item of every account book, now; `?without=exit_bookings` as if no exit list had been booked."""
    rows = book_rows if request.args.get("without") != "exit_bookings" else rows_before_exits
    books = session().scalars(select(AccountBook).order_by(AccountBook.number)).all()
    return BookItemsOut(
        items=[_item(each.number, row) for each in books for row in rows(session(), book_id=each.id)],
        next=None,
    )


def _item(number: str, row: BookRow) -> BookItemOut:
    return BookItemOut(
        book=number,
        line=row.line_no,
        item_no=row.item_no,
        name=row.name,
        unit=row.unit,
        actual_in=str(row.actual_in),
        actual_out=str(row.actual_out),
        promised_in=str(row.promised_in),
        promised_out=str(row.promised_out),
        available=str(row.available),
        arrived_not_booked=str(row.arrived_not_booked),
        left_not_booked=str(row.left_not_booked),
        stock=str(row.stock),
    )


class ReconciledOut(Out):
    """One item of a reconciliation; quantities as text, `counted` null while nobody counted."""

    item_no: str
    unit: str
    opening: str
    booked_in: str
    booked_out: str
    statement: str
    book: str
    documents: str
    promised_in: str
    promised_out: str
    available: str
    arrived_not_booked: str
    left_not_booked: str
    booked_not_arrived: str
    booked_not_left: str
    returned_not_reentered: str
    expected: str
    counted: str | None
    difference: str


class ReconciliationOut(Out):
    at: datetime
    items: list[ReconciledOut]
    next: str | None


@reconciliation.get("", permission=Permission.READ_BOOK, out=ReconciliationOut)
def read_reconciliation() -> ReconciliationOut:
    """账/单/货 of every item, now or at the instant `?at=`."""
    at = asked_instant()
    items = [item for each in reconcile_all(session(), at=at) for item in each.items]
    return ReconciliationOut(
        at=at,
        items=[
            ReconciledOut(
                item_no=item.item_no,
                unit=item.unit,
                opening=str(item.opening),
                booked_in=str(item.booked_in),
                booked_out=str(item.booked_out),
                statement=_plain(item.statement),
                book=str(item.book),
                documents=str(item.documents),
                promised_in=str(item.promised_in),
                promised_out=str(item.promised_out),
                available=str(item.available),
                arrived_not_booked=str(item.arrived_not_booked),
                left_not_booked=str(item.left_not_booked),
                booked_not_arrived=str(item.booked_not_arrived),
                booked_not_left=str(item.booked_not_left),
                returned_not_reentered=str(item.returned_not_reentered),
                expected=str(item.expected),
                counted=None if item.counted is None else str(item.counted),
                difference=str(item.difference),
            )
            for item in items
        ],
        next=None,
    )


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


class DiscrepancyOut(Out):
    """A case: what was found to differ."""

    number: str
    kind: str
    state: str
    item_no: str
    level: str
    quantity: str
    book_difference: str
    location: str | None
    other_location: str | None
    lot: str | None
    other_lot: str | None


class DiscrepanciesOut(Out):
    items: list[DiscrepancyOut]
    next: str | None


@discrepancies.get("", permission=Permission.READ_BOOK, out=DiscrepanciesOut)
def list_discrepancies() -> DiscrepanciesOut:
    """Every case, in order of opening; `?after` continues."""
    found, more = page_of(select(Discrepancy), Discrepancy.id)
    spots = spots_of(session(), found)
    return DiscrepanciesOut(
        items=[
            DiscrepancyOut(
                number=case.number,
                kind=case.kind.value.lower(),
                state=case.state.value.lower(),
                item_no=case.item_no,
                level=case.level.value.lower(),
                quantity=str(case.quantity),
                book_difference=str(case.book_difference),
                location=spots[case.id].location,
                other_location=spots[case.id].other_location,
                lot=spots[case.id].lot,
                other_lot=spots[case.id].other_lot,
            )
            for case in found
        ],
        next=more,
    )


RESOURCES = (bonded_lists, gate_passes, receiving, book, reconciliation, discrepancies)
