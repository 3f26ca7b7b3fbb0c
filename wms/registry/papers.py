"""The two JSON papers of a registry folder, account book and rules, read with the cells' own parsers."""

import json
from collections.abc import Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any, Final

from wms.i18n import N_
from wms.registry.cells import (
    Parser,
    Wrong,
    at_most,
    credit_code,
    customs_code,
    day,
    decimal,
    integer,
    maybe,
    one_of,
    shaped,
    text,
    yes_or_no,
)
from wms.registry.columns import STORAGE_CLASSES, country_number, item_no, tariff, unit
from wms.registry.rows import BookFile, BookLineRow, Rules, StorageLimits
from wms.registry.sheets import Raw, Reading

Cells = Mapping[str, tuple[str, Parser]]

_booked = decimal(decimals=5, least="0")


def _moment(cell: str) -> datetime:
    try:
        found = datetime.fromisoformat(text(cell))
    except ValueError:
        raise Wrong(N_("{cell} is no time written YYYY-MM-DDThh:mm:ss"), cell=cell) from None
    if found.tzinfo is not None:
        raise Wrong(N_("{cell} carries a zone; a local time is wanted"), cell=cell)
    return found


def _clock(cell: str) -> time:
    try:
        return time.fromisoformat(text(cell))
    except ValueError:
        raise Wrong(N_("{cell} is no time of day written hh:mm:ss"), cell=cell) from None


_HEAD: Final[Cells] = {
    "bwsNo": ("book_no", at_most(32)),
    "bwlTypecd": ("book_type", text),
    "appendTypecd": ("append_mode", text),
    "areainEtpsno": ("company_customs_code", customs_code),
    "areainEtpsSccd": ("company_credit_code", credit_code),
    "areainEtpsNm": ("company_name", text),
    "masterCuscd": ("master_customs", shaped("[0-9]{4}", N_("{cell} is no customs district: 4 digits"))),
    "opening_at": ("opening_at", _moment),
    "status": ("status", text),
}
_LINE: Final[Cells] = {
    "gdsSeqno": ("line_no", integer(1)),
    "gdsMtno": ("item_no", item_no),
    "gdecd": ("hs10", tariff),
    "gdsNm": ("name", text),
    "gdsSpcfModelDesc": ("spec", text),
    "natcd": ("origin_num", country_number),
    "dclUnitcd": ("unit", unit),
    "lawfUnitcd": ("unit1", unit),
    "secdLawfUnitcd": ("unit2", maybe(unit)),
    "actlIncQty": ("booked_in", _booked),
    "actlRedcQty": ("booked_out", _booked),
    "prevdIncQty": ("promised_in", _booked),
    "prevdRedcQty": ("promised_out", _booked),
    "cusmExeMarkcd": ("execution_mark", shaped("[0-9]", N_("{cell} is no execution mark: one digit"))),
}
_days = integer(0)
_district = shaped("[0-9]{4}", N_("{cell} is no customs district: 4 digits"))
_money = decimal(decimals=5, least="0")
_RULES: Final[Cells] = {
    "format_version": ("format_version", text),
    "day": ("day", day),
    "utc_offset": ("utc_offset", shaped("[+-][0-9]{2}:[0-9]{2}", N_("{cell} is no offset written +hh:mm"))),
    "matching_run_time": ("matching_run_time", _clock),
    "cut_off_time": ("cut_off_time", _clock),
    "book_no": ("book_no", at_most(32)),
    "customs_code": ("customs_code", _district),
    "port_code": ("port_code", _district),
    "supervision_mode": ("supervision_mode", _district),
    "second_line_transport": ("second_line_transport", shaped("[0-9A-Z]", N_("{cell} is no transport mode"))),
    "head_country": ("head_country", country_number),
    "currency": ("currency", country_number),
    "limit_single_cny": ("limit_single_cny", _money),
    "limit_yearly_cny": ("limit_yearly_cny", _money),
    "limits_inclusive": ("limits_inclusive", yes_or_no),
    "tax_reduction": ("tax_reduction", decimal(decimals=6, above="0", below="1.000001")),
    "tax_rounding": ("tax_rounding", text),
    "amount_tolerance": ("amount_tolerance", _money),
    "qty_price_tolerance": ("qty_price_tolerance", _money),
    "text_compare": ("text_compare", text),
    "buyer_must_be_payer": ("buyer_must_be_payer", one_of({"stop": "stop", "warn": "warn"})),
    "min_remaining_shelf_life_days": ("min_remaining_shelf_life_days", _days),
    "parcel_packaging_kg": ("parcel_packaging_kg", _money),
    "item_record_no_is": ("item_record_no_is", text),
    "cop_no_rule": ("cop_no_rule", text),
    "return_apply_days": ("return_apply_days", _days),
    "return_back_days": ("return_back_days", _days),
    "return_days_counted": ("return_days_counted", text),
    "tax_summary_after_days": ("tax_summary_after_days", _days),
    "guarantor_pays_until_day": ("guarantor_pays_until_day", _days),
    "gate_weight_tolerance_rate": ("gate_weight_tolerance_rate", decimal(decimals=6, least="0", below="1")),
    "three_document_wait_hours": ("three_document_wait_hours", _days),
    "no_receipt_alarm_hours": ("no_receipt_alarm_hours", _days),
    "max_business_elements_per_message": ("max_business_elements_per_message", integer(1)),
    "xml_doctype_allowed": ("xml_doctype_allowed", yes_or_no),
}
_degrees = decimal(decimals=2, least="-90", below="100")
_LIMITS: Final[Cells] = {
    "temp_min_c": ("temp_min_c", _degrees),
    "temp_max_c": ("temp_max_c", _degrees),
    "rh_max_pct": ("rh_max_pct", maybe(decimal(decimals=2, least="0", below="100.01"))),
}
_SPOKEN_ONLY: Final = ("customs_code_note",)


def read_book(path: Path, reading: Reading) -> BookFile | None:
    """The account book as it opens; its lines are rows counted from 1."""
    head = _record(path, reading)
    if head is None:
        return None
    lines = head.pop("lines", None)
    values = _values(path.name, None, head, _HEAD, reading)
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        reading.fault(path.name, N_("a list of the book's lines is wanted"), column="lines")
        return None
    made = []
    raw: Raw = []
    for number, line in enumerate(lines, start=1):
        raw.append((number, {key: str(value).strip() for key, value in line.items()}))
        cells = _values(path.name, number, line, _LINE, reading)
        if cells is not None:
            made.append(BookLineRow(row=number, **cells))
    reading.raw[path.name] = raw
    return None if values is None else BookFile(lines=tuple(made), **values)


def read_rules(path: Path, reading: Reading) -> Rules | None:
    """The rules; a key that means nothing here is remarked on, a missing one is a fault."""
    record = _record(path, reading)
    if record is None:
        return None
    for key in _SPOKEN_ONLY:
        record.pop(key, None)
    limits = record.pop("storage_limits", None)
    for key in sorted(record.keys() - _RULES.keys()):
        reading.remark(path.name, N_("this rule means nothing here"), column=key)
    known = {key: value for key, value in record.items() if key in _RULES}
    values = _values(path.name, None, known, _RULES, reading)
    if not isinstance(limits, dict) or set(limits) != set(STORAGE_CLASSES):
        sentence = N_("limits of these storage classes are wanted: {words}")
        reading.fault(path.name, sentence, column="storage_limits", words=", ".join(STORAGE_CLASSES))
        return None
    classes = {}
    for word, record_of in limits.items():
        cells = _values(path.name, None, record_of if isinstance(record_of, dict) else {}, _LIMITS, reading)
        if cells is not None:
            classes[STORAGE_CLASSES[word]] = StorageLimits(**cells)
    return None if values is None else Rules(storage_limits=classes, **values)


def _record(path: Path, reading: Reading) -> dict[str, Any] | None:
    try:
        record = json.loads(path.read_bytes().decode("utf-8-sig"), parse_float=str, parse_constant=str)
    except OSError as error:
        reading.fault(path.name, N_("cannot be read: {reason}"), reason=error.strerror)
        return None
    except (ValueError, RecursionError) as error:
        reading.fault(path.name, N_("is no JSON: {reason}"), reason=str(error))
        return None
    if not isinstance(record, dict):
        reading.fault(path.name, N_("a JSON object is wanted"))
        return None
    return record


def _values(
    file: str, row: int | None, record: Mapping[str, object], cells: Cells, reading: Reading
) -> dict[str, Any] | None:
    before = len(reading.faults)
    values: dict[str, Any] = {}
    for key, (attribute, parse) in cells.items():
        try:
            values[attribute] = parse(_cell(record, key))
        except Wrong as wrong:
            reading.fault(file, wrong.message, row=row, column=key, **wrong.facts)
    for key in sorted(record.keys() - cells.keys()):
        reading.fault(file, N_("no such key is known here"), row=row, column=key)
    return values if len(reading.faults) == before else None


def _cell(record: Mapping[str, object], key: str) -> str:
    if key not in record:
        raise Wrong(N_("is missing"))
    value = record[key]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int):
        return str(value).strip()
    raise Wrong(N_("text, a number, or true or false is wanted"))
