"""Goods received against a gate pass: what is really there, whatever the papers say.

The floor never books. A scan posts what hands and eyes found; what goes beyond a pass line, or stands on no line,
is a fact of its own that names its case. When a person closes the receipt, what was announced and is not there
names a case too.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wms.customs import gate_pass as passes
from wms.customs.bonded_list import BondedList, find_by_list_no
from wms.customs.cases import CaseKind, open_case
from wms.customs.following import Following, came, following
from wms.customs.gate_pass import GatePass, PassState, Riding, riding_on
from wms.customs.inspection_goods import batch_number
from wms.customs.inspection_watch import held_on_arrival
from wms.customs.trade import partner_regime
from wms.errors import Refusal
from wms.floor.short import ask_cover
from wms.i18n import N_, say
from wms.ledger.book import Axis, BookItem, Document, DocumentKind, Side
from wms.ledger.lots import NO_BOOK_ITEM, Hold, Lot, Quality, find_or_add_lot
from wms.ledger.moves import Move
from wms.ledger.operations import NameCase, Operation, PlaceHold
from wms.ledger.places import Location, Purpose, Regime, partner_code
from wms.ledger.posting import apply
from wms.ledger.queries import location_by_code
from wms.registry.products import Product


class NoSuchPass(Refusal):
    """The number names no gate pass."""

    message = N_("There is no gate pass {number} here. Ask the declarant whether it was declared.")
    status = 404


class PassNotApproved(Refusal):
    """Only an approved pass is authority to receive."""

    message = N_("Gate pass {number} is not approved by customs yet (state {state}). Do not unload.")


class PassIsOutbound(Refusal):
    """A pass for goods that leave."""

    message = N_("Gate pass {number} is for goods going out. Nothing is received on it.")


class ReceiptIsClosed(Refusal):
    """A closed receipt takes nothing more; what turns up later is a count's business."""

    message = N_("The receipt of gate pass {number} is closed. Report what turned up to your supervisor.")


class ListsUnknown(Refusal):
    """Nobody has handed in the lists the pass names, so nobody knows whose goods these are."""

    message = N_("The lists of gate pass {number} are not here yet. Ask the declarant to hand them in.")


class PlaceNotBonded(Refusal):
    """Goods under a bonded list may not be put into a domestic place."""

    message = N_("{location} is no bonded place of the zone; these goods must stay under bond.")


class NothingReceived(Refusal):
    """Neither good nor damaged units."""

    message = N_("Count what is there: good and damaged units together are zero.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """What a worker found of one lot of an item, stock units."""

    product: Product
    lot: str
    expiry: date | None
    good: int
    damaged: int
    location: Location
    damaged_location: Location | None


@dataclass(kw_only=True)
class _Share:
    """So many units under one authority; `case` when it goes beyond."""

    document: Document
    quantity: int
    case_number: str = ""
    kind: CaseKind | None = field(default=None)
    follows: Following | None = field(default=None)


def find_receivable(session: Session, number: str, *, lock: bool = False) -> GatePass:
    """The pass to receive on; raises NoSuchPass and what `receivable` raises."""
    found = passes.find_by_pass_no(session, number, lock=lock)
    if found is None:
        raise NoSuchPass(number=number)
    return receivable(found)


def receivable(found: GatePass) -> GatePass:
    """The pass, if it can be received on; raises PassIsOutbound, PassNotApproved and ReceiptIsClosed."""
    number = found.pass_no or found.inner_no
    if found.side is not Side.IN:
        raise PassIsOutbound(number=number)
    if found.state not in (PassState.APPROVED, PassState.PASSED):
        raise PassNotApproved(number=number, state=say(passes.STATES[found.state]))
    if found.receipt_closed_at is not None:
        raise ReceiptIsClosed(number=number)
    return found


def take(
    session: Session, number: str, arrived: Arrived, *, by_id: int, at: datetime, hold_over: bool
) -> list[str]:
    """Post what arrived; returns the numbers of the cases it opened or widened."""
    gate_pass = find_receivable(session, number, lock=True)
    total = arrived.good + arrived.damaged
    if total <= 0 or min(arrived.good, arrived.damaged) < 0:
        raise NothingReceived
    for place in filter(None, (arrived.location, arrived.damaged_location)):
        if place.regime is not Regime.BONDED or place.is_partner:
            raise PlaceNotBonded(location=place.code)
    shares = _shares(session, gate_pass, arrived.product, total)
    cases = _open_cases(session, gate_pass, arrived.product, shares, by_id=by_id, at=at)
    operations = _moves(session, gate_pass, arrived, shares)
    moves = [each for each in operations if isinstance(each, Move)]
    if hold_over:
        operations += _holds(session, moves, by_id=by_id, at=at)
        moves = [each for each in moves if not each.case_number]
    batch = batch_number(arrived.product.item_no, arrived.lot)
    operations += held_on_arrival(session, moves, batch=batch, by_id=by_id, at=at)
    for share in shares:
        if share.follows is not None:
            came(session, share.follows, pass_number=gate_pass.pass_no, by_id=by_id, at=at)
    if arrived.damaged:
        _report_damage(session, gate_pass, arrived, shares, by_id=by_id, at=at)
    session.flush()
    apply(session, operations, occurred_at=at)
    ask_cover(session, {each.target_lot_id for each in moves})
    return cases


def _lines_of(session: Session, gate_pass: GatePass, product: Product) -> list[Riding]:
    return [each for each in riding_on(session, gate_pass) if each.line.product_id == product.id]


def _shares(session: Session, gate_pass: GatePass, product: Product, total: int) -> list[_Share]:
    """Fill the pass lines of the item in order; the rest goes beyond the last, or stands on no line."""
    shares: list[_Share] = []
    lines = _lines_of(session, gate_pass, product)
    received = _received_by_line(session, gate_pass.pass_no)
    left = total
    for each in lines:
        room = each.stock_quantity - received.get(each.document, 0)
        part = max(0, min(room, left))
        if part:
            shares.append(_Share(document=each.document, quantity=part))
            left -= part
    item_id = _book_item_id(session, gate_pass, product) if left else NO_BOOK_ITEM
    late = following(session, book_item_id=item_id, pass_number=gate_pass.pass_no, quantity=left)
    shares += [_Share(document=each.document, quantity=each.quantity, follows=each) for each in late]
    left -= sum(each.quantity for each in late)
    if left and lines:
        shares.append(_Share(document=lines[-1].document, quantity=left, kind=CaseKind.RECEIPT_OVER))
    elif left:
        nowhere = Document(kind=DocumentKind.GATE_PASS, number=gate_pass.pass_no)
        shares.append(_Share(document=nowhere, quantity=left, kind=CaseKind.RECEIPT_WRONG_ITEM_EXTRA))
    return shares


_RECEIVED = text("""
    select document_kind, document_number, document_line, sum(quantity)
    from stock_move m join location s on s.id = m.source_id
    where m.pass_number = :pass_number and m.pass_number <> '' and s.purpose = 'SUPPLIER'
    group by 1, 2, 3
""")


def _received_by_line(session: Session, pass_no: str) -> dict[Document, int]:
    rows = session.execute(_RECEIVED, {"pass_number": pass_no})
    return {
        Document(kind=DocumentKind(kind), number=number, line=line): int(quantity)
        for kind, number, line, quantity in rows
    }


def _open_cases(
    session: Session,
    gate_pass: GatePass,
    product: Product,
    shares: list[_Share],
    *,
    by_id: int,
    at: datetime,
) -> list[str]:
    numbers: list[str] = []
    for share in shares:
        if share.kind is None:
            continue
        on_list = share.document.kind is DocumentKind.BONDED_LIST
        case = open_case(
            session,
            kind=share.kind,
            item_no=product.item_no,
            book_item_id=_book_item_id(session, gate_pass, product),
            quantity=share.quantity,
            book_difference=share.quantity,
            document_number=share.document.number if on_list else "",
            document_line=share.document.line,
            pass_number=gate_pass.pass_no,
            at=at,
            by_id=by_id,
        )
        share.case_number = case.number
        numbers.append(case.number)
    return numbers


def _book_item_id(session: Session, gate_pass: GatePass, product: Product) -> int:
    """The item's line in the book the pass works on; goods on no line of it carry none."""
    book_ids = {each.bonded.book_id for each in riding_on(session, gate_pass)}
    query = select(BookItem.id).where(BookItem.book_id.in_(book_ids), BookItem.item_no == product.item_no)
    return session.scalars(query).first() or NO_BOOK_ITEM


def _moves(
    session: Session, gate_pass: GatePass, arrived: Arrived, shares: Sequence[_Share]
) -> list[Operation]:
    """Good units first under each authority, then damaged ones."""
    supplier = _supplier(session, gate_pass)
    ends: list[tuple[int, Location, Quality]] = [(arrived.good, arrived.location, Quality.GOOD)]
    ends.append((arrived.damaged, arrived.damaged_location or arrived.location, Quality.DAMAGED))
    waiting = [(share, share.quantity) for share in shares]
    operations: list[Operation] = []
    for quantity, place, quality in ends:
        left = quantity
        lot = _lot(session, gate_pass, arrived, quality) if quantity else None
        while left and lot is not None:
            share, open_units = waiting.pop(0)
            part = min(left, open_units)
            operations.append(
                Move(
                    source_id=supplier.id,
                    source_lot_id=lot.id,
                    target_id=place.id,
                    target_lot_id=lot.id,
                    quantity=part,
                    document=share.document,
                    pass_number=share.follows.case.pass_number if share.follows else gate_pass.pass_no,
                    case_number=share.case_number,
                    answers_case=share.follows.case.number if share.follows else "",
                )
            )
            left -= part
            if open_units > part:
                waiting.insert(0, (share, open_units - part))
    return operations


def _first_list(session: Session, gate_pass: GatePass) -> BondedList:
    """The first list on the pass that is here; raises ListsUnknown."""
    known = (find_by_list_no(session, number) for number in gate_pass.list_nos)
    bonded = next(filter(None, known), None)
    if bonded is None:
        raise ListsUnknown(number=gate_pass.pass_no)
    return bonded


def _supplier(session: Session, gate_pass: GatePass) -> Location:
    """Where the goods of a pass come from: abroad, inside the country, or another zone, as its lists say."""
    bonded = _first_list(session, gate_pass)
    supplier = location_by_code(session, partner_code(Purpose.SUPPLIER, partner_regime(bonded.counterpart)))
    assert supplier is not None, "every installation has its partner places"
    return supplier


def _lot(session: Session, gate_pass: GatePass, arrived: Arrived, quality: Quality) -> Lot:
    """The lot these goods are: owner and mode come from the lists that ride on the pass."""
    bonded = _first_list(session, gate_pass)
    return find_or_add_lot(
        session,
        product=arrived.product,
        code=arrived.lot,
        expiry=arrived.expiry,
        owner_id=bonded.book.company_id,
        quality=quality,
        mode=bonded.supervision_mode,
        book_item_id=_book_item_id(session, gate_pass, arrived.product),
    )


def _holds(session: Session, operations: Sequence[Operation], *, by_id: int, at: datetime) -> list[Operation]:
    """What goes beyond its papers stays held until its case is decided."""
    holds: list[Operation] = []
    for move in operations:
        if isinstance(move, Move) and move.case_number:
            hold = Hold(reason="超出核放单", case_number=move.case_number, by_id=by_id, placed_at=at)
            session.add(hold)
            session.flush()
            holds.append(
                PlaceHold(
                    hold_id=hold.id,
                    location_id=move.target_id,
                    lot_id=move.target_lot_id,
                    quantity=move.quantity,
                )
            )
    return holds


def _report_damage(
    session: Session,
    gate_pass: GatePass,
    arrived: Arrived,
    shares: Sequence[_Share],
    *,
    by_id: int,
    at: datetime,
) -> None:
    """Damaged units count as present; their condition is a case of its own."""
    document = shares[0].document
    on_list = document.kind is DocumentKind.BONDED_LIST
    open_case(
        session,
        kind=CaseKind.RECEIPT_DAMAGED,
        item_no=arrived.product.item_no,
        book_item_id=_book_item_id(session, gate_pass, arrived.product),
        quantity=arrived.damaged,
        book_difference=0,
        document_number=document.number if on_list else "",
        document_line=document.line,
        pass_number=gate_pass.pass_no,
        at=at,
        by_id=by_id,
    )


def close(session: Session, number: str, *, by_id: int, at: datetime) -> list[str]:
    """A person says that everything is unloaded: what is missing names a case. Returns the cases' numbers."""
    gate_pass = find_receivable(session, number, lock=True)
    gate_pass.receipt_closed_at, gate_pass.receipt_closed_by_id = at, by_id
    received = _received_by_line(session, number)
    strangers = any(document.kind is DocumentKind.GATE_PASS for document in received)
    operations: list[Operation] = []
    numbers: list[str] = []
    for each in riding_on(session, gate_pass):
        missing = each.stock_quantity - received.get(each.document, 0)
        if missing <= 0:
            continue
        instead = strangers and each.document not in received
        case = open_case(
            session,
            kind=CaseKind.RECEIPT_WRONG_ITEM_MISSING if instead else CaseKind.RECEIPT_SHORT,
            item_no=each.line.item_no,
            book_item_id=each.line.book_item_id,
            quantity=missing,
            book_difference=-missing,
            document_number=each.document.number,
            document_line=each.document.line,
            pass_number=number,
            at=at,
            by_id=by_id,
        )
        numbers.append(case.number)
        operations.append(
            NameCase(
                document=each.document,
                axis=Axis.BOOKED_UNMOVED,
                pass_number=number,
                case_number=case.number,
            )
        )
    session.flush()
    if operations:
        apply(session, operations, occurred_at=at)
    return numbers
