"""The book side of one posting (pure): which facts it adds, what they answer, which figures they change."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from wms.arrays import Bigints
from wms.ledger import refusals
from wms.ledger.answers import Answering, Fact, Link, Open, Sought, sought_by
from wms.ledger.book import Axis, Document, FactKind, Side
from wms.ledger.moves import book_changes
from wms.ledger.operations import (
    Display,
    Enter,
    GiveBack,
    MovedBefore,
    NameCase,
    Operation,
    Promise,
    Withdraw,
)
from wms.ledger.tally import Resolved

FIGURES = (
    "actual_in",
    "actual_out",
    "promised_in",
    "promised_out",
    "moved_in",
    "moved_out",
    "displayed_out",
)


class Figures(Protocol):
    """A row of `book_figure` as read under its lock."""

    actual_in: int
    actual_out: int
    promised_out: int
    displayed_out: int
    item_no: str


@dataclass(frozen=True, kw_only=True)
class Booked:
    """Items whose available figure is below zero after the posting."""

    negative: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class MovedSum:
    """The moved fact a posting's moves add up to: one per book item and document line."""

    book_item_id: int
    document: Document
    pass_number: str
    case_number: str
    answered_by: tuple[Document, ...]
    answers_case: str
    change: int = 0


@dataclass(kw_only=True)
class BookPlan:
    """Rows to write, in the words of the tables."""

    answering: Answering
    facts: list[Fact] = field(default_factory=list)
    deltas: dict[int, dict[str, int]] = field(default_factory=dict)
    excess: tuple[tuple[Document, int], ...] = ()
    shown: dict[tuple[int, Document], int] = field(default_factory=dict)
    """(book item, document) → on display, read and then carried along"""
    displayed: list[tuple[int, Document, int]] = field(default_factory=list)
    """rows for `display_entry`: book item, document, signed quantity"""

    @property
    def links(self) -> list[Link]:
        return self.answering.links

    def fact_rows(self) -> Iterator[dict[str, object]]:
        for fact in self.facts:
            yield {
                "id": fact.id,
                "book_item_id": fact.book_item_id,
                "kind": fact.kind.value,
                "side": fact.side.value,
                "quantity": fact.quantity,
                **_document_columns(fact.document),
                "pass_number": fact.pass_number,
                "withdraws_id": fact.withdraws_id,
            }

    def added_open(self) -> list[dict[str, object]]:
        return [
            {
                "fact_id": row.fact_id,
                "axis": row.axis.value,
                "open": row.open,
                "case_number": row.case_number,
                "book_item_id": row.book_item_id,
                "side": row.side.value,
                **_document_columns(row.document),
                "pass_number": row.pass_number,
            }
            for row in self.answering.rows
            if row.id is None
        ]

    def changed_open(self) -> list[Open]:
        return [row for row in self.answering.rows if row.id is not None and row.changed]

    def link_rows(self) -> Iterator[dict[str, object]]:
        for link in self.links:
            yield {
                "booked_id": link.booked_id,
                "other_id": link.other_id,
                "axis": link.axis.value,
                "quantity": link.quantity,
            }

    def figure_columns(self) -> dict[str, Bigints]:
        ids = sorted(self.deltas)
        return {"ids": Bigints(ids)} | {
            name: Bigints(self.deltas[id_].get(name, 0) for id_ in ids) for name in FIGURES
        }

    def change(self, book_item_id: int, figure: str, quantity: int) -> None:
        """Add to a figure of an item."""
        deltas = self.deltas.setdefault(book_item_id, {})
        deltas[figure] = deltas.get(figure, 0) + quantity


def _document_columns(document: Document) -> dict[str, object]:
    return {
        "document_kind": document.kind.value,
        "document_number": document.number,
        "document_line": document.line,
    }


def moved_sums(moves: Sequence[Resolved]) -> list[MovedSum]:
    """Net change of each book item's bonded total by document line; what cancels inside a document is no fact."""
    sums: dict[MovedSum, int] = defaultdict(int)
    for move, source, source_goods, target, target_goods, _, _ in moves:
        changes = book_changes(
            source=source,
            source_goods=source_goods,
            target=target,
            target_goods=target_goods,
            quantity=move.quantity,
        )
        for item, change in changes:
            assert move.document is not None, "a book change needs an authority, checked before"
            same = MovedSum(
                book_item_id=item,
                document=move.document,
                pass_number=move.pass_number,
                case_number=move.case_number,
                answered_by=move.answered_by,
                answers_case=move.answers_case,
            )
            sums[same] += change
    return [replace(same, change=change) for same, change in sums.items() if change]


def rows_sought(operations: Sequence[Operation], moves: Sequence[MovedSum]) -> list[Sought]:
    """The open rows this posting may link, withdraw or hand to a case."""
    sought: list[Sought] = []
    for moved in moves:
        if not moved.case_number:
            answers = (moved.document, *moved.answered_by)
            sought += sought_by(FactKind.MOVED, moved.book_item_id, answers)
    for each in operations:
        match each:
            case Promise():
                answers = (each.document, *each.answered_by)
                sought += sought_by(FactKind.PROMISED, each.book_item_id, answers)
            case Enter():
                sought += sought_by(FactKind.BOOKED, each.book_item_id, each.answers)
            case MovedBefore():
                sought += sought_by(FactKind.MOVED, each.book_item_id, each.answers)
            case Withdraw():
                sought.append(Sought(document=each.document, axis=Axis.PROMISED_UNBOOKED, book_item_id=0))
            case NameCase():
                sought.append(Sought(document=each.document, axis=each.axis, book_item_id=0))
            case _:
                pass
    return list(dict.fromkeys(sought))


def figures_wanted(
    operations: Sequence[Operation], moves: Sequence[MovedSum], rows: Iterable[Open]
) -> list[int]:
    """Book items whose figures this posting may change, in the order they are locked."""
    items = {moved.book_item_id for moved in moves}
    items |= {
        each.book_item_id
        for each in operations
        if isinstance(each, Promise | Enter | MovedBefore | Display | GiveBack)
    }
    withdrawn = {each.document for each in operations if isinstance(each, Withdraw)}
    items |= {row.book_item_id for row in rows if row.document in withdrawn}
    return sorted(items)


def plan_book(
    operations: Sequence[Operation],
    moved: Sequence[MovedSum],
    rows: list[Open],
    figures: Mapping[int, Figures],
    draw_ids: Callable[[int], list[int]],
    shown: Mapping[tuple[int, Document], int] | None = None,
) -> BookPlan:
    """Facts of the moves first, then of the documents in their order.

    Raises NotEnoughInBook for a guarded promise or a display, NothingPromised for an empty withdrawal and
    NotOnDisplay where more would come back than was lent.
    """
    plan = BookPlan(answering=Answering(rows=rows), shown=dict(shown or {}))
    drafts = len(moved) + len(rows) + 2 * len(operations)
    wanted = moved or any(isinstance(each, Promise | Enter | Withdraw | MovedBefore) for each in operations)
    ids = iter(draw_ids(drafts) if wanted else ())
    for each in moved:
        _add_moved(plan, each, next(ids))
    excess: list[tuple[Document, int]] = []
    for operation in operations:
        match operation:
            case Promise():
                _add_promise(plan, operation, figures[operation.book_item_id], next(ids))
            case Enter():
                excess += _add_booking(plan, operation, next(ids))
            case Withdraw():
                _withdraw(plan, operation, ids)
            case MovedBefore():
                for side in Side:
                    _add_moved_before(plan, operation, side, next(ids))
            case NameCase():
                _name_case(plan, operation)
            case Display():
                _display(plan, operation, figures[operation.book_item_id])
            case GiveBack():
                _give_back(plan, operation, figures[operation.book_item_id])
            case _:
                pass
    for link in plan.links:
        if link.axis is Axis.PROMISED_UNBOOKED:
            plan.change(link.book_item_id, f"promised_{link.side.lower()}", -link.quantity)
    plan.excess = tuple(excess)
    return plan


def _add(plan: BookPlan, fact: Fact, figure: str) -> None:
    plan.facts.append(fact)
    plan.answering.add(fact)
    plan.change(fact.book_item_id, f"{figure}_{fact.side.lower()}", fact.quantity)


def _add_moved(plan: BookPlan, moved: MovedSum, id_: int) -> None:
    fact = Fact(
        id=id_,
        book_item_id=moved.book_item_id,
        kind=FactKind.MOVED,
        side=Side.IN if moved.change > 0 else Side.OUT,
        quantity=abs(moved.change),
        document=moved.document,
        answers=(moved.document, *moved.answered_by),
        pass_number=moved.pass_number,
        case_number=moved.case_number,
        case_numbers=(moved.answers_case,) if moved.answers_case else (),
    )
    _add(plan, fact, "moved")


def _add_moved_before(plan: BookPlan, each: MovedBefore, side: Side, id_: int) -> None:
    fact = Fact(
        id=id_,
        book_item_id=each.book_item_id,
        kind=FactKind.MOVED,
        side=side,
        quantity=each.quantity,
        document=each.document,
        answers=(each.document, *each.answers),
        case_numbers=each.case_numbers,
    )
    _add(plan, fact, "moved")


def _available(plan: BookPlan, book_item_id: int, figures: Figures) -> int:
    """What a new document may promise, with what this posting promised or lent already."""
    changed = plan.deltas.get(book_item_id, {})
    taken = changed.get("promised_out", 0) + changed.get("displayed_out", 0)
    return figures.actual_in - figures.actual_out - figures.promised_out - figures.displayed_out - taken


def _display(plan: BookPlan, each: Display, figures: Figures) -> None:
    if each.quantity <= 0:
        raise refusals.NothingToMove(quantity=each.quantity)
    available = _available(plan, each.book_item_id, figures)
    if each.quantity > available:
        raise refusals.NotEnoughInBook(item=figures.item_no, available=available, wanted=each.quantity)
    _show(plan, each.book_item_id, each.document, each.quantity)


def _give_back(plan: BookPlan, each: GiveBack, figures: Figures) -> None:
    displayed = plan.shown.get((each.book_item_id, each.document), 0)
    if not 0 < each.quantity <= displayed:
        raise refusals.NotOnDisplay(
            document=str(each.document), item=figures.item_no, displayed=displayed, wanted=each.quantity
        )
    _show(plan, each.book_item_id, each.document, -each.quantity)


def _show(plan: BookPlan, book_item_id: int, document: Document, quantity: int) -> None:
    key = book_item_id, document
    plan.shown[key] = plan.shown.get(key, 0) + quantity
    plan.displayed.append((book_item_id, document, quantity))
    plan.change(book_item_id, "displayed_out", quantity)


def _add_promise(plan: BookPlan, promise: Promise, figures: Figures, id_: int) -> None:
    if promise.guarded and promise.side is Side.OUT:
        available = _available(plan, promise.book_item_id, figures)
        if promise.quantity > available:
            raise refusals.NotEnoughInBook(item=figures.item_no, available=available, wanted=promise.quantity)
    fact = Fact(
        id=id_,
        book_item_id=promise.book_item_id,
        kind=FactKind.PROMISED,
        side=promise.side,
        quantity=promise.quantity,
        document=promise.document,
        answers=(promise.document, *promise.answered_by),
    )
    _add(plan, fact, "promised")


def _add_booking(plan: BookPlan, enter: Enter, id_: int) -> list[tuple[Document, int]]:
    """Book what may be booked; returns the excess that waits for a person."""
    fact = Fact(
        id=id_,
        book_item_id=enter.book_item_id,
        kind=FactKind.BOOKED,
        side=enter.side,
        quantity=enter.quantity,
        document=enter.document,
        answers=enter.answers,
        pass_number=enter.pass_number,
        case_numbers=enter.case_numbers,
    )
    excess = max(0, enter.quantity - plan.answering.promised_for(fact))
    if enter.only_promised:
        fact.quantity -= excess
    if fact.quantity:
        _add(plan, fact, "actual")
    return [(enter.document, excess)] if excess else []


def _withdraw(plan: BookPlan, each: Withdraw, ids: Iterator[int]) -> None:
    found = [
        row
        for row in plan.answering.rows
        if row.axis is Axis.PROMISED_UNBOOKED
        and row.open
        and row.document == each.document
        and row.side is each.side
    ]
    if not found and not each.if_open:
        raise refusals.NothingPromised(document=str(each.document))
    for row in found:
        fact = Fact(
            id=next(ids),
            book_item_id=row.book_item_id,
            kind=FactKind.PROMISED,
            side=row.side,
            quantity=-row.open,
            document=row.document,
            answers=(),
            withdraws_id=row.fact_id,
        )
        plan.facts.append(fact)
        plan.change(row.book_item_id, f"promised_{row.side.lower()}", -row.open)
        row.open, row.changed = 0, True


def _name_case(plan: BookPlan, each: NameCase) -> None:
    for row in plan.answering.rows:
        if (
            row.axis is each.axis
            and row.open
            and not row.case_number
            and row.document == each.document
            and row.pass_number == each.pass_number
        ):
            row.case_number, row.changed = each.case_number, True
