"""``python -m tests.acceptance.oracle.vary DAY OUT [--orders N] [--seed S]``: another day out of a day's registry.

Companies, goods, places, people and the lorries coming in are the given day's. What hands found on them, the opening
stock, every order with its faults, receipts, vehicles out and the count are drawn anew, and the key is reckoned from
the files. So a system that knows one day by heart fails on the next.
"""

import argparse
import csv
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.acceptance.oracle import retail
from tests.acceptance.oracle.departures import Departures
from tests.acceptance.oracle.draws import Draw, Drawn
from tests.acceptance.oracle.key import Oracle
from tests.acceptance.oracle.papers import table
from tests.acceptance.oracle.receipts import Receipts

#: Business elements in a message, at most.
ELEMENTS_MAX: Final = 40
COPIED: Final = ("registry", "inbound", "orders/bad", "receipts/prior_lists.csv", "lists/CEB625-001.xml")
PRIOR_RECEIPTS: Final = ("CEB626", "CEB818")


def write_rows(path: Path, rows: list[dict[str, Any]], header: Iterable[str]) -> None:
    """A CSV file as the days have them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, list(header), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


class Varied:
    """One day in the making, file by file."""

    def __init__(self, day: Path, out: Path, *, orders: int, seed: int) -> None:
        self.day, self.out = day, out
        self.random = Random(seed)
        self.count = orders
        self.rules = json.loads((day / "registry/rules.json").read_text("utf-8"))
        self.date = date.fromisoformat(self.rules["day"])
        self.arrivals: list[tuple[str, str, str]] = []

    def make(self) -> None:
        """Every file, then the key."""
        self._copy()
        self._stock()
        self._receiving()
        self._inbound_arrivals()
        drawn = Draw(self.out, self.random, self.count).all()
        self._yearly(drawn)
        self._file_orders(drawn)
        self._write_arrivals()
        oracle = Oracle(self.out)
        self._lists(oracle)
        self._receipts(oracle)
        self._write_arrivals()
        Departures(self.out, self.day, self.random, self.arrivals).write()
        self._write_arrivals()
        self._count()
        key = Oracle(self.out).key()
        planted = Counter(drawn.planted.values())
        key["meta"]["planted"] = dict(planted)
        for number, row in key["orders"].items():
            row["planted"] = drawn.planted[number]
        (self.out / "expected.json").write_text(json.dumps(key, ensure_ascii=False, indent=1), "utf-8")

    def _copy(self) -> None:
        for name in COPIED:
            source, target = self.day / name, self.out / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target)
            elif source.exists():
                shutil.copy(source, target)
        for row in table(self.day, "arrivals.csv"):
            if row["kind"] in PRIOR_RECEIPTS:
                (self.out / row["file"]).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(self.day / row["file"], self.out / row["file"])
        shutil.copy(self.day / "receipts/return_arrivals.csv", self.out / "receipts/return_arrivals.csv")

    def _stock(self) -> None:
        """Other quantities and ages of the opening lots, and the book that equals them."""
        scale = max(1, self.count // 250)
        kept = {row["lot"] for row in table(self.day, "receipts/return_arrivals.csv")}
        rows = table(self.day, "registry/opening_lots.csv")
        oldest: dict[tuple[str, str], str] = {}
        sums: Counter[str] = Counter()
        for row in rows:
            row["qty"] = str(max(1, int(row["qty"]) * scale + self.random.randint(-3, 25)))
            old = row["expiry"]
            if old and row["lot"] not in kept and (date.fromisoformat(old) - self.date).days > 60:
                age = self.random.choice([self.random.randint(59, 62), self.random.randint(63, 700)])
                row["expiry"] = oldest.setdefault(
                    (row["item_no"], row["lot"]), str(self.date + timedelta(days=age))
                )
            if row["regime"] == "BONDED":
                sums[row["item_no"]] += int(row["qty"])
        write_rows(self.out / "registry/opening_lots.csv", rows, rows[0])
        path = self.out / "registry/account_book.json"
        book = json.loads(path.read_text("utf-8"))
        for line in book["lines"]:
            line["actlRedcQty"] = str(self.random.randint(0, 500))
            line["actlIncQty"] = str(int(line["actlRedcQty"]) + sums[line["gdsMtno"]])
        path.write_text(json.dumps(book, ensure_ascii=False, indent=1), "utf-8")

    def _receiving(self) -> None:
        """What hands find: now and then one over, some short, some damaged."""
        rows = table(self.day, "inbound/receiving.csv")
        damaged_place = next((row["damaged_location"] for row in rows if row["damaged_location"]), "")
        for row in rows:
            if not row["list_line"] or self.random.random() > 0.35:
                continue
            good, damaged = int(row["qty_good"]) + int(row["qty_damaged"]), 0
            match self.random.randrange(3):
                case 0:
                    good += self.random.randint(1, 5)
                case 1:
                    good -= self.random.randint(1, 5)
                case _:
                    damaged = self.random.randint(1, 4)
            row["qty_good"], row["qty_damaged"] = str(good - damaged), str(damaged)
            row["damaged_location"] = damaged_place if damaged else ""
        write_rows(self.out / "inbound/receiving.csv", rows, rows[0])

    def _inbound_arrivals(self) -> None:
        for row in table(self.day, "arrivals.csv"):
            if row["file"].startswith(("inbound/", "orders/bad/")) or row["kind"] in {
                *PRIOR_RECEIPTS,
                "CEB625",
            }:
                self.arrivals.append((row["arrived_at"], row["file"], row["kind"]))

    def _yearly(self, drawn: Drawn) -> None:
        prior = {row["buyer_id"] for row in table(self.day, "receipts/prior_lists.csv")}
        year = str(self.date.year)
        rows = [row for row in table(self.day, "registry/yearly_spent.csv") if row["buyer_id"] in prior]
        rows += [
            {"buyer_id": buyer, "year": year, "spent_cny": f"{spent:.2f}"}
            for buyer, spent in sorted(drawn.spent.items())
        ]
        write_rows(self.out / "registry/yearly_spent.csv", rows, ("buyer_id", "year", "spent_cny"))
        taken = [
            {"buyer_id": buyer, "year": year, "item_no": item, "qty": str(quantity)}
            for (buyer, item), quantity in sorted(drawn.taken.items())
        ]
        write_rows(self.out / "registry/yearly_qty.csv", taken, ("buyer_id", "year", "item_no", "qty"))

    def _at(self, when: str | datetime) -> str:
        return when if isinstance(when, str) else when.isoformat(sep=" ", timespec="seconds")

    def _arrive(self, when: str | datetime, file: str, kind: str, raw: bytes) -> None:
        path = self.out / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        self.arrivals.append((self._at(when), file, kind))

    def _file_orders(self, drawn: Drawn) -> None:
        """Elements in messages of their sender, in order of arrival; a repetition comes as a message of its own."""
        for kind, elements in drawn.elements.items():
            waiting: dict[tuple[str, ...], list[tuple[datetime, str]]] = defaultdict(list)
            number = 0
            for at, sender, text in sorted(elements, key=lambda each: each[0]):
                waiting[sender].append((at, text))
                if len(waiting[sender]) >= self.random.randint(1, ELEMENTS_MAX):
                    number += 1
                    self._send(kind, number, sender, waiting.pop(sender))
            for sender, rest in waiting.items():
                number += 1
                self._send(kind, number, sender, rest)

    def _send(
        self, kind: str, number: int, sender: tuple[str, ...], parts: list[tuple[datetime, str]]
    ) -> None:
        prefix = self.random.choice(["ceb:", "", "x:"])
        texts = [text.replace("ceb:", prefix) for _, text in parts]
        raw = retail.message(kind, texts, random=self.random, sender=sender, prefix=prefix)
        at = max(at for at, _ in parts) + timedelta(seconds=self.random.randint(1, 50))
        self._arrive(at, f"orders/{kind}-{number:04}.xml", kind, raw)
        if self.random.random() < 0.03:
            again = at + timedelta(minutes=self.random.randint(1, 9))
            self._arrive(again, f"orders/{kind}-{number:04}-again.xml", kind, raw)

    def _write_arrivals(self) -> None:
        rows = [
            {"seq": seq, "arrived_at": at, "file": file, "kind": kind}
            for seq, (at, file, kind) in enumerate(sorted(self.arrivals, key=lambda each: each[0]), start=1)
        ]
        write_rows(self.out / "arrivals.csv", rows, ("seq", "arrived_at", "file", "kind"))

    def _lists(self, oracle: Oracle) -> None:
        book = json.loads((self.out / "registry/account_book.json").read_text("utf-8"))
        entries = {line["gdsMtno"]: line for line in book["lines"]}
        at = f"{self.date:%Y%m%d}150900"
        texts = [
            retail.list_text(
                accepted, rules=self.rules, book=book, products=oracle.ground.products, entries=entries,
                random=self.random, at=at,
            )
            for accepted in oracle.ground.effects
        ]  # fmt: skip
        sender = (book["areainEtpsno"], book["areainEtpsNm"], "DXPENT9999000001")
        for number, first in enumerate(range(0, len(texts), ELEMENTS_MAX), start=1):
            raw = retail.message(
                "CEB621", texts[first : first + ELEMENTS_MAX], random=self.random, sender=sender
            )
            self._arrive(f"{self.date} 15:09:00", f"lists/CEB621-{number:03}.xml", "CEB621", raw)

    # -- receipts --------------------------------------------------------------------------------------------

    def _receipts(self, oracle: Oracle) -> None:
        Receipts(self.out, self.random, self._arrive, self.rules).write(oracle)

    def _count(self) -> None:
        """A full count with hands that err: lots mixed up, goods misplaced, some missing, some too many."""
        oracle = Oracle(self.out)
        spots = Counter(oracle.expected_stock())
        store = [spot for spot in sorted(spots) if oracle.places.is_store(spot[0]) and spots[spot] > 6]
        self.random.shuffle(store)
        seen: set[str] = set()
        plants: list[Callable[[tuple[str, str, str, str]], bool]] = [
            lambda spot: self._swap(spots, spot),
            lambda spot: self._misplace(spots, spot, oracle),
            lambda spot: self._change(spots, spot, -self.random.randint(1, 4)),
            lambda spot: self._change(spots, spot, self.random.randint(1, 4)),
        ]
        for plant in plants * self.random.randint(1, 3):
            for spot in store:
                if spot[1] not in seen and plant(spot):
                    seen.add(spot[1])
                    break
        users = [row["user"] for row in table(self.out, "registry/users.csv") if row["role"] == "warehouse"]
        rows = [
            {
                "counted_at": f"{self.date} {self.rules['cut_off_time']}", "location": location,
                "regime": oracle.places.rows[location]["regime"], "item_no": item, "lot": lot, "expiry": expiry,
                "counted_qty": much, "user": self.random.choice(users),
            }
            for (location, item, lot, expiry), much in sorted(spots.items())
            if much
        ]  # fmt: skip
        write_rows(self.out / "count.csv", rows, rows[0])

    def _swap(self, spots: Counter[tuple[str, str, str, str]], spot: tuple[str, str, str, str]) -> bool:
        others = [each for each in spots if each[:2] == spot[:2] and each != spot and spots[each] > 0]
        if not others:
            return False
        much = self.random.randint(1, 5)
        spots[spot] -= much
        spots[others[0]] += much
        return True

    def _misplace(
        self, spots: Counter[tuple[str, str, str, str]], spot: tuple[str, str, str, str], oracle: Oracle
    ) -> bool:
        kind = oracle.places.rows[spot[0]]["storage_class"]
        taken = {location for location, item, _, _ in spots if item == spot[1]}
        free = [
            code
            for code, row in oracle.places.rows.items()
            if oracle.places.is_store(code) and row["storage_class"] == kind and code not in taken
        ]
        target = self.random.choice(free)
        much = self.random.choice([spots[spot], self.random.randint(1, 5)])
        spots[spot] -= much
        spots[(target, *spot[1:])] += much
        return True

    def _change(
        self, spots: Counter[tuple[str, str, str, str]], spot: tuple[str, str, str, str], much: int
    ) -> bool:
        spots[spot] += much
        return True


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.acceptance.oracle.vary")
    parser.add_argument("day", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--seed", type=int, default=2)
    given = parser.parse_args()
    Varied(given.day, given.out, orders=given.orders, seed=given.seed).make()
    print(f"{given.out}: {Decimal(given.orders)} orders, seed {given.seed}")


if __name__ == "__main__":
    main()
