"""What customs and the carrier say of an order's papers stands on the order's page, whichever comes first."""

from uuid import uuid4

from sqlalchemy import select

from tests.customs.filings import guid, payment
from tests.web.site import BASE, Site
from wms.alerts import Alert
from wms.auth.permissions import Role
from wms.customs.inbox import InboxMessage, Outcome

ORDER, PAYMENT, WAYBILL = "N00000001", "T00000001", "L00000001"
CARRIER = "9999W6A008"
SPACE = 'xmlns="http://www.chinaport.gov.cn/ceb" version="1.0"'


def element(name: str, **fields: str) -> str:
    inside = "".join(f"<{field}>{text}</{field}>" for field, text in fields.items())
    return f"<{name}>{inside}</{name}>"


def message(kind: str, body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><{kind}Message {SPACE} guid="{guid(7)}">{body}</{kind}Message>'


def payment_receipt(status: str, time: str, text: str, *, number: str = PAYMENT) -> str:
    one = element(
        "PaymentReturn",
        guid=guid(8),
        payCode="9999W6A007",
        payTransactionId=number,
        returnStatus=status,
        returnTime=f"20261124{time}000",
        returnInfo=text,
    )
    return message("CEB412", one)


TRANSFER = element(
    "BaseTransfer", copCode=CARRIER, copName="示例快递", dxpMode="DXP", dxpId="DXPENT0000000001"
)


def waybill() -> str:
    head = element(
        "LogisticsHead",
        guid=guid(9),
        appType="1",
        appTime="20261124110200",
        appStatus="2",
        logisticsCode=CARRIER,
        logisticsName="示例快递",
        logisticsNo=WAYBILL,
        orderNo=ORDER,
        freight="6",
        insuredFee="0",
        currency="142",
        weight="0.5",
        packNo="1",
        consignee="洛桑平措",
        consigneeAddress="广东省广州市虚构区示例路467号",
        consigneeTelephone="10030671100",
    )
    return message("CEB511", f"<Logistics>{head}</Logistics>" + TRANSFER)


def signed_for(
    number: int, *, app_type: str = "1", declared: str = "113000", at: str = "20261124112233"
) -> str:
    one = element(
        "LogisticsStatus",
        guid=guid(number),
        appType=app_type,
        appTime=f"20261124{declared}",
        appStatus="2",
        logisticsCode=CARRIER,
        logisticsName="示例快递",
        logisticsNo=WAYBILL,
        logisticsStatus="S",
        logisticsTime=at,
    )
    return message("CEB513", one + TRANSFER)


def hand_in(site: Site, *texts: str) -> list[InboxMessage]:
    """At the door for programs; what became of each."""
    headers = site.token(Role.DECLARANT)
    for text in texts:
        site.client().post(
            "/api/messages",
            data=text.encode(),
            headers=headers | {"Idempotency-Key": str(uuid4()), "Content-Type": "application/xml"},
            base_url=BASE,
        )
    with site.sessions() as session:
        query = select(InboxMessage).order_by(InboxMessage.id.desc()).limit(len(texts))
        return list(session.scalars(query))[::-1]


def page(site: Site) -> str:
    answer = site.signed_in(Role.DECLARANT).get(f"/orders/{ORDER}", base_url=BASE)
    assert answer.status_code == 200
    return answer.text


def returned(site: Site) -> list[str]:
    with site.sessions() as session:
        return [one.subject for one in session.scalars(select(Alert).where(Alert.kind == "paper.returned"))]


def test_an_answer_that_comes_before_its_paper_stands_on_the_order_all_the_same(site: Site) -> None:
    early, paper = hand_in(site, payment_receipt("120", "113000", "入库成功"), payment(1))

    assert (early.outcome, paper.outcome) == (Outcome.ACCEPTED, Outcome.ACCEPTED)
    assert early.document_number == PAYMENT
    assert "入库成功" in page(site)
    assert returned(site) == []


def test_an_answer_that_comes_again_is_kept_once(site: Site) -> None:
    hand_in(site, payment(1))
    first, again = hand_in(site, *[payment_receipt("120", "113000", "入库成功")] * 2)

    assert (first.outcome, again.outcome) == (Outcome.ACCEPTED, Outcome.REPEATED)
    assert page(site).count("入库成功") == 1


def test_answers_to_other_papers_are_not_shown(site: Site) -> None:
    hand_in(site, payment(1), payment_receipt("120", "113000", "别人的支付", number="T00000002"))

    assert "别人的支付" not in page(site)


def test_a_paper_that_customs_returned_is_told(site: Site) -> None:
    """In the words of customs, on the page and among the alerts."""
    hand_in(site, payment(1), payment_receipt("100", "113000", "支付人与订购人不一致"))

    assert returned(site) == [f"CEB411 {PAYMENT}"]
    assert "支付人与订购人不一致" in page(site)
    alerts = site.signed_in(Role.DECLARANT).get("/alerts/", base_url=BASE).text
    assert f"海关退回 CEB411（{PAYMENT}）：支付人与订购人不一致。" in alerts


def test_an_old_return_that_comes_late_is_not_told(site: Site) -> None:
    """By customs' clock it was taken in afterwards."""
    hand_in(
        site,
        payment(1),
        payment_receipt("120", "114000", "入库成功"),
        payment_receipt("100", "113000", "退单"),
    )

    assert returned(site) == []
    shown = page(site)
    assert shown.index("退单") < shown.index("入库成功")


def test_the_carrier_says_that_the_buyer_signed(site: Site) -> None:
    hand_in(site, waybill())
    assert "<dt>签收时间</dt><dd>–</dd>" in page(site)

    (report,) = hand_in(site, signed_for(20))
    assert report.outcome is Outcome.ACCEPTED
    assert "2026-11-24 11:22" in page(site).split("签收时间")[1][:200]

    (again,) = hand_in(site, signed_for(20))
    assert again.outcome is Outcome.REPEATED


def test_a_report_that_was_taken_back_counts_no_more(site: Site) -> None:
    """Whichever of the two came first."""
    hand_in(site, waybill(), signed_for(21, app_type="3", declared="114000"), signed_for(20))

    assert "<dt>签收时间</dt><dd>–</dd>" in page(site)


def test_no_parcel_is_signed_for_tomorrow(site: Site) -> None:
    (report,) = hand_in(site, signed_for(20, at="20261126120000"))

    assert report.outcome is Outcome.REFUSED
    assert report.reason == "DeliveryAhead"
