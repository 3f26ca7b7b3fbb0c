"""Many at once, killed in the middle, asked again: exactly what was granted is there, and nothing half."""

import hashlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from tests.databases import Database, TestServer
from tests.makers import NOON, lay_stock, make_location
from wms.arrays import Bigints
from wms.db import run, sqlstate
from wms.driver import all_rows
from wms.ledger import refusals
from wms.ledger.moves import Move
from wms.ledger.posting import post
from wms.ledger.statements import LOCK_BALANCES, LOCK_MADE_BALANCES, MAKE_BALANCES
from wms.ledger.verify import verify
from wms.scans import Answered, RequestIdReused, run_once

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS, REQUESTS, STOCK = 64, 200, 500
KILLS = 20


def lay(database: Database, what: str) -> tuple[dict[str, int], int]:
    """Places by code, and the lot L1, committed."""

    def work(session: Session) -> tuple[dict[str, int], int]:
        laid = lay_stock(session, what)
        return {code: place.id for code, place in laid.places.items()}, laid.lots["L1"].id

    return run(database.sessions, work, by_id=1, action="test.lay")


def move(source: int, target: int, lot_id: int, quantity: int = 1) -> Move:
    return Move(
        source_id=source, source_lot_id=lot_id, target_id=target, target_lot_id=lot_id, quantity=quantity
    )


def ask(sessions: sessionmaker[Session], asked: list[Move], *, request_id: UUID | None = None) -> str:
    """One request; its answer in a word."""
    try:
        run(
            sessions,
            lambda session: post(session, asked, occurred_at=NOON),
            by_id=1,
            action="race.move",
            request_id=request_id,
        )
    except refusals.NotEnoughStock:
        return "refused"
    return "granted"


def deadlocks(database: Database) -> int:
    with database.engine.connect() as connection:
        return int(
            connection.execute(
                text("select deadlocks from pg_stat_database where datname = current_database()")
            ).scalar_one()
        )


def on_each(work: Callable[[int], list[str]], threads: int) -> Counter[str]:
    """Run `work` in that many threads at once and count their answers."""
    with ThreadPoolExecutor(threads) as pool:
        return Counter(answer for answers in pool.map(work, range(threads)) for answer in answers)


def test_many_connections_get_exactly_what_there_is(database_server: TestServer) -> None:
    """64 processes' worth of connections ask 200 times each for one of 500: exactly 500 are granted.

    Each connection is a process of psycopg's own in the server; the clients are threads of two processes, as
    under gunicorn. Every request has its own id and its own transaction.
    """
    with database_server.clone() as database:
        places, lot_id = lay(database, f"BIN-A: {STOCK} × L1; BIN-B:")
        halves = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "tests.ledger.asking",
                    database.url,
                    *map(str, (places["BIN-A"], places["BIN-B"], lot_id, CONNECTIONS // 2, REQUESTS)),
                ],
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT,
            )
            for _ in range(2)
        ]
        answers: Counter[str] = Counter()
        for half in halves:
            said, _ = half.communicate(timeout=540)
            assert half.returncode == 0
            answers.update({word: int(times) for word, times in (line.split() for line in said.splitlines())})

        assert answers == {"granted": STOCK, "NotEnoughStock": CONNECTIONS * REQUESTS - STOCK}
        with database.sessions() as session:
            left = session.execute(
                text("select sum(on_hand) filter (where location_id = :a), sum(on_hand) from balance"),
                {"a": places["BIN-A"]},
            ).one()
            assert tuple(left) == (0, STOCK)
            assert verify(session) == []


@pytest.mark.parametrize(("count", "most"), [(4, 5), (50, 40)], ids=["few", "many"])
def test_crossing_moves_never_deadlock(fresh_database: Database, count: int, most: int) -> None:
    """A to B and B to A at once, several pairs in one posting, in any order asked; of many, nearly every one waits."""
    places, lot_id = lay(fresh_database, "; ".join(f"BIN-{number}: 400 × L1" for number in range(count)))
    bins = list(places.values())

    def work(thread: int) -> list[str]:
        rng = random.Random(thread)
        done = []
        for _ in range(40):
            pairs = [rng.sample(bins, 2) for _ in range(rng.randint(1, most))]
            done.append(ask(fresh_database.sessions, [move(a, b, lot_id) for a, b in pairs]))
        return done

    answers = on_each(work, 8)

    assert answers == {"granted": 320}
    assert deadlocks(fresh_database) == 0
    with fresh_database.sessions() as session:
        assert session.execute(text("select sum(on_hand) from balance")).scalar_one() == 400 * count
        assert verify(session) == []


@pytest.mark.parametrize("sources", [1, 8])
def test_a_storm_of_new_places_never_deadlocks(fresh_database: Database, sources: int) -> None:
    """Balances that do not exist yet are made by whoever comes first; nobody loses goods.

    From one place they wait for that; from several they make the same balances at the same time.
    """
    places, lot_id = lay(fresh_database, "; ".join(f"BIN-{number}: 1000 × L1" for number in range(sources)))

    def lay_bins(session: Session) -> list[int]:
        return [make_location(session, f"NEW-{number:03d}").id for number in range(60)]

    bins = run(fresh_database.sessions, lay_bins, by_id=1, action="test.lay")

    def work(thread: int) -> list[str]:
        rng = random.Random(thread)
        done = []
        for first in range(0, 54, 3):
            targets = rng.sample(bins[first : first + 9], 6)
            asked = [move(rng.choice(list(places.values())), each, lot_id) for each in targets]
            done.append(ask(fresh_database.sessions, asked))
        return done

    assert on_each(work, 8) == {"granted": 144}
    assert deadlocks(fresh_database) == 0
    with fresh_database.sessions() as session:
        assert session.execute(text("select sum(on_hand) from balance")).scalar_one() == 1000 * sources
        assert verify(session) == []


def test_whoever_made_a_balance_waits_for_nobody_who_waits_for_it(fresh_database: Database) -> None:
    """Step by step: NEW is made by the one who came to know of BIN-B only while the other held it."""
    places, lot_id = lay(fresh_database, "BIN-A: 9 × L1; BIN-B:; NEW:")

    def columns(*names: str) -> dict[str, object]:
        return {
            "locations": Bigints(places[name] for name in names),
            "lots": Bigints([lot_id] * len(names)),
            "units": Bigints([None] * len(names)),
        }

    with (
        fresh_database.sessions() as maker,
        fresh_database.sessions() as waiter,
        ThreadPoolExecutor(1) as aside,
    ):
        assert all_rows(maker, LOCK_BALANCES, **columns("BIN-B", "NEW")) == []
        ask(fresh_database.sessions, [move(places["BIN-A"], places["BIN-B"], lot_id)])
        assert len(all_rows(waiter, LOCK_BALANCES, **columns("BIN-B", "NEW"))) == 1
        maker.execute(MAKE_BALANCES, columns("BIN-B", "NEW"))
        waits = aside.submit(waiter.execute, MAKE_BALANCES, columns("BIN-B", "NEW"))
        # Until the maker ends, which a refused lock makes it do at once.
        fresh_database.wait_for_a_waiter(while_true=lambda: not waits.done())
        with pytest.raises(DBAPIError) as caught:
            all_rows(maker, LOCK_MADE_BALANCES, **columns("BIN-B", "NEW"))
        assert sqlstate(caught.value) == "55P03"
        maker.rollback()
        waits.result(timeout=60)
        assert len(all_rows(waiter, LOCK_MADE_BALANCES, **columns("BIN-B", "NEW"))) == 2
    assert deadlocks(fresh_database) == 0


def in_a_posting(watcher: psycopg.Connection[tuple[object, ...]], pid: int) -> bool:
    """Whether that backend is inside a transaction that has written something."""
    row = watcher.execute(
        "select state <> 'idle' and backend_xid is not null from pg_stat_activity where pid = %s", [pid]
    ).fetchone()
    return bool(row and row[0])


def test_a_process_killed_inside_a_posting_leaves_nothing_half(
    fresh_database: Database, database_server: TestServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A bare posting process, kill -9 while its transaction stands open and has written; counted."""
    places, lot_id = lay(fresh_database, "BIN-A: 1000 × L1; BIN-B: 1000 × L1")
    words = [str(word) for word in (places["BIN-A"], places["BIN-B"], lot_id)]
    nursery = subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.posting_process", fresh_database.url, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    inside = tried = 0
    # On its own transactions: within one, PostgreSQL shows the same activity again and again.
    with psycopg.connect(database_server.admin_url, autocommit=True) as watcher, nursery:
        while inside < KILLS and tried < 5 * KILLS:
            tried += 1
            inside += _start_and_kill(nursery, watcher, after_s=0.05 + tried % 7 * 0.003)
        assert nursery.stdin is not None
        nursery.stdin.close()

    with capsys.disabled():
        print(f"\n{inside} of {tried} kills -9 fell inside an open posting transaction that had written")
    assert inside == KILLS
    assert ask(fresh_database.sessions, [move(places["BIN-A"], places["BIN-B"], lot_id)]) == "granted"
    with fresh_database.sessions() as session:
        assert session.execute(text("select sum(on_hand) from balance")).scalar_one() == 2000
        bare = text(
            "select count(*) from posting p where not exists (select from stock_move where posting_id = p.id)"
        )
        assert session.execute(bare).scalar_one() == 0
        assert verify(session) == []


def _start_and_kill(
    nursery: subprocess.Popen[str], watcher: psycopg.Connection[tuple[object, ...]], *, after_s: float
) -> bool:
    """Start a posting process, stop it, look, kill it; whether it was inside a posting."""
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    nursery.stdin.write("another\n")
    nursery.stdin.flush()
    pid, backend = (int(word) for word in nursery.stdout.readline().split())
    time.sleep(after_s)
    # Stopped first, so that what is seen is what is killed.
    for _ in range(40):
        os.kill(pid, signal.SIGSTOP)
        time.sleep(0.02)
        if found := in_a_posting(watcher, backend):
            break
        os.kill(pid, signal.SIGCONT)
        time.sleep(0.003)
    os.kill(pid, signal.SIGKILL)
    while in_a_posting(watcher, backend):
        time.sleep(0.01)
    return found


def digest(session: Session) -> str:
    """One number for all that the ledgers say; postings are told apart by their request."""
    rows = session.execute(
        text(
            "select p.request_id, m.source_id, m.target_id, m.source_lot_id, m.quantity, m.source_version,"
            " m.target_version from stock_move m join posting p on p.id = m.posting_id order by m.id"
        )
    ).all()
    balances = session.execute(
        text("select location_id, lot_id, on_hand, reserved, held, version from balance order by id")
    ).all()
    return hashlib.sha256(repr((rows, balances)).encode()).hexdigest()


def take_once(sessions: sessionmaker[Session], request_id: UUID, content: str, asked: list[Move]) -> Answered:
    """One request with its id, as a handheld would send it."""

    def posted(session: Session) -> dict[str, int]:
        return {"posting": post(session, asked, occurred_at=NOON).posting_id}

    return run_once(sessions, posted, by_id=1, action="race.once", request_id=request_id, content=content)


def test_a_day_asked_again_three_times_in_any_order_changes_nothing(fresh_database: Database) -> None:
    """Granted or refused, the first answer is the answer; no second move is made."""
    places, lot_id = lay(fresh_database, "BIN-A: 60 × L1; BIN-B: 10 × L1; BIN-C: 5 × L1")
    rng = random.Random(3)
    day = []
    for number in range(120):
        source, target = rng.sample(list(places.values()), 2)
        day.append((UUID(int=rng.getrandbits(128)), f"ask {number}", [move(source, target, lot_id, 9)]))
    first = {each[0]: take_once(fresh_database.sessions, *each) for each in day}
    with fresh_database.sessions() as session:
        before = digest(session)

    again = 3 * day
    rng.shuffle(again)

    def work(thread: int) -> list[str]:
        said = []
        for each in again[thread::8]:
            answered = take_once(fresh_database.sessions, *each)
            assert answered.repeated
            assert answered.answer == first[each[0]].answer
            said.append("refused" if answered.refused else "granted")
        return said

    answers = on_each(work, 8)

    assert answers.total() == 360
    assert min(answers["granted"], answers["refused"]) >= 20
    with fresh_database.sessions() as session:
        assert digest(session) == before
        assert verify(session) == []


def test_two_of_the_same_request_at_once_are_one(fresh_database: Database) -> None:
    places, lot_id = lay(fresh_database, "BIN-A: 100 × L1; BIN-B:")
    ids = [uuid4() for _ in range(10)]

    def work(_thread: int) -> list[str]:
        asked = [move(places["BIN-A"], places["BIN-B"], lot_id)]
        return [
            "repeated" if take_once(fresh_database.sessions, id_, "one", asked).repeated else "done"
            for id_ in ids
        ]

    assert on_each(work, 6) == {"done": 10, "repeated": 50}


def test_the_same_id_with_other_content_is_refused(fresh_database: Database) -> None:
    places, lot_id = lay(fresh_database, "BIN-A: 10 × L1; BIN-B:")
    asked, request_id = [move(places["BIN-A"], places["BIN-B"], lot_id)], uuid4()
    take_once(fresh_database.sessions, request_id, "one", asked)

    with pytest.raises(RequestIdReused):
        take_once(fresh_database.sessions, request_id, "two", asked)


def test_what_the_application_may_not_do_the_database_denies(fresh_database: Database) -> None:
    """No UPDATE, DELETE or TRUNCATE of facts; of figures only the columns a posting writes."""
    lay(fresh_database, "BIN-A: 10 × L1")
    facts = (
        *("posting", "stock_move", "hold_entry", "reserve_entry", "book_fact", "book_link", "lot", "period"),
        *("buyer_entry", "reservation", "display_entry", "stock_count", "count_line"),
        *("period_balance", "period_figure"),
    )
    figures = ("balance", "open_row", "book_figure", "buyer_figure", "reservation_figure", "ledger_finding")
    attempts = [f"update {table} set {_any_column(table)}" for table in facts]
    attempts += [f"{verb} {table}" for table in (*facts, *figures) for verb in ("delete from", "truncate")]
    attempts += ["update balance set lot_id = 1", "update open_row set fact_id = 1"]
    attempts += ["alter table stock_move disable trigger all", "set session_replication_role = replica"]

    for attempt in attempts:
        with (
            fresh_database.engine.connect() as connection,
            pytest.raises(Exception, match=r"permission denied|must be owner"),
        ):
            connection.execute(text(attempt))


def test_a_move_without_a_posting_is_refused_even_of_the_owner(fresh_database: Database) -> None:
    """One row of a hundred is enough."""
    places, lot_id = lay(fresh_database, "BIN-A: 10 × L1; BIN-B:")
    with fresh_database.sessions() as session:
        known = session.execute(text("select max(id) from posting")).scalar_one()
    rows = ", ".join(
        f"({posting}, {places['BIN-A']}, {lot_id}, {places['BIN-B']}, {lot_id}, 1, 1, '', now())"
        for posting in [known] * 99 + [known + 7]
    )
    columns = (
        "posting_id, source_id, source_lot_id, target_id, target_lot_id, quantity, target_balance_id,"
        " pass_number, recorded_at"
    )
    with (
        fresh_database.owner_engine.connect() as connection,
        pytest.raises(IntegrityError, match=f"posting {known + 7} of a move does not exist"),
    ):
        connection.execute(text(f"insert into stock_move ({columns}) values {rows}"))


def _any_column(table: str) -> str:
    return (
        "balance_id = balance_id"
        if table == "period_balance"
        else ("book_item_id = book_item_id" if table == "period_figure" else "id = id")
    )
