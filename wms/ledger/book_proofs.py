"""What must be true of the account book's rows, and of what stock and book say of each other."""

from typing import Final

from sqlalchemy import text

from wms.i18n import N_
from wms.ledger.proofs import SIDES, STOCK, Check, Proof, both_ends

_AXES: Final = """
    (values ('PROMISED', 'PROMISED_UNBOOKED', 'BOOKED_UNPROMISED'),
            ('MOVED', 'MOVED_UNBOOKED', 'BOOKED_UNMOVED')) as a(kind, other_axis, booked_axis)
"""
_FACT: Final = "concat(f.kind, ' ', f.side, ' ', f.document_number, '/', f.document_line, ' · fact ', f.id)"

BOOK: Final = (
    Proof(
        check=Check.MOVED,
        sentence=N_(
            "{subject}: moves changed the bonded total of {item} by {crossed} in posting {posting}; "
            "the book was told {told}."
        ),
        query=text(f"""
            with crossed as (
                select e.posting_id, l.book_item_id, e.document_number, e.document_line, e.pass_number,
                       sum(e.change)::bigint as change
                from ({both_ends("posting_id", "document_number", "document_line", "pass_number")}) e
                join location p on p.id = e.location_id and p.regime = 'BONDED'
                join lot l on l.id = e.lot_id and l.book_item_id <> 0
                group by 1, 2, 3, 4, 5 having sum(e.change) <> 0),
            told as (
                select posting_id, book_item_id, document_number, document_line, pass_number,
                       sum(case side when 'IN' then quantity else -quantity end)::bigint as change
                from book_fact where kind = 'MOVED'
                group by 1, 2, 3, 4, 5
                having sum(case side when 'IN' then quantity else -quantity end) <> 0)
            select concat(document_number, '/', document_line, ' ', pass_number, ' · posting ', posting_id)
                       as subject,
                   i.item_no as item, posting_id as posting, coalesce(c.change, 0) as crossed,
                   coalesce(t.change, 0) as told
            from crossed c
            full join told t using (posting_id, book_item_id, document_number, document_line, pass_number)
            join book_item i on i.id = book_item_id
            where c.change is distinct from t.change
        """),
    ),
    Proof(
        check=Check.FIGURES,
        sentence=N_("{subject}: {figure} is kept as {kept}; the facts add up to {proven}."),
        query=text("""
            with sums as (
                select book_item_id, kind, side, sum(quantity)::bigint as quantity
                from book_fact group by 1, 2, 3
                union all
                select book_item_id, 'DISPLAYED', 'OUT', sum(quantity)::bigint
                from display_entry group by 1),
            answered as (
                select f.book_item_id, f.side, sum(l.quantity)::bigint as quantity
                from book_link l join book_fact f on f.id = l.other_id
                where l.axis = 'PROMISED_UNBOOKED' group by 1, 2),
            proven as (
                select s.book_item_id, s.kind, s.side,
                       s.quantity - case s.kind when 'PROMISED' then coalesce(a.quantity, 0) else 0 end
                           as quantity
                from sums s left join answered a using (book_item_id, side)),
            kept as (
                select f.book_item_id, k.* from book_figure f cross join lateral (values
                    ('BOOKED', 'IN', '实增', f.actual_in), ('BOOKED', 'OUT', '实减', f.actual_out),
                    ('PROMISED', 'IN', '预增', f.promised_in), ('PROMISED', 'OUT', '预减', f.promised_out),
                    ('MOVED', 'IN', 'moved in', f.moved_in), ('MOVED', 'OUT', 'moved out', f.moved_out),
                    ('DISPLAYED', 'OUT', '展示在外', f.displayed_out))
                    as k(kind, side, figure, quantity))
            select concat('item ', i.item_no) as subject, coalesce(k.figure, concat(kind, ' ', side)) as figure,
                   coalesce(k.quantity, 0) as kept, coalesce(p.quantity, 0) as proven
            from kept k full join proven p using (book_item_id, kind, side)
            join book_item i on i.id = book_item_id
            where coalesce(k.quantity, 0) <> coalesce(p.quantity, 0)
        """),
    ),
    Proof(
        check=Check.OPEN,
        sentence=N_(
            "{subject}: of {quantity}, {linked} are answered, {withdrawn} withdrawn and {open} open "
            "on {axis}; that does not add up."
        ),
        query=text(f"""
            with linked as (
                select other_id as fact_id, axis, quantity from book_link
                union all
                select l.booked_id, a.booked_axis, l.quantity
                from book_link l join {_AXES} on a.other_axis = l.axis),
            sums as (select fact_id, axis, sum(quantity)::bigint as quantity from linked group by 1, 2),
            withdrawn as (
                select withdraws_id as fact_id, -sum(quantity)::bigint as quantity
                from book_fact where withdraws_id is not null group by 1),
            axes as (
                select kind, other_axis as axis from {_AXES}
                union all select 'BOOKED', booked_axis from {_AXES})
            select {_FACT} as subject, f.quantity, coalesce(s.quantity, 0) as linked,
                   coalesce(w.quantity, 0) as withdrawn, coalesce(o.open, 0) as open, x.axis
            from book_fact f join axes x on x.kind = f.kind
            left join open_row o on o.fact_id = f.id and o.axis = x.axis
            left join sums s on s.fact_id = f.id and s.axis = x.axis
            left join withdrawn w on w.fact_id = f.id and x.axis = 'PROMISED_UNBOOKED'
            where f.quantity > 0
              and f.quantity is distinct from o.open + coalesce(s.quantity, 0) + coalesce(w.quantity, 0)
        """),
    ),
    Proof(
        check=Check.OPEN_COPY,
        sentence=N_("{subject}: the open row says other things than fact {fact}."),
        query=text("""
            select concat('open row ', o.id) as subject, o.fact_id as fact
            from open_row o left join book_fact f on f.id = o.fact_id
            where (f.book_item_id, f.side, f.document_kind, f.document_number, f.document_line, f.pass_number)
                  is distinct from
                  (o.book_item_id, o.side, o.document_kind, o.document_number, o.document_line, o.pass_number)
        """),
    ),
    Proof(
        check=Check.LINK,
        sentence=N_("{subject}: booked fact {booked} and fact {other} do not belong together."),
        query=text(f"""
            select concat('link ', l.id) as subject, l.booked_id as booked, l.other_id as other
            from book_link l join {_AXES} on a.other_axis = l.axis
            left join book_fact b on b.id = l.booked_id
            left join book_fact f on f.id = l.other_id
            where b.id is null or f.id is null or b.kind <> 'BOOKED' or f.kind <> a.kind
               or b.book_item_id <> f.book_item_id or b.side <> f.side
               or (b.pass_number <> '' and f.pass_number <> '' and b.pass_number <> f.pass_number)
        """),
    ),
    Proof(
        check=Check.LAW,
        sentence=N_(
            "{subject}: booked {booked} + moved-not-booked {moved} − booked-not-moved {awaited} "
            "is not the {stock} that lie in bonded places."
        ),
        query=text("""
            with opened as (
                select book_item_id,
                       sum(case side when 'IN' then open else -open end)
                           filter (where axis = 'MOVED_UNBOOKED')::bigint as moved,
                       sum(case side when 'IN' then open else -open end)
                           filter (where axis = 'BOOKED_UNMOVED')::bigint as awaited
                from open_row where open > 0 group by book_item_id),
            lying as (
                select l.book_item_id, sum(b.on_hand)::bigint as stock
                from balance b join lot l on l.id = b.lot_id join location p on p.id = b.location_id
                where p.regime = 'BONDED' and b.on_hand > 0 group by l.book_item_id)
            select concat('item ', i.item_no) as subject, f.actual_in - f.actual_out as booked,
                   coalesce(o.moved, 0) as moved, coalesce(o.awaited, 0) as awaited,
                   coalesce(s.stock, 0) as stock
            from book_item i join book_figure f on f.book_item_id = i.id
            left join opened o on o.book_item_id = i.id left join lying s on s.book_item_id = i.id
            where f.actual_in - f.actual_out + coalesce(o.moved, 0) - coalesce(o.awaited, 0)
                  <> coalesce(s.stock, 0)
        """),
    ),
    Proof(
        check=Check.LEFT_EARLY,
        sentence=N_(
            "{subject}: {left} of {item} left the zone under a declaration that had promised {promised} by then."
        ),
        query=text("""
            with gone as (
                select f.book_item_id, f.document_number, f.document_line, sum(f.quantity)::bigint as quantity,
                       min(p.recorded_at) as first_at
                from book_fact f join posting p on p.id = f.posting_id
                where f.kind = 'MOVED' and f.side = 'OUT' and f.document_kind = 'RETAIL_DECLARATION'
                group by 1, 2, 3)
            select concat(g.document_number, '/', g.document_line) as subject, i.item_no as item,
                   g.quantity as left, coalesce(d.quantity, 0) as promised
            from gone g join book_item i on i.id = g.book_item_id
            left join lateral (
                select sum(f.quantity) filter (where p.recorded_at <= g.first_at or f.quantity < 0)::bigint
                           as quantity
                from book_fact f join posting p on p.id = f.posting_id
                where f.kind = 'PROMISED' and f.side = 'OUT' and f.book_item_id = g.book_item_id
                  and f.document_number = g.document_number and f.document_line = g.document_line) d on true
            where g.quantity > coalesce(d.quantity, 0)
        """),
    ),
    Proof(
        check=Check.BOOKED_TWICE,
        sentence=N_("{subject}: booked {times} times, {quantity} of {item} in all."),
        query=text("""
            select concat(f.document_number, '/', f.document_line, ' ', f.side, ' ', f.pass_number) as subject,
                   count(*) as times, sum(f.quantity)::bigint as quantity, i.item_no as item
            from book_fact f join book_item i on i.id = f.book_item_id
            where f.kind = 'BOOKED'
            group by f.document_kind, f.document_number, f.document_line, f.pass_number, f.side, i.item_no
            having count(*) > 1
        """),
    ),
    Proof(
        check=Check.REQUEST_TWICE,
        sentence=N_("{subject}: posted {times} times."),
        query=text("""
            select concat('request ', request_id) as subject, count(*) as times
            from posting where request_id is not null group by request_id having count(*) > 1
        """),
    ),
)

PROOFS: Final = STOCK + BOOK + SIDES
