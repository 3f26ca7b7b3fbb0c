"""What must be true of the ledgers' rows, each as one set-based query that returns the rows where it is not.

A query's columns are the facts of its sentence; `subject` names the row for people and is the same each time the
fault is found, so a finding can be told from a new one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from sqlalchemy import TextClause, text

from wms.i18n import N_
from wms.ledger.places import PARTNERS


class Check(StrEnum):
    """What was checked; a finding carries it as its reason."""

    VERSIONS = "VERSIONS"
    ENDS = "ENDS"
    BALANCE = "BALANCE"
    HELD = "HELD"
    RESERVED = "RESERVED"
    AUTHORITY = "AUTHORITY"
    BOOK_ITEM = "BOOK_ITEM"
    UNIT = "UNIT"
    MOVED = "MOVED"
    FIGURES = "FIGURES"
    OPEN = "OPEN"
    OPEN_COPY = "OPEN_COPY"
    LINK = "LINK"
    LAW = "LAW"
    LEFT_EARLY = "LEFT_EARLY"
    BOOKED_TWICE = "BOOKED_TWICE"
    REQUEST_TWICE = "REQUEST_TWICE"
    RESERVATION = "RESERVATION"
    ALLOWANCE = "ALLOWANCE"
    SERIAL = "SERIAL"
    PERIOD = "PERIOD"


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One check: the sentence of a fault and the query that finds them."""

    check: Check
    sentence: str
    query: TextClause


_PARTNERS: Final = ", ".join(f"'{purpose}'" for purpose in sorted(PARTNERS))


def both_ends(*columns: str) -> str:
    """Both ends of every move that touched a balance; `columns` are taken as they are."""
    more = "".join(f", {column}" for column in columns)
    return f"""
        select source_balance_id as balance_id, source_version as version, source_on_hand as on_hand,
               -quantity as change, source_id as location_id, source_lot_id as lot_id{more}
        from stock_move where source_balance_id is not null
        union all
        select target_balance_id, target_version, target_on_hand, quantity, target_id, target_lot_id{more}
        from stock_move where target_balance_id is not null
    """


_PLACE_AND_LOT: Final = """
    select b.id as balance_id, concat(p.code, ' · ', l.code, ' · #', b.id) as subject
    from balance b join location p on p.id = b.location_id join lot l on l.id = b.lot_id
"""

STOCK: Final = (
    Proof(
        check=Check.VERSIONS,
        sentence=N_(
            "{subject}: move {move} says version {version} and {on_hand} on hand; "
            "after the moves before it, it should say version {next_version} and {proven}."
        ),
        query=text(f"""
            with chained as (
                select e.*, lag(e.version, 1, 0::bigint) over w as before_version,
                       lag(e.on_hand, 1, 0::bigint) over w as before
                from ({both_ends("id as move")}) e
                window w as (partition by e.balance_id order by e.version, e.change))
            select coalesce(k.subject, concat('#', c.balance_id)) as subject, c.move, c.version, c.on_hand,
                   c.before_version + 1 as next_version, c.before + c.change as proven
            from chained c left join ({_PLACE_AND_LOT}) k on k.balance_id = c.balance_id
            where c.version <> c.before_version + 1 or c.on_hand <> c.before + c.change
        """),
    ),
    Proof(
        check=Check.ENDS,
        sentence=N_("{subject}: an end names balance {balance}, which is not of its place and lot."),
        query=text(f"""
            select concat('move ', m.id) as subject, coalesce(b.id, 0) as balance
            from (
                select id, source_id as location_id, source_lot_id as lot_id, source_balance_id as balance_id
                from stock_move
                union all
                select id, target_id, target_lot_id, target_balance_id from stock_move) m
            join location p on p.id = m.location_id
            left join balance b on b.id = m.balance_id
            where (p.purpose in ({_PARTNERS})) <> (m.balance_id is null)
               or (m.balance_id is not null
                   and (b.location_id is distinct from m.location_id or b.lot_id is distinct from m.lot_id))
        """),
    ),
    Proof(
        check=Check.BALANCE,
        sentence=N_(
            "{subject}: the balance says {on_hand} at version {version}; "
            "its {moves} moves add up to {proven}."
        ),
        query=text(f"""
            with proven as (
                select balance_id, sum(change)::bigint as on_hand, count(*) as moves
                from ({both_ends()}) e group by balance_id)
            select k.subject, b.on_hand, b.version, coalesce(p.moves, 0) as moves,
                   coalesce(p.on_hand, 0) as proven
            from balance b join ({_PLACE_AND_LOT}) k on k.balance_id = b.id
            left join proven p on p.balance_id = b.id
            where b.on_hand <> coalesce(p.on_hand, 0) or b.version <> coalesce(p.moves, 0)
        """),
    ),
    Proof(
        check=Check.HELD,
        sentence=N_("{subject}: {kept} are marked as held; the holds bar {proven}."),
        query=text(f"""
            with barred as (
                select balance_id, sum(quantity)::bigint as quantity from hold_entry group by balance_id)
            select k.subject, b.held as kept, coalesce(h.quantity, 0) as proven
            from balance b join ({_PLACE_AND_LOT}) k on k.balance_id = b.id
            left join barred h on h.balance_id = b.id
            where b.held <> coalesce(h.quantity, 0)
        """),
    ),
    Proof(
        check=Check.RESERVED,
        sentence=N_("{subject}: {kept} are marked as reserved; the picks chose {proven}."),
        query=text(f"""
            with chosen as (
                select balance_id, sum(quantity)::bigint as quantity from reserve_entry group by balance_id)
            select k.subject, b.reserved as kept, coalesce(r.quantity, 0) as proven
            from balance b join ({_PLACE_AND_LOT}) k on k.balance_id = b.id
            left join chosen r on r.balance_id = b.id
            where b.reserved <> coalesce(r.quantity, 0)
        """),
    ),
    Proof(
        check=Check.AUTHORITY,
        sentence=N_("{subject}: from {source} to {target} the customs status changed without a document."),
        query=text(f"""
            select concat('move ', m.id) as subject, s.code as source, t.code as target
            from stock_move m
            join location s on s.id = m.source_id join location t on t.id = m.target_id
            join lot a on a.id = m.source_lot_id join lot b on b.id = m.target_lot_id
            where m.document_number is null
              and (s.regime <> t.regime or s.zone <> t.zone or a.book_item_id <> b.book_item_id
                   or s.purpose in ({_PARTNERS}) or t.purpose in ({_PARTNERS}))
        """),
    ),
    Proof(
        check=Check.BOOK_ITEM,
        sentence=N_("{subject}: goods {product_item} are kept under book item {item}."),
        query=text("""
            select concat('lot ', l.code, ' · #', l.id) as subject, p.item_no as product_item, i.item_no as item
            from lot l join product p on p.id = l.product_id join book_item i on i.id = l.book_item_id
            where l.book_item_id <> 0 and p.item_no <> i.item_no
        """),
    ),
    Proof(
        check=Check.UNIT,
        sentence=N_("{subject}: counted in unit {unit}, but the book declares unit {declared}."),
        query=text("""
            select distinct concat('item ', i.item_no) as subject, p.unit, i.unit as declared
            from lot l join product p on p.id = l.product_id join book_item i on i.id = l.book_item_id
            where l.book_item_id <> 0 and p.item_no = i.item_no and p.unit <> i.unit
        """),
    ),
)

SIDES: Final = (
    Proof(
        check=Check.RESERVATION,
        sentence=N_("{subject}: {kept} are promised to orders; the reservations add up to {proven}."),
        query=text("""
            select concat('item ', i.item_no, ' ', f.mode, ' · #', f.id) as subject, f.reserved as kept,
                   coalesce(s.quantity, 0) as proven
            from reservation_figure f join book_item i on i.id = f.book_item_id
            left join (
                select figure_id, sum(quantity)::bigint as quantity from reservation group by 1) s
              on s.figure_id = f.id
            where f.reserved <> coalesce(s.quantity, 0)
        """),
    ),
    Proof(
        check=Check.ALLOWANCE,
        sentence=N_(
            "{subject}: {kept} of the buyer's year are marked as used; the entries add up to {proven}."
        ),
        query=text("""
            select concat('buyer ', f.buyer, ' ', f.year, ' ', f.item_no) as subject, f.used as kept,
                   coalesce(s.quantity, 0) as proven
            from buyer_figure f
            left join (
                select figure_id, sum(quantity)::bigint as quantity from buyer_entry group by 1) s
              on s.figure_id = f.id
            where f.used <> coalesce(s.quantity, 0)
        """),
    ),
    Proof(
        check=Check.SERIAL,
        sentence=N_("{subject}: marked as {kept}; its balances say {proven}."),
        query=text("""
            select concat('serial ', l.code, ' · #', l.id) as subject, coalesce(p.code, '—') as kept,
                   coalesce(b.places, '—') as proven
            from serial_place s join lot l on l.id = s.lot_id left join location p on p.id = s.location_id
            left join (
                select b.lot_id, string_agg(concat(o.code, ' × ', b.on_hand), ', ') as places,
                       sum(b.on_hand) as on_hand, min(b.location_id) as location_id
                from balance b join location o on o.id = b.location_id
                where b.on_hand > 0 group by 1) b on b.lot_id = s.lot_id
            where s.location_id is distinct from b.location_id or coalesce(b.on_hand, 1) <> 1
        """),
    ),
)
