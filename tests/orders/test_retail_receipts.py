"""Customs' answers to a day's lists, taken in over the real database: late, twice, swapped, hostile."""

import random
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from tests.databases import TestServer
from tests.orders.retail_day import MATCHED_AT, RetailDay, begin
from tests.reference import acceptance_day
from tests.web.site import BASE, make_site
from wms.alerts import Alert, Severity, acknowledge, raise_alert
from wms.auth.permissions import Role
from wms.customs.cancel_request import CancelRequest
from wms.customs.cases import Discrepancy
from wms.customs.exit_lists import find_declarations
from wms.customs.inbox import InboxMessage, Outcome
from wms.customs.retail_declaration import (
    BookEffect,
    RetailDeclaration,
    TwoDeclarations,
    find_by_list_no,
    find_by_number,
    is_undone,
    released,
)
from wms.customs.retail_receipts import RetailReceipt
from wms.customs.tax_bill import TaxBill, agrees, differs
from wms.db import run
from wms.i18n import say
from wms.kept_key import kept_key
from wms.ledger.book import BookFigure
from wms.ledger.buyers import BuyerFigure
from wms.ledger.reservations import ReservationFigure
from wms.ledger.verify import verify
from wms.orders.acceptance import join, judge_order
from wms.orders.documents import Order
from wms.orders.retail_draft import read_declarant
from wms.orders.story import Standing, story_of
from wms.orders.surroundings import read_ground
from wms.outbox import OutboxMessage

pytestmark = pytest.mark.reference
#: How customs' answers to the orders of these tests end; one order for each, the cancelled and the asked one included.
ENDS = ("800", "899", "500", "100", "-621018", "300", "3", "399", "CANCELLED")


@pytest.fixture(scope="module")
def matched(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetailDay]:
    """The day with a dozen orders accepted: one for each way a list may end, and those to be cancelled."""
    day, data_dir = acceptance_day(), tmp_path_factory.mktemp("retail")
    with database_server.clone() as database:
        played = begin(database, day, data_dir)
        wanted = chosen(played)
        played.hand_in(name for name in played.files("CEB311", "CEB411", "CEB511") if "bad/" not in name)
        accept(played, wanted)
        yield played


def accept(played: RetailDay, order_nos: Iterable[str]) -> None:
    """Judge these orders, as the matching run does with all."""
    with played.sessions() as session:
        key = kept_key(played.desk.settings.data_dir, "buyers")
        ground = read_ground(session, day=MATCHED_AT.date(), buyer_key=key)
        declarant = read_declarant(session, ground, settings=played.desk.settings)
    for order_no in order_nos:
        judge = partial(judge_order, order_no=order_no, ground=ground, declarant=declarant, at=MATCHED_AT)
        run(played.sessions, judge, by_id=0, action="order.match")


def chosen(played: RetailDay) -> list[str]:
    lists = played.key["lists"].values()
    first = {end: next(one for one in lists if one["final_state"] == end) for end in ENDS}
    asked = {one["order_no"] for one in played.key["cancels"]}
    billed_wrong = next(one for one in lists if one["tax_bill"] and not one["tax_bill"]["agrees"])
    return sorted({one["order_no"] for one in first.values()} | asked | {billed_wrong["order_no"]})


@pytest.fixture
def day(matched: RetailDay) -> Iterator[RetailDay]:
    """The same, on one connection whose work is gone after the test."""
    with matched.database.engine.connect() as connection:
        transaction = connection.begin()
        sessions = sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        yield replace(matched, sessions=sessions)
        transaction.rollback()


def cut(raw: bytes, tag: str, field: str, keep: Iterable[str]) -> list[str]:
    """The elements of a message that are about these numbers."""
    text, wanted = raw.decode(), set(keep)
    elements = re.findall(rf"<(?:ceb:)?{tag}>.*?</(?:ceb:)?{tag}>", text, re.DOTALL)
    return [one for one in elements if re.search(rf"<(?:ceb:)?{field}>([^<]*)<", one)[1] in wanted]  # type: ignore[index]


def wrapped(kind: str, elements: Iterable[str]) -> bytes:
    """Receipts as a message of their own."""
    guid = "00000000-0000-4000-8000-000000000000"
    head = f'<{kind}Message xmlns="http://www.chinaport.gov.cn/ceb" guid="{guid}" version="1.0">'
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}{"".join(elements)}</{kind}Message>'.encode()


def answers(day: RetailDay) -> list[bytes]:
    """Every answer of the day that is about the chosen orders, three to a message, and the request to cancel."""
    orders = set(chosen(day))
    numbers = [f"L{order}" for order in orders]
    lists = {one["invt_no"] for one in day.key["lists"].values() if one["order_no"] in orders}
    found: list[bytes] = []
    for kind, tag, field, keep in (
        ("CEB622", "InventoryReturn", "copNo", numbers),
        ("CEB624", "InvtCancelReturn", "invtNo", lists),
        ("CEB816", "Tax", "invtNo", lists),
    ):
        elements = [
            one for name in day.files(kind) for one in cut((day.folder / name).read_bytes(), tag, field, keep)
        ]
        found += [wrapped(kind, elements[start : start + 3]) for start in range(0, len(elements), 3)]
    return found + [(day.folder / name).read_bytes() for name in day.files("CEB623", "CEB818")]


def picture(session: Session) -> dict[str, Any]:
    """What all that was said comes to: declarations, requests, bills and the figures of the ledgers."""
    session.expire_all()
    bills = {bill.list_no: bill for bill in session.scalars(select(TaxBill))}
    declarations = session.scalars(select(RetailDeclaration).order_by(RetailDeclaration.number))
    return {
        "declarations": [
            (
                *(one.number, one.state, one.list_no, one.pre_no, one.release_stamp, one.book_effect),
                one.cancel_pending,
                one.list_no in bills and agrees(bills[one.list_no], one),
            )
            for one in declarations
        ],
        "requests": sorted((one.number, one.outcome) for one in session.scalars(select(CancelRequest))),
        "bills": sorted((bill.number, bill.status) for bill in bills.values()),
        "book": sorted((one.book_item_id, one.promised_out) for one in session.scalars(select(BookFigure))),
        "stock": sorted((one.id, one.reserved) for one in session.scalars(select(ReservationFigure))),
        "years": sorted((one.id, one.used) for one in session.scalars(select(BuyerFigure))),
    }


def play_in_some_order(day: RetailDay, messages: list[bytes], seed: int) -> dict[str, Any]:
    """All messages shuffled, a third of them twice; what they come to."""
    dice = random.Random(seed)
    shuffled = [*messages, *dice.sample(messages, len(messages) // 3)]
    dice.shuffle(shuffled)
    for raw in shuffled:
        assert day.hand_in_bytes(raw).outcome in (Outcome.ACCEPTED, Outcome.REPEATED)
    with day.sessions() as session:
        assert verify(session) == []
        return picture(session)


def test_the_days_answers_come_to_what_its_key_says(day: RetailDay) -> None:
    for raw in answers(day):
        day.hand_in_bytes(raw)

    lists = day.key["lists"]
    with day.sessions() as session:
        declarations = session.scalars(
            select(RetailDeclaration).where(RetailDeclaration.is_history.is_(False))
        )
        for one in declarations:
            wanted = lists[one.number]
            assert one.state == wanted["final_state"], one.number
            assert (one.list_no or None, one.release_stamp or None) == (
                wanted["invt_no"],
                wanted["release_time"],
            )
            undone = wanted["book_effect"] == "UNDONE"
            assert (one.book_effect is BookEffect.WITHDRAWN) is undone
        requests = {one.number: one.outcome for one in session.scalars(select(CancelRequest))}
        differing = session.scalars(select(Alert.subject).where(Alert.kind == "tax.differs")).all()
        bills = select(TaxBill, RetailDeclaration).outerjoin(
            RetailDeclaration, RetailDeclaration.list_no == TaxBill.list_no
        )
        unequal = {
            bill.number for bill, one in session.execute(bills) if one is None or not agrees(bill, one)
        }
        assert {bill.number for bill, _ in session.execute(bills.where(differs()))} == unequal
        assert unequal
    assert requests == {one["cop_no"]: one["outcome"] for one in day.key["cancels"]}
    assert len(differing) == 1


@pytest.fixture(scope="module")
def straight(matched: RetailDay) -> dict[str, Any]:
    """What the day's answers come to in the order they came."""
    return _played(matched, None)


@pytest.mark.parametrize("seed", range(2))
def test_any_order_of_arrival_comes_to_the_same(
    matched: RetailDay, straight: dict[str, Any], seed: int
) -> None:
    """Two hundred orders under `soak`; the pure question is asked in far more in test_standing.py."""
    assert _played(matched, seed) == straight


@pytest.mark.soak
def test_two_hundred_orders_of_arrival_come_to_the_same(matched: RetailDay, straight: dict[str, Any]) -> None:
    assert [seed for seed in range(200) if _played(matched, seed) != straight] == []


def _played(matched: RetailDay, seed: int | None) -> dict[str, Any]:
    with matched.database.engine.connect() as connection:
        transaction = connection.begin()
        sessions = sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        one = replace(matched, sessions=sessions)
        messages = answers(one)
        if seed is None:
            for raw in messages:
                one.hand_in_bytes(raw)
            with sessions() as session:
                found = picture(session)
        else:
            found = play_in_some_order(one, messages, seed)
        transaction.rollback()
    return found


def receipt(number: str, status: str, stamp: str, *, list_no: str = "88992026I799999999") -> bytes:
    """A CEB622 about one list."""
    fields = {
        "guid": f"00000000-0000-4000-8000-{abs(hash((number, status, stamp))) % 10**12:012d}",
        "copNo": number,
        "preNo": "B20260520000999999",
        "invtNo": list_no,
        "returnStatus": status,
        "returnTime": stamp,
        "returnInfo": "测试",
    }
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return wrapped("CEB622", [f"<InventoryReturn>{inside}</InventoryReturn>"])


@pytest.fixture
def number(day: RetailDay) -> str:
    """A list nothing has been said of yet."""
    return f"L{chosen(day)[0]}"


def test_a_returned_list_gives_back_book_goods_and_year_and_takes_them_again(
    day: RetailDay, number: str
) -> None:
    """100 undoes all three together; a later 399 makes the list live again, past the guards."""
    with day.sessions() as session:
        before = picture(session)

    day.hand_in_bytes(receipt(number, "100", "20260520160000000"))
    with day.sessions() as session:
        returned, one = picture(session), find_by_number(session, number)
        assert one is not None
        assert is_undone(one)
        assert one.book_effect is BookEffect.WITHDRAWN
    for part in ("book", "stock", "years"):
        assert sum(value for _, value in returned[part]) < sum(value for _, value in before[part])

    day.hand_in_bytes(receipt(number, "399", "20260520163000000"))
    with day.sessions() as session:
        alive = picture(session)
        assert verify(session) == []
    for part in ("book", "stock", "years"):
        assert alive[part] == before[part]


def test_an_older_receipt_never_undoes_a_newer_one(day: RetailDay, number: str) -> None:
    day.hand_in_bytes(receipt(number, "800", "20260520163000000"))
    day.hand_in_bytes(receipt(number, "-621018", "20260520160000000"))

    with day.sessions() as session:
        one = find_by_number(session, number)
        assert one is not None
        assert (one.state, one.book_effect) == ("800", BookEffect.PROMISED)
        assert [each.number for each in released(session)] == [number]


def test_a_list_taken_back_after_its_exit_was_booked_becomes_a_case(day: RetailDay, number: str) -> None:
    """What is booked is not undone by a message: an alarm, and a case for each line."""
    with day.sessions.begin() as session:
        one = find_by_number(session, number)
        assert one is not None
        one.book_effect, lines = BookEffect.BOOKED, len(one.lines)

    day.hand_in_bytes(receipt(number, "100", "20260520160000000"))

    with day.sessions() as session:
        one = find_by_number(session, number)
        assert one is not None
        assert one.book_effect is BookEffect.BOOKED
        cases = session.scalars(select(Discrepancy).where(Discrepancy.document_number == number)).all()
        alerts = set(session.scalars(select(Alert.kind).where(Alert.subject == number)))
    assert len(cases) == lines
    assert "declaration.undone_too_late" in alerts


def test_a_receipt_for_a_list_never_sent_is_kept_and_told(day: RetailDay) -> None:
    got = day.hand_in_bytes(receipt("LNEVER", "800", "20260520160000000"))

    assert got.outcome is Outcome.ACCEPTED
    assert "LNEVER" in str(got.said)
    with day.sessions() as session:
        assert session.scalars(
            select(RetailReceipt.status).where(RetailReceipt.number == "LNEVER")
        ).all() == ["800"]


def test_a_receipt_that_came_before_its_list_is_joined_when_the_list_is_drafted(day: RetailDay) -> None:
    """The order is accepted by the run after the receipt; its list begins where customs left it."""
    order_no = next(
        one["order_no"]
        for one in day.key["lists"].values()
        if one["final_state"] == "800" and one["order_no"] not in chosen(day)
    )
    day.hand_in_bytes(receipt(f"L{order_no}", "800", "20260520143000000"))

    accept(day, [order_no])
    join(day.sessions, desk=day.desk)

    with day.sessions() as session:
        one = find_by_number(session, f"L{order_no}")
        assert one is not None
        assert (one.state, one.release_stamp) == ("800", "20260520143000000")


def test_an_unknown_return_code_is_parked_in_words(day: RetailDay, number: str) -> None:
    got = day.hand_in_bytes(receipt(number, "777", "20260520160000000"))

    assert got.outcome is Outcome.PARKED
    assert "777" in str(got.said)
    with day.sessions() as session:
        assert session.get_one(InboxMessage, got.message_id).outcome is Outcome.PARKED
        assert session.scalars(select(Alert.subject).where(Alert.kind == "receipt.unknown_code")).all() == [
            number
        ]


def test_goods_wait_while_a_cancellation_is_asked_for(day: RetailDay) -> None:
    day.hand_in(day.files("CEB623"))

    with day.sessions() as session:
        pending = session.scalars(
            select(RetailDeclaration.order_no).where(RetailDeclaration.cancel_pending)
        ).all()
    assert set(pending) == {one["order_no"] for one in day.key["cancels"]}


def test_a_list_cancelled_before_customs_registered_it_is_known_by_customs_number(day: RetailDay) -> None:
    """Of the list itself nothing was said that names a number; request and answer name it, in either order."""
    wanted = {one["order_no"]: one["invt_no"] for one in day.key["cancels"] if one["outcome"] == "CANCELLED"}
    assert wanted

    day.hand_in(day.files("CEB624"))
    day.hand_in(day.files("CEB623"))

    with day.sessions() as session:
        query = select(RetailDeclaration).where(RetailDeclaration.order_no.in_(wanted))
        found = {one.order_no: one for one in session.scalars(query)}
    assert {order_no: one.list_no for order_no, one in found.items()} == wanted
    assert {one.state for one in found.values()} == {"CANCELLED"}


def test_a_number_customs_gave_twice_is_a_question_to_customs_and_no_crash(day: RetailDay) -> None:
    """Two receipts, one number, two lists: neither is taken for the other when goods come back or leave."""
    first, second = (f"L{order_no}" for order_no in chosen(day)[:2])
    for number in (first, second):
        day.hand_in_bytes(receipt(number, "800", "20260520163000000"))

    with day.sessions() as session:
        for look in (
            lambda: find_by_list_no(session, "88992026I799999999"),
            lambda: find_declarations(session, ["88992026I799999999"]),
        ):
            with pytest.raises(TwoDeclarations, match=f"{first} and to {second}"):
                look()


def test_what_is_returned_already_cannot_be_cancelled(day: RetailDay) -> None:
    """The whole message is refused, with the list named, and nothing waits."""
    asked = day.key["cancels"][0]
    order_no = asked["order_no"]
    day.hand_in_bytes(receipt(f"L{order_no}", "100", "20260520160000000", list_no=asked["invt_no"]))

    (got,) = day.hand_in(day.files("CEB623"))

    assert (got.outcome, got.reason) == (Outcome.REFUSED, "CannotCancel")
    assert order_no in str(got.said)
    with day.sessions() as session:
        assert session.scalars(select(CancelRequest)).all() == []


LATER = "20260520145959"
TAGS = {"CEB311": "Order", "CEB411": "Payment", "CEB511": "Logistics"}


def file_anew(day: RetailDay, order_no: str) -> None:
    """The platform files the same order again, later and with a number of its own."""
    file_paper(day, "CEB311", order_no, other=order_no, app_time=LATER)


def file_under(day: RetailDay, order_no: str, *, other: str) -> None:
    """The three papers of an order once more, as those of another order."""
    for kind in TAGS:
        file_paper(day, kind, order_no, other=other)


def file_paper(day: RetailDay, kind: str, order_no: str, *, other: str, app_time: str = "") -> None:
    """One of an order's papers once more, under a number of its own: as another order's, or later."""
    parts = {"copCode": "9999W6A003", "copName": "平台", "dxpMode": "DXP", "dxpId": "DXPENT0000000000"}
    transfer = "".join(f"<{name}>{value}</{name}>" for name, value in parts.items())
    names = [name for name in day.files(kind) if "bad/" not in name]
    raws = [(day.folder / name).read_bytes() for name in names]
    (element, *_) = [one for raw in raws for one in cut(raw, TAGS[kind], "orderNo", [order_no])]
    element = re.sub(r"(<(?:ceb:)?guid>)[^<]*", rf"\g<1>{str(uuid4()).upper()}", element, count=1)
    element = element.replace("ceb:", "").replace(f">{order_no}<", f">{other}<")
    if other != order_no:
        element = re.sub(r"(<logisticsNo>)[^<]*", rf"\g<1>ZZ{other[-11:]}", element)
    if app_time:
        element = re.sub(r"(<appTime>)[^<]*", rf"\g<1>{app_time}", element, count=1)
    got = day.hand_in_bytes(wrapped(kind, [element, f"<BaseTransfer>{transfer}</BaseTransfer>"]))
    assert got.outcome is Outcome.ACCEPTED, str(got.said)


def test_an_order_whose_number_is_longer_than_a_list_s_is_accepted_all_the_same(day: RetailDay) -> None:
    """orderNo has up to 60 signs, copNo 20; platforms with dates in their numbers have more than 19."""
    long = "260520-2026052012345678901234567"
    file_under(day, chosen(day)[0], other=long)

    accept(day, [long])

    with day.sessions() as session:
        one = session.scalars(select(RetailDeclaration).where(RetailDeclaration.order_no == long)).one()
    assert len(one.number) == 20
    day.hand_in_bytes(receipt(one.number, "800", "20260520173000000"))
    with day.sessions() as session:
        assert [each.order_no for each in released(session)] == [long]


def test_an_order_that_cannot_be_accepted_says_why_on_its_page(day: RetailDay) -> None:
    raise_left = partial(
        raise_alert,
        kind="order.left",
        subject="P1",
        sentence=say("没有可用的密钥"),
        severity=Severity.NOTICE,
        at=MATCHED_AT,
    )
    file_under(day, chosen(day)[0], other="P1")
    run(day.sessions, raise_left, by_id=0, action="order.left")

    with day.sessions() as session:
        story = story_of(session, "P1")

    assert story is not None
    assert str(story.left) == "没有可用的密钥"


def test_a_returned_list_is_declared_again_as_changed_when_its_order_is_filed_anew(
    day: RetailDay, number: str
) -> None:
    """AppType 2 under the same number; answers to the version before count no more, later ones do."""
    order_no = number.removeprefix("L")
    with day.sessions() as session:
        before = picture(session)
    day.hand_in_bytes(receipt(number, "100", "20260520160000000"))
    file_anew(day, order_no)

    accept(day, [order_no])

    day.hand_in_bytes(receipt(number, "100", "20260520160000000"))
    day.hand_in_bytes(receipt(number, "4", "20260520155900000"))
    with day.sessions() as session:
        one, after = find_by_number(session, number), picture(session)
        assert one is not None
        assert (one.version, one.state, one.book_effect) == (2, "", BookEffect.PROMISED)
        sent = session.scalars(select(OutboxMessage.payload).order_by(OutboxMessage.id.desc())).first()
        assert verify(session) == []
    assert sent is not None
    assert b"<ceb:appType>2</ceb:appType>" in sent
    assert [after[part] for part in ("book", "stock", "years")] == [
        before[part] for part in ("book", "stock", "years")
    ]
    day.hand_in_bytes(receipt(number, "800", "20260520173000000"))
    with day.sessions() as session:
        assert [each.number for each in released(session)] == [number]


def test_a_payment_or_waybill_filed_anew_after_acceptance_is_told(day: RetailDay, number: str) -> None:
    order_no = number.removeprefix("L")
    kept = ("CEB411", "CEB511")

    def told() -> list[str]:
        with day.sessions() as session:
            query = select(Alert.subject).where(Alert.kind == "order.late").order_by(Alert.subject)
            return list(session.scalars(query))

    for kind in kept:
        file_paper(day, kind, order_no, other=order_no, app_time="20260101000000")
    assert told() == [], "an older one changes nothing"

    for kind in kept:
        file_paper(day, kind, order_no, other=order_no, app_time=LATER)

    assert told() == [f"{kind} {order_no}" for kind in kept]


def test_an_order_changed_while_customs_have_its_list_stays_as_accepted(day: RetailDay, number: str) -> None:
    order_no = number.removeprefix("L")
    day.hand_in_bytes(receipt(number, "399", "20260520160000000"))
    file_anew(day, order_no)

    accept(day, [order_no])

    with day.sessions() as session:
        one = find_by_number(session, number)
        assert one is not None
        assert (one.version, one.state) == (1, "399")
        assert session.scalars(select(Alert.subject).where(Alert.kind == "order.changed")).all() == [order_no]
        story = story_of(session, order_no)
        (alert,) = session.scalars(select(Alert).where(Alert.kind == "order.changed"))
    run(
        day.sessions,
        lambda session: acknowledge(session, alert.id, note="问过平台", by_id=1, at=MATCHED_AT).id,
        by_id=1,
        action="alert.acknowledge",
    )
    accept(day, [order_no])
    with day.sessions() as session:
        (alert,) = session.scalars(select(Alert).where(Alert.kind == "order.changed"))
    assert (alert.times, alert.note) == (1, "问过平台"), "whoever took note is not told by every run anew"
    assert story is not None
    orders = [each.standing for each in story.filings if each.kind == "CEB311"]
    assert orders == [Standing.IN_FORCE, Standing.TOO_LATE], "the page says which version was accepted"
    assert story.order is not None
    assert story.match is not None
    assert story.order.id == story.match.order_id


def test_an_orders_page_tells_every_fault_to_who_can_mend_it_and_masks_the_buyer(
    matched: RetailDay, tmp_path: Path
) -> None:
    """A payment by another person is two faults; both stand there with rule and party, the buyer behind dots."""
    orders = matched.key["orders"].items()
    order_no = next(number for number, one in orders if len(one["faults"]) > 1)
    accept(matched, [order_no])

    with make_site(matched.database, tmp_path) as site:
        page = site.signed_in(Role.DECLARANT).get(f"/orders/{order_no}", base_url=BASE).text
        missing = site.signed_in(Role.DECLARANT).get("/orders/NONE", base_url=BASE).status_code

    with matched.sessions() as session:
        order = session.scalars(select(Order).where(Order.order_no == order_no)).first()
    assert order is not None
    assert "支付人与订购人姓名不一致。" in page
    assert "支付人与订购人证件号不一致。" in page
    assert "海关总署公告2018年第194号" in page
    assert order.buyer_id_no not in page
    assert order.consignee_address not in page
    assert missing == 404
