"""Changed rows of the audit trail in words: each column by its name, each value by the type of its column.

As everywhere in the trail, the name of a column stays quietly beside its words. A value of a kind that no page shows
stays as it is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum as PythonEnum
from typing import Any, Final

from markupsafe import Markup
from sqlalchemy import Enum

from wms.alerts import Severity
from wms.audit import MASK
from wms.auth.permissions import ROLE_NAMES
from wms.customs import gate_pass
from wms.customs.gate_pass import BindType
from wms.customs.stock_bill import PaperState
from wms.db import Base, UtcDateTime
from wms.exports.sheets import ACTS
from wms.i18n import N_
from wms.ledger.book import DocumentKind
from wms.ledger.lots import Quality
from wms.ledger.places import Purpose, Regime, WarehouseKind
from wms.registry.companies import CreditClass
from wms.registry.products import StorageClass
from wms.sensing.incidents import INCIDENT_NAMES, EntryKind
from wms.web.acted import with_raw
from wms.web.changed import laid_open
from wms.web.columns import COLUMNS
from wms.web.customs import inspections, words
from wms.web.customs.place_map import PURPOSES
from wms.web.exports import NAMES as EXPORT_NAMES
from wms.web.exports import STATES as EXPORT_STATES
from wms.web.filing.portal import KINDS as FILING_KINDS
from wms.web.language import moment, show_value, t
from wms.web.office import retail_words

_QUALITIES: Final = {
    Quality.GOOD: N_("good"),
    Quality.DAMAGED: N_("damaged"),
    Quality.UNSORTED: N_("to be sorted"),
}
_REGIMES: Final = {
    Regime.FOREIGN: N_("Foreign"),
    Regime.BONDED: N_("Bonded"),
    Regime.DOMESTIC: N_("Domestic"),
}
_WAREHOUSES: Final = {
    WarehouseKind.BONDED: N_("bonded warehouse"),
    WarehouseKind.BORDER: N_("border warehouse"),
    WarehouseKind.OVERSEAS: N_("overseas warehouse"),
    WarehouseKind.SHOP: N_("shop"),
}
_STORAGE: Final = {
    StorageClass.AMBIENT: N_("ambient"),
    StorageClass.COOL: N_("cool"),
    StorageClass.FROZEN: N_("frozen"),
}
_PAPERS: Final = {
    PaperState.DECLARED: N_("declared"),
    PaperState.APPROVED: N_("approved"),
    PaperState.RETURNED: N_("returned"),
    PaperState.PARKED: N_("waits for a person"),
    PaperState.GATHERED: N_("gathered"),
}
_CREDIT: Final = {
    CreditClass.ADVANCED_CERTIFIED: N_("advanced certified"),
    CreditClass.CERTIFIED: N_("certified"),
    CreditClass.REGULAR: N_("regular"),
    CreditClass.DISHONEST: N_("dishonest"),
    CreditClass.SERIOUSLY_DISHONEST: N_("seriously dishonest"),
}
_ALLOWING: Final = {
    DocumentKind.OPENING: N_("Opening"),
    DocumentKind.BONDED_LIST: N_("Bonded list"),
    DocumentKind.RETAIL_DECLARATION: N_("Retail declaration"),
    DocumentKind.STOCK_BILL: N_("Stock bill"),
    DocumentKind.GATE_PASS: N_("Gate pass"),
    DocumentKind.RETURN_REQUEST: N_("Return request"),
    DocumentKind.ADJUSTMENT: N_("Adjustment of the book"),
    DocumentKind.CASE: N_("Case of a difference"),
}
_BINDINGS: Final = {
    BindType.ONE_VEHICLE_MANY_DOCUMENTS: N_("one vehicle, many documents"),
    BindType.ONE_DOCUMENT_ONE_VEHICLE: N_("one document, one vehicle"),
    BindType.ONE_DOCUMENT_MANY_VEHICLES: N_("one document, many vehicles"),
}
_INCIDENT_ENTRIES: Final = {
    EntryKind.ENDED: N_("it ended"),
    EntryKind.REMARK: N_("remark"),
    EntryKind.CLOSED: N_("closed"),
}
_PARTNERS: Final = {
    Purpose.SUPPLIER: N_("supplier"),
    Purpose.BUYER: N_("buyer"),
    Purpose.DESTROYED: N_("destroyed"),
    Purpose.CUSTODY: N_("in custody"),
    Purpose.SAMPLE: N_("sample"),
    Purpose.SURPLUS: N_("surplus"),
}
_SEVERITIES: Final = {
    Severity.NOTICE: N_("Notice"),
    Severity.WARNING: N_("Warning"),
    Severity.CRITICAL: N_("Critical"),
}

#: The words of each kind of value, as the pages of its own say them.
_WORDS: Final[tuple[Mapping[Any, str], ...]] = (
    *(_QUALITIES, _REGIMES, _WAREHOUSES, _STORAGE, _PAPERS, _CREDIT, _SEVERITIES),
    *(_ALLOWING, _BINDINGS, _INCIDENT_ENTRIES),
    *(ROLE_NAMES, ACTS, INCIDENT_NAMES, PURPOSES | _PARTNERS, EXPORT_NAMES, EXPORT_STATES, FILING_KINDS),
    *(inspections.KINDS, inspections.ORDERS, inspections.STATES, inspections.RESULTS),
    *(words.SIDES, words.FACT_KINDS, words.LIST_STATES, gate_pass.STATES, words.COUNTERPARTS, words.COURSES),
    *(words.DECLARATION_STATES, words.DISPATCH_STATES, words.CASES, words.CASE_STATES, words.REMEDIES),
    *(retail_words.VERDICTS, retail_words.CHANNELS, retail_words.EFFECTS, retail_words.CANCELS),
    *(retail_words.APPLICATIONS, retail_words.REENTRIES, retail_words.PARCEL_STATES),
)
#: Words by the kind of value.
WORDS_OF: Final[Mapping[type[PythonEnum], Mapping[Any, str]]] = {
    type(next(iter(known))): known for known in _WORDS
}
#: Columns of plain text that hold words of a kind.
_KINDS: Final[Mapping[tuple[str, str], type[PythonEnum]]] = {
    ("user_account", "role"): type(next(iter(ROLE_NAMES))),
    ("alert", "severity"): Severity,
    ("location", "storage_class"): StorageClass,
}


@dataclass(frozen=True, kw_only=True)
class ChangedColumn:
    """One line of a change: what it is called, and what was kept before and after."""

    label: Markup
    before: Markup | str
    after: Markup | str


def changed_columns(change: Mapping[str, Any], people: Mapping[int, str]) -> list[ChangedColumn]:
    """The columns of a changed row in their order, with `people` named by their ids; a new row had nothing before."""
    table = str(change["table"])

    def shown(column: str, kept: object) -> Markup | str:
        return _in_words(table, column, kept, people)

    lines = []
    for column, kept in change["columns"].items():
        before, after = kept if change["kind"] == "update" else (None, kept)
        label = with_raw(t(COLUMNS.get(column, column)), column)
        lines.append(ChangedColumn(label=label, before=shown(column, before), after=shown(column, after)))
    return lines


def _in_words(table: str, column: str, kept: object, people: Mapping[int, str]) -> Markup | str:
    match kept:
        case str() if (told := _told(table, column, kept)) is not None:
            return told
        case int() if column.endswith(("by_id", "officer_id")) and kept in people:
            return people[kept]
        case dict() | list():
            return laid_open(kept)
        case _:
            return show_value(kept)


def _told(table: str, column: str, kept: str) -> Markup | str | None:
    """A text that stands for a moment or for a word; none where it is only text, or of a column that is gone."""
    known = Base.metadata.tables.get(table)
    if known is None or column not in known.columns:
        return None
    type_ = known.columns[column].type
    if isinstance(type_, UtcDateTime) and kept != MASK:
        return moment(datetime.fromisoformat(kept), seconds=True)
    kind = type_.enum_class if isinstance(type_, Enum) else _KINDS.get((table, column))
    said = WORDS_OF.get(kind, {}).get(kept) if kind is not None else None
    return None if said is None else t(said)
