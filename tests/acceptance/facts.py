"""What the system says of the day, read over the JSON API and put into the words of a key.

The left side of each table below is the key's word, the right side the API's; docs/acceptance-api.md says what each
of ours means.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from tests.acceptance.compare import Row
from tests.acceptance.day import Day
from tests.acceptance.papers import day_lists, drafted_lists, exit_papers
from tests.acceptance.web import Api, NotThere

Item = Mapping[str, Any]

_DIRECTIONS: Final = {"in": "I", "out": "E"}
_VERDICTS: Final = {"accepted": "ACCEPT", "refused": "REFUSE", "waiting": "WAIT"}
_BOOK_EFFECTS: Final = {"promised": "PRE_REDUCED", "booked": "REAL_REDUCED", "withdrawn": "UNDONE"}
_RECONCILIATION: Final = {
    "item_no": "item_no",
    "unit": "unit",
    "opening": "opening",
    "booked_in": "booked_in",
    "booked_out": "booked_out",
    "book": "book",
    "documents": "documents",
    "pre_inc": "promised_in",
    "pre_redc": "promised_out",
    "available": "available",
    "arrived_not_booked": "arrived_not_booked",
    "left_not_booked": "left_not_booked",
    "returned_not_reentered": "returned_not_reentered",
    "expected_physical": "expected",
    "counted": "counted",
    "difference": "difference",
}
_FIGURES: Final = {
    "inc": "actual_in",
    "redc": "actual_out",
    "pre_inc": "promised_in",
    "pre_redc": "promised_out",
    "available": "available",
}
_DISCREPANCY: Final = {
    "item_no": "item_no",
    "qty": "quantity",
    "book_difference": "book_difference",
    "location": "location",
    "other_location": "other_location",
    "lot": "lot",
    "other_lot": "other_lot",
}


def _said(item: Item, word: str) -> Any:
    """A field of an item; raises NotThere when the API leaves it out, which is not the same as null."""
    if word not in item:
        raise NotThere(f"the API leaves out {word}: {dict(list(item.items())[:4])}")
    return item[word]


def _renamed(item: Item, words: Mapping[str, str]) -> dict[str, Any]:
    return {key: _said(item, ours) for key, ours in words.items()}


def _capitals(item: Item, word: str) -> str | None:
    found = _said(item, word)
    return None if found is None else str(found).upper()


def book_figures(api: Api, *, without: str | None = None) -> dict[str, dict[str, Any]]:
    """The book's five figures by item, now; `without` leaves one kind of booking out."""
    path = "/api/book/items" + (f"?without={without}" if without else "")
    return {str(_said(item, "item_no")): _renamed(item, _FIGURES) for item in api.every(path)}


class Facts:
    """Reads sections; `stages` are the book's figures as they were taken during the day.

    `declarant` asks for the drafts of exit lists; everything else is read with `api`.
    """

    def __init__(
        self, api: Api, day: Day, stages: Mapping[str, Mapping[str, Item]], *, declarant: Api
    ) -> None:
        self._api = api
        self._declarant = declarant
        self._day = day
        self._stages = stages
        self._known: dict[str, list[Row]] = {}
        self._readers: dict[str, Callable[[], Iterable[Row]]] = {
            "meta": self._meta,
            "files": self._files,
            "elements": self._elements,
            "inbound_lists": self._inbound_lists,
            "receiving": self._receiving,
            "gate": self._gate,
            "exit_lists": self._exit_lists,
            "ledger_stages": self._ledger_stages,
            "orders": self._orders,
            "lists": self._lists,
            "allocation": self._allocation,
            "cancels": self._cancels,
            "returns": self._returns,
            "yearly_after": self._yearly_after,
            "reconciliation": self._reconciliation,
            "discrepancies": self._discrepancies,
        }

    def read(self, section: str) -> list[Row]:
        """The rows of a section as the system has them; raises NotThere."""
        if section not in self._readers:
            raise NotThere(f"the runner knows no section {section}")
        if section not in self._known:
            self._known[section] = list(self._readers[section]())
        return self._known[section]

    def _meta(self) -> Iterator[Row]:
        """What can be counted from outside; how many of each were planted only the key knows of itself."""
        orders = self.read("orders")
        yield {"fact": "format_version", "value": self._day.rules["format_version"]}
        yield {"fact": "day", "value": self._day.date.isoformat()}
        yield {"fact": "orders", "value": len(orders)}
        yield {"fact": "lists", "value": len(self.read("lists"))}
        for verdict, number in Counter(str(order["verdict"]) for order in orders).items():
            yield {"fact": f"verdicts.{verdict}", "value": number}
        for word, number in Counter(order["planted"] for order in self._day.key["orders"].values()).items():
            yield {"fact": f"planted.{word}", "value": number}

    def _files(self) -> Iterator[Row]:
        for item in self._api.every("/api/messages"):
            if str(_said(item, "file_name")).startswith("orders/"):
                yield {
                    "file": item["file_name"],
                    "outcome": _capitals(item, "outcome"),
                    "reason": _said(item, "reason"),
                    "elements": _said(item, "elements"),
                }

    def _elements(self) -> Iterator[Row]:
        for item in self._api.every("/api/elements?outcome=set_aside"):
            yield {
                "file": _said(item, "file_name"),
                "doc": str(_said(item, "kind")).removeprefix("CEB"),
                "guid": _said(item, "guid"),
                "order_no": _said(item, "order_no"),
                "outcome": _capitals(item, "outcome"),
            }

    def _inbound_lists(self) -> Iterator[Row]:
        for item in self._api.every("/api/bonded-lists?direction=in"):
            if _said(item, "number"):
                yield {
                    "list_no": item["number"],
                    "state": _capitals(item, "state"),
                    "goods": _capitals(item, "goods"),
                }

    def _receiving(self) -> Iterator[Row]:
        words = {"pass_no": "pass_number", "list_no": "list_number", "item_no": "item_no"}
        words |= {word: word for word in ("declared", "received", "damaged", "difference")}
        for item in self._api.every("/api/receiving"):
            yield _renamed(item, words)

    def _gate(self) -> Iterator[Row]:
        for item in self._api.every("/api/gate-passes"):
            if _said(item, "number"):
                yield {
                    "pass_no": item["number"],
                    "direction": _DIRECTIONS.get(_said(item, "direction")),
                    "lists": _said(item, "lists"),
                    "state": _capitals(item, "state"),
                    "weight_ok": _said(item, "weight_agrees"),
                }

    def _exit_lists(self) -> Iterator[Row]:
        papers = exit_papers(self._day)
        for item in self._api.every("/api/exit-lists"):
            if not _said(item, "number"):
                continue
            row = {
                "list_no": item["number"],
                "state": _capitals(item, "state"),
                "goods": _capitals(item, "goods"),
                "retail_lists": _said(item, "declarations"),
                "lines": {line["item_no"]: line["quantity"] for line in _said(item, "lines")},
            }
            if item["number"] in papers:
                row["draft"] = self._draft(papers[item["number"]]["declarations"])
            yield row

    def _draft(self, declarations: list[str]) -> dict[str, Any]:
        """What the system would itself declare for these declarations."""
        words = {
            "qty": "quantity",
            "total": "total_price",
            "price": "unit_price",
            "qty1": "first_quantity",
            "qty2": "second_quantity",
        }
        drafted = self._declarant.post("/api/exit-lists/draft", {"declarations": declarations})
        return {_said(line, "item_no"): _renamed(line, words) for line in _said(drafted, "lines")}

    def _ledger_stages(self) -> Iterator[Row]:
        for stage, items in self._stages.items():
            for item_no, figures in items.items():
                yield {"stage": stage, "item_no": item_no, **figures}

    def _orders(self) -> Iterator[Row]:
        line_words = {"gnum": "line", "item_no": "item_no", "qty": "quantity", "tax_price": "tax_price"}
        line_words |= {word: word for word in ("customs_tax", "vat", "consumption_tax")}
        for item in self._api.every("/api/orders"):
            row: dict[str, Any] = {
                "order_no": _said(item, "order_no"),
                "verdict": _VERDICTS.get(_said(item, "verdict")),
                "channel": _capitals(item, "channel"),
                "faults": [
                    _renamed(fault, {"code": "rule", "pair": "pair", "field": "field", "gnum": "line"})
                    for fault in _said(item, "faults")
                ],
                "missing": _said(item, "missing"),
                "dutiable_value": _said(item, "dutiable_value"),
            }
            if row["verdict"] == "ACCEPT":
                row |= {word: _said(item, word) for word in ("customs_tax", "vat", "consumption_tax")}
                row["tax_total"] = _said(item, "tax_total")
                row["lines"] = [_renamed(line, line_words) for line in _said(item, "lines")]
                row["cop_no"] = _said(item, "declaration")
            yield row

    def _lists(self) -> Iterator[Row]:
        sent = drafted_lists(
            str(_said(item, "content")).encode() for item in self._api.every("/api/messages/sent?kind=CEB621")
        )
        bill_words = {"tax_no": "number", "status": "status", "agrees": "agrees"}
        bill_words |= {word: word for word in ("customs_tax", "vat", "consumption_tax")}
        for item in self._api.every("/api/retail-declarations"):
            bill = _said(item, "tax_bill")
            yield {
                "cop_no": _said(item, "number"),
                "order_no": _said(item, "order_no"),
                "invt_no": _said(item, "list_number"),
                "final_state": _capitals(item, "state"),
                "receipts": _said(item, "receipts"),
                "duplicates": _said(item, "duplicates"),
                "release_time": _said(item, "released_at"),
                "book_effect": _BOOK_EFFECTS.get(_said(item, "book_effect")),
                "exit_list": _said(item, "exit_list"),
                "goods": _capitals(item, "goods"),
                "tax_bill": None if bill is None else _renamed(bill, bill_words),
                "message": sent.get(item["number"]),
            }

    def _allocation(self) -> Iterator[Row]:
        words = {"item_no": "item_no", "lot": "lot", "expiry": "expiry", "location": "location"}
        words |= {"qty": "quantity"}
        picks: dict[str, list[Row]] = {}
        for item in self._api.every("/api/allocations"):
            picks.setdefault(str(_said(item, "order_no")), []).append(_renamed(item, words))
        for order_no, found in picks.items():
            yield {"order_no": order_no, "picks": found}

    def _cancels(self) -> Iterator[Row]:
        for item in self._api.every("/api/cancels"):
            yield {
                "order_no": _said(item, "order_no"),
                "cop_no": _said(item, "number"),
                "invt_no": _said(item, "list_number"),
                "outcome": _capitals(item, "outcome"),
                "list_state": _capitals(item, "declaration_state"),
            }

    def _returns(self) -> Iterator[Row]:
        words = {"invt_no": "list_number", "order_no": "order_no", "buyer_id": "buyer_id"}
        words |= {"release_date": "released_on", "yearly_given_back_today": "given_back_today"}
        same = ("applied_on", "apply_day", "tax_bill_status", "goods_back_on", "back_day")
        words |= {word: word for word in same}
        line_words = {"gnum": "line", "item_no": "item_no", "qty": "quantity"}
        for item in self._api.every("/api/returns"):
            yield {
                **_renamed(item, words),
                "application": _capitals(item, "application"),
                "reentry": _capitals(item, "reentry"),
                "lines": [_renamed(line, line_words) for line in _said(item, "lines")],
            }

    def _yearly_after(self) -> Iterator[Row]:
        for item in self._api.every(f"/api/yearly-values?year={self._day.date.year}"):
            yield {"buyer_id": _said(item, "buyer_id"), "cny": _said(item, "spent_cny")}

    def _reconciliation(self) -> Iterator[Row]:
        for item in self._api.every("/api/reconciliation"):
            yield _renamed(item, _RECONCILIATION)

    def _discrepancies(self) -> Iterator[Row]:
        for item in self._api.every("/api/discrepancies"):
            row = _renamed(item, _DISCREPANCY)
            yield row | {"kind": _capitals(item, "kind"), "level": _said(item, "level")}


def key_with_papers(section: str, rows: Iterable[Row], day: Day) -> list[Row]:
    """The key's rows of a section, with what the day's own papers say of them beside."""
    if section == "lists":
        papers = day_lists(day)
        return [{**row, "message": papers.get(row["cop_no"])} for row in rows]
    if section == "exit_lists":
        exits = exit_papers(day)
        return [
            {**row, "draft": exits[row["list_no"]]["lines"]} if row["list_no"] in exits else row
            for row in rows
        ]
    return list(rows)
