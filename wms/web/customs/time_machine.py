"""The time machine: stock and book as they stood at any instant, and what stands behind each number.

From a figure to the facts it adds up, from a fact to its posting, from a posting to the person, the device and the
texts that were scanned.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from flask import render_template, request
from sqlalchemy import select

from wms.auth.permissions import Permission, may
from wms.auth.users import User
from wms.i18n import N_
from wms.ledger.behind import Figure, facts_behind, moves_behind, story_of, value_of
from wms.ledger.book import AccountBook, BookItem
from wms.ledger.lots import Lot
from wms.ledger.moves import Balance
from wms.ledger.past import ItemAt, items_at, stock_lines_at
from wms.ledger.places import Location
from wms.web.doors import Menu, Pages
from wms.web.house import person, session
from wms.web.instants import asked_instant
from wms.web.refusals import NoSuchPage
from wms.web.requests import PAGE_ROWS, page_number

pages = Pages("time_machine", "/customs/time-machine")

FIGURES: Final = {
    Figure.ACTUAL_IN: N_("Booked in"),
    Figure.ACTUAL_OUT: N_("Booked out"),
    Figure.PROMISED_IN: N_("Promised in"),
    Figure.PROMISED_OUT: N_("Promised out"),
    Figure.DISPLAYED_OUT: N_("On display"),
    Figure.ARRIVED_NOT_BOOKED: N_("Arrived, not booked"),
    Figure.LEFT_NOT_BOOKED: N_("Left, not booked"),
    Figure.BOOKED_NOT_ARRIVED: N_("Booked, not arrived"),
    Figure.BOOKED_NOT_LEFT: N_("Booked, not left"),
    Figure.MOVED_IN: N_("Arrived in all"),
    Figure.MOVED_OUT: N_("Left in all"),
}
#: What stands on the page of the whole book; the rest is on the item's own.
SHOWN: Final = tuple(figure for figure in Figure if figure not in {Figure.MOVED_IN, Figure.MOVED_OUT})
_STOCK_LINES: Final = 500


@pages.page("/", title=N_("Time machine"), menu=Menu.CUSTOMS, permission=Permission.READ_BOOK)
def at_an_instant() -> str:
    """The book by item, and with an item number the places and lots where its goods lay."""
    at = asked_instant()
    item_no = request.args.get("item", "").strip() or None
    items = items_at(session(), at=at, item_no=item_no)
    stock = stock_lines_at(session(), at=at, item_no=item_no, limit=_STOCK_LINES) if item_no else []
    return render_template(
        "customs/time_machine.html",
        at=at,
        item_no=item_no,
        books=_by_book(items),
        stock=stock,
        shown=[(figure, FIGURES[figure]) for figure in SHOWN],
        value_of=value_of,
        moments=moments_of(at),
    )


@pages.page("/items/<int:book_item_id>", permission=Permission.READ_BOOK)
def item(book_item_id: int) -> str:
    """One 料号: its figures, each a door to its facts, and the stock by place and lot."""
    at = asked_instant()
    found = _item(book_item_id, at)
    stock = stock_lines_at(session(), at=at, item_no=found.item_no, limit=_STOCK_LINES)
    return render_template(
        "customs/time_machine_item.html",
        at=at,
        item=found,
        figures=[(figure, FIGURES[figure], value_of(figure, found.book)) for figure in Figure],
        stock=[line for line in stock if line.book_item_id in {book_item_id, 0}],
        moments=moments_of(at),
    )


@pages.page("/items/<int:book_item_id>/<figure>", permission=Permission.READ_BOOK)
def behind(book_item_id: int, figure: str) -> str:
    """The facts that a figure adds up, the newest first."""
    if figure not in set(Figure):
        raise NoSuchPage
    at, wanted, page = asked_instant(), Figure(figure), page_number()
    found = _item(book_item_id, at)
    facts = facts_behind(
        session(),
        book_item_id=book_item_id,
        figure=wanted,
        at=at,
        limit=PAGE_ROWS + 1,
        skip=(page - 1) * PAGE_ROWS,
    )
    return render_template(
        "customs/time_machine_facts.html",
        at=at,
        item=found,
        figure=FIGURES[wanted],
        total=value_of(wanted, found.book),
        facts=facts[:PAGE_ROWS],
        more=len(facts) > PAGE_ROWS,
        page=page,
        people=names_of(facts),
    )


@pages.page("/balances/<int:balance_id>", permission=Permission.READ_FLOOR)
def balance(balance_id: int) -> str:
    """The moves that made one place and lot what it was."""
    at = asked_instant()
    found = session().get(Balance, balance_id)
    if found is None:
        raise NoSuchPage
    moves = moves_behind(session(), balance_id=balance_id, at=at)
    return render_template(
        "customs/time_machine_balance.html",
        at=at,
        balance_id=balance_id,
        place=session().get_one(Location, found.location_id),
        lot=session().get_one(Lot, found.lot_id),
        moves=moves,
        people=names_of(moves),
    )


@pages.page("/postings/<int:posting_id>", permission=Permission.READ_FLOOR)
def posting(posting_id: int) -> str:
    """One posting: person, device, moves, facts and links; the scans for those who may read scans."""
    story = story_of(session(), posting_id)
    if story is None:
        raise NoSuchPage
    reads_scans = may(person().role, Permission.READ_SCANS)
    return render_template(
        "customs/posting.html",
        story=story,
        scans=story.scans if reads_scans else [],
        reads_scans=reads_scans,
        people=names_of([story.posting]),
    )


def names_of(rows: Any) -> dict[int, str]:
    """User names of the people in the rows' `by_id`."""
    wanted = {row.by_id for row in rows}
    found = session().execute(select(User.id, User.name).where(User.id.in_(wanted)))
    return {row.id: row.name for row in found}


def _item(book_item_id: int, at: datetime) -> ItemAt:
    known = session().get(BookItem, book_item_id)
    if known is None or known.book_id is None:
        raise NoSuchPage
    return next(
        each
        for each in items_at(session(), at=at, book_id=known.book_id, item_no=known.item_no)
        if each.book_item_id == book_item_id
    )


def _by_book(items: list[ItemAt]) -> list[tuple[AccountBook, list[ItemAt]]]:
    books = {
        row.id: row.book_id for row in session().execute(select(BookItem.id, BookItem.book_id)) if row.book_id
    }
    return [
        (book, [each for each in items if books.get(each.book_item_id) == book.id])
        for book in session().scalars(select(AccountBook).order_by(AccountBook.number))
    ]


def moments_of(at: datetime) -> list[tuple[str, datetime | None]]:
    """Moments people ask for; none is now."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        (N_("Now"), None),
        (N_("An hour earlier"), at - timedelta(hours=1)),
        (N_("Start of that day"), midnight),
        (N_("A day earlier"), at - timedelta(days=1)),
    ]
