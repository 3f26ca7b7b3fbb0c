"""Hostile messages at both doors: one clear sentence each, nothing half done, and the next one is taken."""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import pytest
from sqlalchemy import select, text

from tests.customs.filings import guid, order, payment
from tests.databases import TestServer
from tests.web.site import BASE, Site, make_site
from wms.auth.permissions import Role
from wms.customs.drop import DropFolder, take_all
from wms.customs.inbox import InboxMessage, Outcome
from wms.orders.documents import Order, OrderLine
from wms.orders.story import Standing, story_of
from wms.web.customs.desk import desk
from wms.web.rate import share_of

#: No message may keep the door busy for longer.
SLOWEST_S: Final = 2.0
BYTES_MAX: Final = 2_000_000


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("doors")
    with (
        database_server.clone() as database,
        make_site(database, folder, message_bytes_max=str(BYTES_MAX)) as site,
    ):
        yield site


def hand_in(site: Site, raw: bytes | str, name: str = "x.xml") -> tuple[int, dict[str, Any]]:
    data = raw if isinstance(raw, bytes) else raw.encode()
    headers = site.token(Role.DECLARANT) | {"X-File-Name": quote(name)}
    began = time.process_time()
    answer = site.client().post("/api/messages", data=data, headers=headers, base_url=BASE)
    assert time.process_time() - began < SLOWEST_S
    return answer.status_code, answer.json


def rows(site: Site) -> tuple[int, int]:
    """Orders and their lines."""
    with site.sessions() as session:
        return len(session.scalars(select(Order.id)).all()), len(session.scalars(select(OrderLine.id)).all())


GOOD: Final = order(1)
LOCAL: Final = GOOD.replace("ceb:", "").replace("xmlns:ceb=", "xmlns=")
HOSTILE: Final = {
    "another namespace": (GOOD.replace("chinaport.gov.cn/ceb", "example.org/ceb"), "XSD", "namespace"),
    "no namespace": (LOCAL.replace(' xmlns="http://www.chinaport.gov.cn/ceb"', ""), "XSD", "namespace"),
    "another edition's element": (
        GOOD.replace("<ceb:buyerRegNo>", "<ceb:batchNumbers>1</ceb:batchNumbers><ceb:buyerRegNo>"),
        "XSD",
        "buyerRegNo",
    ),
    "GBK declared as UTF-8": (GOOD.encode("gbk"), "NOT_WELL_FORMED", "UTF-8"),
    "NUL in a name": (GOOD.replace("仓决", "仓\x00决"), "NOT_WELL_FORMED", "U+0000"),
    "a control character in a name": (GOOD.replace("仓决", "仓\x1b决"), "NOT_WELL_FORMED", "U+001B"),
    "a written-out control character": (GOOD.replace("仓决", "仓&#8;决"), "NOT_WELL_FORMED", "Line"),
    "an amount of twenty digits": (order(1, goodsValue="1" * 20), "XSD", "goodsValue"),
    "an amount with an exponent": (order(1, goodsValue="2.15E2"), "XSD", "goodsValue"),
    "no number": (order(1, qty="NaN"), "XSD", "qty"),
    "a hundred thousand lines": (order(1, lines=3_000), "XSD", "OrderList"),
    "a clock a year ahead": (order(1, appTime="20271124110000"), "FromTheFuture", "ahead"),
    "blanks for an order number": (order(1, orderNo="  "), "NoOrderNumber", "orderNo"),
    "no message at all": (b"", "NOT_WELL_FORMED", "empty"),
    "blanks": (b" \n" * 1000, "NOT_WELL_FORMED", "empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(1000), "NOT_WELL_FORMED", ""),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_message_gets_one_sentence_and_leaves_nothing(site: Site, name: str) -> None:
    raw, reason, said = HOSTILE[name]
    before = rows(site)

    status, told = hand_in(site, raw, f"{name}.xml")

    assert (status, told["code"]) == (422, reason)
    assert told["detail"]
    with site.sessions() as session:
        kept = session.scalars(select(InboxMessage).order_by(InboxMessage.id.desc()).limit(1)).one()
    assert kept.raw == (raw if isinstance(raw, bytes) else raw.encode())
    assert (kept.outcome, kept.elements) == (Outcome.REFUSED, 0)
    assert said in str(kept.said)
    assert rows(site) == before


def test_a_hundred_thousand_lines_are_refused_at_once(site: Site) -> None:
    """By size where they are too many bytes, else at the hundredth line of an order."""
    raw = order(1).encode()
    line = raw[raw.index(b"<ceb:OrderList>") : raw.index(b"</ceb:Order>")]
    whole = raw.replace(line, line * 100_000)
    assert len(whole) > 30_000_000

    status, told = hand_in(site, whole, "lines.xml")

    assert (status, told["code"]) == (413, "TOO_LARGE")


class Unread(io.BytesIO):
    """A body that says it has thirty megabytes, and how much of it was read."""

    read_bytes = 0

    def seek(self, place: int, whence: int = 0, /) -> int:
        return super().seek(30_000_000 if whence == io.SEEK_END else place)

    def read(self, size: int | None = -1, /) -> bytes:
        self.read_bytes += 1
        return super().read(size)


def test_thirty_megabytes_are_refused_by_their_size_and_not_read(site: Site) -> None:
    body = Unread()
    headers = site.token(Role.DECLARANT) | {"X-File-Name": "big.xml"}

    answer = site.client().post("/api/messages", input_stream=body, headers=headers, base_url=BASE)

    assert (answer.status_code, answer.json["code"]) == (413, "TOO_LARGE")
    assert body.read_bytes == 0
    with site.sessions() as session:
        kept = session.scalars(select(InboxMessage).order_by(InboxMessage.id.desc()).limit(1)).one()
    assert (kept.file_name, kept.raw, kept.facts["size_bytes"]) == ("big.xml", b"", 30_000_000)


def test_the_same_guid_with_other_content_is_set_aside_and_shown(site: Site) -> None:
    """The first stays in force; a person is told."""
    assert hand_in(site, order(7))[0] == 201
    before = rows(site)

    status, _ = hand_in(site, order(7, buyerName="别人"))

    assert (status, rows(site)) == (201, before)
    with site.sessions() as session:
        said = session.scalars(text("select subject from alert where kind = 'order.conflict'")).all()
    assert said == [f"CEB311 {guid(7)}"]


def test_blanks_around_an_order_s_number_are_not_part_of_it(site: Site) -> None:
    """A platform pads it, the payment firm does not: it is one order all the same."""
    assert hand_in(site, order(20, orderNo="  N00000020 "))[0] == 201
    assert hand_in(site, payment(20, orderNo="N00000020\n"))[0] == 201
    assert hand_in(site, order(20, orderNo=" N00000020", buyerName="别人"))[0] == 201

    with site.sessions() as session:
        story = story_of(session, "N00000020")

    assert story is not None
    assert (story.order is None, story.payment is None) == (False, False)
    assert [each.standing for each in story.filings] == [
        Standing.IN_FORCE,
        Standing.IN_FORCE,
        Standing.CONFLICT,
    ]
    page = site.signed_in(Role.DECLARANT).get("/orders/N00000020", base_url=BASE).text
    assert "编号重复、内容不同，未采用" in page


def test_a_negative_amount_is_filed_and_refused_by_the_match(site: Site) -> None:
    """The official schema lets it in, so it is kept as filed; no rule lets it through."""
    assert hand_in(site, order(8, price="-215", totalPrice="-215", goodsValue="-215"))[0] == 201


@pytest.mark.parametrize("name", ["nul\x00.xml", "tab\t.xml", "𠀀" * 400, "../../etc/passwd", ""])
def test_no_file_name_hurts(site: Site, name: str) -> None:
    status, told = hand_in(site, b"<Unheard/>", name)

    assert (status, told["code"]) == (422, "UNKNOWN_KIND")


def test_both_doors_go_on(site: Site, tmp_path: Path) -> None:
    """A file too large to read, one with bytes for a name, one with the longest name, and a good one."""
    folder = DropFolder(root=tmp_path / "drop")
    room = folder.root / "in"
    with (room / "a-big.xml").open("wb") as file:
        file.truncate(BYTES_MAX + 1)
    (tmp_path / "drop" / "in" / "坏\udcff.xml").write_bytes(b"<Unheard/>")
    (room / ("n" * 251 + ".xml")).write_bytes(b"<Unheard/>")
    (room / "z-good.xml").write_text(order(9), "utf-8")
    (room / "link.xml").symlink_to("/etc/passwd")

    with site.app.app_context():
        taken = list(take_all(site.sessions, folder, desk=desk))

    outcomes = sorted((each.reason, each.outcome.value) for each in taken)
    assert outcomes == [
        ("", "ACCEPTED"),
        ("TOO_LARGE", "REFUSED"),
        ("UNKNOWN_KIND", "REFUSED"),
        ("UNKNOWN_KIND", "REFUSED"),
    ]
    assert [path.name for path in room.iterdir()] == ["link.xml"]
    assert list((folder.root / "taken").iterdir()) == []


def test_a_token_that_calls_too_often_is_told_when_to_come_back(
    database_server: TestServer, tmp_path: Path
) -> None:
    """Others are not kept waiting by it; of two web processes each lets half of the setting through."""
    limits = {"api_calls_per_minute": "6", "web_processes": "2"}
    with database_server.clone() as database, make_site(database, tmp_path, **limits) as site:
        busy, other = site.token(Role.DECLARANT), site.token(Role.OFFICER)
        client = site.client()

        answers = [client.get("/api/me", headers=busy, base_url=BASE) for _ in range(4)]

        assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
        assert answers[-1].headers["Retry-After"] == "20"
        assert client.get("/api/me", headers=other, base_url=BASE).status_code == 200


@pytest.mark.parametrize(("per_minute", "processes", "share"), [(7, 2, 3), (6, 1, 6), (1, 4, 1), (0, 2, 1)])
def test_all_processes_together_never_let_more_through_than_the_setting(
    per_minute: int, processes: int, share: int
) -> None:
    """A setting below one call a process still lets the token call: a limit is no ban."""
    assert share_of(per_minute, processes) == share
    assert share * processes <= max(per_minute, processes)
