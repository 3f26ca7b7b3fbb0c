"""Filing papers and marking products: what the declarant knows of species, recipe and permit (`permits`)."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.inspection_rules import PaperRule
from wms.customs.permits import Permit, ProductPaper
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.registry.products import Product, find_product


class UnknownPaper(Refusal):
    """A kind that customs.toml does not name."""

    message = N_("{kind} is no kind of paper this zone knows.")
    status = 422


class BadPermit(Refusal):
    """A permit that could never be used."""

    message = N_("Permit {number}: {fault}.")
    status = 422


class UnknownItem(Refusal):
    """An item nobody filed."""

    message = N_("Item {item} is not on file.")
    status = 422


class NoSuchPermit(Refusal):
    """The number names none, or it was revoked."""

    message = N_("There is no such permit in force.")
    status = 404


class NoSuchMark(Refusal):
    """The number names none, or somebody has taken it away."""

    message = N_("There is no such mark in force. Load the page again.")
    status = 404


class ReasonMissing(Refusal):
    """Nobody could tell later why goods go without the paper."""

    message = N_("Say why the product does not need this paper any more.")
    status = 422


def file_permit(
    session: Session,
    rules: Sequence[PaperRule],
    *,
    kind: str,
    number: str,
    item_no: str,
    issued_by: str,
    valid_from: date,
    valid_until: date,
    quantity: int | None,
    by_id: int,
    at: datetime,
) -> Permit:
    """File a paper; raises UnknownPaper, UnknownItem and BadPermit."""
    rule = _rule(rules, kind)
    _product(session, item_no)
    if valid_until < valid_from:
        raise BadPermit(number=number, fault=say(N_("it ends before it begins")))
    if rule.counted and (quantity is None or quantity < 1):
        raise BadPermit(number=number, fault=say(N_("a paper of this kind names a quantity above zero")))
    known = select(Permit).where(Permit.kind == kind, Permit.number == number, Permit.item_no == item_no)
    if session.scalars(known).first() is not None:
        raise BadPermit(number=number, fault=say(N_("it is on file already for this item")))
    made = Permit(
        kind=kind,
        number=number[:40],
        item_no=item_no,
        issued_by=issued_by[:100],
        valid_from=valid_from,
        valid_until=valid_until,
        quantity=quantity if rule.counted else None,
        filed_by_id=by_id,
        filed_at=at,
        revoked_at=None,
        revoked_by_id=None,
    )
    session.add(made)
    session.flush()
    return made


def revoke_permit(session: Session, permit_id: int, *, by_id: int, at: datetime) -> Permit:
    """Not to be used from now on; what was loaded under it stays. Raises NoSuchPermit."""
    found = session.get(Permit, permit_id, with_for_update=True, populate_existing=True)
    if found is None or found.revoked_at is not None:
        raise NoSuchPermit
    found.revoked_at, found.revoked_by_id = at, by_id
    return found


def mark_product(
    session: Session,
    rules: Sequence[PaperRule],
    *,
    item_no: str,
    kind: str,
    reason: str,
    by_id: int,
    at: datetime,
) -> ProductPaper:
    """Say that a product needs a kind of paper; a product marked already stays as it is."""
    _rule(rules, kind)
    _product(session, item_no)
    query = select(ProductPaper).where(
        ProductPaper.item_no == item_no, ProductPaper.kind == kind, ProductPaper.ended_at.is_(None)
    )
    known = session.scalars(query).one_or_none()
    if known is not None:
        return known
    made = ProductPaper(
        item_no=item_no,
        kind=kind,
        reason=reason[:200],
        marked_by_id=by_id,
        marked_at=at,
        ended_by_id=None,
        ended_at=None,
    )
    session.add(made)
    session.flush()
    return made


def end_mark(session: Session, mark_id: int, *, reason: str, by_id: int, at: datetime) -> ProductPaper:
    """The product needs the paper no more; the mark stays on record. Raises NoSuchMark and ReasonMissing."""
    found = session.get(ProductPaper, mark_id, with_for_update=True, populate_existing=True)
    if found is None or found.ended_at is not None:
        raise NoSuchMark
    if not reason.strip():
        raise ReasonMissing
    found.ended_at, found.ended_by_id, found.ended_reason = at, by_id, reason.strip()[:200]
    return found


def _rule(rules: Sequence[PaperRule], kind: str) -> PaperRule:
    found = next((rule for rule in rules if rule.kind == kind), None)
    if found is None:
        raise UnknownPaper(kind=kind)
    return found


def _product(session: Session, item_no: str) -> Product:
    found = find_product(session, item_no=item_no)
    if found is None:
        raise UnknownItem(item=item_no)
    return found
