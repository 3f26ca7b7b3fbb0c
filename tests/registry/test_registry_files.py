"""A registry folder is read to its end: right rows typed, every fault said with its place."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from tests.reference import acceptance_day
from tests.registry.folders import FILES, write_folder
from wms.registry.cells import Fault
from wms.registry.companies import CompanyRole, CreditClass
from wms.registry.files import RegistryFiles, read_registry
from wms.registry.products import StorageClass


def faults_of(folder: Path) -> list[str]:
    found = read_registry(folder)
    return [] if isinstance(found, RegistryFiles) else [str(fault) for fault in found]


def right(folder: Path) -> RegistryFiles:
    found = read_registry(folder)
    assert isinstance(found, RegistryFiles), [str(fault) for fault in found]
    return found


def test_a_right_folder_is_typed_in_our_words(tmp_path: Path) -> None:
    files = right(write_folder(tmp_path))

    assert files.companies[0].roles == (CompanyRole.WAREHOUSE, CompanyRole.DECLARANT)
    assert files.companies[0].credit_class is CreditClass.CERTIFIED
    assert files.vehicles[0].tare_kg == Decimal("6800.5")
    assert files.products[1].gtin is None
    assert (files.products[1].unit2_num, files.products[1].unit2_den) == (7, 50)
    assert files.products[0].storage_class is StorageClass.AMBIENT
    assert [place.purpose for place in files.places] == ["store", "quarantine", "store"]
    assert [user.role for user in files.users] == ["keeper", "officer"]
    assert files.opening_lots[0].expiry == date(2027, 1, 31)
    assert files.account_book is not None
    assert files.account_book.lines[0].balance == 20
    assert files.remarks == ()


@pytest.mark.parametrize(("spoil", "said"), [
    ({"companies": ("0Y43", "0Y44")}, "(row 2, credit_code): 91350100M000100Y44 is no credit code"),
    ({"companies": (",认证", ",一般")}, "companies.csv (row 2, credit_class): 一般 is not one of"),
    ({"companies": ("warehouse;declarant", "warehouse;warehouse")}, "roles): warehouse;warehouse names"),
    ({"products": ("4006381333931", "4006381333930")}, "(row 2, gtin): 4006381333930 is no GTIN"),
    ({"products": (",1,4,", ",1,0,")}, "(row 2, unit1_den): 0 is less than 1"),
    ({"products": (",250,310,", ",320,310,")}, "(row 2, net_g): 320 g net is more than 310 g gross"),
    ({"products": ("035,7,50", "035,7,")}, "(row 3, unit2_den): the second unit wants its code, its factor"),
    ({"products": (",0.09,", ",9%,")}, "(row 2, vat_rate): 9% is no plain decimal number"),
    ({"products": (",5,30,70", ",31,30,70")}, "(row 2, temp_min_c): 31 °C at least is above 30 °C at most"),
    ({"products": (",yes,", ",ja,")}, "(row 2, positive_list): ja is not one of: yes, no"),
    ({"products": ("SHAWL,", "TEA,")}, "(row 3, item_no): TEA stands already in row 2"),
    ({"products": ("红茶", "红\x07茶")}, "(row 2, name_zh): holds the control character U+0007"),
    ({"places": ("W1,BONDED,W1-D-1", "W1,DISPLAY_SHOP,W1-D-1")}, "DISPLAY_SHOP here and BONDED in row 2"),
    ({"places": ("FOREIGN,no", "FOREIGN,yes")}, "(row 4, in_zone): an overseas warehouse lies in no zone"),
    ({"users": (",9999W6A001", ",9999W6A009")}, "company_customs_code): 9999W6A009 is not in companies"),
    ({"opening_lots": ("2027-01-31", "2027-02-30")}, "expiry): 2027-02-30 is no day of the calendar"),
    ({"opening_lots": ("2027-01-31", "2027-W05-1")}, "expiry): 2027-W05-1 is no day of the calendar"),
    ({"opening_lots": (",20\n", "," + "9" * 5000 + "\n")}, "9 is no whole number"),
    ({"opening_lots": ("W1-A-1,BONDED", "W1-A-1,DOMESTIC")}, "(row 2, regime): W1-A-1 holds BONDED goods"),
    ({"opening_lots": (",20\n", ",2.5\n")}, "(row 2, qty): 2.5 is no whole number"),
    ({"yearly_qty": ("SHAWL", "HAT")}, "(row 2, item_no): HAT is not in products.csv"),
    ({"account_book": ('"dclUnitcd": "140"', '"dclUnitcd": "122"')}, "122 in the book, 140 on file for TEA"),
    ({"account_book": ('"actlRedcQty": "10"', '"actlRedcQty": "31"')}, "-1 lies there by the book"),
    ({"account_book": ('"status": "active",', "")}, "account_book.json (status): is missing"),
    ({"account_book": ('"gdsSeqno": 1,', '"gdsSeqno": 1.5,')}, "(row 1, gdsSeqno): 1.5 is no whole number"),
    ({"account_book": ("}]}", "}]")}, "account_book.json: is no JSON"),
    ({"opening_lots": ("W1-A-1,BONDED,TEA", "W1-A-1,BONDED,SHAWL")}, "(row 2, item_no): SHAWL lies in a bonded"),
    ({"account_book": None}, "opening_lots.csv: opening lots want their account_book.json beside them"),
    ({"users": ("k1,", "K1,")}, "(row 2, user): K1 is no user name"),
    ({"users": None}, "users.csv: is missing from the folder"),
])  # fmt: skip
def test_each_fault_is_said_with_its_place(
    tmp_path: Path, spoil: dict[str, tuple[str, str] | None], said: str
) -> None:
    assert any(said in fault for fault in faults_of(write_folder(tmp_path, **spoil))), faults_of(tmp_path)


def test_no_fault_hides_another(tmp_path: Path) -> None:
    """One row with three faults, references into it, another file: all said, none invented."""
    write_folder(
        tmp_path,
        products=("TEA,红茶,Tea,4006381333931,0902409000", "TEA,,Tea,123,09024"),
        users=("k1,仓甲,warehouse", "k 1,仓甲,keeper"),
    )

    assert [fault.split(":")[0] for fault in faults_of(tmp_path)] == [
        "products.csv (row 2, name_zh)",
        "products.csv (row 2, gtin)",
        "products.csv (row 2, hs10)",
        "users.csv (row 2, user)",
        "users.csv (row 2, role)",
    ]


def test_a_line_of_the_wrong_length_and_a_foreign_column_are_said(tmp_path: Path) -> None:
    write_folder(tmp_path, users=("o1,关甲,officer,", "o1,关甲,officer"))
    (tmp_path / "vehicles.csv").write_text("plate,card_no,tare_kg,colour\nA,1,2,red\n", "utf-8")

    assert faults_of(tmp_path) == [
        "users.csv (row 3): has 3 cells under 4 columns",
        "vehicles.csv (row 1, company_customs_code): this column is missing",
        "vehicles.csv (row 1, colour): no such column is known here",
    ]


@pytest.mark.parametrize(("content", "said"), [
    (b"", "is empty"),
    (b"\xff\xfeu\x00", "is not UTF-8: byte 0"),
    (b'user,"na\nme', "is no CSV from here on"),
])  # fmt: skip
def test_a_file_that_is_no_csv_says_so(tmp_path: Path, content: bytes, said: str) -> None:
    write_folder(tmp_path)
    (tmp_path / "users.csv").write_bytes(content)

    assert any(said in fault for fault in faults_of(tmp_path))


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    write_folder(tmp_path)
    (tmp_path / "users.csv").write_bytes(b"\xef\xbb\xbf" + FILES["users.csv"].replace("\n", "\r\n").encode())

    assert right(tmp_path).users == right(write_folder(tmp_path / "plain")).users


def test_lots_that_differ_from_the_book_are_remarked_on_not_refused(tmp_path: Path) -> None:
    """What lies there may differ from what customs counts: that is a case for a person, not a bad file."""
    write_folder(tmp_path, opening_lots=(",20\n", ",19\n"))
    (tmp_path / "user.csv").write_text("a misspelt name")

    assert [str(remark) for remark in right(tmp_path).remarks] == [
        "user.csv: is no file of a registry and was not read",
        "account_book.json (row 1, gdsMtno): the book holds 20 of TEA, its opening lots 19",
    ]


def test_what_is_no_folder_says_so(tmp_path: Path) -> None:
    assert faults_of(tmp_path / "nowhere") == [f"{tmp_path / 'nowhere'}: is no folder"]


def test_a_fault_speaks_the_readers_language_where_it_is_translated() -> None:
    fault = Fault(file="users.csv", row=2, column="role", message="{cell} is wrong", facts={"cell": "x"})

    assert str(replace(fault, row=None)) == "users.csv (role): x is wrong"


@pytest.mark.reference
def test_the_reference_day_is_a_right_folder() -> None:
    """Its registry holds 42 products, and its lots agree with its book to the piece."""
    files = right(acceptance_day() / "registry")

    assert (len(files.companies), len(files.products), len(files.places)) == (13, 42, 240)
    assert files.remarks == ()
    assert files.rules is not None
    assert files.rules.limit_yearly_cny == Decimal("26000.00")
