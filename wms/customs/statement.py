"""BookStatement 账册底账: customs' own figures as they were received, compared with ours and never edited by us."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import FetchedValue, ForeignKey, Index, Numeric, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base, words
from wms.ledger.book import Side


class BookStatement(Base):
    """One line of customs' book as booked (INV211), or as it stood at the opening."""

    __tablename__ = "book_statement"
    __table_args__ = (
        UniqueConstraint("book_id", "source", "source_line", "side"),
        Index("ix_book_statement_item", "book_id", "item_no"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    book_id: Mapped[int] = mapped_column(ForeignKey("account_book.id"), comment="the account book")
    source: Mapped[str] = mapped_column(String(64), comment="list that was booked, or OPENING")
    source_line: Mapped[int] = mapped_column(comment="line of that list, or of the book")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号 as customs wrote it")
    side: Mapped[Side] = mapped_column(words(Side), comment="IN or OUT")
    quantity: Mapped[Decimal] = mapped_column(Numeric(19, 5), comment="declared units as customs wrote them")
    stated_at: Mapped[datetime] = mapped_column(comment="when customs booked it")
    recorded_at: Mapped[datetime] = mapped_column(
        server_default=FetchedValue(),
        comment="the ledger's clock when it became known here, for as-of reading",
    )


def mirror(
    session: Session,
    *,
    book_id: int,
    source: str,
    source_line: int,
    item_no: str,
    side: Side,
    quantity: Decimal,
    stated_at: datetime,
) -> None:
    """Keep one figure as received; the same receipt again changes nothing."""
    session.execute(
        insert(BookStatement)
        .values(
            book_id=book_id,
            source=source,
            source_line=source_line,
            item_no=item_no,
            side=side,
            quantity=quantity,
            stated_at=stated_at,
        )
        .on_conflict_do_nothing()
    )


def stated(session: Session, *, book_id: int, at: datetime) -> dict[str, Decimal]:
    """Customs' balance by 料号 as known at an instant: in less out, declared units."""
    rows = session.execute(
        text("""
            select item_no, sum(case side when 'IN' then quantity else -quantity end)
            from book_statement where book_id = :book_id and recorded_at <= :at group by item_no
        """),
        {"book_id": book_id, "at": at},
    )
    return {row[0]: row[1] for row in rows}
