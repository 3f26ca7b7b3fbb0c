"""The account book (账册): what customs counts.

A book item has three kinds of fact, each an immutable, dated quantity with a document line and a side:
*promised* (预增, 预减: a document was accepted), *moved* (stock crossed), *booked* (实增, 实减: customs' receipt
says so). Links say how much of one answers how much of another; an open row says how much is still unanswered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_


class Side(StrEnum):
    """Into the book or out of it."""

    IN = "IN"
    OUT = "OUT"


class FactKind(StrEnum):
    """预 · 移 · 实."""

    PROMISED = "PROMISED"
    MOVED = "MOVED"
    BOOKED = "BOOKED"


class Axis(StrEnum):
    """What is open of a fact: a promised or moved fact waits for booking, a booked one for both others."""

    PROMISED_UNBOOKED = "PROMISED_UNBOOKED"
    MOVED_UNBOOKED = "MOVED_UNBOOKED"
    BOOKED_UNPROMISED = "BOOKED_UNPROMISED"
    BOOKED_UNMOVED = "BOOKED_UNMOVED"


class DocumentKind(StrEnum):
    """Documents that may allow a move or carry a book fact."""

    OPENING = "OPENING"
    BONDED_LIST = "BONDED_LIST"
    RETAIL_DECLARATION = "RETAIL_DECLARATION"
    STOCK_BILL = "STOCK_BILL"
    GATE_PASS = "GATE_PASS"
    RETURN_REQUEST = "RETURN_REQUEST"
    ADJUSTMENT = "ADJUSTMENT"
    CASE = "CASE"


@dataclass(frozen=True, kw_only=True, order=True)
class Document:
    """A line of a document, named without knowing the document: ledgers lie below customs."""

    kind: DocumentKind
    number: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.number}/{self.line}" if self.line else self.number


class OfDocument:
    """Columns of a row that a document line carries."""

    document_kind: Mapped[DocumentKind] = mapped_column(
        words(DocumentKind), comment="document that carries it"
    )
    document_number: Mapped[str] = mapped_column(String(64), comment="its number")
    document_line: Mapped[int] = mapped_column(comment="its line; 0 for the whole document")


class AccountBook(Base):
    """账册: one book of one enterprise in the zone."""

    __tablename__ = "account_book"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(64), unique=True, comment="book number, e.g. T8899W000001")
    kind: Mapped[str] = mapped_column(String(1), comment="kind of site, Z is a comprehensive bonded zone")
    cumulative: Mapped[bool] = mapped_column(comment="lines are summed by item (可累计)")
    company_id: Mapped[int] = mapped_column(
        ForeignKey("company.id"), comment="enterprise in the zone that keeps it"
    )
    customs_code: Mapped[str] = mapped_column(String(4), comment="customs office in charge")
    opened_at: Mapped[datetime] = mapped_column(comment="moment of the opening balances")


#: Execution marks that stop a line of the book, by side.
STOPPED: Final[Mapping[Side, str]] = {Side.IN: "457", Side.OUT: "467"}


class BookLineStopped(Refusal):
    """Customs stopped a line of the book: no new document may name it on that side."""

    message = N_("Customs has stopped book item {item} (execution mark {mark}). Ask the customs office.")


class BookItem(Base):
    """账册商品项: one line of a book."""

    __tablename__ = "book_item"
    __table_args__ = (UniqueConstraint("book_id", "line_no"), UniqueConstraint("book_id", "item_no"))

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int | None] = mapped_column(
        ForeignKey("account_book.id"), comment="its book; none only for item 0, goods outside any book"
    )
    line_no: Mapped[int] = mapped_column(comment="line number in the book (gdsSeqno)")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号 (gdsMtno)")
    hs10: Mapped[str] = mapped_column(String(10), comment="commodity code, ten digits")
    name: Mapped[str] = mapped_column(String(255), comment="name as filed")
    origin: Mapped[str] = mapped_column(String(3), comment="country of origin, three digits")
    unit: Mapped[str] = mapped_column(String(3), comment="declared unit code; movements must use it")
    unit1: Mapped[str] = mapped_column(String(3), comment="first statutory unit code")
    unit2: Mapped[str] = mapped_column(String(3), comment="second statutory unit code; empty if none")
    execution_mark: Mapped[str] = mapped_column(
        String(1), comment="1 normal, 4 stopped, 5 in stopped, 6 out stopped, 7 all stopped"
    )

    def is_stopped(self, side: Side) -> bool:
        """Whether customs let nothing in, or nothing out, on this line (cusmExeMarkcd, customs 2.4)."""
        return self.execution_mark in STOPPED[side]

    def check_open(self, side: Side) -> None:
        """Raises BookLineStopped."""
        if self.is_stopped(side):
            raise BookLineStopped(item=self.item_no, mark=self.execution_mark)


class BookFigure(Base):
    """The sums of a book item's facts, kept beside them so that a promise has one row to lock and to guard."""

    __tablename__ = "book_figure"
    __table_args__ = ({"postgresql_with": {"fillfactor": 70}},)

    book_item_id: Mapped[int] = mapped_column(
        ForeignKey("book_item.id"), primary_key=True, autoincrement=False
    )
    actual_in: Mapped[int] = mapped_column(comment="实增: booked, side in")
    actual_out: Mapped[int] = mapped_column(comment="实减: booked, side out")
    promised_in: Mapped[int] = mapped_column(comment="预增: promised in and not yet booked")
    promised_out: Mapped[int] = mapped_column(comment="预减: promised out and not yet booked")
    moved_in: Mapped[int] = mapped_column(comment="moved into bonded places, ever")
    moved_out: Mapped[int] = mapped_column(comment="moved out of bonded places, ever")
    displayed_out: Mapped[int] = mapped_column(comment="展示在外: on display under guarantee")
    version: Mapped[int] = mapped_column(comment="rises with every change")

    @property
    def available(self) -> int:
        """What a new document may promise: 实增 − 实减 − 预减 − 展示在外 (domain rule, customs 2.4)."""
        return self.actual_in - self.actual_out - self.promised_out - self.displayed_out


class BookFact(Base):
    """核扣事实: one immutable quantity of one kind on one item."""

    __tablename__ = "book_fact"
    __table_args__ = (
        CheckConstraint("quantity <> 0", name="quantity_not_zero"),
        CheckConstraint(
            "quantity > 0 or (kind = 'PROMISED' and withdraws_id is not null)",
            name="only_withdrawals_negative",
        ),
        Index("ix_book_fact_document", "document_number", "document_line"),
        Index("ix_book_fact_item", "book_item_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(
        ForeignKey("posting.id"), index=True, comment="the posting that wrote it"
    )
    book_item_id: Mapped[int] = mapped_column(BigInteger, comment="the book item")
    kind: Mapped[FactKind] = mapped_column(words(FactKind), comment="PROMISED, MOVED or BOOKED")
    side: Mapped[Side] = mapped_column(words(Side), comment="IN or OUT")
    quantity: Mapped[int] = mapped_column(comment="stock units; negative only for a withdrawal")
    document_kind: Mapped[DocumentKind] = mapped_column(
        words(DocumentKind), comment="document that carries it"
    )
    document_number: Mapped[str] = mapped_column(String(64), comment="its number")
    document_line: Mapped[int] = mapped_column(comment="its line; 0 for the whole document")
    pass_number: Mapped[str] = mapped_column(String(40), comment="gate pass it rode on; empty if none")
    withdraws_id: Mapped[int | None] = mapped_column(BigInteger, comment="the promised fact it takes back")


class OpenRow(Base):
    """How much of a fact is still unanswered on one axis; what names a case is never linked by itself."""

    __tablename__ = "open_row"
    __table_args__ = (
        CheckConstraint("open >= 0", name="open_not_negative"),
        UniqueConstraint("fact_id", "axis"),
        Index(
            "ix_open_row_match",
            "document_number",
            "document_line",
            "book_item_id",
            "axis",
            postgresql_where="open > 0",
        ),
        Index("ix_open_row_case", "case_number", postgresql_where="case_number <> ''"),
        Index("ix_open_row_item", "book_item_id", "axis", postgresql_where="open > 0"),
        {"postgresql_with": {"fillfactor": 70}},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    fact_id: Mapped[int] = mapped_column(BigInteger, comment="the fact")
    axis: Mapped[Axis] = mapped_column(words(Axis), comment="what it waits for")
    open: Mapped[int] = mapped_column(comment="stock units still unanswered")
    case_number: Mapped[str] = mapped_column(
        String(40), comment="the case that decides; empty: its document answers"
    )
    book_item_id: Mapped[int] = mapped_column(BigInteger, comment="as on the fact, for finding it")
    side: Mapped[Side] = mapped_column(words(Side), comment="as on the fact")
    document_kind: Mapped[DocumentKind] = mapped_column(words(DocumentKind), comment="as on the fact")
    document_number: Mapped[str] = mapped_column(String(64), comment="as on the fact")
    document_line: Mapped[int] = mapped_column(comment="as on the fact")
    pass_number: Mapped[str] = mapped_column(String(40), comment="as on the fact")


class BookLink(Base):
    """核扣对应: so much of a booked fact answers so much of a promised or moved one."""

    __tablename__ = "book_link"
    __table_args__ = (CheckConstraint("quantity > 0", name="quantity_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(BigInteger, comment="the posting that wrote it")
    booked_id: Mapped[int] = mapped_column(BigInteger, index=True, comment="the booked fact")
    other_id: Mapped[int] = mapped_column(BigInteger, index=True, comment="the promised or moved fact")
    axis: Mapped[Axis] = mapped_column(words(Axis), comment="which side of the other fact it closes")
    quantity: Mapped[int] = mapped_column(comment="stock units")


class DisplayEntry(OfDocument, Base):
    """展示在外: what a type-C filing lent to the shop; given back is negative."""

    __tablename__ = "display_entry"
    __table_args__ = (Index("ix_display_entry_document", "document_number", "document_line"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    posting_id: Mapped[int] = mapped_column(BigInteger, comment="the posting that wrote it")
    book_item_id: Mapped[int] = mapped_column(BigInteger, comment="the book item")
    quantity: Mapped[int] = mapped_column(comment="stock units, signed")
