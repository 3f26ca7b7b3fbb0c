"""Long runs: thousands of damaged messages through the door, and a clean day that the watch must not suspect."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final
from urllib.parse import quote
from uuid import uuid4

import pytest
from lxml import etree
from sqlalchemy import Connection, text

from tests.customs.messages.mutations import mutated
from tests.customs.messages.specimens import specimen
from tests.customs.messages.test_hostile_bytes import damaged
from tests.databases import Database
from tests.ledger.days import clean_day
from tests.reference import acceptance_day
from tests.web.site import BASE, Site, make_site
from wms.auth.permissions import Role
from wms.customs.messages import document
from wms.customs.messages.kinds import KINDS, Frame
from wms.ledger.findings import watch
from wms.ledger.verify import Finding, verify

pytestmark = [pytest.mark.soak, pytest.mark.reference]

MESSAGES: Final = int(os.environ.get("WMS_SOAK_MESSAGES", "20000"))
MOVEMENTS: Final = int(os.environ.get("WMS_SOAK_MOVEMENTS", "20000"))
SLOWEST_S: Final = 2.0
#: A filing's rows by the message they came in; what was refused may have none, what was taken has them all.
HALF_WRITTEN: Final = """
    with filed as (
        select message_id from customer_order union all select message_id from payment
        union all select message_id from waybill union all select message_id from repeated_element
    ), counted as (select message_id, count(*) as rows from filed group by message_id)
    select m.id, m.kind, m.outcome, m.elements, coalesce(c.rows, 0) as rows
    from inbox_message m left join counted c on c.message_id = m.id
    where (m.kind in ('CEB311', 'CEB411', 'CEB511') and m.outcome = 'ACCEPTED' and coalesce(c.rows, 0) <> m.elements)
       or (m.outcome = 'REFUSED' and (coalesce(c.rows, 0) > 0 or m.elements > 0 or m.reason = '' or m.sentence = ''))
"""


@dataclass(kw_only=True)
class Slowest:
    """The message that took longest so far."""

    seconds: float = 0.0
    raw: bytes = b""

    def see(self, seconds: float, raw: bytes) -> None:
        """Keep it if it took longer than all before."""
        if seconds > self.seconds:
            self.seconds, self.raw = seconds, raw


class Work:
    """Seconds of processor this process and the server's work for it have used; waiting for one does not count."""

    def __init__(self, watching: Connection) -> None:
        self._watching = watching

    def seconds(self) -> float:
        """So far; a server on another machine adds nothing."""
        pids = self._watching.scalars(
            text(
                "select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            )
        )
        return time.process_time() + sum(self._of_backend(Path(f"/proc/{pid}")) for pid in pids)

    def _of_backend(self, process: Path) -> float:
        try:
            if (process / "comm").read_text("utf-8").strip() != "postgres":
                return 0.0
            fields = (process / "stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:
            return 0.0
        # utime and stime, the 14th and 15th of proc(5), counted in ticks
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture
def site(fresh_database: Database, tmp_path: Path) -> Iterator[Site]:
    """The reference day's zone, open."""
    day = acceptance_day()
    with make_site(fresh_database, tmp_path, flows=None, api_calls_per_minute="1000000000") as site:
        site.set_clock("2026-05-20T12:00:00+08:00")
        loaded = site.app.test_cli_runner().invoke(args=["registry", "load", str(day / "registry")])
        assert loaded.exit_code == 0, loaded.output
        yield site


def right_messages(rng: Random) -> list[bytes]:
    """The small messages of the day, and made ones of every kind that stands bare."""
    day = acceptance_day()
    files = [
        path for path in day.rglob("*.xml") if path.stat().st_size < 40_000 and "expected" not in path.name
    ]
    found = [path.read_bytes() for path in rng.sample(sorted(files), min(400, len(files)))]
    bare = [kind for kind in KINDS.values() if kind.frame is Frame.BARE and kind.code.startswith("CEB")]
    made = (specimen(rng, kind, kind.editions[0]) for kind in bare for _ in range(8))
    return found + [document.serialised(root) for root in made]


def wounded(rng: Random, raw: bytes) -> bytes:
    """Damaged as a document half of the time, as bytes otherwise; one in ten is right and only out of place."""
    dice = rng.random()
    if dice < 0.1:
        return raw
    if dice < 0.5:
        try:
            return document.serialised(mutated(rng, etree.fromstring(raw)))
        except (etree.XMLSyntaxError, ValueError):
            return damaged(rng, raw)
    return damaged(rng, raw)


def test_no_damaged_message_breaks_the_door_or_stays_half_written(
    site: Site, fresh_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every answer is a clear yes or no within two seconds; the ledgers stay whole."""
    rng = Random(f"soak {MESSAGES}")
    messages, client = right_messages(rng), site.client()
    token = {name: value for name, value in site.token(Role.DECLARANT).items() if name == "Authorization"}
    statuses: Counter[int] = Counter()
    waited, worked, began = Slowest(), Slowest(), time.monotonic()
    watching = fresh_database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    work = Work(watching)
    for number in range(MESSAGES):
        raw = wounded(rng, rng.choice(messages))
        headers = token | {"X-File-Name": quote(f"{number}.xml"), "Idempotency-Key": str(uuid4())}
        before, started = work.seconds(), time.monotonic()
        answer = client.post("/api/messages", data=raw, headers=headers, base_url=BASE)
        waited.see(time.monotonic() - started, raw)
        worked.see(work.seconds() - before, raw)
        statuses[answer.status_code] += 1
        assert answer.status_code < 500, (number, answer.text, raw[:2_000])

    watching.close()
    with site.sessions() as session:
        half = session.execute(text(HALF_WRITTEN)).all()
        findings = verify(session)
        rows = session.execute(text("select outcome, count(*) as times from inbox_message group by 1"))
        outcomes: dict[str, int] = {row.outcome: row.times for row in rows}
    with capsys.disabled():
        rate = MESSAGES / (time.monotonic() - began)
        print(f"\n{MESSAGES} messages, {rate:.0f}/s, {dict(statuses)}, {outcomes}")
        print(f"slowest: {worked.seconds:.2f} s of work, {waited.seconds:.2f} s on the clock")
    # on a busy machine waiting is not the message's fault; work is
    assert worked.seconds < SLOWEST_S, worked.raw[:2_000]
    assert half == []
    assert findings == []
    assert sum(outcomes.values()) == MESSAGES


def test_a_clean_day_gives_the_watch_nothing_to_find(
    fresh_database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    """The worker's watch looks again and again while goods move, and finds nothing at any moment."""
    stop, looks = threading.Event(), Counter[str]()
    found: list[Finding] = []

    def look() -> None:
        while not stop.is_set():
            found.extend(watch(fresh_database.engine, by_id=0).opened)
            looks["at it"] += 1
            stop.wait(1)

    watcher = threading.Thread(target=look)
    watcher.start()
    began = time.monotonic()
    try:
        clean_day(fresh_database.sessions, moves=MOVEMENTS)
    finally:
        stop.set()
        watcher.join()
    found.extend(watch(fresh_database.engine, by_id=0).opened)

    with fresh_database.sessions() as session:
        moved = session.scalar(text("select count(*) from stock_move"))
    with capsys.disabled():
        print(
            f"\n{moved} movements in {time.monotonic() - began:.0f} s, {looks.total()} looks, {len(found)} findings"
        )
    assert moved >= MOVEMENTS
    assert looks.total() > 3
    assert found == []
