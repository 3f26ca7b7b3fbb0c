"""Receipts of a drawn day: 622 in disorder and twice, cancels with their answers, tax bills."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final

from tests.acceptance.oracle import retail
from tests.acceptance.oracle.judging import Accepted
from tests.acceptance.oracle.key import Oracle

ROADS: Final = (
    (("2", "3", "120", "399", "800"), 80),
    (("2", "3", "120", "399", "800", "899"), 4),
    (("2", "3", "120", "500", "800"), 3),
    (("2", "3", "120", "100"), 4),
    (("2", "3", "120", "500"), 3),
    (("2", "3", "120", "300"), 1),
    (("2", "3", "120", "399"), 2),
    (("2", "3"), 1),
    (("2", "3", "-621018"), 1),
    (("2", "4"), 1),
    (("2", "3", "100", "120", "399", "800"), 1),
)
SAYS: Final = {
    "2": "电子口岸申报中",
    "3": "发送海关成功",
    "120": "[Code:1800;Desc:逻辑校验通过]",
    "800": "放行",
}
Arrive = Callable[[datetime, str, str, bytes], None]


class Receipts:
    """Writes what customs answers to a day's lists."""

    def __init__(self, folder: Path, random: Random, arrive: Arrive, rules: Mapping[str, Any]) -> None:
        self.folder, self.random, self.arrive, self.rules = folder, random, arrive, rules
        self.day = datetime.fromisoformat(rules["day"])

    def write(self, oracle: Oracle) -> None:
        """Receipts, then cancels of some lists, then the bills of what was released."""
        accepted = oracle.ground.effects
        numbers = {each.order.head["orderNo"]: self._invt(seq) for seq, each in enumerate(accepted, start=1)}
        roads = {each.order.head["orderNo"]: self._road() for each in accepted}
        cancels = self._choose_cancels(accepted, roads)
        self._list_receipts(accepted, roads, numbers)
        self._cancels(accepted, cancels, numbers)
        self._bills(accepted, roads, numbers, {each for each, good in cancels.items() if good})

    def _invt(self, seq: int) -> str:
        return f"{self.rules['customs_code']}{self.day.year}I8{seq:08}"

    def _road(self) -> tuple[str, ...]:
        return self.random.choices([road for road, _ in ROADS], [weight for _, weight in ROADS])[0]

    def _choose_cancels(self, accepted: list[Accepted], roads: dict[str, tuple[str, ...]]) -> dict[str, bool]:
        """Orders to cancel: those not far on succeed, released ones are refused."""
        numbers = [each.order.head["orderNo"] for each in accepted]
        early = [number for number in numbers if roads[number][-1] in {"399", "300", "3", "500"}]
        done = [number for number in numbers if roads[number][-1] == "800"]
        some = max(1, len(numbers) // 120)
        return dict.fromkeys(early[:some], True) | dict.fromkeys(done[:some], False)

    def _list_receipts(
        self, accepted: list[Accepted], roads: dict[str, tuple[str, ...]], numbers: dict[str, str]
    ) -> None:
        sent: list[tuple[datetime, str]] = []
        for each in accepted:
            order = each.order.head
            at = self.day + timedelta(hours=15, minutes=10, seconds=self.random.randint(0, 3000))
            for status in roads[order["orderNo"]]:
                at += timedelta(milliseconds=self.random.randint(20_000, 300_000))
                stamp = f"{at:%Y%m%d%H%M%S}{at.microsecond // 1000:03}"
                values = {
                    "guid": retail.guid(self.random), "customsCode": self.rules["customs_code"],
                    "ebpCode": order["ebpCode"], "ebcCode": order["ebcCode"], "agentCode": order["ebcCode"],
                    "copNo": f"L{order['orderNo']}", "preNo": f"B{numbers[order['orderNo']][-17:]}",
                }  # fmt: skip
                if status not in {"2", "3", "4"}:
                    values["invtNo"] = numbers[order["orderNo"]]
                values |= {
                    "returnStatus": status,
                    "returnTime": stamp,
                    "returnInfo": SAYS.get(status, f"状态{status}"),
                }
                arrives = at + timedelta(seconds=self.random.choice([5, 30, 90, 900, 2400]))
                text = retail.element("InventoryReturn", values, prefix="")
                sent.append((arrives, text))
                if self.random.random() < 0.03:
                    again = values | {"guid": retail.guid(self.random)}
                    later = arrives + timedelta(seconds=self.random.randint(1, 600))
                    sent.append((later, retail.element("InventoryReturn", again, prefix="")))
        sent.sort(key=lambda each: each[0])
        size = 60
        for number, first in enumerate(range(0, len(sent), size), start=1):
            part = sent[first : first + size]
            texts = [text for _, text in part]
            self.random.shuffle(texts)
            raw = retail.message("CEB622", texts, random=self.random, prefix="")
            self.arrive(part[-1][0], f"receipts/CEB622-{number:04}.xml", "CEB622", raw)

    def _cancels(self, accepted: list[Accepted], cancels: dict[str, bool], numbers: dict[str, str]) -> None:
        requests, answers = [], []
        for each in accepted:
            order, waybill = each.order.head, each.waybill.head
            if order["orderNo"] not in cancels:
                continue
            invt_no, cop_no = numbers[order["orderNo"]], f"C{order['orderNo']}"
            requests.append(
                retail.element(
                    "InvtCancel",
                    {
                        "guid": retail.guid(self.random),
                        "appType": "1",
                        "appTime": f"{self.day:%Y%m%d}170000",
                        "appStatus": "2",
                        "customsCode": self.rules["customs_code"],
                        "orderNo": order["orderNo"],
                        "ebpCode": order["ebpCode"],
                        "ebpName": order["ebpName"],
                        "ebcCode": order["ebcCode"],
                        "ebcName": order["ebcName"],
                        "logisticsNo": waybill["logisticsNo"],
                        "logisticsCode": waybill["logisticsCode"],
                        "logisticsName": waybill["logisticsName"],
                        "copNo": cop_no,
                        "invtNo": invt_no,
                        "buyerIdType": order["buyerIdType"],
                        "buyerIdNumber": order["buyerIdNumber"],
                        "buyerName": order["buyerName"],
                        "buyerTelephone": order["buyerTelephone"],
                        "agentCode": order["ebcCode"],
                        "agentName": order["ebcName"],
                        "reason": "买家取消订单",
                        "note": "",
                    },
                )
            )
            last = "399" if cancels[order["orderNo"]] else "100"
            for minutes, status in ((1, "2"), (2, "3"), (4, last)):
                answers.append(
                    retail.element(
                        "InvtCancelReturn",
                        {
                            "guid": retail.guid(self.random),
                            "customsCode": self.rules["customs_code"],
                            "agentCode": order["ebcCode"],
                            "ebpCode": order["ebpCode"],
                            "ebcCode": order["ebcCode"],
                            "copNo": cop_no,
                            "preNo": f"B{invt_no[-17:]}",
                            "invtNo": invt_no,
                            "returnStatus": status,
                            "returnTime": f"{self.day:%Y%m%d}17{minutes:02}30000",
                            "returnInfo": f"状态{status}",
                        },
                        prefix="",
                    )
                )
        if not requests:
            return
        self.random.shuffle(answers)
        sender = (accepted[0].order.head["ebcCode"], accepted[0].order.head["ebcName"], "DXPENT9999000001")
        at = datetime.combine(self.day, time(17, 0, 5))
        raw = retail.message("CEB623", requests, random=self.random, sender=sender)
        self.arrive(at, "lists/CEB623-001.xml", "CEB623", raw)
        raw = retail.message("CEB624", answers, random=self.random, prefix="")
        self.arrive(at + timedelta(minutes=8), "receipts/CEB624-001.xml", "CEB624", raw)

    def _bills(
        self,
        accepted: list[Accepted],
        roads: dict[str, tuple[str, ...]],
        numbers: dict[str, str],
        cancelled: set[str],
    ) -> None:
        texts = []
        for each in accepted:
            order = each.order.head
            if roads[order["orderNo"]][-1] not in {"800", "899"} or order["orderNo"] in cancelled:
                continue
            if self.random.random() < 0.05:
                continue
            off = Decimal("0.10") if self.random.random() < 0.02 else Decimal(0)
            head = {
                "guid": retail.guid(self.random), "returnTime": f"{self.day:%Y%m%d}192000000",
                "invtNo": numbers[order["orderNo"]], "taxNo": f"{numbers[order['orderNo']]}_0",
                "customsTax": each.key["customs_tax"], "valueAddedTax": str(Decimal(each.key["vat"]) + off),
                "consumptionTax": each.key["consumption_tax"], "status": "1", "assureCode": order["ebcCode"],
                "ebcCode": order["ebcCode"], "logisticsCode": each.waybill.head["logisticsCode"],
                "agentCode": order["ebcCode"], "customsCode": self.rules["customs_code"],
            }  # fmt: skip
            lines = [
                retail.element(
                    "TaxListRd",
                    {
                        "gnum": str(line["gnum"]), "gcode": "0000000000", "taxPrice": line["tax_price"],
                        "customsTax": line["customs_tax"], "valueAddedTax": line["vat"],
                        "consumptionTax": line["consumption_tax"],
                    },
                    prefix="",
                )
                for line in each.key["lines"]
            ]  # fmt: skip
            texts.append(f"<Tax>\n{retail.element('TaxHeadRd', head, prefix='')}{''.join(lines)}</Tax>\n")
        at = datetime.combine(self.day, time(19, 22))
        for number, first in enumerate(range(0, len(texts), 60), start=1):
            raw = retail.message("CEB816", texts[first : first + 60], random=self.random, prefix="")
            self.arrive(at + timedelta(seconds=number), f"receipts/CEB816-{number:03}.xml", "CEB816", raw)
