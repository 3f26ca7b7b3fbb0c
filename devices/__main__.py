"""python -m devices list | check | run | probe | simulate | replay | spool."""

import argparse
import json
import logging
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import structlog

from devices.broker_probe import probe_broker
from devices.gateway import health_file, make_adapter, make_runner
from devices.registry import Broker, Registry, RegistryError, Scale, Scanner, load_registry
from devices.replay import read_capture, replay
from devices.scenarios import Scenario, SitePlayed, is_played, site_folder, wish, withdraw
from devices.simulate import Site, make_wire
from devices.spool import SpoolInUse, read_status, requeue

DEFAULT_CONFIG = Path("config/devices.toml")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status. Anticipated trouble is a sentence on stderr and 1."""
    chosen = _parser().parse_args(arguments)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Standard error as it is when a line is written: whoever calls this may have closed what it was.
        logger_factory=lambda *_names: structlog.PrintLogger(sys.stderr),
    )
    try:
        status: int = chosen.act(chosen)
    except (RegistryError, SpoolInUse, SitePlayed) as error:
        print(error, file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m devices", description="The site gateway.")
    parser.add_argument("--config", type=Path, default=DEFAULT_CONFIG, help="default: config/devices.toml")
    parser.add_argument(
        "--data-dir", type=Path, help="in place of the file's data_dir: spool, secrets, ports"
    )
    parser.add_argument("--warehouse", metavar="URL", help="in place of the file's warehouse url")
    commands = parser.add_subparsers(required=True, metavar="command")

    def command(name: str, act: object, said: str) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=said)
        made.set_defaults(act=act)
        return made

    command("list", _list, "what is declared, and its state if the gateway runs")
    command("check", _check, "judge the registry; every fault with its line")
    command("run", _run, "run the gateway until SIGTERM or Ctrl-C")
    probe = command("probe", _probe, "try one device with its real settings; a broker is tried hard")
    probe.add_argument("name")
    simulate = command("simulate", _simulate, "play one device, or the whole site")
    what = simulate.add_mutually_exclusive_group(required=True)
    what.add_argument("name", nargs="?")
    what.add_argument("--site", metavar="NAME", help="every device of the registry, such as: --site demo")
    simulate.add_argument("--scenario", type=Scenario, choices=list(Scenario), default=Scenario.NORMAL)
    simulate.add_argument("--seed", type=int, default=1)
    simulate.add_argument("--pace", type=float, default=5.0, help="seconds between readings")
    simulate.add_argument(
        "--minutes", type=float, default=30.0, help="beside a site that is played: how long the wish holds"
    )
    again = command("replay", _replay, "play a recorded capture to a scanner's or scale's port")
    again.add_argument("name")
    again.add_argument("file", type=Path)
    again.add_argument("--speed", type=float, default=1.0)
    spool = command("spool", _spool, "what waits for the warehouse's receipt")
    spool.add_argument("what", choices=("status", "requeue"), nargs="?", default="status")
    return parser


def _registry(chosen: argparse.Namespace) -> Registry:
    return load_registry(chosen.config, data_dir=chosen.data_dir, warehouse_url=chosen.warehouse)


def _list(chosen: argparse.Namespace) -> int:
    registry = _registry(chosen)
    health = _health(registry)
    for device in registry.device:
        said = health.get(device.id, {})
        state = f"{said.get('state', '-'):6} {said.get('last_word_at') or '':26}" if health else ""
        print(f"{device.id:20} {device.type:8} {state} {said.get('reason', '')}".rstrip())
    return 0


def _health(registry: Registry) -> dict[str, dict[str, str]]:
    try:
        devices: dict[str, dict[str, str]] = json.loads(health_file(registry.gateway.spool).read_text())[
            "devices"
        ]
    except (OSError, ValueError):
        return {}
    return devices


def _check(chosen: argparse.Namespace) -> int:
    registry = _registry(chosen)
    print(f"{chosen.config} is right: gateway {registry.gateway.id}, {len(registry.device)} devices.")
    return 0


def _run(chosen: argparse.Namespace) -> int:
    registry = _registry(chosen)
    # Threads here mostly wait for sockets and disk; with the default of 5 ms one that computes holds the
    # others up after every such wait, and the gateway keeps up with a third fewer messages.
    sys.setswitchinterval(0.0002)
    runner = make_runner(registry)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    runner.start()
    structlog.get_logger("devices").info(
        "gateway runs", gateway=registry.gateway.id, epoch=runner.spool.epoch
    )
    stop.wait()
    runner.stop()
    return 0


def _probe(chosen: argparse.Namespace) -> int:
    registry = _registry(chosen)
    device = registry.find(chosen.name)
    if isinstance(device, Broker):
        report = probe_broker(device)
    else:
        adapter = make_adapter(device, registry) if device is not None else None
        if adapter is None:
            print(f"There is no device {chosen.name} that can be tried by itself.", file=sys.stderr)
            return 1
        report = adapter.probe()
    for finding in report.findings:
        print(finding)
    print("good" if report.good else "NOT good")
    return 0 if report.good else 1


def _simulate(chosen: argparse.Namespace) -> int:
    registry = _registry(chosen)
    if chosen.name is not None:
        device = registry.find(chosen.name)
        if device is None:
            print(f"There is no device {chosen.name}.", file=sys.stderr)
            return 1
        registry = replace(registry, device=(device,))
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    folder = site_folder(registry)
    if chosen.site is not None and is_played(folder):
        return _wish(folder, chosen.scenario, minutes=chosen.minutes, stop=stop)
    site = Site(registry, scenario=chosen.scenario, seed=chosen.seed, pace_seconds=chosen.pace)
    site.start()
    stop.wait()
    site.stop()
    return 0


def _wish(folder: Path, scenario: Scenario, *, minutes: float, stop: threading.Event) -> int:
    """Asks the site that is being played, such as by `make run`, until the time is over or Ctrl-C."""
    name = wish(folder, scenario, seconds=minutes * 60)
    print(
        f"The site is being played already; it plays {scenario.value} now, for {minutes:g} minutes or until Ctrl-C."
    )
    stop.wait(minutes * 60)
    withdraw(folder, name)
    print("It plays as before.")
    return 0


def _replay(chosen: argparse.Namespace) -> int:
    registry = _registry(chosen)
    device = registry.find(chosen.name)
    if not isinstance(device, Scanner | Scale):
        print(f"There is no scanner or scale {chosen.name}.", file=sys.stderr)
        return 1
    try:
        chunks = read_capture(chosen.file)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    wire = make_wire(device.port)
    count = replay(chunks, wire, speed=chosen.speed)
    time.sleep(1)  # what was written last is still on its way through the wire
    wire.close()
    print(f"{count} chunks played.")
    return 0


def _spool(chosen: argparse.Namespace) -> int:
    path = _registry(chosen).gateway.spool
    if not path.exists():
        print(f"There is no spool at {path} yet.", file=sys.stderr)
        return 1
    if chosen.what == "requeue":
        print(f"{requeue(path)} facts go to the warehouse again.")
        return 0
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    for name, value in asdict(read_status(db, path)).items():
        print(f"{name:14} {value if value is not None else '-'}")
    db.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
