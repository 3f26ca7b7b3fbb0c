"""What the files of a registry folder say, typed: one frozen row per line, in our words and exact numbers."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from wms.registry.companies import CompanyRole, CreditClass
from wms.registry.products import StorageClass


@dataclass(frozen=True, kw_only=True)
class CompanyRow:
    """One line of companies.csv."""

    row: int
    credit_code: str
    customs_code: str
    name: str
    roles: tuple[CompanyRole, ...]
    credit_class: CreditClass


@dataclass(frozen=True, kw_only=True)
class VehicleRow:
    """One line of vehicles.csv; `company_customs_code` names the owner where it is on file."""

    row: int
    plate: str
    card_no: str | None
    tare_kg: Decimal
    company_customs_code: str | None


@dataclass(frozen=True, kw_only=True)
class ProductRow:
    """One line of products.csv; the columns are those of `Product`."""

    row: int
    item_no: str
    name_zh: str
    name_en: str
    gtin: str | None
    hs10: str
    spec: str
    origin_num: str
    origin_alpha3: str
    unit: str
    declared_num: int
    declared_den: int
    unit1: str
    unit1_num: int
    unit1_den: int
    unit2: str | None
    unit2_num: int | None
    unit2_den: int | None
    net_g: Decimal
    gross_g: Decimal
    vat_rate: Decimal
    consumption_tax_rate: Decimal
    duty_rate: Decimal
    positive_list: bool
    yearly_max_qty: int | None
    shelf_life_days: int | None
    storage_class: StorageClass
    temp_min_c: Decimal
    temp_max_c: Decimal
    rh_max_pct: Decimal | None


@dataclass(frozen=True, kw_only=True)
class PlaceRow:
    """One line of places.csv.

    `kind` is bonded, border, overseas or shop; `regime` FOREIGN, BONDED or DOMESTIC; `purpose` store,
    receiving, staging, inspection, returns, returns_domestic or quarantine (DAMAGED in the file).
    """

    row: int
    warehouse: str
    kind: str
    location: str
    zone: str
    aisle: int
    bay: int
    level: int
    regime: str
    in_zone: bool
    purpose: str
    storage_class: StorageClass


@dataclass(frozen=True, kw_only=True)
class UserRow:
    """One line of users.csv; `role` in the words of wms.auth (keeper, officer, shop, admin, …)."""

    row: int
    user: str
    name: str
    role: str
    company_customs_code: str | None


@dataclass(frozen=True, kw_only=True)
class BookLineRow:
    """One line of the account book, quantities in the declared unit as customs writes them."""

    row: int
    line_no: int
    item_no: str
    hs10: str
    name: str
    spec: str
    origin_num: str
    unit: str
    unit1: str
    unit2: str | None
    booked_in: Decimal
    booked_out: Decimal
    promised_in: Decimal
    promised_out: Decimal
    execution_mark: str

    @property
    def balance(self) -> Decimal:
        """What the book says lies there: 实增 − 实减."""
        return self.booked_in - self.booked_out


@dataclass(frozen=True, kw_only=True)
class BookFile:
    """account_book.json; `opening_at` is a local time, the day's zone is in the rules or the settings."""

    book_no: str
    book_type: str
    append_mode: str
    company_customs_code: str
    company_credit_code: str
    company_name: str
    master_customs: str
    opening_at: datetime
    status: str
    lines: tuple[BookLineRow, ...]


@dataclass(frozen=True, kw_only=True)
class OpeningLotRow:
    """One line of opening_lots.csv; `quantity` in stock units."""

    row: int
    location: str
    regime: str
    item_no: str
    lot: str
    expiry: date | None
    quantity: int


@dataclass(frozen=True, kw_only=True)
class YearlySpentRow:
    """What a buyer has spent in a calendar year before the opening, CNY."""

    row: int
    buyer_id: str
    year: int
    spent_cny: Decimal


@dataclass(frozen=True, kw_only=True)
class YearlyQuantityRow:
    """What a buyer has had of an item with a yearly maximum, declared units."""

    row: int
    buyer_id: str
    year: int
    item_no: str
    quantity: Decimal


@dataclass(frozen=True, kw_only=True)
class StorageLimits:
    """Limits of a storage class: °C and percent of relative humidity, none where there is no limit."""

    temp_min_c: Decimal
    temp_max_c: Decimal
    rh_max_pct: Decimal | None


@dataclass(frozen=True, kw_only=True)
class Rules:
    """rules.json: every limit, tolerance, clock and threshold of a day; times are local."""

    format_version: str
    day: date
    utc_offset: str
    matching_run_time: time
    cut_off_time: time
    book_no: str
    customs_code: str
    port_code: str
    supervision_mode: str
    second_line_transport: str
    head_country: str
    currency: str
    limit_single_cny: Decimal
    limit_yearly_cny: Decimal
    limits_inclusive: bool
    tax_reduction: Decimal
    tax_rounding: str
    amount_tolerance: Decimal
    qty_price_tolerance: Decimal
    text_compare: str
    buyer_must_be_payer: str
    min_remaining_shelf_life_days: int
    parcel_packaging_kg: Decimal
    item_record_no_is: str
    cop_no_rule: str
    return_apply_days: int
    return_back_days: int
    return_days_counted: str
    tax_summary_after_days: int
    guarantor_pays_until_day: int
    gate_weight_tolerance_rate: Decimal
    three_document_wait_hours: int
    no_receipt_alarm_hours: int
    max_business_elements_per_message: int
    xml_doctype_allowed: bool
    storage_limits: Mapping[StorageClass, StorageLimits]
