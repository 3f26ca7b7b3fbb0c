-- What one posting of one move inside the zone costs in SQL alone: the valve's own statements, no Python.
-- pgbench -M prepared -n -f bench/post.sql -D first=… -D last=… -D supplier=… ; the ceiling for bench.ledger.
\set source random(:first, :last - 1)
\set target :source + 1
begin;
select id, code, purpose, regime, zone, storage_class, capacity from location
where id in ((select location_id from balance where id = :source), (select location_id from balance where id = :target));
select max(until), pg_advisory_xact_lock_shared(20261105) from period;
select b.id, b.location_id, b.lot_id, b.handling_unit_id, b.on_hand, b.reserved, b.held, b.version
from balance b where b.id in (:source, :target) order by b.id for update of b;
insert into posting (action, request_id, by_id, device, occurred_at, recorded_at)
values ('bench.sql', null, 1, '', now(), clock_timestamp()) returning id as posting_id
\gset
with lowered as (
    update balance set on_hand = on_hand - 1, version = version + 1 where id = :source
    returning id, location_id, lot_id, on_hand, version),
raised as (
    update balance set on_hand = on_hand + 1, version = version + 1 where id = :target
    returning id, location_id, lot_id, on_hand, version)
insert into stock_move (
    posting_id, source_id, source_lot_id, target_id, target_lot_id, quantity,
    source_balance_id, source_version, source_on_hand, target_balance_id, target_version, target_on_hand,
    document_kind, document_number, document_line, pass_number, recorded_at)
select :posting_id, s.location_id, s.lot_id, t.location_id, t.lot_id, 1, s.id, s.version, s.on_hand,
       t.id, t.version, t.on_hand, null, null, null, '', clock_timestamp()
from lowered s cross join raised t;
commit;
