"""Where goods can be: warehouses and their places, and the partner places at the rim.

What a place makes of goods is its regime together with its zone. A partner place (supplier, buyer, destroyed …)
has no balance row: it would be one hot row, and nobody counts there.
"""

from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, words

#: Zone of a place that lies in no special zone.
OUTSIDE: Final = "NONE"


class WarehouseKind(StrEnum):
    """What a warehouse is for; a kind is data, not code."""

    BONDED = "bonded"
    BORDER = "border"
    OVERSEAS = "overseas"
    SHOP = "shop"


class Regime(StrEnum):
    """监管状态: what the law makes of goods lying here. Goods on Chinese soil are never FOREIGN."""

    FOREIGN = "FOREIGN"
    BONDED = "BONDED"
    DOMESTIC = "DOMESTIC"


class Purpose(StrEnum):
    """What a place is for. The second group are partner places and hold no balance."""

    STORE = "STORE"
    RECEIVING = "RECEIVING"
    STAGING = "STAGING"
    INSPECTION = "INSPECTION"
    RETURNS = "RETURNS"
    RETURNS_DOMESTIC = "RETURNS_DOMESTIC"
    QUARANTINE = "QUARANTINE"
    PROCESSING = "PROCESSING"
    SHORTAGE = "SHORTAGE"
    TRANSIT = "TRANSIT"

    SUPPLIER = "SUPPLIER"
    BUYER = "BUYER"
    DESTROYED = "DESTROYED"
    CUSTODY = "CUSTODY"
    SAMPLE = "SAMPLE"
    SURPLUS = "SURPLUS"


PARTNERS: Final = frozenset(
    {
        Purpose.SUPPLIER,
        Purpose.BUYER,
        Purpose.DESTROYED,
        Purpose.CUSTODY,
        Purpose.SAMPLE,
        Purpose.SURPLUS,
    }
)
#: Where held goods may still go: a hold bars pick, pack, load and gate, never the way to the quarantine cage.
OPEN_TO_HELD: Final = frozenset(
    {
        Purpose.STORE,
        Purpose.RECEIVING,
        Purpose.INSPECTION,
        Purpose.RETURNS,
        Purpose.QUARANTINE,
        Purpose.SHORTAGE,
    }
)


class Warehouse(Base):
    """仓库: bonded, border, overseas or shop."""

    __tablename__ = "warehouse"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(20), unique=True, comment="short name on labels, e.g. WB01")
    name: Mapped[str] = mapped_column(String(100), comment="name shown to people")
    kind: Mapped[WarehouseKind] = mapped_column(
        words(WarehouseKind), comment="bonded, border, overseas or shop"
    )


class Location(Base):
    """库位: a bin, a place of a warehouse that is no bin, or a partner place."""

    __tablename__ = "location"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(40), unique=True, comment="what the label says")
    warehouse_id: Mapped[int | None] = mapped_column(
        ForeignKey("warehouse.id"), comment="its warehouse; none for partner places"
    )
    purpose: Mapped[Purpose] = mapped_column(words(Purpose), comment="what the place is for")
    regime: Mapped[Regime] = mapped_column(words(Regime), comment="FOREIGN, BONDED or DOMESTIC")
    zone: Mapped[str] = mapped_column(String(20), comment="special zone it lies in; NONE outside")
    storage_class: Mapped[str] = mapped_column(
        String(20), comment="ambient, cool, frozen as on products; empty takes any"
    )
    area: Mapped[str] = mapped_column(String(20), comment="area of the warehouse, for walking order")
    aisle: Mapped[str] = mapped_column(String(10), comment="aisle, for walking order")
    bay: Mapped[str] = mapped_column(String(10), comment="bay in the aisle")
    level: Mapped[str] = mapped_column(String(10), comment="level, 1 is the floor")
    capacity: Mapped[int | None] = mapped_column(comment="most stock units it takes; none means no limit set")

    @property
    def is_partner(self) -> bool:
        return self.purpose in PARTNERS

    @property
    def in_zone(self) -> bool:
        return self.zone != OUTSIDE


def partner_code(purpose: Purpose, regime: Regime) -> str:
    """Code of the one partner place of a purpose and regime, e.g. ``SUPPLIER-FOREIGN``."""
    return f"{purpose}-{regime}"


#: The partner places every installation has.
PARTNER_PLACES: Final = tuple(
    (partner_code(purpose, regime), purpose, regime) for purpose in sorted(PARTNERS) for regime in Regime
)
