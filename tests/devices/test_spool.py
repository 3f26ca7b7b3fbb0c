"""What was seen is on disk until the warehouse has it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devices.facts import Delivery, Event, Fact, Measurement, Once
from devices.spool import Caps, Spool, SpoolFull, SpoolInUse, requeue
from devices.spool_writer import SpoolWriter
from tests.devices.conftest import until

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)


def scan(text: str = "A", *, at: datetime = NOON) -> Event:
    return Event(device="lane-1", kind="scan", data={"text": text}, happened_at=at, received_at=at)


def reading(value: float = 4.0, *, at: datetime = NOON) -> Measurement:
    return Measurement(
        device="cool-1", kind="temperature", value=value, unit="Cel", happened_at=at, received_at=at
    )


def of(*facts: Fact, once: Once | None = None) -> Delivery:
    return Delivery(facts=facts, once=once)


def test_facts_come_out_in_the_order_they_went_in(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db")
    spool.append([of(scan("A"), scan("B")), of(scan("C"))])

    taken = spool.take(limit=10)

    assert [json.loads(item.body)["data"]["text"] for item in taken] == ["A", "B", "C"]
    assert [item.seq for item in taken] == [1, 2, 3]
    spool.close()


def test_only_a_receipt_lets_a_fact_go_and_its_number_is_never_used_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db")
    spool.append([of(scan("A"), scan("B"))])
    epoch = spool.epoch

    assert len(spool.take(limit=10)) == len(spool.take(limit=10)) == 2
    spool.release(2)
    spool.close()
    again = Spool(tmp_path / "s.db")
    again.append([of(scan("C"))])

    assert [item.seq for item in again.take(limit=10)] == [3]
    assert again.epoch == epoch
    again.close()


def test_a_spool_has_one_owner(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db")

    with pytest.raises(SpoolInUse, match="in use by another gateway"):
        Spool(tmp_path / "s.db")

    spool.close()
    Spool(tmp_path / "s.db").close()


def test_telemetry_beyond_the_cap_goes_oldest_first_and_leaves_a_mark(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db", caps=Caps(bytes_max=2000))
    for number in range(50):
        spool.append([of(reading(number), scan(str(number)))])

    bodies = [json.loads(item.body) for item in spool.take(limit=500)]

    kept = [body["value"] for body in bodies if body["kind"] == "temperature"]
    gaps = [body["data"] for body in bodies if body["kind"] == "gateway.gap"]
    assert kept == sorted(kept)
    assert kept[-1] == 49
    assert len(kept) + sum(gap["count"] for gap in gaps) == 50
    assert [body["data"]["text"] for body in bodies if body["kind"] == "scan"] == [str(n) for n in range(50)]
    assert gaps[0]["devices"] == ["cool-1"]
    spool.close()


def test_telemetry_older_than_the_cap_goes_and_scans_stay(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db", caps=Caps(age_max=timedelta(days=1)))
    spool.append([of(reading(), scan())], at=NOON)
    spool.append([of(reading())], at=NOON + timedelta(hours=25))

    kinds = [json.loads(item.body)["kind"] for item in spool.take(limit=9)]

    assert kinds == ["scan", "temperature", "gateway.gap"]
    spool.close()


def test_a_message_that_comes_twice_is_kept_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db")
    name = Once(slot="cool-1", name="b7/41")

    assert spool.append([of(reading(), once=name)]) == 1
    spool.close()
    again = Spool(tmp_path / "s.db")
    assert again.append([of(reading(), once=name)]) == 0
    assert again.append([of(reading(), once=Once(slot="cool-2", name="b7/41"))]) == 1
    again.close()


def test_the_same_label_twice_is_two_scans_unless_it_may_be_a_repetition(tmp_path: Path) -> None:
    """A box may rightly be scanned twice; only the last scan before a restart may be a repetition."""
    spool = Spool(tmp_path / "s.db")

    def scanned(text: str, *, may_be_repeat: bool) -> int:
        once = Once(slot="lane-1", name=text, may_be_repeat=may_be_repeat, only_last=True)
        return spool.append([of(scan(text), once=once)])

    assert scanned("A", may_be_repeat=False) == 1
    assert scanned("A", may_be_repeat=False) == 1
    assert scanned("A", may_be_repeat=True) == 0
    assert scanned("B", may_be_repeat=False) == 1
    assert scanned("A", may_be_repeat=True) == 1
    spool.close()


def test_a_refused_fact_is_set_aside_and_can_be_sent_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db")
    spool.append([of(scan("A"), scan("B"))])

    spool.refuse(1, reason="413: too large")

    assert [item.seq for item in spool.take(limit=9)] == [2]
    assert spool.status().refused == 1
    spool.close()
    assert requeue(tmp_path / "s.db") == 1
    again = Spool(tmp_path / "s.db")
    assert [json.loads(item.body)["data"]["text"] for item in again.take(limit=9)] == ["B", "A"]
    again.close()


def fill_disk(spool: Spool, pages: int) -> None:
    """SQLite's own page limit: the same error a full disk gives, without filling one."""
    spool._db.execute(f"pragma max_page_count = {pages}")


def test_a_full_disk_keeps_nothing_half_and_says_so(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db")
    pages = spool._db.execute("pragma page_count").fetchone()[0]
    fill_disk(spool, pages + 1)

    def keep_much() -> None:
        for _ in range(1000):
            spool.append([of(*[scan("X" * 300)] * 10)])

    with pytest.raises(SpoolFull, match="full"):
        keep_much()

    assert len(spool.take(limit=10_000)) % 10 == 0
    spool.close()


def test_a_full_disk_delays_but_loses_nothing(tmp_path: Path) -> None:
    """Nothing is acknowledged while the disk is full, and all of it is kept when there is room again."""
    spool = Spool(tmp_path / "s.db")
    fill_disk(spool, spool._db.execute("pragma page_count").fetchone()[0])
    writer = SpoolWriter(spool)
    writer.start()
    kept = threading.Event()

    writer.put(Delivery(facts=tuple(scan("X" * 400) for _ in range(90)), kept=kept.set))
    until(lambda: writer.trouble)
    assert not kept.is_set()
    fill_disk(spool, 100_000)

    assert kept.wait(5)
    assert writer.trouble is None
    assert len(spool.take(limit=1000)) == 90
    writer.stop()
    spool.close()


def test_facts_are_committed_in_groups(tmp_path: Path) -> None:
    """One synchronised commit for what comes within 20 ms: a burst of 1,000 costs far fewer than 1,000."""
    spool = Spool(tmp_path / "s.db")
    commits = []
    writer = SpoolWriter(spool, on_commit=lambda: commits.append(1))
    for start in range(0, 1000, 10):
        writer.put(*(of(scan(str(number))) for number in range(start, start + 10)))
    writer.start()
    writer.stop()

    assert len(spool.take(limit=2000)) == 1000
    assert len(commits) <= 20
    spool.close()


KEEPER = """
import sys
from pathlib import Path
from devices.facts import Delivery
from devices.spool import Spool
from tests.devices.test_spool import scan
spool = Spool(Path(sys.argv[1]))
for number in range(10**9):
    spool.append([Delivery(facts=(scan(str(number)),))])
    print(number, flush=True)
"""


def test_what_was_kept_survives_a_kill(tmp_path: Path) -> None:
    """kill -9 in the middle of writing: every number told as kept is there, in order, once."""
    path = tmp_path / "s.db"
    process = subprocess.Popen(
        [sys.executable, "-c", KEEPER, str(path)], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    told = [int(process.stdout.readline()) for _ in range(60)]
    os.kill(process.pid, signal.SIGKILL)
    told += [int(line) for line in process.stdout.read().split()]
    process.wait()
    process.stdout.close()

    spool = Spool(path)
    kept = [int(json.loads(item.body)["data"]["text"]) for item in spool.take(limit=10**6)]
    spool.close()

    assert kept == list(range(len(kept)))
    assert len(kept) >= len(told)


def test_a_look_at_the_spool_does_not_disturb_its_owner(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "s.db")
    spool.append([of(scan())])

    looking = sqlite3.connect(f"file:{tmp_path / 's.db'}?mode=ro", uri=True)
    assert looking.execute("select count(*) from item").fetchone() == (1,)
    looking.close()
    spool.append([of(scan())])
    spool.close()
