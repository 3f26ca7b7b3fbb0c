"""Pages at a desk: the start page, people, alerts, the audit trail, scans."""

from typing import Final

from wms.web.doors import Pages
from wms.web.office import alerts, counts, orders, outward, records, returns, start, stock, tasks, users

PAGES: Final[tuple[Pages, ...]] = (
    start.pages,
    tasks.pages,
    outward.wave_pages,
    outward.parcel_pages,
    stock.pages,
    counts.pages,
    orders.pages,
    returns.returns,
    returns.bills,
    alerts.pages,
    users.pages,
    records.audit_pages,
    records.scan_pages,
)
