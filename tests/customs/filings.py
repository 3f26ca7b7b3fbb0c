"""Filings of three parties as text, invented, for tests that need no reference day."""

from typing import Final
from uuid import UUID

_HEAD: Final = '<?xml version="1.0" encoding="UTF-8"?>\n'


def guid(number: int) -> str:
    """The same number gives the same guid."""
    return str(UUID(int=number)).upper()


def order(number: int = 1, *, lines: int = 1, **changes: str) -> str:
    """A CEB311 with one order; a change names an element of head or line and gives its text."""
    head = {
        "guid": guid(number),
        "appType": "1",
        "appTime": "20261124110000",
        "appStatus": "2",
        "orderType": "I",
        "orderNo": f"N{number:08}",
        "ebpCode": "9999W6A002",
        "ebpName": "示例商城",
        "ebcCode": "9999W6A006",
        "ebcName": "示例酒业",
        "goodsValue": "215",
        "freight": "6",
        "discount": "0",
        "taxTotal": "0",
        "acturalPaid": "221",
        "currency": "142",
        "buyerRegNo": "U0583",
        "buyerName": "仓决曲珍",
        "buyerTelephone": "10043353685",
        "buyerIdType": "1",
        "buyerIdNumber": "99999919830722942X",
        "consignee": "洛桑平措",
        "consigneeTelephone": "10030671100",
        "consigneeAddress": "广东省广州市虚构区示例路467号",
    }
    line = {
        "gnum": "1",
        "itemNo": "ILM-BLK",
        "itemName": "口红",
        "gmodel": "3.5克/支",
        "barCode": "9990001002121",
        "unit": "012",
        "qty": "1",
        "price": "215",
        "totalPrice": "215",
        "currency": "142",
        "country": "133",
    }
    head |= {name: text for name, text in changes.items() if name in head}
    line |= {name: text for name, text in changes.items() if name in line}
    body = _element("OrderHead", head) + _element("OrderList", line) * lines
    return (
        f'{_HEAD}<ceb:CEB311Message xmlns:ceb="http://www.chinaport.gov.cn/ceb" guid="{guid(number + 10**9)}" '
        f'version="1.0"><ceb:Order>{body}</ceb:Order>{_TRANSFER}</ceb:CEB311Message>'
    )


def _element(name: str, fields: dict[str, str]) -> str:
    inside = "".join(f"<ceb:{field}>{text}</ceb:{field}>" for field, text in fields.items())
    return f"<ceb:{name}>{inside}</ceb:{name}>"


_TRANSFER: Final = _element(
    "BaseTransfer",
    {"copCode": "9999W6A006", "copName": "示例酒业", "dxpMode": "DXP", "dxpId": "DXPENT0000000001"},
)


def payment(number: int = 1, **changes: str) -> str:
    """A CEB411 that pays the order of the same number."""
    head = {
        "guid": guid(number + 2 * 10**9),
        "appType": "1",
        "appTime": "20261124110100",
        "appStatus": "2",
        "payCode": "9999W6A007",
        "payName": "示例支付",
        "payTransactionId": f"T{number:08}",
        "orderNo": f"N{number:08}",
        "ebpCode": "9999W6A002",
        "ebpName": "示例商城",
        "payerIdType": "1",
        "payerIdNumber": "99999919830722942X",
        "payerName": "仓决曲珍",
        "amountPaid": "221",
        "currency": "142",
        "payTime": "20261124110000",
    }
    body = _element("PaymentHead", head | changes)
    return (
        f'{_HEAD}<ceb:CEB411Message xmlns:ceb="http://www.chinaport.gov.cn/ceb" guid="{guid(number + 3 * 10**9)}" '
        f'version="1.0"><ceb:Payment>{body}</ceb:Payment>{_TRANSFER}</ceb:CEB411Message>'
    )
