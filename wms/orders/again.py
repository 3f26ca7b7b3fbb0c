"""Which orders a matching run need not judge again: nothing they were judged by has changed since.

A verdict is a pure function (`match`) of the three filings in force, the items the order names with their book and
stock, its buyer's year, its waybill's number and the rules of the day. The basis is a digest of just these, kept with
the verdict. While it is the same the verdict is the same; where it changed, or this run takes something it rests on,
the order is judged.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from wms.customs.retail_declaration import RetailDeclaration, RetailDeclarationLine
from wms.orders.documents import Filed, OrderLine
from wms.orders.matching import Verdict, World
from wms.orders.retail_draft import declaration_number
from wms.orders.surroundings import Ground, Worlds, item_no, taken_waybills
from wms.orders.verdicts import Match

#: Raised when `match` itself decides otherwise, so that what an older one refused is judged anew.
EDITION: Final = 2

#: Keys of order, payment and waybill in force; none where one is missing.
Documents = tuple[int | None, int | None, int | None]


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """An order that would be judged as before; `rests_on` are the items it names and the hash of its buyer."""

    verdict: Verdict
    rests_on: frozenset[str]


def key_of(filed: Filed | None) -> int | None:
    """The key of a filing in force."""
    return None if filed is None else filed.id


def basis_of(documents: Documents, world: World) -> str:
    """Digest of everything a verdict depends on (pure)."""
    parts = (
        EDITION,
        documents,
        sorted(world.items.items()),
        world.buyer.spent,
        sorted(world.buyer.had.items()),
        world.limits,
        world.is_waybill_taken,
    )
    return sha256(repr(parts).encode()).hexdigest()


# Verdicts that may still change, with the filings in force now. A declared order has more to it and is always judged.
_OPEN = text("""
    select m.order_no, m.verdict, m.basis, m.buyer, o.id as order_id, p.id as payment_id, w.id as waybill_id
    from order_match m
    left join lateral (select id from customer_order where order_no = m.order_no
                       order by declared_at desc, id desc limit 1) o on true
    left join lateral (select id from payment where order_no = m.order_no
                       order by declared_at desc, id desc limit 1) p on true
    left join lateral (select id from waybill where order_no = m.order_no
                       order by declared_at desc, id desc limit 1) w on true
    where m.verdict <> 'ACCEPTED' and m.declaration is null and m.basis <> ''
""")


# All numbers any document names but those accepted in the version in force: years of them are told in one statement.
_TO_JUDGE = text("""
    with in_force as (
        select distinct on (order_no) order_no, id, declared_at
        from customer_order order by order_no, declared_at desc, id desc),
    named as (
        select order_no from in_force union select order_no from payment union select order_no from waybill)
    select n.order_no, m.verdict
    from named n
    left join in_force o on o.order_no = n.order_no
    left join order_match m on m.order_no = n.order_no
    where m.verdict is distinct from 'ACCEPTED' or m.order_id is distinct from o.id
    order by o.declared_at nulls last, n.order_no
""")


def to_judge(session: Session) -> tuple[list[str], int]:
    """Numbers a run looks at, by (appTime of the order in force, number); and how many orders stay accepted."""
    rows = session.execute(_TO_JUDGE).all()
    accepted = session.scalar(select(func.count()).where(Match.verdict == Verdict.ACCEPTED)) or 0
    return [row.order_no for row in rows], accepted - sum(row.verdict == Verdict.ACCEPTED for row in rows)


def unchanged(session: Session, *, ground: Ground) -> dict[str, Unchanged]:
    """Orders whose verdict would come out the same, by number; reads each item and each buyer once."""
    rows = session.execute(_OPEN).all()
    named = _items(session, [row.order_id for row in rows if row.order_id is not None])
    taken = taken_waybills(session, [row.waybill_id for row in rows if row.waybill_id is not None])
    worlds = Worlds(session, ground=ground)
    found: dict[str, Unchanged] = {}
    for row in rows:
        items = named.get(row.order_id, set())
        world = replace(worlds.of(items, buyer=row.buyer), is_waybill_taken=row.waybill_id in taken)
        if basis_of((row.order_id, row.payment_id, row.waybill_id), world) == row.basis:
            rests_on = frozenset(items | {row.buyer})
            found[row.order_no] = Unchanged(verdict=Verdict(row.verdict), rests_on=rests_on)
    return found


def taken_by(session: Session, order_no: str) -> set[str]:
    """What an accepted order took from others: its items, and its buyer's year."""
    query = (
        select(RetailDeclaration.buyer, RetailDeclarationLine.item_no)
        .join(RetailDeclarationLine, RetailDeclarationLine.declaration_id == RetailDeclaration.id)
        .where(RetailDeclaration.number == declaration_number(order_no))
    )
    return {text for row in session.execute(query) for text in row}


def _items(session: Session, order_ids: Iterable[int]) -> dict[int, set[str]]:
    query = select(OrderLine.order_id, OrderLine.item_no).where(OrderLine.order_id.in_(list(order_ids)))
    found: dict[int, set[str]] = {}
    for order_id, number in session.execute(query):
        found.setdefault(order_id, set()).add(item_no(number))
    return found
