"""The matching run on a reference day, changed in one place each: what one order does to itself and to others."""

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.attributes import flag_modified

from tests.databases import TestServer
from tests.orders.retail_day import RetailDay, begin
from tests.reference import acceptance_day
from wms.alerts import Alert
from wms.customs.retail_declaration import BookEffect, RetailDeclaration
from wms.db import Acting
from wms.orders.filing import KINDS, order_numbers_after
from wms.orders.matching import Verdict
from wms.orders.verdicts import Match
from wms.registry.rules import RuleSet

pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def begun(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetailDay]:
    folder = acceptance_day()
    with database_server.clone() as database:
        yield begin(database, folder, tmp_path_factory.mktemp("run"))


@pytest.fixture
def day(begun: RetailDay) -> Iterator[RetailDay]:
    with begun.database.engine.connect() as connection:
        transaction = connection.begin()
        sessions = sessionmaker(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        yield replace(begun, sessions=sessions)
        transaction.rollback()


def message_of(day: RetailDay, kind: str, order_no: str) -> str:
    """The day's message of a kind that names an order, as text."""
    found = ((day.folder / name).read_bytes() for name in day.files(kind))
    return next(raw for raw in found if order_no.encode() in raw).decode("utf-8")


def planted(day: RetailDay, what: str, *, lines: int = 1) -> str:
    """The first order the day planted something in, with so many lines at least."""
    return next(
        number
        for number, order in day.key["orders"].items()
        if order["planted"] == what and len(order.get("lines", [1])) >= lines
    )


def verdict_of(session: Session, order_no: str) -> Match:
    return session.scalars(select(Match).where(Match.order_no == order_no)).one()


def test_an_order_that_numbers_two_lines_alike_does_not_end_the_run(day: RetailDay) -> None:
    order_no = planted(day, "clean", lines=2)
    text = message_of(day, "CEB311", order_no)
    day.hand_in_bytes(text.replace("gnum>2<", "gnum>1<").encode())
    day.hand_in(day.files("CEB411", "CEB511"))

    day.match()

    with day.sessions() as session:
        refused = verdict_of(session, order_no)
        accepted = select(Match).where(Match.verdict == Verdict.ACCEPTED)
        assert (refused.verdict, [fault["rule"] for fault in refused.faults]) == (Verdict.REFUSED, ["GNUM"])
        assert session.scalars(accepted).first() is not None, "the others of its message are judged"


def test_another_payer_is_accepted_and_told_where_the_rules_only_warn(day: RetailDay) -> None:
    order_no = planted(day, "payer_name")
    with day.sessions.begin() as session:
        session.info["acting"] = Acting(by_id=0, action="test")
        kept = session.scalars(select(RuleSet)).one()
        kept.rules["buyer_must_be_payer"] = "warn"
        flag_modified(kept, "rules")
    for kind in ("CEB311", "CEB411", "CEB511"):
        day.hand_in_bytes(message_of(day, kind, order_no).encode())

    day.match()

    with day.sessions() as session:
        assert verdict_of(session, order_no).verdict is Verdict.ACCEPTED
        told = session.scalars(select(Alert.subject).where(Alert.kind == "order.payer")).all()
        assert told == [order_no]


def test_one_waybill_number_is_on_one_parcel(day: RetailDay) -> None:
    """Two parcels with one label could not be told apart on the floor: the earlier order keeps the number."""
    with day.sessions() as session:
        assert session.scalar(select(Match.id).limit(1)) is None
    first, second = clean_pair(day)
    for kind in ("CEB311", "CEB411"):
        day.hand_in_bytes(message_of(day, kind, first).encode())
        day.hand_in_bytes(message_of(day, kind, second).encode())
    numbers = {order: waybill_no(day, order) for order in (first, second)}
    day.hand_in_bytes(message_of(day, "CEB511", second).replace(numbers[second], numbers[first]).encode())
    day.hand_in_bytes(message_of(day, "CEB511", first).encode())

    day.match()
    with day.sessions() as session:
        refused = verdict_of(session, second)
        assert verdict_of(session, first).verdict is Verdict.ACCEPTED
        assert [fault["rule"] for fault in refused.faults] == ["WAYBILL_TAKEN"]

    with day.sessions.begin() as session:
        session.info["acting"] = Acting(by_id=0, action="test")
        declared = session.scalars(select(RetailDeclaration).where(RetailDeclaration.order_no == first)).one()
        declared.book_effect = BookEffect.WITHDRAWN
    day.match()
    with day.sessions() as session:
        assert verdict_of(session, second).verdict is Verdict.ACCEPTED, "the number is free again"


def clean_pair(day: RetailDay) -> tuple[str, str]:
    """Two accepted orders of one carrier whose papers are in messages of their own or shared, by time of the order."""
    clean = [number for number, order in day.key["orders"].items() if order["planted"] == "clean"]
    first = clean[0]
    carrier = carrier_of(day, first)
    return first, next(number for number in clean[1:] if carrier_of(day, number) == carrier)


def element_of(day: RetailDay, order_no: str) -> str:
    text = message_of(day, "CEB511", order_no)
    found = re.findall(r"<(?:\w+:)?Logistics>.*?</(?:\w+:)?Logistics>", text, re.DOTALL)
    return next(one for one in found if f">{order_no}<" in one)


def waybill_no(day: RetailDay, order_no: str) -> str:
    return re.search(r"logisticsNo>([^<]*)<", element_of(day, order_no))[1]  # type: ignore[index]


def carrier_of(day: RetailDay, order_no: str) -> str:
    return re.search(r"logisticsCode>([^<]*)<", element_of(day, order_no))[1]  # type: ignore[index]


def test_the_numbers_of_all_orders_are_read_in_pieces(day: RetailDay) -> None:
    """Whatever paper names them; none is missed and none comes twice."""
    day.hand_in(day.files("CEB311", "CEB411", "CEB511"))
    with day.sessions() as session:
        pieces: list[list[str]] = [[""]]
        while pieces[-1]:
            pieces.append(order_numbers_after(session, pieces[-1][-1], limit=97))
        read = [number for piece in pieces[1:] for number in piece]
        named = {number for table in KINDS for number in session.scalars(select(table.order_no))}
        assert len(read) > 100
        assert read == sorted(named)
