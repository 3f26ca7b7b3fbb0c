"""Papers that goods need before they are loaded: CITES, export quarantine, Tibetan medicine.

Which kinds there are, since when and for which way out stands in customs.toml with its source. A product needs a
kind by its tariff number or because somebody who knows species and recipe marked it. A permit has a validity and,
where its kind is counted, a quantity; loading uses it, unloading gives it back, and what is left is what its uses
add up to.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from config.customs_rules import CustomsRules
from config.inspection_rules import PaperRule, PaperSide
from wms.audit import UNAUDITED
from wms.customs.retail_declaration import RetailDeclaration
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_, Sentence, say
from wms.ledger.book import BookItem


class PaperMissing(Refusal):
    """Goods without their paper are not loaded."""

    message = N_(
        "Item {item} may not be loaded: {paper} for {quantity} is missing, expired or used up. Ask the declarant."
    )


class Permit(Base):
    """许可证件: one paper for one item, with its validity and quantity."""

    __tablename__ = "permit"
    __table_args__ = (
        Index("uq_permit_number", "kind", "number", "item_no", unique=True),
        CheckConstraint("valid_from <= valid_until", name="validity"),
        {"comment": "Papers goods need before they are loaded"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    kind: Mapped[str] = mapped_column(String(20), comment="kind of paper, as in customs.toml")
    number: Mapped[str] = mapped_column(String(40), comment="its number, as issued")
    item_no: Mapped[str] = mapped_column(String(32), index=True, comment="料号 it is for")
    issued_by: Mapped[str] = mapped_column(String(100), comment="who issued it")
    valid_from: Mapped[date] = mapped_column(comment="first day it counts")
    valid_until: Mapped[date] = mapped_column(comment="last day it counts")
    quantity: Mapped[int | None] = mapped_column(comment="stock units it allows; none: no quantity is named")
    filed_by_id: Mapped[int] = mapped_column(comment="who filed it here")
    filed_at: Mapped[datetime] = mapped_column(comment="when")
    revoked_at: Mapped[datetime | None] = mapped_column(comment="not to be used from this moment on")
    revoked_by_id: Mapped[int | None] = mapped_column(comment="who revoked it")


class PermitUse(Base):
    """How much of a permit a parcel or load used; given back is negative. A fact."""

    __tablename__ = "permit_use"
    __table_args__ = (
        Index("ix_permit_use_document", "document_number"),
        {"comment": "Uses of permits, never changed", "info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    permit_id: Mapped[int] = mapped_column(ForeignKey("permit.id"), index=True, comment="the permit")
    document_number: Mapped[str] = mapped_column(String(64), comment="declaration or list that was loaded")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号")
    quantity: Mapped[int] = mapped_column(comment="stock units, signed; 0 where no quantity is named")
    used_at: Mapped[datetime] = mapped_column(comment="when it was loaded or unloaded")
    by_id: Mapped[int] = mapped_column(comment="who loaded or unloaded it")


class ProductPaper(Base):
    """A product that somebody marked as needing a kind of paper."""

    __tablename__ = "product_paper"
    __table_args__ = (
        Index("uq_product_paper", "item_no", "kind", unique=True, postgresql_where="ended_at is null"),
        {"comment": "Products marked as needing a paper"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号")
    kind: Mapped[str] = mapped_column(String(20), comment="kind of paper, as in customs.toml")
    reason: Mapped[str] = mapped_column(String(200), comment="species, recipe: why")
    marked_by_id: Mapped[int] = mapped_column(comment="who marked it")
    marked_at: Mapped[datetime] = mapped_column(comment="since when")
    ended_by_id: Mapped[int | None] = mapped_column(comment="who took the mark away")
    ended_reason: Mapped[str] = mapped_column(
        String(200), default="", comment="why it was taken away; empty while it counts"
    )
    ended_at: Mapped[datetime | None] = mapped_column(comment="until when it counted")


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """Goods about to be loaded, in stock units."""

    item_no: str
    hs10: str
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Need:
    """So much of an item needs a paper of this rule."""

    goods: Loaded
    rule: PaperRule


def needs(
    goods: Iterable[Loaded],
    rules: Sequence[PaperRule],
    *,
    marked: frozenset[tuple[str, str]],
    leaves_country: bool,
    day: date,
) -> list[Need]:
    """Which papers these goods need on a day (pure). `marked` holds (item, kind)."""
    return [
        Need(goods=each, rule=rule)
        for each in goods
        for rule in rules
        if rule.is_in_force(day)
        and (leaves_country or rule.side is PaperSide.ANY)
        and ((each.item_no, rule.kind) in marked or any(each.hs10.startswith(hs) for hs in rule.hs))
    ]


def missing_papers(
    session: Session, goods: Sequence[Loaded], rules: Sequence[PaperRule], *, leaves_country: bool, day: date
) -> list[Need]:
    """Needs that no permit covers on that day; reads only."""
    wanted = _needs_of(session, goods, rules, leaves_country=leaves_country, day=day)
    return [need for need in wanted if not _covering(session, need, day=day)]


def paper_sentence(need: Need) -> Sentence:
    """What a worker reads of a missing paper."""
    return say(
        PaperMissing.message, item=need.goods.item_no, paper=need.rule.name_zh, quantity=need.goods.quantity
    )


def use_permits(
    session: Session,
    goods: Sequence[Loaded],
    rules: Sequence[PaperRule],
    *,
    document_number: str,
    leaves_country: bool,
    day: date,
    by_id: int,
    at: datetime,
) -> None:
    """Use the papers these goods need, the soonest to expire first; raises PaperMissing and then uses none.

    What the document has used already is not used again.
    """
    for need in _needs_of(session, goods, rules, leaves_country=leaves_country, day=day):
        if _used(session, document_number, need):
            continue
        chosen = _covering(session, need, day=day, lock=True)
        if not chosen:
            raise PaperMissing(item=need.goods.item_no, paper=need.rule.name_zh, quantity=need.goods.quantity)
        for permit, quantity in chosen:
            session.add(
                PermitUse(
                    permit_id=permit.id,
                    document_number=document_number,
                    item_no=need.goods.item_no,
                    quantity=quantity,
                    used_at=at,
                    by_id=by_id,
                )
            )
        session.flush()


_rules = cache(CustomsRules.load)


def use_papers_of(
    session: Session, declaration: RetailDeclaration, *, day: date, by_id: int, at: datetime
) -> None:
    """Use the papers a retail parcel needs to leave the zone; raises PaperMissing."""
    use_permits(
        session,
        [
            Loaded(item_no=line.item_no, hs10=line.hs10, quantity=line.stock_quantity)
            for line in declaration.lines
        ],
        _rules().inspection.papers,
        document_number=declaration.number,
        leaves_country=False,
        day=day,
        by_id=by_id,
        at=at,
    )


def use_papers_of_items(
    session: Session,
    quantities: Mapping[int, int],
    *,
    document_number: str,
    leaves_country: bool,
    day: date,
    by_id: int,
    at: datetime,
) -> None:
    """Use the papers that stock units of book items, by id, need to leave under a document; raises PaperMissing."""
    items = session.execute(
        select(BookItem.id, BookItem.item_no, BookItem.hs10).where(BookItem.id.in_(list(quantities)))
    )
    use_permits(
        session,
        [Loaded(item_no=item_no, hs10=hs10, quantity=quantities[key]) for key, item_no, hs10 in items],
        _rules().inspection.papers,
        document_number=document_number,
        leaves_country=leaves_country,
        day=day,
        by_id=by_id,
        at=at,
    )


def give_back(session: Session, document_number: str, *, by_id: int, at: datetime) -> None:
    """What was unloaded again gives back what it used; nothing used gives nothing back."""
    rows = session.execute(
        select(PermitUse.permit_id, PermitUse.item_no, func.sum(PermitUse.quantity))
        .where(PermitUse.document_number == document_number)
        .group_by(PermitUse.permit_id, PermitUse.item_no)
        .having(func.sum(PermitUse.quantity) > 0)
    ).all()
    for permit_id, item_no, quantity in rows:
        session.add(
            PermitUse(
                permit_id=permit_id,
                document_number=document_number,
                item_no=item_no,
                quantity=-int(quantity),
                used_at=at,
                by_id=by_id,
            )
        )
    session.flush()


def left_of(session: Session, permit_ids: Sequence[int]) -> dict[int, int]:
    """What uses add up to, by permit; a permit nobody used is not named."""
    rows = session.execute(
        select(PermitUse.permit_id, func.sum(PermitUse.quantity))
        .where(PermitUse.permit_id.in_(permit_ids))
        .group_by(PermitUse.permit_id)
    )
    return {permit_id: int(used) for permit_id, used in rows}


def _needs_of(
    session: Session, goods: Sequence[Loaded], rules: Sequence[PaperRule], *, leaves_country: bool, day: date
) -> list[Need]:
    query = select(ProductPaper.item_no, ProductPaper.kind).where(
        ProductPaper.ended_at.is_(None), ProductPaper.item_no.in_({each.item_no for each in goods})
    )
    marked = frozenset((item_no, kind) for item_no, kind in session.execute(query))
    return needs(_by_item(goods), rules, marked=marked, leaves_country=leaves_country, day=day)


def _by_item(goods: Sequence[Loaded]) -> list[Loaded]:
    """One entry per item: two lines of an item need their papers together."""
    sums: dict[tuple[str, str], int] = {}
    for each in goods:
        sums[each.item_no, each.hs10] = sums.get((each.item_no, each.hs10), 0) + each.quantity
    return [Loaded(item_no=item, hs10=hs10, quantity=sums[item, hs10]) for item, hs10 in sorted(sums)]


def _used(session: Session, document_number: str, need: Need) -> bool:
    query = (
        select(func.sum(PermitUse.quantity), func.count())
        .join(Permit, Permit.id == PermitUse.permit_id)
        .where(
            PermitUse.document_number == document_number,
            PermitUse.item_no == need.goods.item_no,
            Permit.kind == need.rule.kind,
        )
    )
    quantity, count = session.execute(query).one()
    return bool(quantity) if need.rule.counted else bool(count)


def _covering(session: Session, need: Need, *, day: date, lock: bool = False) -> list[tuple[Permit, int]]:
    """Permits and how much of each covers a need; empty when they do not."""
    query = (
        select(Permit)
        .where(
            Permit.kind == need.rule.kind,
            Permit.item_no == need.goods.item_no,
            Permit.valid_from <= day,
            Permit.valid_until >= day,
            Permit.revoked_at.is_(None),
        )
        .order_by(Permit.valid_until, Permit.id)
    )
    permits = list(session.scalars(query.with_for_update() if lock else query))
    if not need.rule.counted:
        return [(permits[0], 0)] if permits else []
    used = left_of(session, [each.id for each in permits])
    wanted, chosen = need.goods.quantity, []
    for each in permits:
        part = min(wanted, (each.quantity or 0) - used.get(each.id, 0))
        if part > 0:
            chosen.append((each, part))
            wanted -= part
    return [] if wanted else chosen
