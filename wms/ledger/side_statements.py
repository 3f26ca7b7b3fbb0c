"""The SQL of the valve's further guarded rows: serials, reservations, buyers, display; set-based like the rest."""

from sqlalchemy import TextClause, text

MOVE_SERIALS: TextClause = text("""
    with locked as (
        select s.lot_id, d.after
        from serial_place s
        join unnest(cast(:lots as bigint[]), cast(:before as bigint[]), cast(:after as bigint[]))
            as d(lot_id, before, after) on d.lot_id = s.lot_id and s.location_id is not distinct from d.before
        order by s.lot_id for update of s)
    update serial_place s set location_id = locked.after
    from locked where s.lot_id = locked.lot_id
    returning s.lot_id
""")

MAKE_RESERVED: TextClause = text("""
    insert into reservation_figure (book_item_id, owner_id, mode, reserved, version)
    select k.item, k.owner, k.mode, 0, 0
    from unnest(cast(:items as bigint[]), cast(:owners as bigint[]), cast(:modes as text[]))
        as k(item, owner, mode)
    where not exists (
        select from reservation_figure f
        where f.book_item_id = k.item and f.owner_id = k.owner and f.mode = k.mode)
    order by 1, 2, 3
    on conflict do nothing
""")

LOCK_RESERVED: TextClause = text("""
    select f.id, f.book_item_id, f.owner_id, f.mode, f.reserved, f.version, i.item_no
    from reservation_figure f
    join unnest(cast(:items as bigint[]), cast(:owners as bigint[]), cast(:modes as text[]))
        as k(item, owner, mode)
      on f.book_item_id = k.item and f.owner_id = k.owner and f.mode = k.mode
    join book_item i on i.id = f.book_item_id
    order by f.id
    for update of f
""")

RESERVED_BY: TextClause = text("""
    select e.figure_id, e.document_number, e.document_line, sum(e.quantity) as quantity
    from reservation e
    join unnest(cast(:numbers as text[]), cast(:lines as bigint[])) as k(number, line)
      on e.document_number = k.number and e.document_line = k.line
    where e.figure_id = any(:figures)
    group by 1, 2, 3
""")

INSERT_RESERVATIONS: TextClause = text("""
    insert into reservation (posting_id, figure_id, document_kind, document_number, document_line, quantity)
    select :posting_id, d.*
    from unnest(cast(:figures as bigint[]), cast(:kinds as text[]), cast(:numbers as text[]),
                cast(:lines as bigint[]), cast(:quantities as bigint[])) as d
""")

UPDATE_RESERVED: TextClause = text("""
    update reservation_figure f set reserved = d.total, version = f.version + 1
    from unnest(cast(:ids as bigint[]), cast(:totals as bigint[]), cast(:versions as bigint[]))
        as d(id, total, version)
    where f.id = d.id and f.version = d.version
    returning f.id
""")

MAKE_BUYERS: TextClause = text("""
    insert into buyer_figure (buyer, year, item_no, used, version)
    select k.buyer, k.year, k.item, 0, 0
    from unnest(cast(:buyers as text[]), cast(:years as bigint[]), cast(:items as text[])) as k(buyer, year, item)
    where not exists (
        select from buyer_figure f where f.buyer = k.buyer and f.year = k.year and f.item_no = k.item)
    order by 1, 2, 3
    on conflict do nothing
""")

LOCK_BUYERS: TextClause = text("""
    select f.id, f.buyer, f.year, f.item_no, f.used, f.version
    from buyer_figure f
    join unnest(cast(:buyers as text[]), cast(:years as bigint[]), cast(:items as text[]))
        as k(buyer, year, item)
      on f.buyer = k.buyer and f.year = k.year and f.item_no = k.item
    order by f.id
    for update of f
""")

USED_BY: TextClause = text("""
    select e.figure_id, e.document_number, e.document_line, sum(e.quantity) as quantity
    from buyer_entry e
    join unnest(cast(:numbers as text[]), cast(:lines as bigint[])) as k(number, line)
      on e.document_number = k.number and e.document_line = k.line
    where e.figure_id = any(:figures)
    group by 1, 2, 3
""")

INSERT_BUYER_ENTRIES: TextClause = text("""
    insert into buyer_entry (posting_id, figure_id, document_kind, document_number, document_line, quantity)
    select :posting_id, d.*
    from unnest(cast(:figures as bigint[]), cast(:kinds as text[]), cast(:numbers as text[]),
                cast(:lines as bigint[]), cast(:quantities as bigint[])) as d
""")

UPDATE_BUYERS: TextClause = text("""
    update buyer_figure f set used = d.total, version = f.version + 1
    from unnest(cast(:ids as bigint[]), cast(:totals as bigint[]), cast(:versions as bigint[]))
        as d(id, total, version)
    where f.id = d.id and f.version = d.version
    returning f.id
""")

DISPLAYED_BY: TextClause = text("""
    select e.book_item_id, e.document_number, e.document_line, sum(e.quantity) as quantity
    from display_entry e
    join unnest(cast(:numbers as text[]), cast(:lines as bigint[])) as k(number, line)
      on e.document_number = k.number and e.document_line = k.line
    group by 1, 2, 3
""")

INSERT_DISPLAY: TextClause = text("""
    insert into display_entry (
        posting_id, book_item_id, document_kind, document_number, document_line, quantity)
    select :posting_id, d.*
    from unnest(cast(:items as bigint[]), cast(:kinds as text[]), cast(:numbers as text[]),
                cast(:lines as bigint[]), cast(:quantities as bigint[])) as d
""")
