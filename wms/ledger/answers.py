"""How book facts answer each other (pure).

Every new fact first looks for its open counterparts, whichever came first. Links follow documents and never cross
gate passes; what names a case is linked only by the correction that its decision allowed. On each axis
|quantity| = linked + open + withdrawn.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from wms.ledger.book import Axis, Document, FactKind, Side

#: Which axes a new fact has, and which counterpart it looks for on each: (own axis, counterpart's axis, kind).
_SEEKS: dict[FactKind, tuple[tuple[Axis, Axis], ...]] = {
    FactKind.PROMISED: ((Axis.PROMISED_UNBOOKED, Axis.BOOKED_UNPROMISED),),
    FactKind.MOVED: ((Axis.MOVED_UNBOOKED, Axis.BOOKED_UNMOVED),),
    FactKind.BOOKED: (
        (Axis.BOOKED_UNPROMISED, Axis.PROMISED_UNBOOKED),
        (Axis.BOOKED_UNMOVED, Axis.MOVED_UNBOOKED),
    ),
}


@dataclass(kw_only=True)
class Open:
    """An open row as it stands within this posting; `id` is none for one that this posting adds."""

    id: int | None
    fact_id: int
    axis: Axis
    open: int
    case_number: str
    book_item_id: int
    side: Side
    document: Document
    pass_number: str
    changed: bool = False


@dataclass(kw_only=True)
class Fact:
    """A fact this posting adds; ids are drawn from the sequence before."""

    id: int
    book_item_id: int
    kind: FactKind
    side: Side
    quantity: int
    document: Document
    answers: tuple[Document, ...]
    pass_number: str = ""
    case_number: str = ""
    case_numbers: tuple[str, ...] = ()
    """cases whose open rows it may answer: a decision allowed it"""
    withdraws_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Link:
    """So much of a booked fact answers so much of another."""

    booked_id: int
    other_id: int
    axis: Axis
    """the axis it closes on the other fact: promised or moved"""
    book_item_id: int
    side: Side
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Sought:
    """A key of open rows a posting may need; item 0 means any."""

    document: Document
    axis: Axis
    book_item_id: int


@dataclass(kw_only=True)
class Answering:
    """The open rows of one posting, old and new, and the links it draws."""

    rows: list[Open]
    links: list[Link] = field(default_factory=list)

    def candidates(self, fact: Fact, axis: Axis) -> Iterable[Open]:
        """Open counterparts of a fact, oldest first."""
        for row in self.rows:
            if (
                row.axis is axis
                and row.open
                and (not row.case_number or row.case_number in fact.case_numbers)
                and row.book_item_id == fact.book_item_id
                and row.side is fact.side
                and row.document in fact.answers
                and (not row.pass_number or not fact.pass_number or row.pass_number == fact.pass_number)
            ):
                yield row

    def add(self, fact: Fact) -> None:
        """Open the rows of a new fact and link it with what already waits for it."""
        for own_axis, other_axis in _SEEKS[fact.kind]:
            own = Open(
                id=None,
                fact_id=fact.id,
                axis=own_axis,
                open=fact.quantity,
                case_number=fact.case_number,
                book_item_id=fact.book_item_id,
                side=fact.side,
                document=fact.document,
                pass_number=fact.pass_number,
            )
            if not own.case_number:
                for other in self.candidates(fact, other_axis):
                    self._link(own, other)
                    if not own.open:
                        break
            self.rows.append(own)

    def _link(self, one: Open, other: Open) -> None:
        quantity = min(one.open, other.open)
        for row in (one, other):
            row.open -= quantity
            row.changed = True
        booked, answered = (
            (one, other) if one.axis in (Axis.BOOKED_UNPROMISED, Axis.BOOKED_UNMOVED) else (other, one)
        )
        self.links.append(
            Link(
                booked_id=booked.fact_id,
                other_id=answered.fact_id,
                axis=answered.axis,
                book_item_id=one.book_item_id,
                side=one.side,
                quantity=quantity,
            )
        )

    def promised_for(self, fact: Fact) -> int:
        """How much of a booking its documents promised and nobody booked yet."""
        return sum(row.open for row in self.candidates(fact, Axis.PROMISED_UNBOOKED))


def sought_by(kind: FactKind, book_item_id: int, answers: Iterable[Document]) -> list[Sought]:
    """The open rows a new fact will look for."""
    return [
        Sought(document=document, axis=axis, book_item_id=book_item_id)
        for document in answers
        for _, axis in _SEEKS[kind]
    ]
