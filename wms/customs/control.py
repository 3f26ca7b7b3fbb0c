"""布控 directed control: a rule of an officer by which everything that fits is inspected, without any draw.

What a rule leaves empty fits anything. It works from the moment it is placed: what fits is barred at once, and the
worker orders the inspections within the minute.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.customs.retail_declaration import RetailDeclaration
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import BookItem
from wms.numbering import next_number


class FitsEverything(Refusal):
    """A rule without any condition would stop the zone."""

    message = N_("Name at least one of tariff number, origin, item, company or document.")
    status = 422


class NoSuchControl(Refusal):
    """The number names none, or it has ended."""

    message = N_("There is no such directed control in force.")
    status = 404


class Control(Base):
    """布控: what must be inspected, from when, until somebody ends it."""

    __tablename__ = "inspection_control"
    __table_args__ = (
        CheckConstraint(
            "hs || origin || item_no || company_code || document_no <> ''", name="fits_something"
        ),
        {"comment": "Directed controls: what fits is inspected without a draw"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="number of the control")
    hs: Mapped[str] = mapped_column(String(10), comment="beginning of the tariff number; empty fits any")
    origin: Mapped[str] = mapped_column(String(3), comment="country of origin, customs' number; empty: any")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号; empty fits any")
    company_code: Mapped[str] = mapped_column(
        String(18), comment="company that keeps the account book, customs code; empty fits any"
    )
    document_no: Mapped[str] = mapped_column(
        String(64), comment="one declaration (copNo or invtNo) or list; empty fits any"
    )
    reason: Mapped[str] = mapped_column(String(200), comment="why, in words")
    placed_by_id: Mapped[int] = mapped_column(comment="officer who placed it")
    placed_at: Mapped[datetime] = mapped_column(comment="since when it counts")
    ended_by_id: Mapped[int | None] = mapped_column(comment="officer who ended it")
    ended_at: Mapped[datetime | None] = mapped_column(comment="until when it counted; none while it does")


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What of a document a control looks at; one entry of `lines` per line: (tariff number, origin, item)."""

    numbers: frozenset[str]
    company: str
    lines: tuple[tuple[str, str, str], ...]


def fits(control: Control, traits: Traits) -> bool:
    """Whether the control asks for this document: one line must fit all that is asked of lines (pure)."""
    if control.document_no and control.document_no not in traits.numbers:
        return False
    if control.company_code and control.company_code != traits.company:
        return False
    return any(
        hs.startswith(control.hs) and control.origin in ("", origin) and control.item_no in ("", item_no)
        for hs, origin, item_no in traits.lines
    )


def first_fitting(controls: Sequence[Control], traits: Traits) -> Control | None:
    """The oldest control that asks for this document."""
    return next((control for control in controls if fits(control, traits)), None)


def place_control(
    session: Session,
    *,
    reason: str,
    hs: str = "",
    origin: str = "",
    item_no: str = "",
    company_code: str = "",
    document_no: str = "",
    by_id: int,
    at: datetime,
) -> Control:
    """Inspect everything that fits from now on; raises FitsEverything."""
    if not (hs or origin or item_no or company_code or document_no):
        raise FitsEverything
    made = Control(
        number=next_number(session, "B", day=at.date()),
        hs=hs[:10],
        origin=origin[:3],
        item_no=item_no[:32],
        company_code=company_code[:18],
        document_no=document_no[:64],
        reason=reason[:200],
        placed_by_id=by_id,
        placed_at=at,
        ended_by_id=None,
        ended_at=None,
    )
    session.add(made)
    session.flush()
    return made


def end_control(session: Session, control_id: int, *, by_id: int, at: datetime) -> Control:
    """Stop asking; inspections already ordered stay. Raises NoSuchControl."""
    found = session.get(Control, control_id, with_for_update=True, populate_existing=True)
    if found is None or found.ended_at is not None:
        raise NoSuchControl
    found.ended_by_id, found.ended_at = by_id, at
    return found


def in_force(session: Session) -> list[Control]:
    """Controls that count now, the oldest first."""
    return list(session.scalars(select(Control).where(Control.ended_at.is_(None)).order_by(Control.id)))


_COMPANIES = text("select b.id, c.customs_code from account_book b join company c on c.id = b.company_id")


def declaration_traits(session: Session, declarations: Sequence[RetailDeclaration]) -> dict[str, Traits]:
    """What controls look at, of each declaration by its number; two statements however many."""
    companies = {row.id: row.customs_code for row in session.execute(_COMPANIES)}
    items = {line.book_item_id for each in declarations for line in each.lines}
    origins: dict[int, str] = {}
    if items:
        found = session.execute(select(BookItem.id, BookItem.origin).where(BookItem.id.in_(items)))
        origins = {row.id: row.origin for row in found}
    return {
        each.number: Traits(
            numbers=frozenset(filter(None, (each.number, each.list_no))),
            company=companies.get(each.book_id, ""),
            lines=tuple((line.hs10, origins.get(line.book_item_id, ""), line.item_no) for line in each.lines),
        )
        for each in declarations
    }
