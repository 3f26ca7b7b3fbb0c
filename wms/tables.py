"""The list of modules that define tables, so that a migration and a test see all of them."""

from importlib import import_module
from typing import Final

#: Tables of the job queue, kept by Procrastinate itself.
FOREIGN_TABLES: Final = ("procrastinate_",)

MODULES: Final[tuple[str, ...]] = (
    "wms.audit",
    "wms.scans",
    "wms.alerts",
    "wms.outbox",
    "wms.auth.users",
    "wms.auth.limits",
    "wms.auth.sign_in",
    "wms.registry.companies",
    "wms.registry.products",
    "wms.registry.rules",
    "wms.registry.vehicles",
    "wms.registry.filings",
    "wms.ledger.places",
    "wms.ledger.lots",
    "wms.ledger.book",
    "wms.ledger.moves",
    "wms.ledger.periods",
    "wms.ledger.findings",
    "wms.ledger.buyers",
    "wms.ledger.reservations",
    "wms.ledger.serials",
    "wms.ledger.counts",
    "wms.customs.bonded_list",
    "wms.customs.declaration",
    "wms.customs.dispatch",
    "wms.customs.guarantee",
    "wms.customs.stock_bill",
    "wms.customs.gate_pass",
    "wms.customs.statement",
    "wms.customs.cases",
    "wms.customs.adjustments",
    "wms.customs.inbox",
    "wms.customs.inspectors",
    "wms.customs.inspection",
    "wms.customs.inspection_results",
    "wms.customs.control",
    "wms.customs.draw",
    "wms.customs.holds",
    "wms.customs.permits",
    "wms.customs.lane",
    "wms.customs.retail_declaration",
    "wms.customs.retail_receipts",
    "wms.customs.cancel_request",
    "wms.customs.return_case",
    "wms.customs.tax_bill",
    "wms.customs.parcels",
    "wms.orders.documents",
    "wms.orders.filing",
    "wms.orders.paper_receipts",
    "wms.orders.deliveries",
    "wms.orders.verdicts",
    "wms.orders.buyers",
    "wms.sensing.readings",
    "wms.sensing.excursions",
    "wms.exports.exports",
    "wms.sensing.incidents",
    "wms.floor.flows",
)


def load_all() -> None:
    """Import every module that defines a table."""
    for name in MODULES:
        import_module(name)
