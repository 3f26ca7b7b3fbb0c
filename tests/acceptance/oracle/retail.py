"""Writes retail messages: orders, payments, waybills, lists, their receipts and tax bills, as the trade sends them."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any, Final
from uuid import UUID
from xml.sax.saxutils import escape

from tests.acceptance.oracle.judging import Accepted, half_up

CEB: Final = "http://www.chinaport.gov.cn/ceb"
_DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
_SM: Final = "http://www.chinaport.gov.cn/2022/04/xmldsig"
#: What a declarant signs must carry a signature; this one has its form and signs nothing.
SIGNED: Final = frozenset({"CEB621", "CEB623", "CEB625"})
UNSIGNED: Final = (
    f'<ds:Signature xmlns:ds="{_DSIG}"><ds:SignedInfo>'
    '<ds:CanonicalizationMethod Algorithm="http://www.w3.org/TR/2001/REC-xml-c14n-20010315"/>'
    f'<ds:SignatureMethod Algorithm="{_SM}#sm2-sm3"/><ds:Reference URI=""><ds:Transforms>'
    f'<ds:Transform Algorithm="{_DSIG}enveloped-signature"/></ds:Transforms>'
    f'<ds:DigestMethod Algorithm="{_SM}#sm3"/><ds:DigestValue>Tk9UU0lHTkVE</ds:DigestValue></ds:Reference>'
    "</ds:SignedInfo><ds:SignatureValue>Tk9UU0lHTkVE</ds:SignatureValue>"
    "<ds:KeyInfo><ds:KeyName>TEST-NOT-SIGNED</ds:KeyName></ds:KeyInfo></ds:Signature>\n"
)
Values = Mapping[str, str]


def guid(random: Random) -> str:
    """A number for an element or a message."""
    return str(UUID(int=random.getrandbits(128), version=4)).upper()


def plain(number: Decimal | Fraction) -> str:
    """Without exponent and trailing zeros."""
    value = number if isinstance(number, Decimal) else Decimal(number.numerator) / Decimal(number.denominator)
    return f"{value.normalize():f}"


def element(name: str, values: Values, *, prefix: str = "ceb:", inner: str = "") -> str:
    """One element with its leaves; none for a leaf without a value."""
    leaves = "".join(f"<{prefix}{key}>{escape(value)}</{prefix}{key}>\n" for key, value in values.items())
    return f"<{prefix}{name}>\n{leaves}{inner}</{prefix}{name}>\n"


def message(
    kind: str, elements: Iterable[str], *, random: Random, sender: Sequence[str] = (), prefix: str = "ceb:"
) -> bytes:
    """A whole message; `sender` is (code, name, mailbox) of who transfers it."""
    space = f'xmlns:{prefix.rstrip(":")}="{CEB}"' if prefix else f'xmlns="{CEB}"'
    base = ""
    if sender:
        values = {
            "copCode": sender[0],
            "copName": sender[1],
            "dxpMode": "DXP",
            "dxpId": sender[2],
            "note": "",
        }
        base = element("BaseTransfer", values, prefix=prefix) + (UNSIGNED if kind in SIGNED else "")
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{prefix}{kind}Message {space} guid="{guid(random)}" version="1.0">\n'
        f"{''.join(elements)}{base}</{prefix}{kind}Message>\n"
    ).encode()


def order_text(head: Values, lines: Sequence[Values], *, prefix: str) -> str:
    """<Order>."""
    inner = element("OrderHead", head, prefix=prefix)
    inner += "".join(element("OrderList", each, prefix=prefix) for each in lines)
    return f"<{prefix}Order>\n{inner}</{prefix}Order>\n"


def single_text(whole: str, name: str, head: Values, *, prefix: str) -> str:
    """<Payment> or <Logistics>."""
    return f"<{prefix}{whole}>\n{element(name, head, prefix=prefix)}</{prefix}{whole}>\n"


def list_text(
    accepted: Accepted,
    *,
    rules: Mapping[str, Any],
    book: Mapping[str, Any],
    products: Mapping[str, Values],
    entries: Mapping[str, Any],
    random: Random,
    at: str,
) -> str:
    """<Inventory>: the list of an accepted order, line by line as the order, by section 8 of the rules."""
    order, waybill = accepted.order.head, accepted.waybill.head
    keeper = {"Code": book["areainEtpsno"], "Name": book["areainEtpsNm"]}
    net = sum(
        (Decimal(line["qty"]) * int(products[line["itemNo"]]["net_g"]) for line in accepted.order.lines),
        Decimal(0),
    )
    day = rules["day"].replace("-", "")
    head = {
        "guid": guid(random), "appType": "1", "appTime": at, "appStatus": "2", "orderNo": order["orderNo"],
        "ebpCode": order["ebpCode"], "ebpName": order["ebpName"], "ebcCode": order["ebcCode"],
        "ebcName": order["ebcName"], "logisticsNo": waybill["logisticsNo"],
        "logisticsCode": waybill["logisticsCode"], "logisticsName": waybill["logisticsName"],
        "copNo": f"L{order['orderNo']}", "assureCode": keeper["Code"], "emsNo": rules["book_no"], "ieFlag": "I",
        "declTime": day, "customsCode": rules["customs_code"], "portCode": rules["customs_code"], "ieDate": day,
        "buyerIdType": order["buyerIdType"], "buyerIdNumber": order["buyerIdNumber"],
        "buyerName": order["buyerName"], "buyerTelephone": order["buyerTelephone"],
        "consigneeAddress": order["consigneeAddress"], "agentCode": keeper["Code"], "agentName": keeper["Name"],
        "areaCode": keeper["Code"], "areaName": keeper["Name"], "tradeMode": rules["supervision_mode"],
        "trafMode": rules["second_line_transport"], "country": rules["head_country"],
        "freight": plain(accepted.order.amount("freight")),
        "insuredFee": plain(accepted.waybill.amount("insuredFee")), "currency": rules["currency"], "packNo": "1",
        "grossWeight": plain(accepted.waybill.amount("weight")), "netWeight": plain(net / 1000), "note": "",
    }  # fmt: skip
    lines = [
        _list_line(line, products[line["itemNo"]], entries[line["itemNo"]]) for line in accepted.order.lines
    ]
    inner = element("InventoryHead", head) + "".join(element("InventoryList", each) for each in lines)
    return f"<ceb:Inventory>\n{inner}</ceb:Inventory>\n"


def _list_line(line: Values, product: Values, entry: Mapping[str, Any]) -> dict[str, str]:
    quantity = Decimal(line["qty"])
    step = Decimal("0.00001")
    values = {
        "gnum": line["gnum"], "itemRecordNo": str(entry["gdsSeqno"]), "itemNo": line["itemNo"],
        "itemName": line["itemName"], "gcode": product["hs10"], "gname": entry["gdsNm"], "gmodel": line["gmodel"],
        "barCode": line["barCode"], "country": line["country"], "currency": "142", "qty": plain(quantity),
        "unit": line["unit"],
        "qty1": plain(half_up(Fraction(quantity) * int(product["unit1_num"]) / int(product["unit1_den"]), step)),
        "unit1": product["unit1"],
    }  # fmt: skip
    if product["unit2"]:
        second = Fraction(quantity) * int(product["unit2_num"]) / int(product["unit2_den"])
        values |= {"qty2": plain(half_up(second, step)), "unit2": product["unit2"]}
    price, total = Decimal(line["price"]), Decimal(line["totalPrice"])
    return values | {"price": plain(price), "totalPrice": plain(total)}
