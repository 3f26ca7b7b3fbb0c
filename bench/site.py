"""A server of its own with real flushes, and a million honest moves in it, loaded by COPY."""

import os
import random
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from wms.embedded import keep
from wms.embedded.folder import APP, OWNER, SUPERUSER
from wms.embedded.programs import find_programs
from wms.migrate import migrate

DATABASE, TPCB = "bench", "bench_tpcb"
PRODUCTS, LOTS_EACH, BINS_EACH = 50, 40, 25
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
_LOCATION = ("WB", "STORE", "BONDED", "LXZ")


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where the benchmark's data lies."""

    url: str
    superuser_url: str
    tpcb_url: str
    pgbench: Path
    balances: tuple[int, int]
    """first and last balance id; neighbours are two bins of one lot"""
    places: dict[int, tuple[int, int]]
    """balance id → location and lot"""
    supplier_id: int


def start(folder: Path) -> tuple[str, str, str, Path]:
    """Start (or join) the benchmark's server and make fresh databases; url as app, superuser, TPC-B, pgbench."""
    secrets = keep(folder)
    with psycopg.connect(secrets.url(SUPERUSER, "postgres"), autocommit=True) as admin:
        for name in (DATABASE, TPCB):
            admin.execute(f"drop database if exists {name} with (force)")
            admin.execute(f"create database {name} owner {OWNER} template template0 encoding 'UTF8'")
    migrate(secrets.url(OWNER, DATABASE), app_role=APP)
    pgbench = find_programs(folder / "server" / "data").path("pgbench")
    return (
        secrets.url(APP, DATABASE),
        secrets.url(SUPERUSER, DATABASE),
        secrets.url(SUPERUSER, TPCB),
        pgbench,
    )


def flush_ms(folder: Path, times: int = 200) -> float:
    """Median time of one 8 kB write with its flush, in the server's own folder."""
    path = folder / "flush.test"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    taken = []
    try:
        for _ in range(times):
            began = time.perf_counter()
            os.pwrite(handle, b"x" * 8192, 0)
            os.fdatasync(handle)
            taken.append(time.perf_counter() - began)
    finally:
        os.close(handle)
        path.unlink()
    return 1000 * sorted(taken)[times // 2]


def load(superuser_url: str, *, moves: int) -> tuple[tuple[int, int], dict[int, tuple[int, int]], int]:
    """Lay places, lots, balances and so many moves, each proving the balances it leaves."""
    with psycopg.connect(superuser_url) as db:
        db.execute("set session_replication_role = replica")
        supplier = _one(db, "select id from location where code = 'SUPPLIER-FOREIGN'")
        items, bins, lots = _lay(db)
        places = _balances(db, bins, lots)
        _copy_moves(db, places, lots, items, supplier, moves)
        db.commit()
        db.autocommit = True
        db.execute("vacuum analyze")
        ids = sorted(places)
        return (ids[0], ids[-1]), places, supplier


def _one(db: psycopg.Connection[tuple[object, ...]], query: str, *values: object) -> int:
    row = db.execute(query.encode(), values).fetchone()
    assert row is not None
    return int(str(row[0]))


def _lay(db: psycopg.Connection[tuple[object, ...]]) -> tuple[list[int], list[int], dict[int, int]]:
    """Products with their book items, bins, and lots (lot id → number of its product)."""
    company = _one(
        db,
        "insert into company (credit_code, customs_code, name, roles) values "
        "('BENCHCOMPANY000001', '9999W00001', 'bench', '{warehouse}') returning id",
    )
    house = _one(
        db, "insert into warehouse (code, name, kind) values ('WB01', 'bench', 'bonded') returning id"
    )
    book = _one(
        db,
        "insert into account_book (number, kind, cumulative, company_id, customs_code, opened_at)"
        " values ('T8899W000001', 'Z', true, %s, '8899', now()) returning id",
        company,
    )
    items, products = [], []
    for number in range(PRODUCTS):
        products.append(_product(db, number))
        items.append(
            _one(
                db,
                "insert into book_item (book_id, line_no, item_no, hs10, name, origin, unit, unit1, unit2,"
                " execution_mark) values (%s, %s, %s, '0902409000', 'x', '125', '140', '035', '', '1')"
                " returning id",
                book,
                number + 1,
                f"NP-{number:04d}",
            )
        )
    bins = [
        _one(
            db,
            "insert into location (code, warehouse_id, purpose, regime, zone, storage_class, area, aisle, bay,"
            " level) values (%s, %s, 'STORE', 'BONDED', 'LXZ', '', 'A', '1', '1', '1') returning id",
            f"B-{number:05d}",
            house,
        )
        for number in range(PRODUCTS * BINS_EACH)
    ]
    lots = {
        _one(
            db,
            "insert into lot (product_id, code, expiry, origin, owner_id, quality, mode, book_item_id)"
            " values (%s, %s, '2030-01-01', 'NPL', %s, 'GOOD', '1210', %s) returning id",
            products[number],
            f"L{lot:04d}",
            company,
            items[number],
        ): number
        for number in range(PRODUCTS)
        for lot in range(LOTS_EACH)
    }
    return items, bins, lots


def _product(db: psycopg.Connection[tuple[object, ...]], number: int) -> int:
    return _one(
        db,
        "insert into product (item_no, name_zh, name_en, hs10, spec, origin_num, origin_alpha3, unit, declared_num,"
        " declared_den, unit1, unit1_num, unit1_den, net_g, gross_g, vat_rate, consumption_tax_rate, duty_rate,"
        " positive_list, shelf_life_days, storage_class, temp_min_c, temp_max_c, rh_max_pct) values (%s, 'x', 'x',"
        " '0902409000', 'x', '125', 'NPL', '140', 1, 1, '035', 1, 4, 250, 310, 0.09, 0, 0.15, true, 730, 'ambient',"
        " 5, 30, 70) returning id",
        f"NP-{number:04d}",
    )


def _balances(
    db: psycopg.Connection[tuple[object, ...]], bins: list[int], lots: dict[int, int]
) -> dict[int, tuple[int, int]]:
    """Every lot has a balance in every bin of its product; ids run lot by lot."""
    places = {}
    number = 0
    for lot, product in lots.items():
        for location in bins[product * BINS_EACH : (product + 1) * BINS_EACH]:
            number += 1
            places[number] = (location, lot)
    with db.cursor().copy(
        "copy balance (id, location_id, lot_id, on_hand, reserved, held, version) from stdin"
    ) as copy:
        for id_, (location, lot) in places.items():
            copy.write_row((id_, location, lot, 0, 0, 0, 0))
    db.execute("select setval('balance_id_seq', (select max(id) from balance))")
    return places


def _copy_moves(
    db: psycopg.Connection[tuple[object, ...]],
    places: dict[int, tuple[int, int]],
    lots: dict[int, int],
    items: list[int],
    supplier: int,
    moves: int,
) -> None:
    """Each balance is filled once from the supplier; then goods move from bin to bin, 1 in 50 under another lot."""
    rng = random.Random(11)
    on_hand, version = dict.fromkeys(places, 0), dict.fromkeys(places, 0)
    by_product: dict[int, list[int]] = {}
    for id_, (_, lot) in places.items():
        by_product.setdefault(lots[lot], []).append(id_)
    arrived = dict.fromkeys(range(PRODUCTS), 0)

    def rows() -> Iterator[tuple[object, ...]]:
        clock = BEGAN
        for id_, (location, lot) in places.items():
            on_hand[id_], version[id_] = 1_000_000, 1
            product = lots[lot]
            arrived[product] += 1_000_000
            yield (
                *(1, supplier, lot, location, lot, 1_000_000, None, None, None, id_, 1, 1_000_000),
                *("OPENING", "T8899W000001", product + 1, "", clock),
            )
        for number in range(moves - len(places)):
            clock = BEGAN + timedelta(seconds=7 * number)
            mine = by_product[rng.randrange(PRODUCTS)]
            source = mine[rng.randrange(len(mine))]
            lot_start = (source - 1) // BINS_EACH * BINS_EACH + 1
            if number % 50:
                target = lot_start + (source - lot_start + 1 + rng.randrange(BINS_EACH - 1)) % BINS_EACH
            else:
                # Only to the next lot, so that chains grow long and a trace has something to follow.
                target = mine[(mine.index(lot_start) + BINS_EACH) % len(mine)]
            for id_, change in ((source, -1), (target, 1)):
                on_hand[id_] += change
                version[id_] += 1
            yield (
                *(number // 1000 + 2, *places[source], *places[target], 1),
                *(source, version[source], on_hand[source], target, version[target], on_hand[target]),
                *(None, None, None, "", clock),
            )

    postings = (moves - len(places)) // 1000 + 3
    with db.cursor().copy(
        "copy posting (id, action, by_id, device, occurred_at, recorded_at, xid) from stdin"
    ) as copy:
        for id_ in range(1, postings):
            at = BEGAN + timedelta(seconds=7 * 1000 * max(0, id_ - 2))
            copy.write_row((id_, "bench.load", 1, "", at, at, "3"))
    with db.cursor().copy(
        "copy stock_move (posting_id, source_id, source_lot_id, target_id, target_lot_id, quantity,"
        " source_balance_id, source_version, source_on_hand, target_balance_id, target_version,"
        " target_on_hand, document_kind, document_number, document_line, pass_number, recorded_at)"
        " from stdin"
    ) as copy:
        for row in rows():
            copy.write_row(row)
    db.execute("create temporary table now_there (id bigint primary key, on_hand bigint, version bigint)")
    with db.cursor().copy("copy now_there from stdin") as copy:
        for id_ in places:
            copy.write_row((id_, on_hand[id_], version[id_]))
    db.execute(
        "update balance b set on_hand = n.on_hand, version = n.version from now_there n where n.id = b.id"
    )
    db.execute("select setval('posting_id_seq', (select max(id) from posting))")
    _book(db, items, arrived)


def _book(db: psycopg.Connection[tuple[object, ...]], items: list[int], arrived: dict[int, int]) -> None:
    """The opening as the ledger writes it: moved and booked alike, linked in full."""
    for number, item in enumerate(items):
        values = (item, arrived[number], number + 1)
        moved, booked = (
            _one(
                db,
                "insert into book_fact (posting_id, book_item_id, quantity, document_line, kind, side,"
                " document_kind, document_number, pass_number) values (1, %s, %s, %s, '" + kind + "', 'IN',"
                " 'OPENING', 'T8899W000001', '') returning id",
                *values,
            )
            for kind in ("MOVED", "BOOKED")
        )
        db.execute(
            "insert into book_link (posting_id, booked_id, other_id, axis, quantity)"
            " values (1, %s, %s, 'MOVED_UNBOOKED', %s)",
            (booked, moved, arrived[number]),
        )
        for fact, axis, left in (
            (moved, "MOVED_UNBOOKED", 0),
            (booked, "BOOKED_UNMOVED", 0),
            (booked, "BOOKED_UNPROMISED", arrived[number]),
        ):
            db.execute(
                "insert into open_row (fact_id, axis, open, case_number, book_item_id, side, document_kind,"
                " document_number, document_line, pass_number)"
                " values (%s, %s, %s, '', %s, 'IN', 'OPENING', 'T8899W000001', %s, '')",
                (fact, axis, left, item, number + 1),
            )
        db.execute(
            "insert into book_figure values (%s, %s, 0, 0, 0, %s, 0, 0, 1)",
            (item, arrived[number], arrived[number]),
        )


def tpcb(site_pgbench: Path, url: str, *, clients: int, seconds: float) -> tuple[float, float]:
    """Transactions per second and p99 in ms are not both told by pgbench: returns tps and mean latency in ms."""
    return _pgbench(site_pgbench, url, "-b", "tpcb-like", clients=clients, seconds=seconds)


def our_sql(site: Site, *, clients: int, seconds: float, hot: bool) -> tuple[float, float]:
    """The ceiling: our statements called by pgbench, without Python."""
    first, last = site.balances
    script = Path(__file__).parent / "post.sql"
    limits = ("-D", f"first={first}", "-D", f"last={first + 1 if hot else last}")
    return _pgbench(
        site.pgbench, site.superuser_url, "-f", str(script), *limits, clients=clients, seconds=seconds
    )


def _pgbench(program: Path, url: str, *what: str, clients: int, seconds: float) -> tuple[float, float]:
    said = subprocess.run(
        [
            *(program, "-n", "-M", "prepared", *what, "-c", str(clients)),
            *("-j", str(min(2, clients)), "-T", str(max(1, round(seconds))), url),
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = {line.split(" = ")[0].strip(): line for line in said.splitlines() if " = " in line}
    tps = float(lines["tps"].split(" = ")[1].split()[0])
    return tps, float(lines["latency average"].split(" = ")[1].split()[0])
