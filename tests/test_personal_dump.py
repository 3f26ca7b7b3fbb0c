"""A played piece of a reference day, and its database searched for every person in it."""

import csv
import json
import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from config.settings import Settings
from tests.databases import Database
from tests.reference import acceptance_day
from wms.audit import hang_listener, mark_refused
from wms.customs.doors import receive
from wms.customs.effects import Desk
from wms.customs.inbox import InboxMessage
from wms.customs.messages.door import read_message
from wms.customs.messages.personal import personal_texts, redacted
from wms.customs.messages.wire.faults import MessageRefused
from wms.db import run
from wms.floor.counting import COUNTING
from wms.floor.counting_screens import AskExpiry
from wms.floor.flows import begin, keep
from wms.floor.screens import Screen, WantsScan
from wms.i18n import plain
from wms.kept_key import kept_key
from wms.orders.acceptance import match_orders
from wms.orders.documents import Order
from wms.orders.filing import PROCEDURES
from wms.registry.files import read_registry
from wms.registry.load import load_registry
from wms.scans import record_scan, run_once
from wms.web.handheld.answers import NotANumber
from wms.zone import ZoneLoaders

pytestmark = pytest.mark.reference
AT: Final = datetime(2026, 5, 20, 7, tzinfo=UTC)
ENCODINGS: Final = ("utf-8", "gb18030", "utf-16-le", "utf-16-be")
#: Shorter texts stand in a dump by chance.
SHORTEST: Final = 6
TABLES: Final = (
    "select quote_ident(relname) from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
)


@pytest.fixture
def day(tmp_path: Path) -> Path:
    return acceptance_day()


def filings(day: Path) -> list[Path]:
    """The first files of each kind that names persons, what belongs to them, and broken ones."""
    return [
        *sorted((day / "orders").glob("CEB311-*.xml"))[:2],
        *sorted((day / "orders").glob("CEB411-*.xml"))[:2],
        *sorted((day / "orders").glob("CEB511-*.xml"))[:2],
        *sorted((day / "inbound").glob("T1-*.xml")),
        *sorted((day / "lists").glob("CEB62[1235]-*.xml"))[:4],
    ]


def persons(day: Path) -> set[str]:
    """Every personal text of these files, and every buyer of the registry."""
    found: set[str] = set()
    for path in filings(day):
        try:
            found |= set(personal_texts(read_message(path.read_bytes(), file_name=None).body))
        except MessageRefused:
            continue
    for name in ("yearly_spent.csv", "yearly_qty.csv"):
        rows = csv.DictReader((day / "registry" / name).read_text("utf-8").splitlines())
        found |= {row["buyer_id"] for row in rows}
    return {each for each in found if len(each.encode()) >= SHORTEST}


def play(database: Database, day: Path, folder: Path) -> None:
    """File, match, scan a buyer's number, type a name where a number belongs."""
    settings = replace(Settings.load({}), data_dir=folder)
    desk = Desk(settings=settings, rules=CustomsRules.load(), by_id=0, at=AT, procedures=PROCEDURES)
    files = read_registry(day / "registry")
    assert not isinstance(files, list)
    loaders = ZoneLoaders(
        zone="LXZ", time_zone="Asia/Shanghai", by_id=0, buyer_key=kept_key(folder, "buyers")
    ).all()
    sessions = database.sessions
    hang_listener(sessions)
    run(
        sessions,
        lambda s: load_registry(s, files, at=AT, day=date(2026, 5, 20), loaders=loaders),
        by_id=0,
        action="registry.load",
    )
    for path in filings(day):
        raw = path.read_bytes()
        receive(sessions, raw=raw, file_name=path.name, door="test", desk=desk)
        # the same again, in another encoding, broken, and with a number where none may stand
        other = raw.decode().replace('encoding="UTF-8"', 'encoding="GBK"').encode("gb18030")
        broken = raw.replace(b"</ceb:guid>", b"x</ceb:guid>")
        for again in (raw, other, raw[:-30], broken, raw.replace(b">142<", b">" + "王小二".encode() + b"<")):
            receive(sessions, raw=again, file_name=path.name, door="test", desk=desk)
    match_orders(sessions, desk=desk)
    with sessions() as session:
        order = session.scalars(select(Order).limit(1)).one()
    number, name = order.buyer_id_no, order.consignee_address
    run(
        sessions,
        lambda s: record_scan(
            s, number, verdict="error", sentence=plain(f"{number}?"), parsed={"unknown": number}
        ),
        by_id=3,
        action="test.scan",
    )
    request = uuid4()
    run_once(
        sessions,
        lambda _: {"said": f"{number} {name}"},
        by_id=3,
        action="test.answer",
        request_id=request,
        content=f"scan {number}",
    )
    run(sessions, lambda s: _begin_with(s, name), by_id=3, action="test.begin")
    refusal = NotANumber(text=name)
    run(sessions, lambda s: mark_refused(s, refusal), by_id=3, action="test.refuse")


def _begin_with(session: Session, name: str) -> None:
    """A task that remembers what its worker typed where a lot number belongs."""
    begun, _ = begin(session, COUNTING, by_id=3, at=AT)
    step = AskExpiry(place="WB01-A-01-01-1", visit=uuid4(), item_no="KR-LIP-001", lot=name)
    keep(
        begun,
        Screen(flow="counting", title=plain(""), question=plain(""), wants=WantsScan(), step=step),
        at=AT,
    )


def dump(engine: Engine) -> bytes:
    """Every value of every table: texts as UTF-8, bytes as they are and unpacked where they unpack."""
    parts: list[bytes] = []
    with engine.connect() as connection:
        tables = connection.scalars(text(TABLES)).all()
        for table in tables:
            for row in connection.execute(text(f"select * from {table}")):
                parts += [part for value in row for part in _bytes(value)]
    return b"\n".join(parts)


def _bytes(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes | memoryview):
        yield bytes(value)
        try:
            yield zlib.decompress(bytes(value))
        except zlib.error:
            return
    elif isinstance(value, dict | list):
        yield json.dumps(value, ensure_ascii=False).encode()
    elif value is not None:
        yield str(value).encode("utf-8", "surrogatepass")


def test_a_dump_of_the_database_names_nobody(
    fresh_database: Database, day: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Names, numbers, telephones and addresses, in any encoding they were filed in; nor do the logs."""
    wanted = persons(day)
    assert len(wanted) > 300
    play(fresh_database, day, tmp_path)

    everything = dump(fresh_database.owner_engine)

    assert len(everything) > 100_000
    found = {each for each in wanted for encoding in ENCODINGS if each.encode(encoding) in everything}
    found |= {each for each in wanted if each.encode().hex().encode() in everything}
    assert found == set()
    logged = "".join(capfd.readouterr())
    assert {each for each in wanted if each in logged} == set()
    _the_search_would_find_them(fresh_database, day)


def _the_search_would_find_them(database: Database, day: Path) -> None:
    """With the keys every person is there again, so the search above looked in the right place."""
    raw = filings(day)[0].read_bytes()
    texts = {each for each in personal_texts(read_message(raw, file_name=None).body) if len(each) > 3}
    with database.sessions() as session:
        orders = session.scalars(select(Order)).all()
        messages = session.scalars(select(InboxMessage)).all()

    columns = {each for order in orders for each in (order.buyer_name, order.buyer_id_no, order.buyer_phone)}
    assert texts & columns
    assert any(message.raw == raw for message in messages)
    assert not any(f">{each}<".encode() in redacted(raw) for each in texts)
