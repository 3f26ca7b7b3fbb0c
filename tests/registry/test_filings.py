"""一次备案: a company files once, staff decide once, and every flow uses what was approved."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from tests.databases import TestServer
from tests.web.site import BASE, Site, make_site, secure
from wms.auth.permissions import Role
from wms.auth.users import User
from wms.registry.checks import credit_check_character
from wms.registry.companies import Company, find_company
from wms.registry.products import Product, find_product

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo"
HEADER, *ROWS = (DEMO / "products.csv").read_text("utf-8-sig").splitlines()
OURS, THEIRS = "5499W6K901", "5499W6K902"
CREDIT = "91549900MA6TKN9A1" + credit_check_character("91549900MA6TKN9A1")


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One zone for all promises of this page; owner and declarant work for two companies nobody has filed."""
    folder = tmp_path_factory.mktemp("site")
    with database_server.clone() as database, make_site(database, folder, flows=None) as site:
        with site.sessions.begin() as session:
            session.info["acting"] = None
            for role, code in ((Role.OWNER, OURS), (Role.DECLARANT, THEIRS)):
                session.execute(
                    text("update user_account set company_code = :code where name = :name"),
                    {"code": code, "name": role.value},
                )
        yield site


@pytest.fixture(scope="module")
def owner(site: Site) -> FlaskClient:
    return site.signed_in(Role.OWNER)


@pytest.fixture(scope="module")
def other(site: Site) -> FlaskClient:
    return site.signed_in(Role.DECLARANT)


@pytest.fixture(scope="module")
def staff(site: Site) -> FlaskClient:
    return site.signed_in(Role.ADMIN)


def file_company(client: FlaskClient, **cells: Any) -> Any:
    form = {"credit_code": CREDIT, "name": "朗日优品（演示）", "roles": ["merchant", "shop"]} | cells
    return client.post("/filing/company", data=form, **secure(client))


def file_products(client: FlaskClient, *rows: str, header: str = HEADER) -> Any:
    content = "\r\n".join([header, *rows]).encode()
    form = {"sheet": (BytesIO(content), "products.csv")}
    return client.post("/filing/products", data=form, content_type="multipart/form-data", **secure(client))


def product(item_no: str, *, row: int = 0, **cells: str) -> str:
    """A row of the demonstration zone under another item number, with cells changed."""
    values = dict(zip(HEADER.split(","), ROWS[row].split(","), strict=True)) | {"item_no": item_no} | cells
    return ",".join(values.values())


def waiting(staff: FlaskClient) -> list[str]:
    page = staff.get("/registry/filings/", base_url=BASE).text.partition("最近审核")[0]
    return re.findall(r'href="/registry/filings/(\d+)"', page)


def approve(staff: FlaskClient, number: str) -> int:
    return staff.post(f"/registry/filings/{number}/approve", **secure(staff)).status_code


def test_a_company_files_itself_and_is_used_once_staff_approve(
    site: Site, owner: FlaskClient, staff: FlaskClient
) -> None:
    assert "未备案" in owner.get("/filing/", base_url=BASE).text

    assert file_company(owner).status_code == 303
    with site.sessions() as session:
        assert find_company(session, customs_code=OURS) is None, "filed is not approved"
    (number,) = waiting(staff)
    assert OURS in staff.get(f"/registry/filings/{number}", base_url=BASE).text
    assert approve(staff, number) == 303

    with site.sessions() as session:
        company = find_company(session, customs_code=OURS)
        assert company is not None
        assert (company.credit_code, company.roles) == (CREDIT, ["merchant", "shop"])
    assert waiting(staff) == []
    assert approve(staff, number) == 409, "decided once"
    entries = [entry.action for entry in site.audit()]
    assert {"filing.file", "filing.approve"} <= set(entries)


def test_every_fault_of_a_company_is_named_and_nothing_is_filed(
    owner: FlaskClient, staff: FlaskClient
) -> None:
    """The check character, the missing name and the missing role, all at once."""
    wrong = CREDIT[:-1] + ("A" if CREDIT[-1] != "A" else "B")

    answer = file_company(owner, credit_code=wrong, name=" ", roles=[])

    assert answer.status_code == 422
    for field in ("统一社会信用代码", "企业名称", "在区内的身份"):
        assert f"<td>{field}</td>" in answer.text, field
    assert wrong in answer.text, "what was typed stays in the form"
    assert waiting(staff) == []


def test_products_come_in_by_table_and_every_flow_finds_them(
    site: Site, owner: FlaskClient, staff: FlaskClient
) -> None:
    assert file_products(owner, product("LR-001"), product("LR-002", row=1)).status_code == 303
    (number,) = waiting(staff)
    shown = staff.get(f"/registry/filings/{number}", base_url=BASE).text
    assert "LR-001, LR-002" in shown, "what approving would add"

    assert approve(staff, number) == 303

    with site.sessions() as session:
        assert find_product(session, item_no="LR-002") is not None
    assert "LR-001" in staff.get("/registry/", base_url=BASE).text


def test_every_fault_of_a_table_is_named_by_row_and_column(
    site: Site, owner: FlaskClient, staff: FlaskClient
) -> None:
    """Three rows, four faults, in one answer; nothing of the table is filed."""
    answer = file_products(
        owner,
        product("LR-010", hs10="12"),
        product("LR-011", net_g="9999", gross_g="1", unit="x"),
        product("LR-010"),
    )

    assert answer.status_code == 422
    for place in ("第 2 行 · hs10", "第 3 行 · unit", "第 3 行 · net_g", "第 4 行 · item_no"):
        assert place in answer.text, place
    with site.sessions() as session:
        assert find_product(session, item_no="LR-011") is None
    assert waiting(staff) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "UTF-8|空|empty|为空"),
        ("料号,名称".encode("gbk"), "UTF-8"),
        (b"item_no,no_such\r\nA,b", "no_such"),
        ((HEADER + "\r\n").encode(), "没有商品"),
        (b'\x00\xff"', "UTF-8"),
    ],
)
def test_a_file_that_is_no_table_says_why(owner: FlaskClient, content: bytes, said: str) -> None:
    form = {"sheet": (BytesIO(content), "x.csv")}

    answer = owner.post("/filing/products", data=form, content_type="multipart/form-data", **secure(owner))

    assert answer.status_code == 422
    assert re.search(said, answer.text)
    assert owner.post("/filing/products", data={}, **secure(owner)).status_code == 422


def test_nobody_files_over_anothers_product(
    other: FlaskClient, owner: FlaskClient, staff: FlaskClient
) -> None:
    """An item number on file is changed by whoever filed it, and by nobody else."""
    answer = file_products(other, product("LR-001", name_zh="别人的"))
    assert answer.status_code == 422
    assert "LR-001" in answer.text

    assert file_products(owner, product("LR-001", name_zh="改名茶")).status_code == 303
    (number,) = waiting(staff)
    shown = staff.get(f"/registry/filings/{number}", base_url=BASE).text
    assert "改名茶" in shown
    assert approve(staff, number) == 303


def test_a_company_user_sees_only_its_own_filings(
    owner: FlaskClient, other: FlaskClient, staff: FlaskClient
) -> None:
    mine = re.findall(r'href="(/filing/\d+)"', owner.get("/filing/", base_url=BASE).text)
    assert mine

    assert re.findall(r'href="(/filing/\d+)"', other.get("/filing/", base_url=BASE).text) == []
    assert {other.get(address, base_url=BASE).status_code for address in mine} == {404}
    assert {owner.get(address, base_url=BASE).status_code for address in mine} == {200}
    assert owner.get("/registry/filings/", base_url=BASE).status_code == 403
    assert staff.get("/filing/", base_url=BASE).status_code == 403, "staff file for nobody"


def test_a_filing_is_returned_with_what_is_to_be_mended_and_filed_anew(
    site: Site, other: FlaskClient, staff: FlaskClient
) -> None:
    assert file_company(other, credit_code=CREDIT).status_code == 422, "on file for another company"
    mine = "91549900MA6TKN9A2" + credit_check_character("91549900MA6TKN9A2")
    file_company(other, credit_code=mine, name="错字公司")
    (number,) = waiting(staff)

    assert (
        staff.post(f"/registry/filings/{number}/return", data={"reason": " "}, **secure(staff)).status_code
        == 422
    )
    form = {"reason": "名称与执照不符"}
    assert staff.post(f"/registry/filings/{number}/return", data=form, **secure(staff)).status_code == 303

    assert "名称与执照不符" in other.get("/filing/", base_url=BASE).text
    with site.sessions() as session:
        assert find_company(session, customs_code=THEIRS) is None
    assert file_company(other, credit_code=mine, name="正名公司").status_code == 303
    assert approve(staff, waiting(staff)[0]) == 303
    with site.sessions() as session:
        assert session.scalars(select(Company.name).where(Company.customs_code == THEIRS)).one() == "正名公司"


def test_who_belongs_to_no_company_has_nothing_to_file(site: Site) -> None:
    with site.sessions() as session:
        assert session.scalars(select(User.company_code).where(User.name == "shop")).one() is None
    with site.sessions.begin() as session:
        session.info["acting"] = None
        session.execute(text("update user_account set role = 'owner' where name = 'shop'"))

    shop = site.signed_in(Role.SHOP)

    assert shop.get("/filing/", base_url=BASE).status_code == 409
    assert file_company(shop).status_code == 409


def test_versions_are_kept_as_they_were_filed(site: Site) -> None:
    """Facts: neither the filing nor its decision can be changed by the application."""
    for table, column in (("registry_filing", "number"), ("filing_decision", "reason")):
        with site.sessions() as session, pytest.raises(DBAPIError):
            session.execute(text(f"update {table} set {column} = 'x'"))
    with site.sessions() as session:
        counted = session.execute(text("select count(*) from registry_filing")).scalar_one()
        assert counted == 5
        assert session.scalars(select(Product.name_zh).where(Product.item_no == "LR-001")).one() == "改名茶"


def test_the_empty_table_has_the_columns_that_are_read(owner: FlaskClient) -> None:
    answer = owner.get("/filing/products.csv/file", base_url=BASE)

    header = answer.data.decode("utf-8-sig").strip()
    assert file_products(owner, header=header).status_code == 422
    assert set(header.split(",")) == set(HEADER.split(",")) - {"declared_num", "declared_den"}
