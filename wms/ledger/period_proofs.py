"""What must be true of closed periods: the kept rows are what moves and facts come to by when things happened.

Each period is proven against the one before it, so every move is looked at once however many periods there are.
"""

from typing import Final

from sqlalchemy import text

from wms.i18n import N_
from wms.ledger.proofs import Check, Proof

_SPANS: Final = """
    spans as (
        select id, until, lag(until) over (order by until) as since, lag(id) over (order by until) as before_id
        from period)
"""
_IN_SPAN: Final = "p.occurred_at <= s.until and (s.since is null or p.occurred_at > s.since)"
_FIGURES: Final = """(values
    ('BOOKED', 'IN', '实增', f.actual_in), ('BOOKED', 'OUT', '实减', f.actual_out),
    ('MOVED', 'IN', 'moved in', f.moved_in), ('MOVED', 'OUT', 'moved out', f.moved_out))
    as k(kind, side, figure, quantity)"""

PERIODS: Final = (
    Proof(
        check=Check.PERIOD,
        sentence=N_("{subject}: the closed period kept {kept}; its moves come to {proven}."),
        query=text(f"""
            with {_SPANS},
            happened as (
                select s.id as period_id, e.balance_id, sum(e.change)::bigint as change
                from (select posting_id, source_balance_id as balance_id, -quantity as change
                      from stock_move where source_balance_id is not null
                      union all
                      select posting_id, target_balance_id, quantity
                      from stock_move where target_balance_id is not null) e
                join posting p on p.id = e.posting_id join spans s on {_IN_SPAN}
                group by 1, 2),
            kept as (
                select x.period_id, x.balance_id, sum(x.change)::bigint as change
                from (select period_id, balance_id, on_hand as change from period_balance
                      union all
                      select s.id, b.balance_id, -b.on_hand
                      from spans s join period_balance b on b.period_id = s.before_id) x
                group by 1, 2)
            select concat('period ', period_id, ' balance #', balance_id) as subject,
                   coalesce(k.change, 0) as kept, coalesce(h.change, 0) as proven
            from kept k full join happened h using (period_id, balance_id)
            where coalesce(k.change, 0) <> coalesce(h.change, 0)
        """),
    ),
    Proof(
        check=Check.PERIOD,
        sentence=N_("{subject}: the closed period kept {kept} as {figure}; its facts come to {proven}."),
        query=text(f"""
            with {_SPANS},
            happened as (
                select s.id as period_id, f.book_item_id, f.kind, f.side, sum(f.quantity)::bigint as quantity
                from book_fact f join posting p on p.id = f.posting_id join spans s on {_IN_SPAN}
                where f.kind in ('BOOKED', 'MOVED') group by 1, 2, 3, 4),
            kept as (
                select x.period_id, x.book_item_id, x.kind, x.side, max(x.figure) as figure,
                       sum(x.quantity)::bigint as quantity
                from (select f.period_id, f.book_item_id, k.kind, k.side, k.figure, k.quantity
                      from period_figure f cross join lateral {_FIGURES}
                      union all
                      select s.id, f.book_item_id, k.kind, k.side, k.figure, -k.quantity
                      from spans s join period_figure f on f.period_id = s.before_id
                      cross join lateral {_FIGURES}) x
                group by 1, 2, 3, 4)
            select concat('period ', period_id, ' item ', i.item_no) as subject,
                   coalesce(k.figure, concat(kind, ' ', side)) as figure, coalesce(k.quantity, 0) as kept,
                   coalesce(h.quantity, 0) as proven
            from kept k full join happened h using (period_id, book_item_id, kind, side)
            join book_item i on i.id = book_item_id
            where coalesce(k.quantity, 0) <> coalesce(h.quantity, 0)
        """),
    ),
)
