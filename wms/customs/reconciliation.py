"""Reconciliation 账/单/货: three figures of every book item at one moment, and what explains their differences.

账 is customs' statement as received, 单 what our booked documents say, 货 what lies in bonded places and what was
counted. Open quantities that name a document explain themselves; those that name a case are the difference. Nothing
here changes a figure: a difference is a case, and only its decision's document changes the book.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.customs.statement import stated
from wms.ledger.queries import BookRow, book_rows


@dataclass(frozen=True, kw_only=True)
class Booked:
    """What documents booked on an item, stock units: before the opening, and since by direction."""

    opening: int = 0
    booked_in: int = 0
    booked_out: int = 0
    listed: int = 0
    """opening, plus inbound lists customs confirmed, less exit lists it confirmed"""


@dataclass(frozen=True, kw_only=True)
class ReconciledItem:
    """One book item: the three figures, the open columns that explain them, and what is left unexplained."""

    item_no: str
    name: str
    unit: str
    opening: int
    booked_in: int
    booked_out: int
    statement: Decimal
    """账: customs' own balance, declared units"""
    book: int
    """our book's balance: 实增 − 实减"""
    documents: int
    """单: opening and confirmed lists"""
    promised_in: int
    promised_out: int
    available: int
    arrived_not_booked: int
    left_not_booked: int
    booked_not_arrived: int
    booked_not_left: int
    returned_not_reentered: int
    stock: int
    """货 by the stock ledger, in bonded places"""
    counted: int | None
    """货 by the last count; none while nobody counted"""
    in_cases: int
    """signed sum of what open cases hold"""
    law_holds: bool

    @property
    def expected(self) -> int:
        """What should lie there: the book and the open columns that name a document."""
        return (
            self.book
            + self.arrived_not_booked
            - self.left_not_booked
            - self.booked_not_arrived
            + self.booked_not_left
            + self.returned_not_reentered
        )

    @property
    def present(self) -> int:
        """货: the count where there is one, else the stock ledger."""
        return self.stock if self.counted is None else self.counted

    @property
    def difference(self) -> int:
        """货 less what should be there; cases must hold all of it."""
        return self.present - self.expected

    @property
    def unconfirmed(self) -> int:
        """Booked by a passage whose list customs has not confirmed yet: 单 less 账 of our own book."""
        return self.documents - self.book

    @property
    def agrees(self) -> bool:
        """Whether the three figures agree with nothing left to a case."""
        return self.law_holds and self.difference == 0 and self.statement == self.documents


@dataclass(frozen=True, kw_only=True)
class Reconciliation:
    """All items of a book at one moment."""

    book_number: str
    at: datetime
    items: tuple[ReconciledItem, ...]

    @property
    def differing(self) -> list[ReconciledItem]:
        return [item for item in self.items if not item.agrees]


def compare(
    rows: Iterable[BookRow],
    booked: Mapping[str, Booked],
    statement: Mapping[str, Decimal],
    counted: Mapping[str, int],
    returned: Mapping[str, int],
) -> list[ReconciledItem]:
    """Put the figures of one moment side by side (pure); an item without a figure has zero of it."""
    none = Booked()
    return [
        ReconciledItem(
            item_no=row.item_no,
            name=row.name,
            unit=row.unit,
            opening=booked.get(row.item_no, none).opening,
            booked_in=booked.get(row.item_no, none).booked_in,
            booked_out=booked.get(row.item_no, none).booked_out,
            statement=statement.get(row.item_no, Decimal(0)),
            book=row.book,
            documents=booked.get(row.item_no, none).listed,
            promised_in=row.promised_in,
            promised_out=row.promised_out,
            available=row.available,
            # returned goods are moved and not booked too, but have a column of their own
            arrived_not_booked=row.arrived_not_booked - returned.get(row.item_no, 0),
            left_not_booked=row.left_not_booked,
            booked_not_arrived=row.booked_not_arrived,
            booked_not_left=row.booked_not_left,
            returned_not_reentered=returned.get(row.item_no, 0),
            stock=row.stock,
            counted=counted.get(row.item_no),
            in_cases=row.in_cases,
            law_holds=row.law_holds,
        )
        for row in rows
    ]


_BOOKED = text("""
    select i.item_no,
           coalesce(f.opening, 0)::bigint as opening,
           coalesce(f.booked_in, 0)::bigint as booked_in,
           coalesce(f.booked_out, 0)::bigint as booked_out,
           (coalesce(f.opening, 0) + coalesce(l.listed, 0))::bigint as listed
    from book_item i
    left join (
        select book_item_id,
               sum(case side when 'IN' then quantity else -quantity end)
                   filter (where document_kind = 'OPENING') as opening,
               sum(quantity) filter (where document_kind <> 'OPENING' and side = 'IN') as booked_in,
               sum(quantity) filter (where document_kind <> 'OPENING' and side = 'OUT') as booked_out
        from book_fact where kind = 'BOOKED' group by book_item_id) f on f.book_item_id = i.id
    left join (
        select n.book_item_id,
               sum(case b.side when 'IN' then n.stock_quantity else -n.stock_quantity end) as listed
        from bonded_list b join bonded_list_line n on n.list_id = b.id
        where b.state = 'BOOKED' group by n.book_item_id) l on l.book_item_id = i.id
    where i.book_id = :book_id
""")

_RETURNED = text("""
    select i.item_no, sum(o.open)::bigint as quantity
    from open_row o join book_item i on i.id = o.book_item_id
    where o.open > 0 and o.axis = 'MOVED_UNBOOKED' and o.side = 'IN' and o.document_kind = 'RETURN_REQUEST'
      and o.case_number = '' and i.book_id = :book_id
    group by i.item_no
""")


def reconcile(
    session: Session, *, book_id: int, book_number: str, counted: Mapping[str, int], at: datetime
) -> Reconciliation:
    """Read the three figures in one snapshot and put them side by side; changes nothing."""
    booked = {
        row.item_no: Booked(
            opening=row.opening, booked_in=row.booked_in, booked_out=row.booked_out, listed=row.listed
        )
        for row in session.execute(_BOOKED, {"book_id": book_id})
    }
    returned = {row.item_no: row.quantity for row in session.execute(_RETURNED, {"book_id": book_id})}
    items = compare(
        book_rows(session, book_id=book_id), booked, stated(session, book_id=book_id), counted, returned
    )
    return Reconciliation(book_number=book_number, at=at, items=tuple(items))
