"""差异处理单: a difference with its figures, opened by the system, decided by people.

A case never changes stock or book by itself; the open rows of the book name it until a decision's document
answers them. Its history is entries, each with its person and moment, and none is ever changed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FetchedValue, ForeignKey, String, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import Document, DocumentKind
from wms.ledger.lots import Lot
from wms.ledger.places import Location
from wms.numbering import next_number


class NoSuchCase(Refusal):
    """The number names no case."""

    message = N_("There is no case {number}.")
    status = 404


class CaseKind(StrEnum):
    """What was found to differ."""

    RECEIPT_OVER = "RECEIPT_OVER"
    RECEIPT_SHORT = "RECEIPT_SHORT"
    RECEIPT_WRONG_ITEM_MISSING = "RECEIPT_WRONG_ITEM_MISSING"
    RECEIPT_WRONG_ITEM_EXTRA = "RECEIPT_WRONG_ITEM_EXTRA"
    RECEIPT_DAMAGED = "RECEIPT_DAMAGED"
    COUNT_SHORTAGE = "COUNT_SHORTAGE"
    COUNT_SURPLUS = "COUNT_SURPLUS"
    COUNT_LOT_SWAP = "COUNT_LOT_SWAP"
    COUNT_MISPLACED = "COUNT_MISPLACED"
    COUNT_CONDITION = "COUNT_CONDITION"
    BOOKED_OTHERWISE = "BOOKED_OTHERWISE"
    OPENING_DIFFERS = "OPENING_DIFFERS"
    NEGATIVE_BOOK = "NEGATIVE_BOOK"
    STATEMENT_DIFFERS = "STATEMENT_DIFFERS"
    UNEXPLAINED = "UNEXPLAINED"


class Level(StrEnum):
    """What a difference touches: the book itself, or only lot, place or condition."""

    BOOK = "BOOK"
    LOT = "LOT"
    LOCATION = "LOCATION"
    CONDITION = "CONDITION"


_LEVELS = {
    CaseKind.RECEIPT_DAMAGED: Level.CONDITION,
    CaseKind.COUNT_CONDITION: Level.CONDITION,
    CaseKind.COUNT_LOT_SWAP: Level.LOT,
    CaseKind.COUNT_MISPLACED: Level.LOCATION,
}


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "OPEN"
    PROPOSED = "PROPOSED"
    DECIDED = "DECIDED"
    """approved; its document is still on its way"""
    CLOSED = "CLOSED"


class Remedy(StrEnum):
    """What may be done about a difference."""

    AS_IT_LIES = "AS_IT_LIES"
    """the stock is put right as it was found; the book has nothing to learn"""
    BY_LIST = "BY_LIST"
    """the stock is put right, and a correcting list changes the book"""
    EXPLAINED = "EXPLAINED"
    """the cause is known, nothing has to change"""
    FOLLOWS = "FOLLOWS"
    """what is missing of a receipt comes on a later truck; the case waits for it"""


class Act(StrEnum):
    """What was done about a case."""

    OPENED = "OPENED"
    CHANGED = "CHANGED"
    """the difference grew, shrank or was counted again"""
    EXPLAINED = "EXPLAINED"
    """somebody added a cause or evidence"""
    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    SENT_BACK = "SENT_BACK"
    SETTLED = "SETTLED"
    """the stock was put right"""
    NAMED = "NAMED"
    """the declarant named the list that corrects the book"""
    CLOSED = "CLOSED"


class Discrepancy(Base):
    """One difference: what, where, how much; open until an officer's decision."""

    __tablename__ = "discrepancy"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="number of the case")
    kind: Mapped[CaseKind] = mapped_column(words(CaseKind), comment="what was found to differ")
    state: Mapped[CaseState] = mapped_column(words(CaseState), comment="where the case stands")
    book_item_id: Mapped[int] = mapped_column(ForeignKey("book_item.id"), comment="book item; 0 for none")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号")
    document_number: Mapped[str] = mapped_column(String(64), comment="list it belongs to; empty if none")
    document_line: Mapped[int] = mapped_column(comment="line of that list; 0 if none")
    pass_number: Mapped[str] = mapped_column(String(40), comment="gate pass it was found on; empty if none")
    quantity: Mapped[int] = mapped_column(comment="how much differs, stock units, never negative")
    book_difference: Mapped[int] = mapped_column(
        comment="what lies there less what documents explain, stock units, signed"
    )
    opened_at: Mapped[datetime] = mapped_column(comment="when it was found")
    opened_by_id: Mapped[int] = mapped_column(comment="who or what found it")
    count_id: Mapped[int | None] = mapped_column(
        ForeignKey("stock_count.id"), comment="the count that found it last; none for other findings"
    )
    location_id: Mapped[int | None] = mapped_column(BigInteger, comment="where it should lie, or was found")
    lot_id: Mapped[int | None] = mapped_column(BigInteger, comment="lot that should lie there, or was found")
    other_location_id: Mapped[int | None] = mapped_column(BigInteger, comment="where it was found instead")
    other_lot_id: Mapped[int | None] = mapped_column(BigInteger, comment="lot that was found instead")
    proposed_by_id: Mapped[int | None] = mapped_column(
        comment="who proposed last; somebody else decides; none before a proposal"
    )

    remedy: Mapped[Remedy | None] = mapped_column(
        words(Remedy), comment="what was proposed; none before a proposal"
    )

    @property
    def level(self) -> Level:
        """What the difference touches."""
        return _LEVELS.get(self.kind, Level.BOOK)

    @property
    def document(self) -> Document:
        """The case as the ledger names it."""
        return Document(kind=DocumentKind.CASE, number=self.number)


class CaseEntry(Base):
    """处理记录: one thing done about a case."""

    __tablename__ = "case_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[int] = mapped_column(ForeignKey("discrepancy.id"), index=True, comment="the case")
    act: Mapped[Act] = mapped_column(words(Act), comment="what was done")
    at: Mapped[datetime] = mapped_column(comment="when")
    by_id: Mapped[int] = mapped_column(comment="by whom")
    said: Mapped[str] = mapped_column(String(1000), comment="what the person said; empty for the system")
    facts: Mapped[dict[str, Any]] = mapped_column(comment="figures and names that belong to it")
    recorded_at: Mapped[datetime] = mapped_column(
        server_default=FetchedValue(), comment="the ledger's clock, for as-of reading"
    )


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Where a difference found by counting lies; `other_…` is what was found instead."""

    location_id: int | None = None
    lot_id: int | None = None
    other_location_id: int | None = None
    other_lot_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class SpotNames:
    """The same in the words of labels."""

    location: str | None
    lot: str | None
    other_location: str | None
    other_lot: str | None


def enter(
    session: Session,
    case: Discrepancy,
    act: Act,
    *,
    at: datetime,
    by_id: int,
    said: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry to a case's history."""
    session.add(
        CaseEntry(case_id=case.id, act=act, at=at, by_id=by_id, said=said[:1000], facts=dict(facts or {}))
    )


def open_case(
    session: Session,
    *,
    kind: CaseKind,
    item_no: str,
    quantity: int,
    book_difference: int,
    at: datetime,
    by_id: int,
    book_item_id: int = 0,
    document_number: str = "",
    document_line: int = 0,
    pass_number: str = "",
    count_id: int | None = None,
    spot: Spot | None = None,
) -> Discrepancy:
    """The case of this difference: an open one of the same kind, line, pass and spot grows, else a new one begins."""
    spot = spot or Spot()
    same = select(Discrepancy).where(
        Discrepancy.kind == kind,
        Discrepancy.state == CaseState.OPEN,
        Discrepancy.item_no == item_no,
        Discrepancy.document_number == document_number,
        Discrepancy.document_line == document_line,
        Discrepancy.pass_number == pass_number,
        *(
            getattr(Discrepancy, name).is_not_distinct_from(value)
            for name, value in [*vars(spot).items(), ("count_id", count_id)]
        ),
    )
    found = session.scalars(same.with_for_update()).one_or_none()
    if found is not None:
        found.quantity += quantity
        found.book_difference += book_difference
        enter(session, found, Act.CHANGED, at=at, by_id=by_id, facts={"quantity": found.quantity})
        return found
    case = Discrepancy(
        number=next_number(session, "C", day=at.date()),
        kind=kind,
        state=CaseState.OPEN,
        book_item_id=book_item_id,
        item_no=item_no,
        document_number=document_number,
        document_line=document_line,
        pass_number=pass_number,
        quantity=quantity,
        book_difference=book_difference,
        opened_at=at,
        opened_by_id=by_id,
        count_id=count_id,
        **vars(spot),
    )
    session.add(case)
    session.flush()
    enter(session, case, Act.OPENED, at=at, by_id=by_id, facts={"quantity": quantity})
    return case


def find_case(session: Session, number: str, *, lock: bool = False) -> Discrepancy:
    """The case with this number; raises NoSuchCase."""
    query = select(Discrepancy).where(Discrepancy.number == number)
    found = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if found is None:
        raise NoSuchCase(number=number)
    return found


def open_cases(session: Session, *, limit: int = 500) -> list[Discrepancy]:
    """Cases that are not closed, the newest first."""
    query = select(Discrepancy).where(Discrepancy.state != CaseState.CLOSED)
    return list(session.scalars(query.order_by(Discrepancy.id.desc()).limit(limit)))


def cases_at(session: Session, *, at: datetime) -> list[Discrepancy]:
    """Cases that stood open at an instant of the ledger's clock, the newest first."""

    def entered(act: Act) -> ColumnElement[bool]:
        return (
            select(CaseEntry.id)
            .where(CaseEntry.case_id == Discrepancy.id, CaseEntry.act == act, CaseEntry.recorded_at <= at)
            .exists()
        )

    query = select(Discrepancy).where(entered(Act.OPENED), ~entered(Act.CLOSED))
    return list(session.scalars(query.order_by(Discrepancy.id.desc())))


def spots_of(session: Session, cases: Iterable[Discrepancy]) -> dict[int, SpotNames]:
    """Where the differences lie, by case id, in two statements however many cases."""
    listed = list(cases)
    place_ids = {each for case in listed for each in (case.location_id, case.other_location_id)}
    lot_ids = {each for case in listed for each in (case.lot_id, case.other_lot_id)}
    places = _codes(session, Location.id, Location.code, place_ids)
    lots = _codes(session, Lot.id, Lot.code, lot_ids)
    return {
        case.id: SpotNames(
            location=places.get(case.location_id),
            lot=lots.get(case.lot_id),
            other_location=places.get(case.other_location_id),
            other_lot=lots.get(case.other_lot_id),
        )
        for case in listed
    }


def _codes(
    session: Session,
    key: InstrumentedAttribute[int],
    code: InstrumentedAttribute[str],
    ids: set[int | None],
) -> dict[int | None, str]:
    found = session.execute(select(key, code).where(key.in_(ids - {None})))
    return {row[0]: row[1] for row in found}


def history(session: Session, case: Discrepancy) -> list[CaseEntry]:
    """What was done about a case, in order."""
    query = select(CaseEntry).where(CaseEntry.case_id == case.id).order_by(CaseEntry.id)
    return list(session.scalars(query))


def short_cases(session: Session, *, pass_number: str) -> dict[Document, str]:
    """Open cases of goods that did not come with a pass whose receipt was closed, by list line."""
    query = select(Discrepancy).where(
        Discrepancy.pass_number == pass_number,
        Discrepancy.kind.in_((CaseKind.RECEIPT_SHORT, CaseKind.RECEIPT_WRONG_ITEM_MISSING)),
    )
    return {
        Document(
            kind=DocumentKind.BONDED_LIST, number=case.document_number, line=case.document_line
        ): case.number
        for case in session.scalars(query)
    }
