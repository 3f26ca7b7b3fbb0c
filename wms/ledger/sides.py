"""The further guarded rows of one posting: serials' places, reservations and buyers' allowances.

Locked after the book figures, buyers last, by key inside each; written with the posting. Each figure keeps the sum
of its entries, so that a guard has one row to lock.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from sqlalchemy import TextClause
from sqlalchemy.orm import Session

from wms.ledger import refusals
from wms.ledger import side_statements as sql
from wms.ledger.book import Document
from wms.ledger.moves import Goods
from wms.ledger.operations import Operation, ReleaseItem, ReserveItem, RestoreAllowance, UseAllowance
from wms.ledger.reservations import candidates, keeps_long_enough
from wms.ledger.tally import Resolved

Key = tuple[object, ...]


@dataclass(kw_only=True)
class Figure:
    """A guarded sum as it stands within this posting."""

    id: int
    total: int
    version: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A signed row beside a figure."""

    figure_id: int
    document: Document
    quantity: int


@dataclass(kw_only=True)
class Side:
    """One kind of guarded figure: its statements and what this posting changes of it."""

    update: TextClause
    insert: TextClause
    figures: dict[Key, Figure] = field(default_factory=dict)
    used: dict[tuple[int, Document], int] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)

    def change(self, figure: Figure, document: Document, quantity: int) -> None:
        """Add to a figure, with its entry."""
        figure.total += quantity
        self.used[figure.id, document] = self.used.get((figure.id, document), 0) + quantity
        self.entries.append(Entry(figure_id=figure.id, document=document, quantity=quantity))


def work_reservations(session: Session, operations: Sequence[Operation]) -> Side:
    """Guard and change what is promised by (book item, owner, mode). Raises ShelfLife and NotReserved."""
    side = Side(update=sql.UPDATE_RESERVED, insert=sql.INSERT_RESERVATIONS)
    asked = [each for each in operations if isinstance(each, ReserveItem | ReleaseItem)]
    if not asked:
        return side
    keys = sorted({(each.book_item_id, each.owner_id, each.mode) for each in asked})
    columns = dict(zip(("items", "owners", "modes"), (list(c) for c in zip(*keys, strict=True)), strict=True))
    session.execute(sql.MAKE_RESERVED, columns)
    names = {}
    for row in session.execute(sql.LOCK_RESERVED, columns):
        key = row.book_item_id, row.owner_id, row.mode
        side.figures[key] = Figure(id=row.id, total=row.reserved, version=row.version)
        names[key] = row.item_no
    _read_used(session, side, sql.RESERVED_BY, (e.document for e in asked if isinstance(e, ReleaseItem)))
    for each in asked:
        key = each.book_item_id, each.owner_id, each.mode
        if isinstance(each, ReserveItem):
            _reserve(session, side, side.figures[key], each, names[key])
        else:
            _release(side, side.figures[key], each, names[key])
    return side


def _reserve(session: Session, side: Side, figure: Figure, each: ReserveItem, item: str) -> None:
    if each.quantity <= 0:
        raise refusals.NothingToMove(quantity=each.quantity)
    lots = candidates(session, book_item_id=each.book_item_id, owner_id=each.owner_id, mode=each.mode)
    sellable = sum(
        lot.usable
        for lot in lots
        if keeps_long_enough(lot.expiry, on_day=each.on_day, min_remaining_days=each.min_remaining_days)
    )
    if each.guarded and figure.total + each.quantity > sellable:
        raise refusals.ShelfLife(
            item=item,
            sellable=sellable,
            promised=figure.total,
            wanted=each.quantity,
            min_remaining_days=each.min_remaining_days,
        )
    side.change(figure, each.document, each.quantity)


def _release(side: Side, figure: Figure, each: ReleaseItem, item: str) -> None:
    reserved = side.used.get((figure.id, each.document), 0)
    wanted = reserved if each.quantity is None else each.quantity
    if each.if_open and not reserved:
        return
    if not 0 < wanted <= reserved:
        raise refusals.NotReserved(document=str(each.document), reserved=reserved, item=item, wanted=wanted)
    side.change(figure, each.document, -wanted)


def work_buyers(session: Session, operations: Sequence[Operation]) -> Side:
    """Guard and change buyers' yearly figures. Raises YearlyAmount, YearlyQuantity and NothingUsed."""
    side = Side(update=sql.UPDATE_BUYERS, insert=sql.INSERT_BUYER_ENTRIES)
    asked = [each for each in operations if isinstance(each, UseAllowance | RestoreAllowance)]
    if not asked:
        return side
    names = ("buyers", "years", "items")
    keys = sorted({(each.buyer, each.year, each.item_no) for each in asked})
    columns = dict(zip(names, (list(c) for c in zip(*keys, strict=True)), strict=True))
    # What is given back only if there is any needs no figure of its own.
    if wanted := sorted({(e.buyer, e.year, e.item_no) for e in asked if not _is_idle(e)}):
        session.execute(
            sql.MAKE_BUYERS, dict(zip(names, (list(c) for c in zip(*wanted, strict=True)), strict=True))
        )
    for row in session.execute(sql.LOCK_BUYERS, columns):
        side.figures[row.buyer, row.year, row.item_no] = Figure(
            id=row.id, total=row.used, version=row.version
        )
    givers = [e for e in asked if isinstance(e, RestoreAllowance)]
    _read_used(session, side, sql.USED_BY, (e.used_by or e.document for e in givers))
    for each in asked:
        figure = side.figures.get((each.buyer, each.year, each.item_no))
        if figure is None:
            continue
        if isinstance(each, UseAllowance):
            _use(side, figure, each)
        else:
            _restore(side, figure, each)
    return side


def _is_idle(each: UseAllowance | RestoreAllowance) -> bool:
    """Whether it may find nothing to do."""
    return isinstance(each, RestoreAllowance) and each.if_open


def _use(side: Side, figure: Figure, each: UseAllowance) -> None:
    if each.quantity <= 0:
        raise refusals.NothingToMove(quantity=each.quantity)
    if each.limit is not None and figure.total + each.quantity > each.limit:
        facts = {"used": figure.total, "limit": each.limit, "wanted": each.quantity}
        if each.item_no:
            raise refusals.YearlyQuantity(**facts, item=each.item_no)
        raise refusals.YearlyAmount(**facts)
    side.change(figure, each.document, each.quantity)


def _restore(side: Side, figure: Figure, each: RestoreAllowance) -> None:
    used = side.used.get((figure.id, each.used_by or each.document), 0)
    if each.used_by is not None:
        # What others gave back of the same use lowered the figure, not that document's own entries.
        used = min(used, figure.total)
    wanted = used if each.quantity is None else each.quantity
    if each.if_open:
        wanted = min(wanted, used)
        if not wanted:
            return
    if not 0 < wanted <= used:
        raise refusals.NothingUsed(document=str(each.document), used=used, wanted=wanted)
    side.change(figure, each.document, -wanted)


def _read_used(session: Session, side: Side, query: TextClause, documents: Iterable[Document]) -> None:
    """What each document used of the locked figures; entries of a locked figure can only be ours."""
    by_name = {(each.number, each.line): each for each in documents}
    if not by_name:
        return
    rows = session.execute(
        query,
        {
            "figures": [figure.id for figure in side.figures.values()],
            "numbers": [number for number, _ in by_name],
            "lines": [line for _, line in by_name],
        },
    )
    for row in rows:
        side.used[row.figure_id, by_name[row.document_number, row.document_line]] = int(row.quantity)


def write_side(session: Session, side: Side, posting_id: int) -> None:
    """Write the entries and the figures they add up to."""
    if not side.entries:
        return
    session.execute(
        side.insert,
        {
            "posting_id": posting_id,
            "figures": [each.figure_id for each in side.entries],
            "kinds": [each.document.kind.value for each in side.entries],
            "numbers": [each.document.number for each in side.entries],
            "lines": [each.document.line for each in side.entries],
            "quantities": [each.quantity for each in side.entries],
        },
    )
    touched = {each.figure_id for each in side.entries}
    changed = [figure for figure in side.figures.values() if figure.id in touched]
    written = session.execute(
        side.update,
        {
            "ids": [figure.id for figure in changed],
            "totals": [figure.total for figure in changed],
            "versions": [figure.version for figure in changed],
        },
    ).all()
    assert len(written) == len(changed), "figures were written as read under the locks"


def check_serials(moves: Sequence[Resolved]) -> None:
    """A serial moves as the one unit it is."""
    for each in moves:
        for lot in (each.source_goods, each.target_goods):
            if lot.is_serial and each.move.quantity != 1:
                raise refusals.SerialQuantity(lot=lot.code, wanted=each.move.quantity)


def move_serials(session: Session, moves: Sequence[Resolved], goods: Mapping[int, Goods]) -> None:
    """Where serials were before these moves must be where they are; a serial cannot arrive twice."""
    steps: dict[int, list[tuple[int | None, int | None, str]]] = {}
    for move, source, source_goods, target, target_goods, _, _ in moves:
        if not (source_goods.is_serial or target_goods.is_serial):
            continue
        start = None if source.is_partner else source.id
        end = None if target.is_partner else target.id
        if move.source_lot_id == move.target_lot_id:
            steps.setdefault(move.source_lot_id, []).append((start, end, source.code))
        else:
            steps.setdefault(move.source_lot_id, []).append((start, None, source.code))
            steps.setdefault(move.target_lot_id, []).append((None, end, target.code))
    serials = sorted(lot_id for lot_id in steps if goods[lot_id].is_serial)
    if not serials:
        return
    for lot_id in serials:
        chain = steps[lot_id]
        for before, after in pairwise(chain):
            if before[1] != after[0]:
                raise refusals.SerialElsewhere(lot=goods[lot_id].code, location=after[2])
    moved = session.execute(
        sql.MOVE_SERIALS,
        {
            "lots": serials,
            "before": [steps[lot_id][0][0] for lot_id in serials],
            "after": [steps[lot_id][-1][1] for lot_id in serials],
        },
    ).scalars()
    for lot_id in set(serials) - set(moved):
        raise refusals.SerialElsewhere(lot=goods[lot_id].code, location=steps[lot_id][0][2])
