"""差异处理单: a difference with its figures, opened by the system, decided by people.

A case never changes stock or book by itself; the open rows of the book name it until a decision's document
answers them. How the cause is found and decided is `reconciliation`'s business.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base, words
from wms.ledger.book import Document, DocumentKind
from wms.numbering import next_number


class CaseKind(StrEnum):
    """What was found to differ."""

    RECEIPT_OVER = "RECEIPT_OVER"
    RECEIPT_SHORT = "RECEIPT_SHORT"
    RECEIPT_WRONG_ITEM_MISSING = "RECEIPT_WRONG_ITEM_MISSING"
    RECEIPT_WRONG_ITEM_EXTRA = "RECEIPT_WRONG_ITEM_EXTRA"
    RECEIPT_DAMAGED = "RECEIPT_DAMAGED"
    BOOKED_OTHERWISE = "BOOKED_OTHERWISE"
    OPENING_DIFFERS = "OPENING_DIFFERS"
    NEGATIVE_BOOK = "NEGATIVE_BOOK"


class Level(StrEnum):
    """What a difference touches: the book itself, or only lot, place or condition."""

    BOOK = "BOOK"
    LOT = "LOT"
    LOCATION = "LOCATION"
    CONDITION = "CONDITION"


_LEVELS = {CaseKind.RECEIPT_DAMAGED: Level.CONDITION}


class CaseState(StrEnum):
    """Where a case stands."""

    OPEN = "OPEN"
    PROPOSED = "PROPOSED"
    DECIDED = "DECIDED"


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

    @property
    def level(self) -> Level:
        """What the difference touches."""
        return _LEVELS.get(self.kind, Level.BOOK)


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
) -> Discrepancy:
    """The case of this difference: an open one of the same kind, line and pass grows, else a new one begins."""
    same = select(Discrepancy).where(
        Discrepancy.kind == kind,
        Discrepancy.state == CaseState.OPEN,
        Discrepancy.item_no == item_no,
        Discrepancy.document_number == document_number,
        Discrepancy.document_line == document_line,
        Discrepancy.pass_number == pass_number,
    )
    found = session.scalars(same.with_for_update()).one_or_none()
    if found is not None:
        found.quantity += quantity
        found.book_difference += book_difference
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
    )
    session.add(case)
    session.flush()
    return case


def open_cases(session: Session, *, limit: int = 500) -> list[Discrepancy]:
    """Cases nobody has decided, the newest first."""
    query = select(Discrepancy).where(Discrepancy.state != CaseState.DECIDED)
    return list(session.scalars(query.order_by(Discrepancy.id.desc()).limit(limit)))


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
