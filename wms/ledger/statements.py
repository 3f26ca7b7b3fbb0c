"""The SQL of the valve: set-based, a fixed number of statements however many moves.

Order of locks inside one transaction: request, balances, open rows, book figures; by id inside each.
"""

from sqlalchemy import TextClause, text

PLACES: TextClause = text("""
    select id, code, purpose, regime, zone, storage_class, capacity
    from location where id = any(:ids)
""")

# Not `in (…)`: one plan for however many codes.
PLACES_BY_CODE: TextClause = text("""
    select id, code, purpose, regime, zone, storage_class, capacity
    from location where code = any(:codes)
""")

# Lots, and until when the ledger is closed, which is also said where no lot is asked for. Whoever closes a period takes
# the same lock alone, and so waits for postings under way.
GOODS: TextClause = text("""
    with closed as materialized (
        select max(until) as until, pg_advisory_xact_lock_shared(20261105) from period)
    select closed.until, l.id, l.code, l.product_id, l.owner_id, l.book_item_id, p.storage_class, p.item_no,
           l.id = any(array(select s.lot_id from serial_place s where s.lot_id = any(:ids))) as is_serial
    from closed left join (lot l join product p on p.id = l.product_id) on l.id = any(:ids)
""")

CLOSED_UNTIL: TextClause = text("""
    select max(until) from period
""")

# Looking first keeps the sequence from burning an id for each balance that is already there.
MAKE_BALANCES: TextClause = text("""
    insert into balance (location_id, lot_id, handling_unit_id, on_hand, reserved, held, version)
    select k.location_id, k.lot_id, k.unit_id, 0, 0, 0, 0
    from unnest(cast(:locations as bigint[]), cast(:lots as bigint[]), cast(:units as bigint[]))
        as k(location_id, lot_id, unit_id)
    where not exists (
        select from balance b
        where b.location_id = k.location_id and b.lot_id = k.lot_id
          and b.handling_unit_id is not distinct from k.unit_id)
    order by 1, 2, 3
    on conflict do nothing
""")

_LOCK_BALANCES = """
    select k.n, b.id, b.on_hand, b.reserved, b.held, b.version
    from unnest(cast(:locations as bigint[]), cast(:lots as bigint[]), cast(:units as bigint[])) with ordinality
        as k(location_id, lot_id, unit_id, n)
    join balance b
      on b.location_id = k.location_id and b.lot_id = k.lot_id
     and b.handling_unit_id is not distinct from k.unit_id
    order by b.id
    for update of b
"""
LOCK_BALANCES: TextClause = text(_LOCK_BALANCES)

# After some were made, without waiting. Whoever waits to make a balance that another is making holds locks already; the
# other must then not wait for one of them, or they wait for each other. It fails instead, and is done all over.
LOCK_MADE_BALANCES: TextClause = text(_LOCK_BALANCES + " nowait")

HOLDS: TextClause = text("""
    select balance_id, hold_id, sum(quantity) as quantity
    from hold_entry where balance_id = any(:ids)
    group by balance_id, hold_id having sum(quantity) > 0
    order by hold_id
""")

LOCK_LIMITED_PLACES: TextClause = text("""
    select id from location where id = any(:ids) order by id for no key update
""")

LOAD_OF_PLACES: TextClause = text("""
    select location_id, sum(on_hand) as on_hand from balance where location_id = any(:ids) group by location_id
""")

LOCK_OPEN: TextClause = text("""
    select o.id, o.fact_id, o.axis, o.open, o.case_number, o.book_item_id, o.side,
           o.document_kind, o.document_number, o.document_line, o.pass_number
    from open_row o
    where o.open > 0 and (o.case_number = '' or o.case_number = any(:cases)) and exists (
        select from unnest(
            cast(:kinds as text[]), cast(:numbers as text[]), cast(:lines as bigint[]),
            cast(:axes as text[]), cast(:items as bigint[])) as k(kind, number, line, axis, item)
        where o.document_number = k.number and o.document_line = k.line and o.document_kind = k.kind
          and o.axis = k.axis and (k.item = 0 or o.book_item_id = k.item))
      and o.document_number = any(:numbers)
    order by o.id
    for update of o
""")

LOCK_FIGURES: TextClause = text("""
    select f.book_item_id, f.actual_in, f.actual_out, f.promised_in, f.promised_out, f.moved_in, f.moved_out,
           f.displayed_out, i.item_no
    from book_figure f join book_item i on i.id = f.book_item_id
    where f.book_item_id = any(:ids)
    order by f.book_item_id
    for update of f
""")

# A period closed while this posting waited for the lock stops it here.
INSERT_POSTING: TextClause = text("""
    insert into posting (action, request_id, by_id, device, occurred_at, recorded_at)
    select :action, cast(:request_id as uuid), :by_id, :device, cast(:occurred_at as timestamptz),
           clock_timestamp()
    where not exists (select from period where until >= :occurred_at)
    returning id as posting_id, recorded_at
""")

# Posting, moves and balances in one statement: whoever waits for these balances waits for one round trip less.
# The guard: each row must still be what was read under the lock, and the table's checks hold what comes out.
# `moves` has a row a move, its columns as those of the table up to its ends; document and pass have lists of their own,
# empty where no move has any. `figures` has a row a balance of `ids`: version before, then what it becomes. Rows are
# read by subscript: unnest keeps a store for each column.
WRITE_STOCK: TextClause = text("""
    with posted as (
        insert into posting (action, request_id, by_id, device, occurred_at, recorded_at)
        select :action, cast(:request_id as uuid), :by_id, :device, cast(:occurred_at as timestamptz),
               clock_timestamp()
        where not exists (select from period where until >= :occurred_at)
        returning id, recorded_at),
    moved as (
        insert into stock_move (
            posting_id, source_id, source_lot_id, target_id, target_lot_id, quantity,
            source_balance_id, source_version, source_on_hand,
            target_balance_id, target_version, target_on_hand,
            document_kind, document_number, document_line, pass_number, recorded_at)
        select posted.id, d.m[n][1], d.m[n][2], d.m[n][3], d.m[n][4], d.m[n][5],
               d.m[n][6], d.m[n][7], d.m[n][8], d.m[n][9], d.m[n][10], d.m[n][11],
               d.kinds[n], d.numbers[n], d.lines[n], coalesce(d.passes[n], ''), posted.recorded_at
        from posted
        cross join (
            select cast(:moves as bigint[]) as m, cast(:kinds as text[]) as kinds,
                   cast(:numbers as text[]) as numbers, cast(:lines as bigint[]) as lines,
                   cast(:passes as text[]) as passes) as d
        cross join generate_subscripts(d.m, 1) with ordinality as s(subscript, n)
        order by n),
    written as (
        update balance b
        set on_hand = d.f[n][2], reserved = d.f[n][3], held = d.f[n][4], version = d.f[n][5]
        from posted
        cross join (select cast(:figures as bigint[]) as f) as d
        cross join unnest(cast(:ids as bigint[])) with ordinality as i(id, n)
        where b.id = i.id and b.version = d.f[n][1]
        returning b.id)
    select id as posting_id, recorded_at, (select count(*) from written) as written
    from posted
""")

INSERT_HOLD_ENTRY: TextClause = text("""
    insert into hold_entry (hold_id, posting_id, balance_id, quantity)
    values (:hold_id, :posting_id, :balance_id, :quantity)
""")

INSERT_RESERVE_ENTRIES: TextClause = text("""
    insert into reserve_entry (posting_id, balance_id, quantity)
    select :posting_id, d.balance_id, d.quantity
    from unnest(cast(:balances as bigint[]), cast(:quantities as bigint[])) as d(balance_id, quantity)
""")

NEXT_FACT_IDS: TextClause = text("""
    select nextval('book_fact_id_seq') from generate_series(1, :count)
""")

INSERT_FACT: TextClause = text("""
    insert into book_fact (
        id, posting_id, book_item_id, kind, side, quantity, document_kind, document_number, document_line,
        pass_number, withdraws_id)
    values (
        :id, :posting_id, :book_item_id, :kind, :side, :quantity, :document_kind, :document_number,
        :document_line, :pass_number, :withdraws_id)
""")

INSERT_OPEN: TextClause = text("""
    insert into open_row (
        fact_id, axis, open, case_number, book_item_id, side, document_kind, document_number, document_line,
        pass_number)
    values (
        :fact_id, :axis, :open, :case_number, :book_item_id, :side, :document_kind, :document_number,
        :document_line, :pass_number)
""")

UPDATE_OPEN: TextClause = text("""
    update open_row o set open = d.open, case_number = d.case_number
    from unnest(cast(:ids as bigint[]), cast(:opens as bigint[]), cast(:cases as text[]))
        as d(id, open, case_number)
    where o.id = d.id and o.open >= d.open
    returning o.id
""")

INSERT_LINK: TextClause = text("""
    insert into book_link (posting_id, booked_id, other_id, axis, quantity)
    values (:posting_id, :booked_id, :other_id, :axis, :quantity)
""")

UPDATE_FIGURES: TextClause = text("""
    update book_figure f
    set actual_in = f.actual_in + d.actual_in, actual_out = f.actual_out + d.actual_out,
        promised_in = f.promised_in + d.promised_in, promised_out = f.promised_out + d.promised_out,
        moved_in = f.moved_in + d.moved_in, moved_out = f.moved_out + d.moved_out,
        displayed_out = f.displayed_out + d.displayed_out, version = f.version + 1
    from unnest(
        cast(:ids as bigint[]), cast(:actual_in as bigint[]), cast(:actual_out as bigint[]),
        cast(:promised_in as bigint[]), cast(:promised_out as bigint[]), cast(:moved_in as bigint[]),
        cast(:moved_out as bigint[]), cast(:displayed_out as bigint[]))
        as d(id, actual_in, actual_out, promised_in, promised_out, moved_in, moved_out, displayed_out)
    where f.book_item_id = d.id
    returning f.book_item_id, f.actual_in - f.actual_out - f.promised_out - f.displayed_out
""")
