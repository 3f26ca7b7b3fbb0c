"""Goods that come back: the days that count, the year that is given back once, and the history they go by."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import sessionmaker

from tests.databases import TestServer
from tests.orders.retail_day import RetailDay, begin
from tests.reference import acceptance_day
from wms.customs.inbox import Outcome
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.return_case import (
    Application,
    NotToReenter,
    Reentry,
    ReturnCase,
    find_by_list_no,
    find_by_waybill,
    goods_arrived,
    goods_reentered,
    reentry_of,
)
from wms.ledger.buyers import year_values
from wms.ledger.verify import verify
from wms.orders.history import read_history

RELEASED, TODAY = date(2026, 4, 1), date(2026, 5, 20)


def case(*, applied: int, application: Application = Application.ACCEPTED) -> ReturnCase:
    """A return of a declaration released on 1 April, asked for so many days later."""
    stamp = f"{RELEASED:%Y%m%d}153000000"
    return ReturnCase(
        declaration=RetailDeclaration(release_stamp=stamp, list_no="I1"),
        number="R1",
        applied_on=RELEASED + timedelta(days=applied),
        apply_day=applied,
        is_late=applied > 30,
        back_days_max=45,
        application=application,
        reentry=Reentry.NOT_ARRIVED,
    )


@pytest.mark.parametrize(
    ("day", "means"),
    [(0, Reentry.WAITING_SORT), (45, Reentry.WAITING_SORT), (46, Reentry.REFUSED_LATE_GOODS)],
)
def test_goods_back_on_day_45_still_pass(day: int, means: Reentry) -> None:
    """Calendar days, the release is day 0."""
    assert goods_arrived(case(applied=10), on=RELEASED + timedelta(days=day)) is means


def test_the_first_arrival_counts() -> None:
    one = case(applied=10)
    goods_arrived(one, on=RELEASED + timedelta(days=20))
    goods_arrived(one, on=RELEASED + timedelta(days=50))

    assert (one.back_day, one.reentry) == (20, Reentry.WAITING_SORT)


def test_goods_of_a_refused_request_do_not_reenter() -> None:
    one = case(applied=31, application=Application.REFUSED_LATE)

    assert goods_arrived(one, on=RELEASED + timedelta(days=32)) is Reentry.REFUSED
    with pytest.raises(NotToReenter):
        goods_reentered(one)


def test_goods_in_the_book_again_stay_there() -> None:
    one = case(applied=10)
    goods_arrived(one, on=RELEASED + timedelta(days=20))

    goods_reentered(one)

    assert reentry_of(one) is Reentry.REENTERED


def test_a_history_with_faults_says_all_of_them(tmp_path: Path) -> None:
    """Row and column of each; a moment without its time and a quantity of nothing."""
    header = (
        "invt_no,cop_no,order_no,logistics_no,buyer_id,buyer_name,release_time,gnum,item_no,qty,unit,hs10,"
        "tax_price,customs_tax,vat,ct,tax_no,refund_applied_on,refund_accepted_on"
    )
    row = "I1,L1,1,X1,110,A,2026-05-01,1,NP-TEA-001,0,140,0902409000,1.00,0.00,0.00,0.00,,,"
    file = tmp_path / "prior_lists.csv"
    file.write_text(f"{header}\n{row}\n", "utf-8")

    found = read_history(file)

    assert isinstance(found, list)
    assert {(fault.row, fault.column) for fault in found} == {(2, "release_time"), (2, "qty")}


@pytest.fixture(scope="module")
def begun(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetailDay]:
    """The day's registry and history, nothing else."""
    folder = acceptance_day()
    with database_server.clone() as database:
        yield begin(database, folder, tmp_path_factory.mktemp("returns"))


@pytest.fixture
def day(begun: RetailDay) -> Iterator[RetailDay]:
    with begun.database.engine.connect() as connection:
        transaction = connection.begin()
        sessions = sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        yield replace(begun, sessions=sessions)
        transaction.rollback()


@pytest.mark.reference
@pytest.mark.parametrize("answers_first", [False, True])
def test_an_accepted_return_gives_the_year_back_once(day: RetailDay, *, answers_first: bool) -> None:
    """As the key says, whether customs' answers come before or after the request, and however often."""
    with day.sessions() as session:
        before = year_values(session, year=2026)
    answers, asked = day.files("CEB626"), day.files("CEB625")

    day.hand_in([*answers, *asked, *answers] if answers_first else [*asked, *answers, *answers])

    expected = {one["invt_no"]: one for one in day.key["returns"]}
    with day.sessions() as session:
        after = year_values(session, year=2026)
        given = {buyer: before[buyer] - after[buyer] for buyer in before if before[buyer] != after[buyer]}
        for list_no, wanted in expected.items():
            one = find_by_list_no(session, list_no)
            assert one is not None
            assert one.application.value == wanted["application"], list_no
            today = one.given_back if one.given_back_on == date(2026, 5, 20) else Decimal(0)
            assert today == Decimal(wanted["yearly_given_back_today"]), list_no
        assert verify(session) == []
    wanted_fen = sorted(int(Decimal(one["yearly_given_back_today"]) * 100) for one in expected.values())
    assert sorted(given.values()) == [fen for fen in wanted_fen if fen]


@pytest.mark.reference
def test_a_parcel_is_found_by_its_waybill(day: RetailDay) -> None:
    day.hand_in(day.files("CEB625"))
    wanted = day.key["returns"][0]

    with day.sessions() as session:
        by_list = find_by_list_no(session, wanted["invt_no"])
        assert by_list is not None
        found = find_by_waybill(session, by_list.declaration.waybill_no)
        assert found is not None
        assert [(line.item_no, line.stock_quantity) for line in found.lines] == [
            (line["item_no"], line["qty"]) for line in wanted["lines"]
        ]


def request(day: RetailDay, pattern: str, text: str) -> str:
    """The day's first message of requests, with one text in it replaced everywhere."""
    (name,) = day.files("CEB625")
    return re.sub(pattern, text, (day.folder / name).read_text("utf-8"), count=1)


@pytest.mark.reference
@pytest.mark.parametrize(
    ("pattern", "text", "code"),
    [
        (r"<ceb:invtNo>[^<]*", "<ceb:invtNo>88992026I699999999", "UnknownDeclaration"),
        (r"<ceb:qty>[^<]*", "<ceb:qty>99", "ReturnTooMuch"),
        (r"<ceb:gnum>[^<]*", "<ceb:gnum>9", "LineNotDeclared"),
    ],
)
def test_a_wrong_request_is_refused_whole(day: RetailDay, pattern: str, text: str, code: str) -> None:
    got = day.hand_in_bytes(request(day, pattern, text).encode())

    assert (got.outcome, got.reason) == (Outcome.REFUSED, code)
    with day.sessions() as session:
        numbers = session.scalars(select(ReturnCase.number).where(ReturnCase.guid != "")).all()
    assert numbers == []


@pytest.mark.reference
def test_what_came_back_cannot_come_back_again(day: RetailDay) -> None:
    """A second request about the same goods, under another number."""
    day.hand_in(day.files("CEB625"))
    (name,) = day.files("CEB625")
    again = (day.folder / name).read_text("utf-8").replace("<ceb:copNo>R", "<ceb:copNo>S")
    again = re.sub(r"<ceb:guid>[^<]{4}", "<ceb:guid>0000", again)

    got = day.hand_in_bytes(again.encode())

    assert (got.outcome, got.reason) == (Outcome.REFUSED, "ReturnTooMuch")


def answers(day: RetailDay, status: str, *, at: str) -> bytes:
    """The day's first message of customs' answers to returns, all of them saying this at that moment."""
    name, *_ = day.files("CEB626")
    text = (day.folder / name).read_text("utf-8")
    text = re.sub(r"(<returnStatus>)[^<]*", rf"\g<1>{status}", text)
    return re.sub(r"(<returnTime>)[^<]*", rf"\g<1>{at}", text).encode()


@pytest.mark.reference
@pytest.mark.parametrize("late_first", [False, True])
def test_customs_last_word_decides_whatever_came_first(day: RetailDay, *, late_first: bool) -> None:
    """Accepted, then refused: the year is as it was before, and accepted once more gives it back once more."""
    with day.sessions() as session:
        before = year_values(session, year=2026)
    granted = answers(day, "399", at="20260520160000000")
    refused = answers(day, "100", at="20260520170000000")
    day.hand_in(day.files("CEB625"))

    for raw in (refused, granted) if late_first else (granted, refused):
        day.hand_in_bytes(raw)

    with day.sessions() as session:
        cases = session.scalars(select(ReturnCase).where(ReturnCase.guid != "")).all()
        answered = [one for one in cases if one.application is not Application.WAITING]
        assert answered
        assert {one.application for one in answered} <= {Application.REFUSED, Application.REFUSED_LATE}
        assert {(one.given_back, one.given_back_on, one.reentry) for one in answered} == {
            (Decimal(0), None, Reentry.REFUSED)
        }
        assert year_values(session, year=2026) == before
        assert verify(session) == []

    day.hand_in_bytes(answers(day, "399", at="20260520180000000"))

    with day.sessions() as session:
        given = [one.given_back for one in session.scalars(select(ReturnCase)) if one.given_back_on == TODAY]
        after = year_values(session, year=2026)
        assert sum(before.values()) - sum(after.values()) == int(sum(given) * 100) > 0
