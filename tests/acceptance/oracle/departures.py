"""Exit lists and vehicles of a drawn day, written over the shape of the given day's own papers."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from random import Random
from typing import Final
from xml.sax.saxutils import escape

from tests.acceptance.oracle.judging import half_up
from tests.acceptance.oracle.key import Declared, Oracle
from tests.acceptance.oracle.retail import plain

#: Lists on one exit list, at most.
LISTS_MAX: Final = 220


def put(text: str, values: Mapping[str, str]) -> str:
    """Every leaf of these names with another text."""
    for name, value in values.items():
        said = escape(value).replace("\\", "\\\\")
        text = re.sub(rf"<{name}>[^<]*</{name}>|<{name}/>", f"<{name}>{said}</{name}>", text)
    return text


def put_blocks(text: str, name: str, blocks: list[str]) -> str:
    """All blocks of a name replaced by these, at the place of the first."""
    pattern = re.compile(rf"<{name}>.*?</{name}>\s*", re.DOTALL)
    found = pattern.search(text)
    assert found is not None, name
    rest = pattern.sub("", text)
    return rest[: found.start()] + "\n".join(blocks) + "\n" + rest[found.start() :]


class Departures:
    """Exit lists E1…, passes X1…: some booked, some gone and not booked, some waiting, the last lists on none."""

    def __init__(self, out: Path, day: Path, random: Random, arrivals: list[tuple[str, str, str]]) -> None:
        self.out, self.random, self.arrivals = out, random, arrivals
        self.oracle = Oracle(out)
        self.date = self.oracle.day
        self.parcels: dict[str, list[Declared]] = {}
        book = json.loads((out / "registry/account_book.json").read_text("utf-8"))
        self.entries = {line["gdsMtno"]: line for line in book["lines"]}
        names = {
            "INV101": "exit/E1-INV101.xml", "RESPONSE": "receipts/exit-E1-INV101-response.xml",
            "INV201": "receipts/exit-E1-INV201.xml", "FINAL": "receipts/exit-E1-INV201-final.xml",
            "INV211": "receipts/exit-E1-INV211.xml", "SAS121": "exit/X1-SAS121.xml",
            "SAS221": "receipts/exit-X1-SAS221.xml", "SAS223": "receipts/exit-X1-SAS223.xml",
        }  # fmt: skip
        self.shapes = {kind: (day / name).read_text("utf-8") for kind, name in names.items()}

    def write(self) -> None:
        """All papers."""
        released = [each for each in self.oracle.declared.values() if each.is_released]
        self.random.shuffle(released)
        kept = len(released) * 9 // 10
        number = max(4, -(-kept // LISTS_MAX))
        parts = [released[index:kept:number] for index in range(number)]
        at = datetime.combine(self.date, datetime.min.time()) + timedelta(hours=17, minutes=40)
        fates = self._fates(number)
        papers = []
        for index, (part, fate) in enumerate(zip(parts, fates, strict=True)):
            papers.append((self._list(index, part, at + timedelta(minutes=index), fate), fate))
        passes = self._on_passes(papers)
        for index, (numbers, is_gone) in enumerate(passes):
            self._pass(index, numbers, at + timedelta(minutes=number + 3 * index + 10), is_gone=is_gone)

    def _fates(self, number: int) -> list[str]:
        """Booked by INV211, by INV201 with result 5, by both; left and not booked; waiting."""
        fates = ["INV211", "BOTH", "LEFT", "WAITS"]
        fates += [self.random.choice(["INV211", "FINAL", "BOTH", "LEFT"]) for _ in range(number - len(fates))]
        return fates

    def _on_passes(self, papers: list[tuple[str, str]]) -> list[tuple[list[str], bool]]:
        booked = [paper for paper, fate in papers if fate in {"INV211", "BOTH", "FINAL"}]
        left = [paper for paper, fate in papers if fate == "LEFT"]
        waits = [paper for paper, fate in papers if fate == "WAITS"]
        passes = [(booked[:2], True)]
        passes += [([paper], True) for paper in booked[2:] + left]
        return [(numbers, gone) for numbers, gone in passes if numbers] + [(waits, False)]

    def _arrive(self, at: datetime, file: str, kind: str, text: str) -> None:
        path = self.out / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        self.arrivals.append((at.isoformat(sep=" ", timespec="seconds"), file, kind))

    def _list(self, index: int, part: list[Declared], at: datetime, fate: str) -> str:
        number = f"QD{self.oracle.rules['customs_code']}26E{700 + index:09}"
        self.parcels[number] = part
        inner, seq = f"HZQDVARIEDE{self.date:%Y%m%d}{index:04}", f"2026000008877{index:05}"
        quantities: Counter[str] = Counter()
        totals: dict[str, Decimal] = {}
        for declared in part:
            for line in self.oracle.filed.orders[declared.order_no].lines:
                quantities[line["itemNo"]] += int(Decimal(line["qty"]))
                totals[line["itemNo"]] = totals.get(line["itemNo"], Decimal(0)) + Decimal(line["totalPrice"])
        items = sorted(quantities, key=lambda item: self.entries[item]["gdsSeqno"])
        stated = [self._figures(item, quantities[item], totals[item]) for item in items]
        made = at.isoformat(timespec="seconds")
        text = put(
            self.shapes["INV101"], {"EtpsInnerInvtNo": inner, "InvtDclTime": made, "message_id": inner}
        )
        shape = re.search(r"<InvtListType>.*?</InvtListType>", text, re.DOTALL)
        assert shape is not None
        lines = [
            put(shape[0], self._line(seqno, item, figures))
            for seqno, (item, figures) in enumerate(zip(items, stated, strict=True), start=1)
        ]
        bills = [
            f"<InvtCbecBill>\n<SeqNo></SeqNo>\n<BondInvtNo></BondInvtNo>\n<CbecBillNo>{each.invt_no}</CbecBillNo>\n</InvtCbecBill>"
            for each in part
        ]
        text = put_blocks(put_blocks(text, "InvtListType", lines), "InvtCbecBill", bills)
        name = f"E{index + 1}"
        self._arrive(at, f"exit/{name}-INV101.xml", "INV101", text)
        answer = put(self.shapes["RESPONSE"], {"SeqNo": seq, "EtpsPreentNo": inner})
        self._arrive(
            at + timedelta(seconds=20), f"receipts/exit-{name}-INV101-response.xml", "RESPONSE", answer
        )
        known = {
            "etpsPreentNo": seq, "businessId": number, "bondInvtNo": number, "invtPreentNo": seq,
            "etpsInnerInvtNo": inner,
        }  # fmt: skip
        review = put(self.shapes["INV201"], known)
        self._arrive(at + timedelta(seconds=50), f"receipts/exit-{name}-INV201.xml", "INV201", review)
        self._book(name, known, items, stated, fate)
        return number

    def _book(
        self, name: str, known: dict[str, str], items: list[str], stated: list[dict[str, str]], fate: str
    ) -> None:
        at = datetime.combine(self.date, datetime.min.time()) + timedelta(
            hours=19, minutes=20, seconds=self.random.randint(0, 300)
        )
        if fate in {"INV211", "BOTH"}:
            text = put(self.shapes["INV211"], known)
            shape = re.search(r"<BwsDt>.*?</BwsDt>", text, re.DOTALL)
            assert shape is not None
            blocks = [
                put(shape[0], self._booked(seqno, item, figures) | {"invtNo": known["businessId"]})
                for seqno, (item, figures) in enumerate(zip(items, stated, strict=True), start=1)
            ]
            self._arrive(at, f"receipts/exit-{name}-INV211.xml", "INV211", put_blocks(text, "BwsDt", blocks))
        if fate in {"FINAL", "BOTH"}:
            later = at + timedelta(seconds=self.random.choice([-90, 90]))
            self._arrive(
                later, f"receipts/exit-{name}-INV201-final.xml", "INV201", put(self.shapes["FINAL"], known)
            )

    def _figures(self, item: str, quantity: int, total: Decimal) -> dict[str, str]:
        product = self.oracle.ground.products[item]
        step = Decimal("0.00001")
        first = Fraction(quantity) * int(product["unit1_num"]) / int(product["unit1_den"])
        found = {
            "qty": str(quantity),
            "total": plain(total),
            "price": plain(half_up(Fraction(total) / quantity, Decimal("0.0001"))),
            "first": plain(half_up(first, step)),
            "second": "",
        }
        if product["unit2"]:
            second = Fraction(quantity) * int(product["unit2_num"]) / int(product["unit2_den"])
            found["second"] = plain(half_up(second, step))
        return found

    def _line(self, seqno: int, item: str, figures: dict[str, str]) -> dict[str, str]:
        entry, product = self.entries[item], self.oracle.ground.products[item]
        quantity = int(figures["qty"])
        return {
            "GdsSeqno": str(seqno), "PutrecSeqno": str(entry["gdsSeqno"]), "GdsMtno": item,
            "Gdecd": entry["gdecd"], "GdsNm": entry["gdsNm"], "GdsSpcfModelDesc": entry["gdsSpcfModelDesc"],
            "DclUnitcd": entry["dclUnitcd"], "LawfUnitcd": product["unit1"], "SecdLawfUnitcd": product["unit2"],
            "Natcd": entry["natcd"], "DclUprcAmt": figures["price"], "DclTotalAmt": figures["total"],
            "LawfQty": figures["first"], "SecdLawfQty": figures["second"], "DclQty": figures["qty"],
            "GrossWt": plain(Decimal(int(product["gross_g"]) * quantity) / 1000),
            "NetWt": plain(Decimal(int(product["net_g"]) * quantity) / 1000),
        }  # fmt: skip

    def _booked(self, seqno: int, item: str, figures: dict[str, str]) -> dict[str, str]:
        entry = self.entries[item]
        return {
            "gdsSeqno": str(entry["gdsSeqno"]), "gdsMtno": item, "gdecd": entry["gdecd"], "gdsNm": entry["gdsNm"],
            "gdsSpcfModelDesc": entry["gdsSpcfModelDesc"], "natcd": entry["natcd"],
            "dclUnitcd": entry["dclUnitcd"], "dclUprcAmt": figures["price"], "inQty": figures["qty"],
            "inLawfQty": figures["first"], "inSecdLawfQty": figures["second"], "invtGNo": str(seqno),
        }  # fmt: skip

    def _pass(self, index: int, numbers: list[str], at: datetime, *, is_gone: bool) -> None:
        parcels = [each for number in numbers for each in self.parcels[number]]
        gross = sum(
            (self.oracle.filed.waybills[each.order_no].amount("weight") for each in parcels), Decimal(0)
        )
        empty = Decimal(self.random.choice(["3200", "4100", "6800"]))
        declared = empty + gross
        off = self.random.choice([Decimal("0.002"), Decimal("0.029"), Decimal("0.031")])
        weighed = (declared * (1 + off)).quantize(Decimal(1))
        inner, seq = f"HFDVARIEDE{self.date:%Y%m%d}{index:04}", f"2026000007788{index:05}"
        number = f"Z{self.oracle.rules['customs_code']}E{self.date:%y%m%d}{700 + index:012}"
        plate, name = f"测V{index:05}", f"X{index + 1}"
        small = {
            "vehicleNo": plate, "vehicleWt": plain(empty), "totalWt": plain(declared), "rltNo": "\\".join(numbers),
            "totalGrossWt": plain(gross), "bindTypecd": "1" if len(numbers) > 1 else "2",
        }  # fmt: skip
        large = {key[0].upper() + key[1:]: value for key, value in small.items()}
        text = put(self.shapes["SAS121"], large | {"EtpsPreentNo": inner, "message_id": inner})
        papers = [
            f"<PassportAcmp>\n<RtlBillTypecd>1</RtlBillTypecd>\n<RtlBillNo>{each}</RtlBillNo>\n</PassportAcmp>"
            for each in numbers
        ]
        self._arrive(at, f"exit/{name}-SAS121.xml", "SAS121", put_blocks(text, "PassportAcmp", papers))
        answer = put(self.shapes["RESPONSE"], {"SeqNo": seq, "EtpsPreentNo": inner})
        self._arrive(
            at + timedelta(seconds=20), f"receipts/exit-{name}-SAS121-response.xml", "RESPONSE", answer
        )
        known = {"etpsPreentNo": seq, "businessId": number, "passportNo": number, "sasPassportPreentNo": seq}
        text = put(self.shapes["SAS221"], known | small)
        blocks = [
            f"<SasPassportRlt>\n<passportNo>{number}</passportNo>\n<rltTbTypecd>1</rltTbTypecd>\n<rltNo>{each}</rltNo>\n</SasPassportRlt>"
            for each in numbers
        ]
        if "<SasPassportRlt>" in text:
            text = put_blocks(text, "SasPassportRlt", blocks)
        self._arrive(at + timedelta(seconds=60), f"receipts/exit-{name}-SAS221.xml", "SAS221", text)
        if is_gone:
            passage = {"passCollectWt": plain(weighed), "wtError": plain(weighed - declared)}
            text = put(self.shapes["SAS223"], known | small | passage)
            self._arrive(at + timedelta(seconds=150), f"receipts/exit-{name}-SAS223.xml", "SAS223", text)
