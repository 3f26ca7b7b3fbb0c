"""Files people ask for: made by the worker, exact, recorded, fetched by whoever asked and by nobody else."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import openpyxl
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.databases import TestServer
from tests.stories.test_goods_come_in import DEMO, MESSAGES, hand_in
from tests.web.site import BASE, Site, make_site, secure
from wms.auth.permissions import Role
from wms.customs.cases import CaseKind, open_case
from wms.db import run
from wms.exports.excel import write_excel
from wms.exports.exports import Export, delete_old
from wms.exports.pdf import PDF_ROWS_MAX, TooLongForPdf, write_pdf
from wms.exports.sheets import Cell, Column, Sheet
from wms.jobs import work
from wms.ledger.past import items_at, ledger_now
from wms.worker import export_task

AT = datetime(2026, 11, 26, 10, 0, 0, 123456, tzinfo=UTC)
COLUMNS = (
    Column(title="料号", width=14),
    Column(title="名称", width=24),
    Column(title="数量", width=9, is_number=True),
)


def sheet(*rows: tuple[Cell, ...]) -> Sheet:
    return Sheet(
        title="账册 [T1]", facts=(("截至", "2026-11-26 18:00:00 UTC+08"),), columns=COLUMNS, rows=rows
    )


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with database_server.clone() as database, make_site(database, folder, flows=None) as site:
        loaded = site.app.test_cli_runner().invoke(args=["registry", "load", str(DEMO)])
        assert loaded.exit_code == 0, loaded.output
        for path in MESSAGES:
            hand_in(site, path.read_bytes(), path.name)
        yield site


def do_jobs(site: Site) -> None:
    house = site.app.extensions["wms"]
    work(house.settings.database_url, [export_task(house)], until_idle=True)


def ask(client: FlaskClient, **form: str) -> int:
    return client.post("/exports/ask", data=form, **secure(client)).status_code


def newest(client: FlaskClient) -> tuple[str, bytes]:
    """The page of my exports, and the newest file on it."""
    page = client.get("/exports/", base_url=BASE).text
    found = re.search(r'href="(/exports/\d+/file)"', page)
    return page, client.get(found[1], base_url=BASE).data if found else b""


def test_an_officer_gets_the_book_as_excel_with_the_figures_of_the_page(site: Site) -> None:
    officer = site.signed_in(Role.OFFICER)

    assert ask(officer, kind="BOOK", form="XLSX") == 303
    assert "export" in officer.get("/exports/", base_url=BASE).text
    do_jobs(site)
    page, content = newest(officer)

    rows = list(openpyxl.load_workbook(BytesIO(content), read_only=True).active.iter_rows(values_only=True))
    with site.sessions() as session:
        items = items_at(session, at=ledger_now(session))
    top = next(number for number, row in enumerate(rows) if row[0] == "料号")
    assert [(row[0], row[2], row[3], row[7]) for row in rows[top + 1 :]] == [
        (item.item_no, item.book.actual_in, item.book.actual_out, item.book.available) for item in items
    ]
    assert hashlib.sha256(content).hexdigest()[:12] in page
    entries = [entry for entry in site.audit() if entry.action.startswith("export.")]
    assert {"export.ask", "export.make", "export.fetch"} <= {entry.action for entry in entries}
    fetched = next(entry for entry in entries if entry.action == "export.fetch")
    assert fetched.marks["sha256"] == hashlib.sha256(content).hexdigest()


def test_a_list_is_exported_by_its_number_and_an_unknown_one_says_so(site: Site) -> None:
    declarant = site.signed_in(Role.DECLARANT)
    lists = declarant.get("/customs/lists/", base_url=BASE).text
    number = re.search(r">(QD\w+)</a>", lists)
    assert number is not None

    assert ask(declarant, kind="BONDED_LIST", form="PDF", number=number[1]) == 303
    assert ask(declarant, kind="BONDED_LIST", form="XLSX", number="QD-NOBODY") == 303
    assert ask(declarant, kind="BONDED_LIST", form="XLSX") == 422
    do_jobs(site)
    page, content = newest(declarant)

    assert content.startswith(b"%PDF-")
    assert "QD-NOBODY" in page
    assert "不可生成" in page


def test_a_case_is_exported_with_what_was_done_about_it(site: Site) -> None:
    def find(session: Session) -> str:
        return open_case(
            session,
            kind=CaseKind.RECEIPT_SHORT,
            item_no="ILM-BLK",
            quantity=2,
            book_difference=-2,
            at=AT,
            by_id=0,
        ).number

    number = run(site.sessions, find, by_id=0, action="test.case")
    officer = site.signed_in(Role.OFFICER)

    ask(officer, kind="CASE", form="XLSX", number=number)
    do_jobs(site)
    _, content = newest(officer)

    cells = [
        cell
        for row in openpyxl.load_workbook(BytesIO(content)).active.iter_rows(values_only=True)
        for cell in row
    ]
    for said in (f"处理单 {number}", "ILM-BLK", "-2", "发现差异"):
        assert said in cells, said


def test_nobody_fetches_what_another_asked_for(site: Site) -> None:
    officer, admin = site.signed_in(Role.OFFICER), site.signed_in(Role.ADMIN)
    ask(officer, kind="RECONCILIATION", form="XLSX")
    do_jobs(site)
    page, _ = newest(officer)
    address = re.search(r'href="(/exports/\d+/file)"', page)
    assert address is not None

    assert admin.get(address[1], base_url=BASE).status_code == 404
    assert address[1] not in admin.get("/exports/", base_url=BASE).text


def test_whoever_may_not_read_a_page_gets_no_file_of_it(site: Site) -> None:
    """A keeper has no exports at all; a dispatcher reads documents and not the book."""
    keeper, dispatcher = site.signed_in(Role.KEEPER), site.signed_in(Role.DISPATCHER)

    assert ask(keeper, kind="BOOK", form="XLSX") == 403
    assert ask(dispatcher, kind="BOOK", form="XLSX") == 403


def test_a_job_done_twice_makes_one_file(site: Site) -> None:
    officer = site.signed_in(Role.OFFICER)
    ask(officer, kind="STOCK", form="XLSX", at="2026-11-26T00:00:00")
    do_jobs(site)
    page, content = newest(officer)
    number = re.search(r"/exports/(\d+)/file", page)
    assert number is not None

    export_task(site.app.extensions["wms"]).do(export_id=int(number[1]))

    assert newest(officer)[1] == content


def test_what_somebody_typed_is_never_a_formula() -> None:
    content = write_excel(
        sheet(("=1+1", '=HYPERLINK("http://x")', 3), ("+7", "@x", 10**17)), on_row=lambda _: None
    )

    page = openpyxl.load_workbook(BytesIO(content)).active
    cells = [list(row) for row in page.iter_rows(min_row=5)]
    assert [[cell.value for cell in row] for row in cells] == [
        ["=1+1", '=HYPERLINK("http://x")', 3],
        ["+7", "@x", str(10**17)],
    ]
    assert {cell.data_type for row in cells for cell in row} == {"s", "n"}
    assert all(cell.hyperlink is None for row in cells for cell in row)


def test_progress_is_told_row_by_row() -> None:
    told: list[int] = []

    write_excel(sheet(*[("A", "b", number) for number in range(300)]), on_row=told.append)

    assert told == list(range(1, 301))


def test_a_pdf_has_a_limit_and_says_so() -> None:
    """Exactly the limit passes (not set here: it takes eight seconds); one more is refused before any work."""
    too_long = replace(sheet(), rows=[("A", "b", 1)] * (PDF_ROWS_MAX + 1))

    with pytest.raises(TooLongForPdf) as refused:
        write_pdf(too_long, house="h", made="m", at=AT, locale="zh_Hans")

    assert str(PDF_ROWS_MAX) in str(refused.value)


def test_the_bytes_of_an_old_file_are_deleted_and_the_list_says_so(site: Site) -> None:
    """The day before its term is over it is there; afterwards the digest stays, and nothing can be fetched."""
    officer = site.signed_in(Role.OFFICER)
    ask(officer, kind="STOCK", form="XLSX")
    do_jobs(site)
    page, content = newest(officer)
    digest = hashlib.sha256(content).hexdigest()
    assert "30 天后删除" in page
    with site.sessions() as session:
        made_at = session.scalars(select(Export).order_by(Export.id.desc()).limit(1)).one().finished_at
    assert made_at is not None

    def delete(made_before: datetime) -> int:
        return run(
            site.sessions,
            lambda session: delete_old(session, made_before=made_before, at=AT),
            by_id=0,
            action="exports.delete_old",
        )

    number = re.findall(r"/exports/(\d+)/file", page)[0]
    assert delete(made_at) == 0
    assert officer.get(f"/exports/{number}/file", base_url=BASE).data == content
    assert delete(made_at + timedelta(microseconds=1)) >= 1
    assert delete(made_at + timedelta(days=1)) == 0

    page, _ = newest(officer)
    assert f"/exports/{number}/file" not in page
    assert digest[:12] in page
    assert officer.get(f"/exports/{number}/file", base_url=BASE).status_code == 404


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler) reads the page back")
def test_a_pdf_is_an_archive_file_whose_chinese_can_be_read_and_searched(tmp_path: Path) -> None:
    """PDF/A-2u: says so in its metadata, carries its fonts, and its text comes out as it went in."""
    rows = [
        ("ILM-BLK", "伊拉姆高山红茶 #[x] \\ $1$", 54),
        ("NPL-CSH", "羊绒围巾", Decimal("12.50")),
        ("Z", None, date(2026, 1, 2)),
    ]
    path = tmp_path / "book.pdf"

    path.write_bytes(write_pdf(sheet(*rows), house="拉萨综合保税区", made="m", at=AT, locale="zh_Hans"))

    raw = path.read_bytes()
    assert b"<pdfaid:part>2</pdfaid:part>" in raw
    assert b"<pdfaid:conformance>U</pdfaid:conformance>" in raw
    text = subprocess.run(
        ["pdftotext", "-layout", path, "-"], capture_output=True, text=True, check=True
    ).stdout
    for word in (
        "账册 [T1]",
        "伊拉姆高山红茶 #[x] \\ $1$",
        "羊绒围巾",
        "12.5",
        "2026-01-02",
        "拉萨综合保税区",
    ):
        assert word in text
    fonts = subprocess.run(["pdffonts", path], capture_output=True, text=True, check=True).stdout
    assert all(line.split()[-5] == "yes" for line in fonts.splitlines()[2:]), fonts
