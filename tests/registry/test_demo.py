"""The demonstration zone is a right folder, and its first lorry's papers are about its own goods."""

from decimal import Decimal
from pathlib import Path

from lxml import etree

from wms.registry.files import RegistryFiles, read_registry
from wms.registry.rows import BookFile

DEMO = Path(__file__).resolve().parents[2] / "config" / "demo"


def demo() -> RegistryFiles:
    files = read_registry(DEMO)
    assert isinstance(files, RegistryFiles), [str(fault) for fault in files]
    return files


def book() -> BookFile:
    found = demo().account_book
    assert found is not None
    return found


def values(name: str) -> dict[str, list[str]]:
    """Texts by local name of a demonstration message."""
    texts: dict[str, list[str]] = {}
    for element in etree.parse(DEMO / name).iter():
        if element.text and element.text.strip():
            texts.setdefault(etree.QName(element).localname, []).append(element.text.strip())
    return texts


def test_the_demonstration_zone_is_a_right_folder_whose_lots_agree_with_its_book() -> None:
    files = demo()

    assert files.remarks == ()
    assert len(files.products) >= 30
    assert len(files.places) >= 60
    assert {place.kind for place in files.places} == {"bonded", "border", "overseas", "shop"}
    assert {user.role for user in files.users} == {
        "keeper", "supervisor", "declarant", "gate", "officer",
        "dispatcher", "shop", "quality", "owner", "admin",
    }  # fmt: skip


def test_the_first_list_declares_goods_of_the_book_in_the_units_of_the_registry() -> None:
    products = {product.item_no: product for product in demo().products}
    lines = {line.item_no: line for line in book().lines}
    declared = values("messages/1-INV101.xml")

    for place, item in enumerate(declared["GdsMtno"]):
        assert declared["PutrecSeqno"][place] == str(lines[item].line_no)
        assert declared["DclUnitcd"][place] == products[item].unit
        first = Decimal(declared["DclQty"][place]) * products[item].unit1_num / products[item].unit1_den
        assert Decimal(declared["LawfQty"][place]) == first
        assert Decimal(declared["GrossWt"][place]) * 1000 == (
            products[item].gross_g * int(declared["DclQty"][place])
        )


def test_the_lorrys_papers_name_each_other() -> None:
    """Answer joins by the firm's own number, receipt by the pre-entry number, pass by list and plate."""
    inv101, answer, inv201 = (
        values(f"messages/{name}") for name in ("1-INV101.xml", "2-INV101-response.xml", "3-INV201.xml")
    )
    sas121, pass_answer, sas221 = (
        values(f"messages/{name}") for name in ("4-SAS121.xml", "5-SAS121-response.xml", "6-SAS221.xml")
    )
    passage = values("later/SAS223.xml")

    assert inv101["EtpsInnerInvtNo"] == answer["EtpsPreentNo"]
    assert inv201["etpsPreentNo"] == answer["SeqNo"]
    assert inv101["PutrecNo"] == inv201["putrecNo"] == [book().book_no]
    assert sas121["RltNo"] == inv201["bondInvtNo"]
    assert sas121["EtpsPreentNo"] == pass_answer["EtpsPreentNo"]
    assert sas221["etpsPreentNo"] == passage["etpsPreentNo"] == pass_answer["SeqNo"]
    assert set(sas221["passportNo"]) == set(passage["passportNo"])
    assert sas121["VehicleNo"][0] in {vehicle.plate for vehicle in demo().vehicles}
    total = Decimal(sas121["VehicleWt"][0]) + Decimal(sas121["TotalGrossWt"][0])
    assert Decimal(sas121["TotalWt"][0]) == total
    assert abs(Decimal(passage["passCollectWt"][0]) - total) <= total * Decimal("0.03")
