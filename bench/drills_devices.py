"""Drills of the site gateway: everything is killed while readings and scans flow, and nothing may be lost.

    python -m bench.drills_devices [--readings 6000] [--scans 500] [--seed 7]

Real Mosquitto without persistence, a real pseudo terminal and a TCP scanner, the gateway as a process, the real
warehouse (web server, worker, PostgreSQL with synchronised writes). Killed with -9 at seeded moments: gateway five
times, broker and web server twice each; PostgreSQL is shut down without a checkpoint once. Judged from the simulators'
own log of what they sent. Meanwhile a cold room has one excursion in its past, told with duplicates, in disorder and
with half an hour missing until the end; afterwards a second room's tolerated time runs out while nothing more is said.
Exit 1 if anything was lost, stored twice or acknowledged late, or if there is not exactly one excursion, one alert and
one hold of each, the second within 2 s.
"""

from __future__ import annotations

import argparse
import random
import re
import shutil
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from bench.drill_excursions import PAST, PRESENT, found, past, present
from bench.postgres import Postgres, free_port
from bench.warehouse import Program, Warehouse
from devices.simulate import send_scan
from devices.simulated_frames import sscc
from devices.simulated_ports import PtyWire, TcpWire, Wire
from devices.simulated_sensors import Logger

SENSORS = 20
SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Drill:
    folder: Path
    readings: int
    scans: int
    seed: int
    plain: bool


def registry_text(drill: Drill, *, broker: int, warehouse: str, scanner: str) -> str:
    sensors = "".join(
        f'[[device]]\ntype = "sensor"\nid = "s-{at}"\nbroker = "broker"\ntopic = "drill/s-{at}"\n'
        'kinds = ["temperature"]\n'
        for at in range(SENSORS)
    )
    sensors += "".join(
        f'[[device]]\ntype = "sensor"\nid = "{name}"\nbroker = "broker"\ntopic = "drill/{name}"\n'
        f'place = "{place}"\nkinds = ["temperature"]\nsilent_minutes_max = {silent}\n'
        for name, place, silent in ((PAST, "LS1-C", 3), (PRESENT, "LS1-F", 3))
    )
    return (
        f'[gateway]\nid = "gw-drill"\nspool = "spool.db"\nreadings_per_second_max = 1000\n'
        f'[warehouse]\nurl = "{warehouse}"\ntoken_file = "gateway.token"\ntimeout_seconds = 3\n'
        f'[[device]]\ntype = "scanner"\nid = "lane-pty"\nport = "{drill.folder}/lane"\nconfirm = true\n'
        f'[[device]]\ntype = "scanner"\nid = "lane-tcp"\nport = "{scanner}"\nconfirm = true\n'
        f'[[device]]\ntype = "broker"\nid = "broker"\nhost = "127.0.0.1"\nport = {broker}\n{sensors}'
    )


class Senders:
    """The simulators, and their log of what they sent."""

    def __init__(self, drill: Drill, *, broker: int, wires: dict[str, Wire]) -> None:
        self._drill = drill
        self._wires = wires
        self.stop = threading.Event()
        self.readings: list[tuple[str, str]] = []
        self.scans: list[tuple[str, str]] = []
        self._loggers = [
            Logger(host="127.0.0.1", port=broker, topic=f"drill/s-{at}", numbered=not drill.plain)
            for at in range(SENSORS)
        ]
        self._threads = [
            threading.Thread(target=self._scan, args=(name, wire, at))
            for at, (name, wire) in enumerate(wires.items())
        ]
        self._threads.append(threading.Thread(target=self._sense))
        self._past = Logger(host="127.0.0.1", port=broker, topic=f"drill/{PAST}")
        self._present = Logger(host="127.0.0.1", port=broker, topic=f"drill/{PRESENT}")
        self._loggers += [self._past, self._present]
        self._threads.append(threading.Thread(target=self._remember))

    def start(self) -> None:
        for logger in self._loggers:
            logger.wait_connected(10)
        for thread in self._threads:
            thread.start()

    def _sense(self) -> None:
        begin, started = datetime.now(UTC), time.monotonic()
        for number in range(self._drill.readings):
            time.sleep(max(0.0, started + number * SECONDS / self._drill.readings - time.monotonic()))
            at = number % SENSORS
            # A millisecond of its own makes every reading one that can be found again.
            moment = (begin + timedelta(milliseconds=number)).isoformat(timespec="milliseconds")
            self.readings.append((f"s-{at}", moment))
            self._loggers[at].send([{"kind": "temperature", "value": number / 100, "at": moment}])

    def _remember(self) -> None:
        past(self._past, seconds=SECONDS * 0.9, seed=self._drill.seed, stop=self.stop)

    def run_out(self, *, leaves_seconds: float) -> datetime:
        """The second room's time runs out; returns when."""
        return present(self._present, leaves_seconds=leaves_seconds)

    def _scan(self, name: str, wire: Wire, at: int) -> None:
        each = self._drill.scans // len(self._wires)
        started = time.monotonic()
        for number in range(each):
            time.sleep(max(0.0, started + number * SECONDS / each - time.monotonic()))
            text = f"]C100{sscc(at * 10**6 + number)}"
            self.scans.append((name, text))
            send_scan(wire, text.encode() + b"\r", confirm=True, stop=self.stop)

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def unreceipted(self) -> int:
        return sum(logger.waiting for logger in self._loggers)

    def close(self) -> None:
        for logger in self._loggers:
            logger.close()
        for wire in self._wires.values():
            wire.close()


def havoc(drill: Drill, programs: dict[str, Program], postgres: Postgres, started: float) -> list[str]:
    """Every blow at its seeded moment, all within the time of sending; returns what was done when."""
    randomness = random.Random(drill.seed)
    blows = ["gateway"] * 5 + ["broker"] * 2 + ["warehouse"] * 2 + ["postgres"]
    randomness.shuffle(blows)
    told = []
    for number, blow in enumerate(blows):
        moment = SECONDS * (number + randomness.uniform(0.3, 1.2)) / (len(blows) + 1)
        time.sleep(max(0.0, started + moment - time.monotonic()))
        if blow == "postgres":
            postgres.restart_hard()
        else:
            programs[blow].kill()
        told.append(f"{time.monotonic() - started:.1f} s {blow}")
    return told


def late_acks(log: Path) -> tuple[int, int]:
    """(acknowledgements, those for no message of their connection), from the broker's own log."""
    waiting: Counter[int] = Counter()
    acks = late = 0
    for line in log.read_text(errors="replace").splitlines():
        if "as gw-drill-broker" in line and "connected from" in line:
            waiting.clear()
        elif match := re.search(r"Sending PUBLISH to gw-drill-broker \(d\d, q1, r\d, m(\d+)", line):
            waiting[int(match[1])] += 1
        elif match := re.search(r"Received PUBACK from gw-drill-broker \(Mid: (\d+)", line):
            acks += 1
            if waiting[int(match[1])] < 1:
                late += 1
            waiting[int(match[1])] -= 1
    return acks, late


def stored_facts(url: str) -> tuple[Counter[tuple[str, str]], Counter[tuple[str, str]]]:
    """How often each reading and each scan stands in the database."""
    with psycopg.connect(url) as connection:
        readings = connection.execute(
            "select device, happened_at from reading where kind = 'temperature' and device like 's-%'"
        ).fetchall()
        scans = connection.execute("select device, data->>'text' from reading where kind = 'scan'").fetchall()
        dead = connection.execute("select count(*) from dead_letter").fetchone()
    assert dead == (0,), f"{dead} dead letters"
    as_sent = [
        (device, moment.astimezone(UTC).isoformat(timespec="milliseconds")) for device, moment in readings
    ]
    return Counter(as_sent), Counter((device, text) for device, text in scans)


def wait_settled(senders: Senders, drill: Drill, *, seconds: float) -> float:
    """Until no sensor waits for a receipt and the gateway's spool is empty; returns how long it took."""
    started = time.monotonic()
    with closing(sqlite3.connect(f"file:{drill.folder / 'spool.db'}?mode=ro", uri=True)) as spool:
        while time.monotonic() - started < seconds:
            # The gateway's own heartbeats come and go; readings and scans are what must have left.
            waiting = spool.execute(
                "select count(*) from item where body like '%temperature%' or body like '%\"scan\"%'"
            ).fetchone()[0]
            if senders.unreceipted() == 0 and waiting == 0:
                break
            time.sleep(0.5)
    return time.monotonic() - started


def report(name: str, sent: list[tuple[str, str]], stored: Counter[tuple[str, str]]) -> bool:
    lost = [fact for fact in sent if not stored[fact]]
    twice = [fact for fact, count in stored.items() if count > 1]
    foreign = set(stored) - set(sent)
    print(f"{name}: sent {len(sent)}, stored {sum(stored.values())}, lost {len(lost)}, twice {len(twice)}")
    for fact in [*lost[:5], *twice[:5], *sorted(foreign)[:5]]:
        print(f"  {fact}")
    return not lost and not twice and not foreign


def excursion_is_right(url: str, device: str, *, seconds_max: float | None = None) -> bool:
    """Exactly one of each; says what there is."""
    told = found(url, device)
    after = (
        "" if told.hold_after_seconds is None else f"{told.hold_after_seconds:.2f} s after the tolerated time"
    )
    print(
        f"{device}: {told.excursions} excursion, {told.holds} hold, {told.alerts} alert (raised {told.raised} time),"
        f" held {after if seconds_max is not None else 'with the late readings'}"
    )
    in_time = seconds_max is None or (
        told.hold_after_seconds is not None and told.hold_after_seconds <= seconds_max
    )
    return (told.excursions, told.holds, told.alerts, told.raised) == (1, 1, 1, 1) and in_time


def wait_for_worker(url: str, *, seconds: float) -> None:
    """Until the worker has done a job again: it ends with its database and is started anew."""
    began = datetime.now(UTC)
    while datetime.now(UTC) - began < timedelta(seconds=seconds):
        with psycopg.connect(url) as connection:
            done = connection.execute(
                "select count(*) from procrastinate_events where type = 'succeeded' and at > %s", (began,)
            ).fetchone()
        if done is not None and done[0]:
            return
        time.sleep(1)


def wait_for_hold(url: str, device: str, *, until: datetime) -> None:
    while datetime.now(UTC) < until and found(url, device).holds == 0:
        time.sleep(0.2)


def run(drill: Drill) -> bool:
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if program is None:
        print("Mosquitto is not installed; the drill cannot be held.", file=sys.stderr)
        return False
    broker = free_port()
    conf = drill.folder / "mosquitto.conf"
    conf.write_text(
        f"listener {broker} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_inflight_messages 1000\n"
        "max_queued_messages 0\nmax_queued_bytes 268435456\nset_tcp_nodelay true\nlog_type all\n"
    )
    wires: dict[str, Wire] = {"lane-pty": PtyWire(drill.folder / "lane"), "lane-tcp": TcpWire()}
    tcp = wires["lane-tcp"]
    assert isinstance(tcp, TcpWire)
    config = drill.folder / "devices.toml"
    config.write_text(registry_text(drill, broker=broker, warehouse="http://unset/", scanner=tcp.url))
    warehouse = Warehouse(drill.folder, devices_file=config)
    text = registry_text(drill, broker=broker, warehouse=warehouse.readings_url, scanner=tcp.url)
    config.write_text(text)
    programs = {
        "broker": Program("broker", [program, "-c", str(conf)], log=drill.folder / "broker.log"),
        "gateway": Program(
            "gateway",
            [sys.executable, "-m", "devices", "--config", str(config), "run"],
            log=drill.folder / "gateway.log",
        ),
        "warehouse": warehouse.web,
    }
    time.sleep(2)
    senders = Senders(drill, broker=broker, wires=wires)
    started = time.monotonic()
    senders.start()
    blows = havoc(drill, programs, warehouse.postgres, started)
    senders.join()
    settled = wait_settled(senders, drill, seconds=180)
    wait_for_worker(warehouse.postgres.url, seconds=150)
    ends = senders.run_out(leaves_seconds=12)
    wait_for_hold(warehouse.postgres.url, PRESENT, until=ends + timedelta(seconds=15))
    readings, scans = stored_facts(warehouse.postgres.url)
    print("blows:", ", ".join(blows))
    print(f"settled {settled:.1f} s after the last fact was sent")
    good = report("readings", senders.readings, readings)
    good &= report("scans", senders.scans, scans)
    good &= excursion_is_right(warehouse.postgres.url, PAST)
    good &= excursion_is_right(warehouse.postgres.url, PRESENT, seconds_max=2.0)
    senders.close()
    programs["gateway"].end()
    programs["broker"].end()
    warehouse.end()
    acks, late = late_acks(drill.folder / "broker.log")
    print(f"acknowledgements to the broker: {acks}, late: {late}")
    return good and late == 0 and acks > 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.drills_devices")
    parser.add_argument("--readings", type=int, default=6000)
    parser.add_argument("--scans", type=int, default=500)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument(
        "--plain", action="store_true", help="sensors that do not repeat: shows what they lose"
    )
    parser.add_argument("--keep", action="store_true", help="keep the folder with logs and data")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="drill-", dir="/var/tmp"))
    drill = Drill(
        folder=folder,
        readings=chosen.readings,
        scans=chosen.scans,
        seed=chosen.seed,
        plain=chosen.plain,
    )
    good = run(drill)
    print("DRILL PASSED" if good else f"DRILL FAILED, see {folder}")
    if good and not chosen.keep:
        shutil.rmtree(folder)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
