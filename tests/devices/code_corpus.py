"""Scans as they come in, and what each must be: (text, type, fields that must hold).

Numbers are invented in the real shapes; check digits are computed here, apart from the code under test.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from devices.codes import (
    BatchCode,
    Code,
    ContainerCode,
    DocumentCode,
    DocumentKind,
    Doubt,
    GtinCode,
    HandlingUnitCode,
    LocationCode,
    LotCode,
    ParcelCode,
    PlateCode,
    ProductCode,
    UnknownCode,
)

Case = tuple[str, type[Code], dict[str, object]]
GS = "\x1d"
EXPIRY = date(2027, 12, 31)


def with_check(digits: str) -> str:
    """GS1 modulo 10: weights 3 and 1 from the right."""
    total = sum(int(digit) * (3 if at % 2 == 0 else 1) for at, digit in enumerate(reversed(digits)))
    return digits + str(-total % 10)


def wrong_check(digits: str) -> str:
    right = with_check(digits)
    return right[:-1] + str((int(right[-1]) + 1) % 10)


ITEMS_13 = [
    f"{prefix}{at:05d}1234"[:12] for at, prefix in enumerate(("690", "977", "890", "400", "500", "880"))
]
ITEMS_8 = ["6901234", "4012345", "9612345"]
ITEMS_12 = ["03600029145", "61414112345", "78901234567"]
ITEMS_14 = ["1690123456789", "2690123456789", "5400123456789"]
UNITS = ["06901234000000001", "10614141234567890", "39501101530000123", "16901234567890123"]


def gtins() -> Iterator[Case]:
    for body in ITEMS_8 + ITEMS_12 + ITEMS_13 + ITEMS_14:
        right, wrong = with_check(body), wrong_check(body)
        filed = right.zfill(14)
        yield right, GtinCode, {"gtin": filed, "lot": None}
        yield f"{right}\r\n", GtinCode, {"gtin": filed}
        yield f"  {right}\t", GtinCode, {"gtin": filed}
        yield wrong, UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
        yield f"01{filed}", GtinCode, {"gtin": filed}
        yield f"]C101{filed}", GtinCode, {"gtin": filed, "symbology": "]C1"}
        yield f"(01){filed}", GtinCode, {"gtin": filed}
        yield f"]d201{wrong.zfill(14)}", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
        yield f"https://id.gs1.org/01/{filed}", GtinCode, {"gtin": filed}
    for body in ITEMS_13 + ITEMS_12:
        yield f"]E0{with_check(body)}", GtinCode, {"gtin": with_check(body).zfill(14)}
        yield f"]E0{wrong_check(body)}", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
    for body in ITEMS_14:
        yield f"]I1{with_check(body)}", GtinCode, {"gtin": with_check(body)}
    for body in ITEMS_8:
        yield f"]E4{with_check(body)}", GtinCode, {"gtin": with_check(body).zfill(14)}
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in with_check(ITEMS_13[0]))
    yield wide, GtinCode, {"gtin": with_check(ITEMS_13[0]).zfill(14)}
    yield "00000000", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
    yield "0000000000000", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}


def handling_units() -> Iterator[Case]:
    for body in UNITS:
        right, wrong = with_check(body), wrong_check(body)
        unit = {"number": right, "is_sscc": True}
        yield f"]C100{right}", HandlingUnitCode, unit
        yield f"]d200{right}", HandlingUnitCode, unit
        yield f"]Q300{right}", HandlingUnitCode, unit
        yield f"00{right}", HandlingUnitCode, unit
        yield f"{GS}00{right}", HandlingUnitCode, unit
        yield f"(00){right}", HandlingUnitCode, unit
        yield f"https://example.com/00/{right}", HandlingUnitCode, unit
        yield f"]C100{wrong}", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
        yield f"00{wrong}", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
        yield f"(00){wrong}", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
        yield f"]C100{right[:-1]}", UnknownCode, {"doubt": Doubt.MALFORMED_GS1}
        inside = with_check(ITEMS_14[0])
        yield (
            f"]C100{right}02{inside}37120{GS}10LOT-7A",
            HandlingUnitCode,
            {**unit, "content_gtin": inside, "count": 120, "lot": "LOT-7A"},
        )
    yield "]C1" + "00" + "0" * 18, UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
    yield with_check(UNITS[1]), HandlingUnitCode, {"number": with_check(UNITS[1])}
    yield f"]C0{with_check(UNITS[1])}", HandlingUnitCode, {"number": with_check(UNITS[1])}
    yield wrong_check(UNITS[1]), UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}


def element_strings() -> Iterator[Case]:
    item = with_check(ITEMS_14[0])
    whole = {"gtin": item, "lot": "LOT-7A", "expires_on": EXPIRY, "doubts": ()}
    for symbology in ("]C1", "]d2", "]Q3", "]e0", ""):
        yield f"{symbology}01{item}1727123110LOT-7A", GtinCode, whole
        yield f"{symbology}01{item}10LOT-7A{GS}17271231", GtinCode, whole
        yield f"{symbology}{GS}01{item}10LOT-7A{GS}17271231", GtinCode, whole
        yield f"{symbology}01{item}10LOT-7A{GS}17271231{GS}", GtinCode, whole
    for spelling in ("{GS}", "<GS>", "\\x1d", "^]", "\u241d", "\u2194"):
        yield f"]C101{item}10LOT-7A{spelling}17271231", GtinCode, whole
        yield f"01{item}10LOT-7A{spelling}17271231", GtinCode, whole
    yield f"(01){item}(17)271231(10)LOT-7A", GtinCode, whole
    yield f"(01){item}(10)LOT-7A(17)271231", GtinCode, whole
    yield f"（01）{item}（10）LOT-7A（17）271231", GtinCode, whole
    yield f"]C101{item}17271200", GtinCode, {"expires_on": EXPIRY}
    yield f"]C101{item}17000000", GtinCode, {"expires_on": None}
    yield f"]C101{item}1700000010A", GtinCode, {"expires_on": None, "lot": "A"}
    yield f"]C101{item}15270601", GtinCode, {"best_before_on": date(2027, 6, 1)}
    yield f"]C101{item}11260102", GtinCode, {"produced_on": date(2026, 1, 2)}
    yield f"]C101{item}17270230", UnknownCode, {"doubt": Doubt.WRONG_DATE}
    yield f"]C101{item}17271399", UnknownCode, {"doubt": Doubt.MALFORMED_GS1}
    yield f"]C101{item}21SER/1", GtinCode, {"serial": "SER/1", "lot": None}
    yield f"]C101{item}10A{GS}21B", GtinCode, {"lot": "A", "serial": "B"}
    yield f"]C101{item}3103001250", GtinCode, {"net_mass_g": Decimal(1250)}
    yield f"]C101{item}3100000012", GtinCode, {"net_mass_g": Decimal(12000)}
    yield f"]C101{item}422524", GtinCode, {"origin": "524"}
    yield f"]C101{item}3012", GtinCode, {"count": 12}
    yield f"]C102{item}3712", GtinCode, {"gtin": item, "count": 12}
    yield f"]C101{item}10A{GS}10B", UnknownCode, {"doubt": Doubt.CONFLICTING_VALUES}
    yield f"]C101{item}10A{GS}10A", GtinCode, {"lot": "A"}
    yield f"]C101{item}10", UnknownCode, {"doubt": Doubt.MALFORMED_GS1}
    yield f"]C101{item}10{'A' * 21}", UnknownCode, {"doubt": Doubt.MALFORMED_GS1}
    yield f"]C101{item}10A批", UnknownCode, {"doubt": Doubt.MALFORMED_GS1}
    yield "]C101123", UnknownCode, {"doubt": Doubt.MALFORMED_GS1}
    yield "]C1", UnknownCode, {"doubt": Doubt.EMPTY}
    yield f"]C1{GS}", UnknownCode, {"doubt": Doubt.EMPTY}
    yield "]C1ABCDEF", UnknownCode, {"doubt": Doubt.MALFORMED_GS1}
    yield "(01)123(10)A", UnknownCode, {"doubt": Doubt.MALFORMED_GS1}
    yield "(", UnknownCode, {"doubt": Doubt.MALFORMED_GS1}
    yield "]C1414" + with_check("690123400001"), UnknownCode, {"doubt": Doubt.UNRECOGNISED}
    yield "]C1414" + wrong_check("690123400001"), UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
    # A scanner that swallows GS glues the fields; a person is asked.
    for tail in ("17271231", "15270601", "11260102", "17271200"):
        yield f"]C101{item}10LOT-7A{tail}", GtinCode, {"doubts": (Doubt.GLUED_FIELDS,)}
        yield f"]C101{item}21SN9{tail}", GtinCode, {"doubts": (Doubt.GLUED_FIELDS,)}
    yield f"]C102{item}10LOT-7A3748", GtinCode, {"doubts": (Doubt.GLUED_FIELDS,)}
    yield f"]C101{item}10LOT-7A17991399", GtinCode, {"doubts": ()}
    # Packs with two bar codes: the second names no item.
    yield "]C11727123110LOT-7A", BatchCode, {"lot": "LOT-7A", "expires_on": EXPIRY}
    yield "]C110LOT-7A", BatchCode, {"lot": "LOT-7A", "expires_on": None}
    yield f"10LOT-7A{GS}17271231", BatchCode, {"lot": "LOT-7A", "expires_on": EXPIRY}
    yield "1727123110LOT-7A", BatchCode, {"lot": "LOT-7A", "expires_on": EXPIRY}
    yield "(17)271231(10)LOT-7A", BatchCode, {"lot": "LOT-7A", "expires_on": EXPIRY}
    yield "]d221SERIAL1", BatchCode, {"serial": "SERIAL1"}


def links() -> Iterator[Case]:
    item = with_check("0950600013435")
    assert item == "09506000134352"
    for host in (
        "https://id.gs1.org",
        "http://example.com",
        "https://brand.example/zh/p",
        "HTTPS://EXAMPLE.COM",
    ):
        yield f"{host}/01/{item}", GtinCode, {"gtin": item}
        yield f"{host}/01/{item}/10/LOT-7A?17=271231", GtinCode, {"lot": "LOT-7A", "expires_on": EXPIRY}
    yield f"]Q1https://example.com/01/{item}/21/S1", GtinCode, {"serial": "S1", "symbology": "]Q1"}
    yield f"https://example.com/01/{item}/10/A%2FB", GtinCode, {"lot": "A/B"}
    yield "https://id.gs1.org/01/09506000134351", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
    yield "https://example.com/hello", UnknownCode, {"doubt": Doubt.UNRECOGNISED}
    yield "http://", UnknownCode, {"doubt": Doubt.UNRECOGNISED}


OWN_LABELS: list[Case] = [
    ("L1LWIN02540PA", LotCode, {"lot": "LWIN02540"}),
    ("l1lwin02540pa", LotCode, {"lot": "LWIN02540"}),
    ("]C0L1LWIN02540PA", LotCode, {"lot": "LWIN02540", "symbology": "]C0"}),
    ("]Q1L1LWIN02540PA", LotCode, {"lot": "LWIN02540"}),
    ("Ｌ１ＬＷＩＮ０２５４０ＰＡ", LotCode, {"lot": "LWIN02540"}),
    ("L1LWIN02540PB", UnknownCode, {"doubt": Doubt.WRONG_LABEL_CHECK}),
    ("L1LWIN02450PA", UnknownCode, {"doubt": Doubt.WRONG_LABEL_CHECK}),
]


def places() -> Iterator[Case]:
    for place in ("WB01-A-05-07-2", "WB01-T-01-01-1", "SH01-V-01-02-1", "GY01-A-01-01-1", "WB01-STAGING"):
        yield place, LocationCode, {"location": place}
        yield place.lower(), LocationCode, {"location": place}
        yield f"]C0{place}", LocationCode, {"location": place}
        yield place.replace("-", "－"), LocationCode, {"location": place}
        yield place.replace("-", "–"), LocationCode, {"location": place}
        yield f"\ufeff{place}\r", LocationCode, {"location": place}
    for item in ("NP-TEA-001", "DE-MLK-002", "AU-VIT-001", "IT-BAG-0021"):
        yield item, ProductCode, {"item_no": item}
        yield item.lower(), ProductCode, {"item_no": item}
    yield "WB01", UnknownCode, {"doubt": Doubt.UNRECOGNISED}
    yield "NP-TEA", UnknownCode, {"doubt": Doubt.UNRECOGNISED}


def documents() -> Iterator[Case]:
    kind = DocumentKind
    for number, expected in (
        ("QD889926I000000101", kind.BONDED_LIST),
        ("QD311124I000067486", kind.BONDED_LIST),
        ("QD889926E000000500", kind.BONDED_LIST),
        ("Z8899I260520000000000001", kind.GATE_PASS),
        ("Z3111E240726000000001234", kind.GATE_PASS),
        ("Z3111E240726T00000001234", kind.GATE_PASS),
        ("X9008I190128000001", kind.STOCK_BILL),
        ("X8899E260520000017", kind.STOCK_BILL),
        ("T3111W000076", kind.ACCOUNT_BOOK),
        ("T8899W000001", kind.ACCOUNT_BOOK),
        ("T9008D000009", kind.ACCOUNT_BOOK),
        ("L9013B19A008", kind.ACCOUNT_BOOK),
        ("88992026I600001000", kind.RETAIL_LIST),
        ("88992026E600001000", kind.RETAIL_LIST),
        ("202400000122403239", kind.PRE_ENTRY),
        ("202600000000000018", kind.PRE_ENTRY),
        ("889920261012345678", kind.DECLARATION),
        ("311120240123456789", kind.DECLARATION),
    ):
        yield number, DocumentCode, {"number": number, "kind": expected}
        yield number.lower(), DocumentCode, {"number": number, "kind": expected}
        yield f"]C0{number}", DocumentCode, {"number": number, "kind": expected}
    for broken in (
        "QD889926X000000101",
        "Z8899I261320000000000001",
        "X8899E260532000017",
        "QD889926I00000010",
    ):
        yield broken, UnknownCode, {"doubt": Doubt.UNRECOGNISED}


def vehicles() -> Iterator[Case]:
    for said, plate in (
        ("藏A12345", "藏A12345"),
        ("藏A·12345", "藏A12345"),
        ("藏A 12345", "藏A12345"),
        ("藏AD12345", "藏AD12345"),
        ("测A00101", "测A00101"),
        ("川B1234挂", "川B1234挂"),
        ("粤Z1234港", "粤Z1234港"),
        ("藏a12345", "藏A12345"),
        ("藏Ａ１２３４５", "藏A12345"),
    ):
        yield said, PlateCode, {"plate": plate}
    yield "藏12345", UnknownCode, {"doubt": Doubt.UNRECOGNISED}
    for said in ("CSQU3054383", "csqu3054383", "CSQU 305438 3", "CSQU305438-3"):
        yield said, ContainerCode, {"container": "CSQU3054383"}
    yield "CSQU3054384", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}


def parcels() -> Iterator[Case]:
    for waybill in (
        "SF1234567890123",
        "XZ990001000458",
        "XZ980000000100",
        "YT1234567890123",
        "JD0012345678901",
        "JDVA12345678901",
        "JT1234567890123",
        "73123456789012",
        "RA123456785CN",
        "EE473124829US",
    ):
        yield waybill, ParcelCode, {"waybill": waybill}
        yield waybill.lower(), ParcelCode, {"waybill": waybill}
        yield f"]C0{waybill}", ParcelCode, {"waybill": waybill}
    yield "RA123456784CN", UnknownCode, {"doubt": Doubt.WRONG_CHECK_DIGIT}
    yield "SF123", UnknownCode, {"doubt": Doubt.UNRECOGNISED}


def nonsense() -> Iterator[Case]:
    for said in ("", " ", "\r\n", GS, "\u3000", "\ufeff"):
        yield said, UnknownCode, {"doubt": Doubt.EMPTY}
    yield "A" * 513, UnknownCode, {"doubt": Doubt.TOO_LONG}
    for said in ("a\x00b", "[)>\x1e06\x1d", "\x1b[31m", "x\x7fy"):
        yield said, UnknownCode, {"doubt": Doubt.CONTROL_CHARACTER}
    for said in ("]c10112345678901231", "]D2X", "]q3X"):
        yield said, UnknownCode, {"doubt": Doubt.MALFORMED_SYMBOLOGY}
    for said in (
        "hello",
        "你好",
        "LS260520B000198",
        "null",
        '{"lot": 1}',
        "'; drop table lot; --",
        "1234567",
    ):
        yield said, UnknownCode, {"doubt": Doubt.UNRECOGNISED}


def corpus() -> list[Case]:
    families = (gtins, handling_units, element_strings, links, places, documents, vehicles, parcels, nonsense)
    cases = [*OWN_LABELS, *(case for family in families for case in family())]
    # A number in lower case is the same number where it has no letters.
    return list({case[0]: case for case in cases}.values())
