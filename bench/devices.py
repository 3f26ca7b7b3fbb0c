"""Readings a second through the gateway, as ratios to what bare parts reach in the same minutes.

    python -m bench.devices [--messages 20000] [--rounds 5] [--soak-minutes 10]

1. broker → gateway → the real warehouse → PostgreSQL beside a bare paho consumer that acknowledges by hand after
   committing the same batches to a table of the same columns and indexes: at least 0.7.
2. spool → the real warehouse → PostgreSQL beside raw inserts of the same rows in the same batches: at least 0.5.
3. with --soak-minutes: the gateway's memory while readings flow; it must not grow.

Each pair is taken in turn, the median of the rounds' ratios counts. Exit 1 below a threshold.
"""

from __future__ import annotations

import argparse
import json
import queue
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bench.postgres import free_port
from bench.warehouse import Program, Warehouse
from devices.facts import Delivery, Measurement
from devices.simulated_sensors import Logger
from devices.spool import Spool
from devices.uplink import Uplink, UplinkSettings

TOPICS = 20
BATCH = 500
RATIO_CONSUMER_MIN = 0.7
RATIO_INSERT_MIN = 0.5
BEGIN = datetime.now(UTC)


class Bench:
    """Broker, database and warehouse, up for the whole run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.broker_port = free_port()
        conf = folder / "mosquitto.conf"
        conf.write_text(
            f"listener {self.broker_port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 1000\n"
            "max_queued_messages 0\nmax_queued_bytes 268435456\nset_tcp_nodelay true\n"
        )
        program = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
        if program is None:
            raise FileNotFoundError("Mosquitto is not installed.")
        self.devices_file = self.write_registry("bench", "http://unset/")
        self.warehouse = Warehouse(folder, devices_file=self.devices_file, with_worker=False)
        self.broker = Program("broker", [program, "-c", str(conf)], log=folder / "broker.log")
        with self.connect() as connection:
            connection.execute("create table bare (like reading including all)")
            connection.execute(
                "create sequence bare_id; alter table bare alter id set default nextval('bare_id')"
            )
        time.sleep(1)

    @property
    def url(self) -> str:
        """Where a gateway delivers."""
        return self.warehouse.readings_url

    def connect(self) -> psycopg.Connection[Any]:
        """As the database's superuser."""
        return psycopg.connect(self.warehouse.postgres.url, autocommit=True)

    def empty(self) -> None:
        with self.connect() as connection:
            # Facts may not be removed, except by who may lift the triggers.
            connection.execute("set session_replication_role = replica")
            connection.execute("truncate reading, dead_letter, bare")

    def write_registry(self, name: str, url: str) -> Path:
        """A gateway of twenty sensors that stand nowhere: receiving is measured, not judging."""
        sensors = "".join(
            f'[[device]]\ntype = "sensor"\nid = "s-{at}"\nbroker = "broker"\ntopic = "bench/s-{at}"\n'
            for at in range(TOPICS)
        )
        config = self.folder / f"{name}.toml"
        config.write_text(
            f'[gateway]\nid = "{name}"\nspool = "{name}.db"\nreadings_per_second_max = 1000000\n'
            f'[warehouse]\nurl = "{url}"\ntoken_file = "gateway.token"\n[[device]]\ntype = "broker"\n'
            f'id = "broker"\nhost = "127.0.0.1"\nport = {self.broker_port}\n{sensors}'
        )
        return config

    def gateway(self, name: str) -> Program:
        """A gateway at work."""
        config = self.write_registry(name, self.url)
        command = [sys.executable, "-m", "devices", "--config", str(config), "run"]
        return Program(name, command, log=self.folder / "gateway.log")

    def close(self) -> None:
        self.broker.end()
        self.warehouse.end()


def client_of(name: str, port: int, *, session_seconds: int) -> mqtt.Client:
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=name, protocol=mqtt.MQTTv5, manual_ack=session_seconds > 0
    )
    wishes = Properties(PacketTypes.CONNECT)
    wishes.SessionExpiryInterval = session_seconds
    wishes.ReceiveMaximum = BATCH
    client.connect("127.0.0.1", port, keepalive=30, clean_start=not session_seconds, properties=wishes)
    return client


def fill_backlog(bench: Bench, name: str, messages: int) -> None:
    """`messages` readings wait at the broker for the client `name`."""
    subscribed, published = threading.Event(), threading.Semaphore(0)
    absent = client_of(name, bench.broker_port, session_seconds=3600)
    absent.on_subscribe = lambda *_: subscribed.set()
    absent.loop_start()
    absent.subscribe([(f"bench/s-{at}", 1) for at in range(TOPICS)])
    subscribed.wait(10)
    absent.disconnect()
    absent.loop_stop()
    speaker = client_of(f"speaker-{name}", bench.broker_port, session_seconds=0)
    speaker.on_publish = lambda *_: published.release()
    speaker.loop_start()
    for number in range(messages):
        at = (BEGIN + timedelta(milliseconds=number)).isoformat(timespec="milliseconds")
        reading = {"kind": "temperature", "value": 4.25, "unit": "Cel", "at": at}
        speaker.publish(f"bench/s-{number % TOPICS}", json.dumps(reading), qos=1)
    for _ in range(messages):
        published.acquire()
    speaker.disconnect()
    speaker.loop_stop()


def bare_consumer(bench: Bench, messages: int, round_: int) -> float:
    """Messages a second of a paho consumer with nothing else to do: decode, insert, commit, acknowledge."""
    name = f"bare-{round_}"
    fill_backlog(bench, name, messages)
    bench.empty()
    arrived: queue.Queue[mqtt.MQTTMessage] = queue.Queue()
    client = client_of(name, bench.broker_port, session_seconds=3600)
    client.on_message = lambda _client, _data, message: arrived.put(message)
    done, started = 0, time.monotonic()
    client.loop_start()
    with psycopg.connect(bench.warehouse.postgres.url) as connection:
        while done < messages:
            group = [arrived.get()]
            while len(group) < BATCH and not arrived.empty():
                group.append(arrived.get())
            rows = []
            for message in group:
                done += 1
                said = json.loads(message.payload)
                device = message.topic.rpartition("/")[2]
                rows.append((name, "e", done, device, said["kind"], said["value"], said["unit"], said["at"]))
            connection.cursor().executemany(
                "insert into bare (source, epoch, seq, device, kind, value, unit, quality, happened_at, received_at,"
                " raw, digest) values (%s, %s, %s, %s, %s, %s, %s, 'good', %s, clock_timestamp(), '', '-')"
                " on conflict do nothing",
                rows,
            )
            connection.commit()
            for message in group:
                client.ack(message.mid, message.qos)
    rate = messages / (time.monotonic() - started)
    client.disconnect()
    client.loop_stop()
    return rate


def gateway(bench: Bench, messages: int, round_: int) -> float:
    """Messages a second from the broker's backlog into PostgreSQL through the whole gateway."""
    name = f"gw-{round_}"
    fill_backlog(bench, f"{name}-broker", messages)
    bench.empty()
    started = time.monotonic()
    program = bench.gateway(name)
    first = None
    with bench.connect() as connection:
        # The greatest seq is one look into the key; counting would cost the server what is measured.
        while (stored := greatest_seq(connection)) < messages:
            # The clock starts with the first batch: starting Python is not what is measured.
            if stored and first is None:
                first = (stored, time.monotonic())
            time.sleep(0.05)
            if time.monotonic() - started > 120:
                raise TimeoutError(f"only {stored} of {messages} arrived")
        ended = time.monotonic()
    program.end()
    assert first is not None
    return (messages - first[0]) / (ended - first[1])


def greatest_seq(connection: psycopg.Connection[Any]) -> int:
    found = connection.execute(
        "select seq from reading order by source desc, epoch desc, seq desc limit 1"
    ).fetchone()
    return int(found[0]) if found else 0


def raw_inserts(bench: Bench, messages: int, _round: int) -> float:
    """Rows a second of the warehouse's own statement, rows made beforehand, batches of 500."""
    bench.empty()
    raw = [("s-1", "temperature", 4.25, "Cel", "good", BEGIN, BEGIN, None, "", "0" * 64)] * BATCH
    statement = (
        "insert into bare (source, epoch, seq, device, kind, value, unit, quality, happened_at, received_at, data,"
        " raw, digest) select 'raw', 'e', d.* from unnest(%s::bigint[], %s::text[], %s::text[], %s::float8[],"
        " %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::jsonb[], %s::text[], %s::text[]) as d"
        " on conflict do nothing"
    )
    with psycopg.connect(bench.warehouse.postgres.url) as connection:
        started = time.monotonic()
        for at in range(0, messages, BATCH):
            columns = [list(range(at, at + BATCH)), *(list(column) for column in zip(*raw, strict=True))]
            connection.execute(statement, columns)
            connection.commit()
    return messages / (time.monotonic() - started)


def spool_drain(bench: Bench, messages: int, round_: int) -> float:
    """Facts a second from a full spool through uplink and receiver into PostgreSQL."""
    bench.empty()
    spool = Spool(bench.folder / f"drain-{round_}.db")
    for at in range(0, messages, BATCH):
        moments = [BEGIN + timedelta(milliseconds=at + step) for step in range(BATCH)]
        spool.append([Delivery(facts=tuple(reading_at(moment) for moment in moments))])
    settings = UplinkSettings(url=bench.url, token_file=bench.warehouse.token_file)
    uplink = Uplink(spool, settings, source=f"drain-{round_}")
    started = time.monotonic()
    uplink.start()
    while spool.take(limit=1):
        time.sleep(0.005)
    rate = messages / (time.monotonic() - started)
    uplink.stop()
    spool.close()
    return rate


def reading_at(moment: datetime) -> Measurement:
    return Measurement(
        device="s-1", kind="temperature", value=4.25, unit="Cel", happened_at=moment, received_at=moment
    )


def ratio(
    bench: Bench,
    name: str,
    ours: Callable[..., float],
    bare: Callable[..., float],
    *,
    chosen: argparse.Namespace,
) -> float:
    """Median of ours / bare over the rounds, printed with the rates behind it."""
    ratios = []
    for round_ in range(chosen.rounds):
        base = bare(bench, chosen.messages, round_)
        rate = ours(bench, chosen.messages, round_)
        ratios.append(rate / base)
        print(f"{name}: {rate:8.0f}/s beside {base:8.0f}/s bare = {rate / base:.2f}", flush=True)
    return statistics.median(ratios)


def soak(bench: Bench, minutes: float) -> bool:
    """True when the gateway's resident memory does not grow while 200 readings a second flow."""
    bench.empty()
    program = bench.gateway("gw-soak")
    loggers = [
        Logger(host="127.0.0.1", port=bench.broker_port, topic=f"bench/s-{at}") for at in range(TOPICS)
    ]
    for logger in loggers:
        logger.wait_connected(10)
    seen, started, number = [], time.monotonic(), 0
    while (elapsed := time.monotonic() - started) < minutes * 60:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        loggers[number % TOPICS].send([{"kind": "temperature", "value": 4.0, "at": at}])
        number += 1
        if number % 2000 == 0:
            seen.append((elapsed, resident_kib(program.pid)))
        time.sleep(max(0.0, started + number / 200 - time.monotonic()))
    for logger in loggers:
        logger.close()
    program.end()
    # The first tenth warms up: imports, SQLite's cache, the table of names.
    warm = [kib for elapsed, kib in seen if elapsed > minutes * 6]
    half = len(warm) // 2
    early, late = statistics.median(warm[:half]), statistics.median(warm[half:])
    print(
        f"memory: {early / 1024:.1f} MiB in the first half, {late / 1024:.1f} MiB in the second; {number} sent"
    )
    return late < early * 1.05


def resident_kib(pid: int) -> int:
    line = next(
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return int(line.split()[1])


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.devices")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--soak-minutes", type=float, default=0.0)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir="/var/tmp"))
    bench = Bench(folder)
    try:
        with_broker = ratio(bench, "gateway from broker", gateway, bare_consumer, chosen=chosen)
        from_spool = ratio(bench, "drain of the spool ", spool_drain, raw_inserts, chosen=chosen)
        flat = soak(bench, chosen.soak_minutes) if chosen.soak_minutes else True
    finally:
        bench.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"gateway / bare consumer {with_broker:.2f} (at least {RATIO_CONSUMER_MIN})")
    print(f"spool / raw inserts     {from_spool:.2f} (at least {RATIO_INSERT_MIN})")
    return 0 if with_broker >= RATIO_CONSUMER_MIN and from_spool >= RATIO_INSERT_MIN and flat else 1


if __name__ == "__main__":
    sys.exit(main())
