"""The columns of each file of a registry folder, and what stands in them."""

from typing import Final

from wms.i18n import N_
from wms.registry.agreement import place_agrees, product_agrees
from wms.registry.cells import (
    at_most,
    credit_code,
    customs_code,
    day,
    decimal,
    gtin,
    integer,
    many_of,
    maybe,
    one_of,
    shaped,
    text,
    yes_or_no,
)
from wms.registry.companies import CompanyRole, CreditClass
from wms.registry.products import StorageClass
from wms.registry.rows import (
    CompanyRow,
    OpeningLotRow,
    PlaceRow,
    ProductRow,
    UserRow,
    VehicleRow,
    YearlyQuantityRow,
    YearlySpentRow,
)
from wms.registry.sheets import Columns

CREDIT_CLASSES: Final = {
    "高级认证": CreditClass.ADVANCED_CERTIFIED,
    "认证": CreditClass.CERTIFIED,
    "常规": CreditClass.REGULAR,
    "失信": CreditClass.DISHONEST,
    "严重失信": CreditClass.SERIOUSLY_DISHONEST,
}
WAREHOUSE_KINDS: Final = {
    "BONDED": "bonded",
    "BORDER_GYIRONG": "border",
    "OVERSEAS_KATHMANDU": "overseas",
    "DISPLAY_SHOP": "shop",
}
PURPOSES: Final = {
    "STORE": "store",
    "RECEIVING": "receiving",
    "STAGING": "staging",
    "INSPECTION": "inspection",
    "RETURNS": "returns",
    "RETURNS_DOMESTIC": "returns_domestic",
    "DAMAGED": "quarantine",
}
#: The file says what a person does in a word of its own for one role only.
ROLES: Final = {"warehouse": "keeper"} | {
    role: role
    for role in (
        "supervisor",
        "declarant",
        "gate",
        "officer",
        "dispatcher",
        "shop",
        "quality",
        "owner",
        "admin",
    )
}
STORAGE_CLASSES: Final = {name: StorageClass(name.lower()) for name in ("AMBIENT", "COOL", "FROZEN")}

unit = shaped("[0-9]{3}", N_("{cell} is no unit: 3 digits of customs' table"))
country_number = shaped("[0-9]{3}", N_("{cell} is no country: 3 digits of customs' table"))
tariff = shaped("[0-9]{10}", N_("{cell} is no tariff number: 10 digits"))
user_name = shaped(
    "[a-z0-9][a-z0-9._-]{0,39}", N_("{cell} is no user name: at most 40 small letters, digits, . _ -")
)
_alpha3 = shaped("[A-Z]{3}", N_("{cell} is no country: 3 capitals"))
_regime = one_of({name: name for name in ("FOREIGN", "BONDED", "DOMESTIC")})
_share = decimal(decimals=6, least="0", below="1")
_grams = decimal(decimals=3, above="0", below="1000000000")
_degrees = decimal(decimals=2, least="-90", below="100")
_year = shaped("20[0-9]{2}", N_("{cell} is no year: 4 digits"))
_storage = one_of(STORAGE_CLASSES)
item_no = at_most(32)

COMPANIES: Final = Columns(
    make=CompanyRow,
    cells={
        "credit_code": ("credit_code", credit_code),
        "customs_code": ("customs_code", customs_code),
        "name": ("name", text),
        "roles": ("roles", many_of({role.value: role for role in CompanyRole})),
        "credit_class": ("credit_class", one_of(CREDIT_CLASSES)),
    },
)
VEHICLES: Final = Columns(
    make=VehicleRow,
    cells={
        "plate": ("plate", at_most(32)),
        "card_no": ("card_no", maybe(at_most(32))),
        "tare_kg": ("tare_kg", decimal(decimals=5, above="0", below="1000000")),
        "company_customs_code": ("company_customs_code", maybe(customs_code)),
    },
)
PRODUCTS: Final = Columns(
    make=ProductRow,
    cells={
        "item_no": ("item_no", item_no),
        "name_zh": ("name_zh", text),
        "name_en": ("name_en", text),
        "gtin": ("gtin", maybe(gtin)),
        "hs10": ("hs10", tariff),
        "spec": ("spec", text),
        "origin_num": ("origin_num", country_number),
        "origin_alpha3": ("origin_alpha3", _alpha3),
        "unit": ("unit", unit),
        "unit1": ("unit1", unit),
        "unit1_num": ("unit1_num", integer(1)),
        "unit1_den": ("unit1_den", integer(1)),
        "unit2": ("unit2", maybe(unit)),
        "unit2_num": ("unit2_num", maybe(integer(1))),
        "unit2_den": ("unit2_den", maybe(integer(1))),
        "net_g": ("net_g", _grams),
        "gross_g": ("gross_g", _grams),
        "vat_rate": ("vat_rate", _share),
        "consumption_tax_rate": ("consumption_tax_rate", _share),
        "duty_rate": ("duty_rate", decimal(decimals=6, least="0", below="10")),
        "positive_list": ("positive_list", yes_or_no),
        "yearly_max_qty": ("yearly_max_qty", maybe(integer(1))),
        "shelf_life_days": ("shelf_life_days", maybe(integer(1))),
        "storage_class": ("storage_class", _storage),
        "temp_min_c": ("temp_min_c", _degrees),
        "temp_max_c": ("temp_max_c", _degrees),
        "rh_max_pct": ("rh_max_pct", maybe(decimal(decimals=2, least="0", below="100.01"))),
    },
    optional={
        "declared_num": ("declared_num", integer(1), 1),
        "declared_den": ("declared_den", integer(1), 1),
    },
    agree=product_agrees,
)
PLACES: Final = Columns(
    make=PlaceRow,
    cells={
        "warehouse": ("warehouse", at_most(32)),
        "warehouse_kind": ("kind", one_of(WAREHOUSE_KINDS)),
        "location": ("location", at_most(64)),
        "zone": ("zone", at_most(8)),
        "aisle": ("aisle", integer(0)),
        "bay": ("bay", integer(0)),
        "level": ("level", integer(0)),
        "regime": ("regime", _regime),
        "in_zone": ("in_zone", yes_or_no),
        "purpose": ("purpose", one_of(PURPOSES)),
        "storage_class": ("storage_class", _storage),
    },
    agree=place_agrees,
)
USERS: Final = Columns(
    make=UserRow,
    cells={
        "user": ("user", user_name),
        "name": ("name", text),
        "role": ("role", one_of(ROLES)),
        "company_customs_code": ("company_customs_code", maybe(customs_code)),
    },
)
OPENING_LOTS: Final = Columns(
    make=OpeningLotRow,
    cells={
        "location": ("location", at_most(64)),
        "regime": ("regime", _regime),
        "item_no": ("item_no", item_no),
        "lot": ("lot", at_most(64)),
        "expiry": ("expiry", maybe(day)),
        "qty": ("quantity", integer(1)),
    },
)
YEARLY_SPENT: Final = Columns(
    make=YearlySpentRow,
    cells={
        "buyer_id": ("buyer_id", at_most(60)),
        "year": ("year", lambda cell: int(_year(cell))),
        "spent_cny": ("spent_cny", decimal(decimals=2, least="0")),
    },
)
YEARLY_QUANTITY: Final = Columns(
    make=YearlyQuantityRow,
    cells={
        "buyer_id": ("buyer_id", at_most(60)),
        "year": ("year", lambda cell: int(_year(cell))),
        "item_no": ("item_no", item_no),
        "qty": ("quantity", decimal(decimals=5, least="0")),
    },
)
