"""What an order costs: three documents filed, matched, promised, declared and signed, beside pgbench in the same run.

Orders are drawn over the demonstration zone's registry, with bins full enough for all of them; every message goes
through the door. Filing counts documents, matching counts orders up to the drafted and signed CEB621 in the outbox.
"""

import argparse
import csv
import json
import random
import shutil
import subprocess
import sys
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bench.ledger import Report
from bench.site import start, tpcb
from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.acceptance.oracle import retail
from tests.acceptance.oracle.draws import Draw
from wms.auth.users import SYSTEM_ID
from wms.customs.doors import receive
from wms.customs.effects import Desk
from wms.db import make_engine, make_sessions, run
from wms.kept_key import kept_key
from wms.orders.acceptance import match_orders
from wms.orders.procedures import PROCEDURES
from wms.registry.files import read_registry
from wms.registry.load import load_registry
from wms.sealed import Keyring, hang_keyring
from wms.tables import load_all
from wms.zone import ZoneLoaders

DEMO: Final = Path(__file__).resolve().parent.parent / "config" / "demo"
#: How many times the demonstration's stock lies in the bins.
PLENTY: Final = 500
MESSAGE_ELEMENTS: Final = 50
TPCB_CLIENTS: Final = 4


def registry(folder: Path) -> Path:
    """The demonstration's registry with bins full and nobody's year begun."""
    target = folder / "orders" / "registry"
    shutil.rmtree(target.parent, ignore_errors=True)
    shutil.copytree(DEMO, target, ignore=shutil.ignore_patterns("messages", "later", "yearly_*"))
    path = target / "opening_lots.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    held: dict[str, int] = {}
    for row in rows:
        row["qty"] = str(int(row["qty"]) * PLENTY)
        if row["regime"] == "BONDED":
            held[row["item_no"]] = held.get(row["item_no"], 0) + int(row["qty"])
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    book_path = target / "account_book.json"
    book = json.loads(book_path.read_text("utf-8"))
    for line in book["lines"]:
        line["actlIncQty"] = str(int(line["actlRedcQty"]) + held.get(line["gdsMtno"], 0))
    book_path.write_text(json.dumps(book, ensure_ascii=False), "utf-8")
    return target


def messages(folder: Path, count: int, seed: int) -> list[bytes]:
    """Orders, payments and waybills of so many orders, a few dozen to a message."""
    rng = random.Random(seed)
    made = []
    for kind, elements in Draw(folder, rng, count).all().elements.items():
        by_sender: dict[tuple[str, ...], list[str]] = {}
        for _, sender, text in elements:
            by_sender.setdefault(sender, []).append(text)
        for sender, texts in by_sender.items():
            for first in range(0, len(texts), MESSAGE_ELEMENTS):
                part = texts[first : first + MESSAGE_ELEMENTS]
                made.append(retail.message(kind, part, random=rng, sender=sender))
    return made


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.orders", description=__doc__)
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=4, help="length of each run of pgbench")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"), help="where the server lives")
    words = parser.parse_args()
    words.folder.mkdir(parents=True, exist_ok=True)
    url, _, tpcb_url, pgbench = start(words.folder)
    subprocess.run([pgbench, "-i", "-q", "-s", "20", tpcb_url], check=True, capture_output=True)
    load_all()
    settings = Settings.load({"WMS_DATA_DIR": str(words.folder / "data")})
    engine = make_engine(url)
    at = datetime.combine(date(2026, 11, 1), datetime.min.time(), ZoneInfo(settings.time_zone)).astimezone(
        UTC
    )
    hang_keyring(engine, Keyring(settings.data_dir, lambda: "2026-11"))
    sessions = make_sessions(engine)
    folder = registry(words.folder)
    files = read_registry(folder)
    assert not isinstance(files, list), files[:3]
    key = kept_key(settings.data_dir, "buyers")
    zone = ZoneLoaders(zone=settings.zone, time_zone=settings.time_zone, by_id=SYSTEM_ID, buyer_key=key)
    day = at.astimezone(ZoneInfo(settings.time_zone)).date()
    run(
        sessions,
        lambda session: load_registry(session, files, at=at, day=day, loaders=zone.all()),
        by_id=SYSTEM_ID,
        action="registry.load",
    )
    desk = Desk(settings=settings, rules=CustomsRules.load(), by_id=SYSTEM_ID, at=at, procedures=PROCEDURES)
    filed = messages(folder.parent, words.orders, words.seed)
    report = Report()
    beside, _ = tpcb(pgbench, tpcb_url, clients=TPCB_CLIENTS, seconds=words.seconds)
    began = time.perf_counter()
    for number, raw in enumerate(filed):
        receive(sessions, raw=raw, file_name=f"{number}.xml", door="bench", desk=desk)
    documents = 3 * words.orders / (time.perf_counter() - began)
    began = time.perf_counter()
    done = match_orders(sessions, desk=desk)
    judged = (done.accepted + done.refused + done.waiting) / (time.perf_counter() - began)
    after, _ = tpcb(pgbench, tpcb_url, clients=TPCB_CLIENTS, seconds=words.seconds)
    yardstick = (beside + after) / 2
    report.line(
        "documents filed",
        f"TPC-B ({documents:.0f}/s, TPC-B {yardstick:.0f} tx/s)",
        ratio=documents / yardstick,
    )
    said = f"TPC-B ({judged:.1f} orders/s; {done.accepted} accepted, {done.refused} refused, {done.waiting} wait)"
    report.line("orders matched to the drafted list", said, ratio=judged / yardstick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
