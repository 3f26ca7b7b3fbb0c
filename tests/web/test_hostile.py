"""What somebody sends who means harm: refused in words, kept out of the figures and the log, and nobody else pays."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook
from sqlalchemy import text

from tests.databases import Database
from tests.web.site import BADGE, BASE, PIN, Site, make_site, secure
from wms.auth.permissions import Role
from wms.floor import count_file
from wms.floor.count_file import FileUnreadable, read_count_file
from wms.web import identity
from wms.web.handheld.answers import NotANumber, read_answer


def test_words_of_ones_own_as_method_are_counted_under_one_name(site: Site) -> None:
    """Each new one would be a new figure, kept as long as the process lives; nobody need sign in for that."""
    client = site.client()
    for word in ("AAA", "BBB"):
        client.open("/healthz", method=word, base_url=BASE)

    figures = client.get("/metrics", headers=site.token(Role.ADMIN), base_url=BASE).text

    assert 'method="other"' in figures
    assert "AAA" not in figures


@pytest.mark.parametrize("take", ["take", "new"])
def test_who_came_in_by_a_lost_badge_is_signed_out_when_it_is_taken(site: Site, take: str) -> None:
    """Whoever found it is in; and whoever sits at a desk stays."""
    finder, at_desk, admin = site.client(), site.signed_in(Role.KEEPER), site.signed_in(Role.ADMIN)
    badge = {"badge": BADGE.format(role=Role.KEEPER), "pin": PIN}
    assert finder.post("/h/sign-in", data=badge, **secure(finder)).status_code == 303
    with site.sessions() as session:
        keeper = session.execute(text("select id from user_account where name = 'keeper'")).scalar_one()

    where = {"take": f"/users/{keeper}/badge/take", "new": f"/users/{keeper}/badge"}[take]
    assert admin.post(where, data={"pin": "2581"}, **secure(admin)).status_code < 400

    assert finder.get("/h/", base_url=BASE).status_code == 302
    assert at_desk.get("/h/", base_url=BASE).status_code == 200


@pytest.mark.parametrize(
    "number", ["1e-999999999", "0e-999999999", "1e999999999", "1e999999999999999999", "9" * 2000]
)
def test_a_number_that_would_fill_the_memory_is_no_number(site: Site, number: str) -> None:
    """Written out it has as many digits as its exponent says; a message would write it out."""
    with pytest.raises(NotANumber):
        read_answer({"kind": "number", "value": number})

    declarant = site.signed_in(Role.DECLARANT)
    letter = {"number": "G1", "amount": number, "valid_until": "2027-01-01"}
    answer = declarant.post("/customs/guarantees/file", data=letter, **secure(declarant))
    assert answer.status_code == 422


def test_a_number_as_people_write_it_is_taken() -> None:
    for written in ("0", "-3", "12.5", "999999999999", "0.000001"):
        assert read_answer({"kind": "number", "value": written}).content == f"number {written}"
    assert Decimal("1E+3") == read_answer({"kind": "number", "value": "1e3"}).answer.number  # type: ignore[union-attr]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e400"])
@pytest.mark.parametrize("device", ["gateway", "nobody's"])
def test_a_number_that_is_none_is_refused_so_that_the_gateway_sets_it_aside(
    site: Site, value: str, device: str
) -> None:
    """Any other answer than items_refused would be tried again for ever, and the facts behind it would wait."""
    item = f'{{"seq": 1, "device": "{device}", "kind": "state", "data": {{"x": {value}}}}}'
    batch = f'{{"source": "g", "epoch": "e", "items": [{item}]}}'

    answer = site.client().post("/api/readings", data=batch, headers=site.token(Role.GATE), base_url=BASE)

    assert (answer.status_code, (answer.json or {})["code"]) == (422, "items_refused")


def excel(rows: list[list[Any]]) -> bytes:
    book, kept = Workbook(), io.BytesIO()
    for row in rows:
        book.worksheets[0].append(row)
    book.save(kept)
    return kept.getvalue()


COUNT = excel([list(count_file.WANTED), ["LS1-A01-01-1", "ILM-BLK", "B-1", "2028-01-31", 4]])


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The file with one of its parts replaced or added."""
    kept = io.BytesIO()
    with ZipFile(io.BytesIO(content)) as old, ZipFile(kept, "w", ZIP_DEFLATED) as new:
        for each in old.namelist():
            if each != name:
                new.writestr(each, old.read(each))
        new.writestr(name, part)
    return kept.getvalue()


def test_a_file_that_unpacks_to_more_than_any_count_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four hundred kilobytes became four hundred megabytes."""
    monkeypatch.setattr(count_file, "UNPACKED_BYTES_MAX", 1_000_000)
    assert len(read_count_file(COUNT)) == 1

    with pytest.raises(FileUnreadable):
        read_count_file(with_part(COUNT, "xl/sharedStrings.xml", b" " * 1_000_001))


def test_a_sheet_that_claims_a_million_columns_is_read_as_far_as_counts_go() -> None:
    with ZipFile(io.BytesIO(COUNT)) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml")
    wide = sheet.replace(b'ref="A1:E2"', b'ref="A1:XFD1048576"')
    assert wide != sheet

    (row,) = read_count_file(with_part(COUNT, "xl/worksheets/sheet1.xml", wide))

    assert (row.lot, row.counted_qty) == ("B-1", "4")


@pytest.mark.parametrize("part", [b"", b"<worksheet", b"<!DOCTYPE a [<!ENTITY b 'b'>]><a>&b;</a>"])
def test_a_broken_sheet_is_a_file_that_cannot_be_read(part: bytes) -> None:
    with pytest.raises(FileUnreadable):
        read_count_file(with_part(COUNT, "xl/worksheets/sheet1.xml", part))


def test_a_failed_statement_leaves_no_values_in_the_log(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither what it was given nor the row the database complains about: both may name a person."""

    def broken() -> str:
        with site.sessions.begin() as session:
            session.info["acting"] = None
            session.execute(
                text("update user_account set display_name = :named, role = 'king' where name = 'keeper'"),
                {"named": "扎西平措"},
            )
        return ""

    site.app.view_functions["open.healthz"] = wearing_the_door_of(
        site.app.view_functions["open.healthz"], broken
    )

    assert site.client().get("/healthz", base_url=BASE).status_code == 500

    logged = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
    assert "user_account" in logged["exception"], "what went wrong is still told"
    assert "扎西平措" not in logged["exception"]
    assert "DETAIL" not in logged["exception"]


def wearing_the_door_of(view: Any, other: Any) -> Any:
    other.wms_door = view.wms_door
    return other


@pytest.mark.parametrize(("proxies", "others_get"), [("1", 401), ("0", 429)])
def test_attempts_are_counted_by_the_address_the_proxy_names(
    fresh_database: Database,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    proxies: str,
    others_get: int,
) -> None:
    """Behind a proxy a stranger locks out nobody else; without one, nobody gets round the count by naming addresses."""
    monkeypatch.setattr(identity, "ADDRESS_ATTEMPTS_MAX", 1)
    with make_site(fresh_database, tmp_path, proxies=proxies) as site:

        def knock(address: str) -> int:
            headers = {"Authorization": "Bearer wrong", "X-Forwarded-For": address}
            return site.client().get("/api/me", headers=headers, base_url=BASE).status_code

        assert [knock("203.0.113.5, 198.51.100.7"), knock("203.0.113.6, 198.51.100.7")] == [401, 429]
        assert knock("198.51.100.8") == others_get
