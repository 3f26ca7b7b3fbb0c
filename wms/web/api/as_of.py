"""Stock and book as of an instant, and what stands behind a figure, for programs.

`?at=` is ISO 8601 with its zone, or in the site's zone without one; now when it is left out. Every answer says the
instant it is of.
"""

from datetime import date, datetime
from urllib.parse import urlencode

from flask import request

from wms.auth.permissions import Permission
from wms.ledger.behind import Figure, facts_behind, value_of
from wms.ledger.past import items_at, stock_lines_at
from wms.web.api.resource import Out, Resource
from wms.web.house import goods_of, session
from wms.web.instants import asked_instant
from wms.web.refusals import NoSuchPage
from wms.web.requests import page_number

resource = Resource("as-of")
_ROWS = 1000


class ItemAtOut(Out):
    """One 料号 at an instant; quantities in stock units."""

    item_no: str
    unit: str
    actual_in: str
    actual_out: str
    promised_in: str
    promised_out: str
    displayed_out: str
    arrived_not_booked: str
    left_not_booked: str
    booked_not_arrived: str
    booked_not_left: str
    available: str
    stock: str
    law_holds: bool


class BookAtOut(Out):
    at: datetime
    items: list[ItemAtOut]
    next: str | None


class StockLineOut(Out):
    """What lay in one place of one lot; `quantity` in stock units."""

    item_no: str
    location: str
    warehouse: str | None
    regime: str
    lot: str
    expiry: date | None
    quality: str
    quantity: str


class StockAtOut(Out):
    at: datetime
    items: list[StockLineOut]
    next: str | None


class CountedOut(Out):
    """One fact behind a figure; `counts` of all of them sum to it."""

    recorded_at: datetime
    occurred_at: datetime
    document: str
    line: int | None
    gate_pass: str | None
    quantity: str
    counts: str
    action: str
    by_id: int
    device: str | None
    posting: int


class CountedsOut(Out):
    at: datetime
    figure: str
    total: str
    items: list[CountedOut]
    next: str | None


@resource.get("/book", permission=Permission.READ_BOOK, out=BookAtOut)
def book() -> BookAtOut:
    """Every item of the books at an instant; `item_no` asks for one."""
    at = asked_instant()
    found = items_at(session(), at=at, item_no=request.args.get("item_no") or None)
    shown = [figure for figure in Figure if figure not in {Figure.MOVED_IN, Figure.MOVED_OUT}]
    items = [
        ItemAtOut(
            item_no=item.item_no,
            unit=item.unit,
            **{figure.value: str(value_of(figure, item.book)) for figure in shown},
            available=str(item.book.available),
            stock=str(item.bonded),
            law_holds=item.law_holds,
        )
        for item in found
    ]
    return BookAtOut(at=at, items=items, next=None)


@resource.get("/stock", permission=Permission.READ_STOCK, out=StockAtOut)
def stock() -> StockAtOut:
    """What lay where at an instant; `item_no` narrows it."""
    at, page = asked_instant(), page_number()
    item_no = request.args.get("item_no") or None
    wanted = {"item_no": item_no, "owner": goods_of()}
    lines = stock_lines_at(session(), at=at, **wanted, limit=_ROWS + 1, skip=(page - 1) * _ROWS)
    items = [
        StockLineOut(
            item_no=line.item_no,
            location=line.location,
            warehouse=line.warehouse or None,
            regime=line.regime.value,
            lot=line.lot,
            expiry=line.expiry,
            quality=line.quality,
            quantity=str(line.on_hand),
        )
        for line in lines[:_ROWS]
    ]
    return StockAtOut(at=at, items=items, next=_next(at, page, more=len(lines) > _ROWS))


@resource.get("/facts/<item_no>/<figure>", permission=Permission.READ_BOOK, out=CountedsOut)
def facts(item_no: str, figure: str) -> CountedsOut:
    """The facts that a figure of an item adds up at an instant, the newest first."""
    at, page = asked_instant(), page_number()
    items = items_at(session(), at=at, item_no=item_no)
    if figure not in set(Figure) or not items:
        raise NoSuchPage
    (item, *_), wanted = items, Figure(figure)
    found = facts_behind(
        session(),
        book_item_id=item.book_item_id,
        figure=wanted,
        at=at,
        limit=_ROWS + 1,
        skip=(page - 1) * _ROWS,
    )
    return CountedsOut(
        at=at,
        figure=wanted.value,
        total=str(value_of(wanted, item.book)),
        items=[
            CountedOut(
                recorded_at=fact.recorded_at,
                occurred_at=fact.occurred_at,
                document=fact.document_number,
                line=fact.document_line or None,
                gate_pass=fact.pass_number or None,
                quantity=str(fact.quantity),
                counts=str(fact.counts),
                action=fact.action,
                by_id=fact.by_id,
                device=fact.device or None,
                posting=fact.posting_id,
            )
            for fact in found[:_ROWS]
        ],
        next=_next(at, page, more=len(found) > _ROWS),
    )


def _next(at: datetime, page: int, *, more: bool) -> str | None:
    """The address of the next page, of the same instant."""
    if not more:
        return None
    return f"{request.path}?{urlencode({**request.args.to_dict(), 'at': at.isoformat(), 'page': page + 1})}"
