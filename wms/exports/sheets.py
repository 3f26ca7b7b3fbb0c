"""What an export holds: a titled table of values, read from the same functions as the pages. No personal data.

Words are translated here because a file is read without us; times stand in the site's zone with the zone named.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.auth.users import User
from wms.customs.bonded_list import BondedList, find_by_inner_no, find_by_list_no
from wms.customs.cases import Act, find_case, history
from wms.customs.overview import reconcile_all
from wms.errors import Refusal
from wms.exports.exports import Export, ExportKind
from wms.i18n import N_, translate
from wms.ledger.past import items_at, ledger_now, stock_lines_at

Cell = str | int | Decimal | date | None
#: More lines than any site has; the Excel format itself ends here.
ROWS_MAX: Final = 1_000_000


class NoSuchDocument(Refusal):
    """The list or case that was named is not here."""

    message = N_("There is no {number} here. Check the number.")
    status = 404


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column: its title, its share of the width, and whether it holds numbers."""

    title: str
    width: int
    is_number: bool = False


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """A titled table: facts above it, columns, rows in their order."""

    title: str
    facts: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]


@dataclass(frozen=True, kw_only=True)
class Wording:
    """How a file says things: its language and the site's zone."""

    locale: str
    zone: ZoneInfo

    def say(self, sentence: str, /, **facts: object) -> str:
        """A marked sentence in the file's language."""
        return translate(sentence, self.locale, **facts)

    def moment(self, at: datetime) -> str:
        """A time in the site's zone, which it names."""
        local = at.astimezone(self.zone)
        return f"{local:%Y-%m-%d %H:%M:%S} UTC{local:%z}"[:-2]

    def text(self, title: str, width: int = 14) -> Column:
        """A column of words."""
        return Column(title=self.say(title), width=width)

    def number(self, title: str, width: int = 9) -> Column:
        """A column of numbers."""
        return Column(title=self.say(title), width=width, is_number=True)


def sheet_of(session: Session, export: Export, *, zone: ZoneInfo) -> Sheet:
    """The table an export asks for, as things stand; raises NoSuchDocument."""
    return _SHEETS[export.kind](session, export, Wording(locale=export.locale, zone=zone))


def _book(session: Session, export: Export, w: Wording) -> Sheet:
    at = export.as_of or ledger_now(session)
    rows = [
        (
            item.item_no,
            item.name,
            item.book.actual_in,
            item.book.actual_out,
            item.book.promised_in,
            item.book.promised_out,
            item.book.displayed_out,
            item.book.available,
            item.book.arrived_not_booked,
            item.book.left_not_booked,
            item.book.booked_not_arrived,
            item.book.booked_not_left,
            item.bonded,
        )
        for item in items_at(session, at=at)
    ]
    titles = (
        N_("Booked in"),
        N_("Booked out"),
        N_("Promised in"),
        N_("Promised out"),
        N_("On display"),
        N_("Available"),
        N_("Arrived, not booked"),
        N_("Left, not booked"),
        N_("Booked, not arrived"),
        N_("Booked, not left"),
        N_("Lying there"),
    )
    columns = (
        w.text(N_("Item number")),
        w.text(N_("Goods name"), 24),
        *(w.number(title) for title in titles),
    )
    return Sheet(title=w.say(N_("Account book")), facts=_as_of(w, at), columns=columns, rows=rows)


def _reconciliation(session: Session, export: Export, w: Wording) -> Sheet:
    at = export.as_of or ledger_now(session)
    rows = [
        (
            each.book_number,
            item.item_no,
            item.name,
            item.statement,
            item.documents,
            item.book,
            item.arrived_not_booked,
            item.left_not_booked,
            item.booked_not_arrived,
            item.returned_not_reentered,
            item.expected,
            item.present,
            item.difference,
        )
        for each in reconcile_all(session, at=at)
        for item in each.items
    ]
    titles = (
        N_("Statement"),
        N_("Documents"),
        N_("Book"),
        N_("Arrived, not booked"),
        N_("Left, not booked"),
        N_("Booked, not arrived"),
        N_("Returned, not re-entered"),
        N_("Should be there"),
        N_("Goods"),
        N_("Difference"),
    )
    columns = (
        w.text(N_("Account book"), 16),
        w.text(N_("Item number")),
        w.text(N_("Goods name"), 24),
        *(w.number(title) for title in titles),
    )
    return Sheet(title=w.say(N_("Reconciliation")), facts=_as_of(w, at), columns=columns, rows=rows)


def _stock(session: Session, export: Export, w: Wording) -> Sheet:
    at = export.as_of or ledger_now(session)
    regimes = {"BONDED": N_("Bonded"), "DOMESTIC": N_("Domestic"), "FOREIGN": N_("Foreign")}
    rows = [
        (
            line.item_no,
            line.name_en if export.locale == "en" else line.name_zh,
            line.lot,
            line.expiry,
            line.warehouse,
            line.location,
            w.say(regimes[line.regime.value]),
            line.on_hand,
        )
        for line in stock_lines_at(session, at=at, limit=ROWS_MAX)
    ]
    columns = (
        w.text(N_("Item number")),
        w.text(N_("Goods name"), 24),
        w.text(N_("Lot"), 16),
        w.text(N_("Expiry"), 11),
        w.text(N_("Warehouse"), 9),
        w.text(N_("Place"), 18),
        w.text(N_("Customs status"), 10),
        w.number(N_("On hand")),
    )
    return Sheet(title=w.say(N_("Stock")), facts=_as_of(w, at), columns=columns, rows=rows)


def _bonded_list(session: Session, export: Export, w: Wording) -> Sheet:
    found = find_by_list_no(session, export.number) or find_by_inner_no(session, export.number)
    if found is None:
        raise NoSuchDocument(number=export.number)
    rows = [
        (
            line.line_no,
            line.item_no,
            line.quantity,
            line.unit,
            line.stock_quantity,
            line.price,
            line.total,
            line.currency,
        )
        for line in found.lines
    ]
    columns = (
        w.number(N_("Line"), 6),
        w.text(N_("Item number"), 16),
        w.number(N_("Declared quantity"), 12),
        w.text(N_("Unit"), 8),
        w.number(N_("In stock units"), 12),
        w.number(N_("Price"), 12),
        w.number(N_("Total"), 14),
        w.text(N_("Currency"), 8),
    )
    title = f"{w.say(N_('Bonded list'))} {found.list_no or found.inner_no}"
    return Sheet(title=title, facts=_list_facts(found, session, w), columns=columns, rows=rows)


def _list_facts(found: BondedList, session: Session, w: Wording) -> tuple[tuple[str, str], ...]:
    facts = [
        (N_("Our number"), found.inner_no),
        (N_("Account book"), found.book.number),
        (N_("Direction"), w.say({"IN": N_("in"), "OUT": N_("out")}[found.side.value])),
        (N_("Supervision mode"), found.supervision_mode),
        (N_("Declared"), w.moment(found.declared_at)),
        (N_("Reviewed"), w.moment(found.reviewed_at) if found.reviewed_at else "–"),
        (N_("Booked"), w.moment(found.booked_at) if found.booked_at else "–"),
    ]
    return (*((w.say(label), value) for label, value in facts), *_as_of(w, ledger_now(session)))


#: What was done about a case; its page and its export say it with the same words.
ACTS: Final = {
    Act.OPENED: N_("Difference found"),
    Act.CHANGED: N_("Changed"),
    Act.EXPLAINED: N_("Explained"),
    Act.PROPOSED: N_("Proposed"),
    Act.APPROVED: N_("Approved"),
    Act.SENT_BACK: N_("Sent back"),
    Act.SETTLED: N_("Stock put right"),
    Act.NAMED: N_("List named"),
    Act.CLOSED: N_("Case closed"),
}


def _case(session: Session, export: Export, w: Wording) -> Sheet:
    """A case: its figures above, and below what was done about it, by whom and when."""
    case = find_case(session, export.number)
    document = f"{case.document_number}/{case.document_line}" if case.document_line else case.document_number
    facts = [
        (N_("Item number"), case.item_no),
        (N_("Document"), document or "–"),
        (N_("Gate pass"), case.pass_number or "–"),
        (N_("Quantity"), str(case.quantity)),
        (N_("Difference"), f"{case.book_difference:+d}"),
        (N_("Found"), w.moment(case.opened_at)),
    ]
    people = {user.id: user.name for user in session.scalars(select(User))}
    rows: list[tuple[Cell, ...]] = [
        (w.moment(entry.at), w.say(ACTS[entry.act]), people.get(entry.by_id, str(entry.by_id)), entry.said)
        for entry in history(session, case)
    ]
    columns = (
        w.text(N_("When"), 20),
        w.text(N_("Action"), 14),
        w.text(N_("Who"), 14),
        w.text(N_("What was said"), 60),
    )
    told = (*((w.say(label), value) for label, value in facts), *_as_of(w, ledger_now(session)))
    return Sheet(title=f"{w.say(N_('Case'))} {case.number}", facts=told, columns=columns, rows=rows)


def _as_of(w: Wording, at: datetime) -> tuple[tuple[str, str], ...]:
    return ((w.say(N_("As of")), w.moment(at)),)


_SHEETS: Final[dict[ExportKind, Callable[[Session, Export, Wording], Sheet]]] = {
    ExportKind.BOOK: _book,
    ExportKind.RECONCILIATION: _reconciliation,
    ExportKind.STOCK: _stock,
    ExportKind.BONDED_LIST: _bonded_list,
    ExportKind.CASE: _case,
}
