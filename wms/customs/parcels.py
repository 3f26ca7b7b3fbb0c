"""Parcels: what a released declaration becomes on the floor, and which goods lie in each.

A wave chooses lots for it, hands pick, pack and load, and the vehicle's passage takes it away. Where it stands is kept
here, below the floor, because the gate moves what is bound to a vehicle and customs' pages ask where the goods are.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, String, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from wms.audit import UNAUDITED
from wms.customs.retail_declaration import RetailDeclaration
from wms.db import Base, words


class ParcelState(StrEnum):
    """Where a parcel stands."""

    TO_PICK = "TO_PICK"
    """lots are chosen; its goods lie in bins, or some already in staging"""
    PICKED = "PICKED"
    """all its goods lie in staging"""
    SEALED = "SEALED"
    LOADED = "LOADED"
    """bound to a vehicle; its goods have not moved"""
    LEFT = "LEFT"
    PULLED = "PULLED"
    """taken apart again: its goods are back, or never left their bins"""


class PickState(StrEnum):
    """Where goods of a parcel are."""

    CHOSEN = "CHOSEN"
    PICKED = "PICKED"
    SHORT = "SHORT"
    """not found, and no other lot could stand in"""
    BACK = "BACK"
    """put back, or never taken"""


#: Parcels whose goods are in the zone and on their way out.
IN_STAGING: Final = (ParcelState.PICKED, ParcelState.SEALED, ParcelState.LOADED)


class PickWave(Base):
    """拣货波次: the released declarations of one moment, picked together."""

    __tablename__ = "pick_wave"
    __table_args__ = ({"comment": "Waves of released declarations that are picked together"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="number of the wave")
    opened_at: Mapped[datetime] = mapped_column(comment="when it was opened")
    opened_by_id: Mapped[int] = mapped_column(comment="who opened it")


class Parcel(Base):
    """包裹: the goods of one declaration on their way to the gate."""

    __tablename__ = "parcel"
    __table_args__ = (
        Index(
            "uq_parcel_live_declaration",
            "declaration_id",
            unique=True,
            postgresql_where=text("state <> 'PULLED'"),
        ),
        Index("ix_parcel_on_floor", "state", "id", postgresql_where=text("state not in ('LEFT', 'PULLED')")),
        {"comment": "Parcels on the floor, one per released declaration"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="in the order of release within a wave")
    wave_id: Mapped[int] = mapped_column(ForeignKey("pick_wave.id"), index=True, comment="its wave")
    declaration_id: Mapped[int] = mapped_column(
        ForeignKey("retail_declaration.id"), comment="what it declares"
    )
    waybill_no: Mapped[str] = mapped_column(String(60), index=True, comment="carrier's number, on its label")
    state: Mapped[ParcelState] = mapped_column(words(ParcelState), comment="where it stands")
    expected_g: Mapped[int] = mapped_column(comment="what it should weigh, grams, packaging included")
    weight_g: Mapped[int | None] = mapped_column(comment="what the scale said, grams")
    sealed_at: Mapped[datetime | None] = mapped_column(comment="when it was sealed")
    sealed_by_id: Mapped[int | None] = mapped_column(comment="who sealed it")
    pass_id: Mapped[int | None] = mapped_column(
        ForeignKey("gate_pass.id"), index=True, comment="vehicle it is bound to, by its pass"
    )
    loaded_at: Mapped[datetime | None] = mapped_column(comment="when it was bound to the vehicle")
    loaded_by_id: Mapped[int | None] = mapped_column(comment="who loaded it")
    left_at: Mapped[datetime | None] = mapped_column(comment="when the vehicle passed the gate")
    taken_by_id: Mapped[int | None] = mapped_column(comment="packer who has it in hand")
    taken_at: Mapped[datetime | None] = mapped_column(comment="since when")

    declaration: Mapped[RetailDeclaration] = relationship()
    picks: Mapped[list["Pick"]] = relationship(order_by="Pick.id")


class Pick(Base):
    """拣货: so much of a lot out of a bin for one line of a parcel's declaration."""

    __tablename__ = "pick"
    __table_args__ = (
        Index("ix_pick_to_do", "location_id", "lot_id", postgresql_where=text("state = 'CHOSEN'")),
        {
            "comment": "Goods chosen for parcels: lot, bin and quantity, and where they are now",
            "info": UNAUDITED,
        },
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    parcel_id: Mapped[int] = mapped_column(ForeignKey("parcel.id"), index=True, comment="its parcel")
    line_no: Mapped[int] = mapped_column(comment="line of the declaration")
    book_item_id: Mapped[int] = mapped_column(ForeignKey("book_item.id"), comment="book line it leaves")
    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), comment="lot that was chosen")
    location_id: Mapped[int] = mapped_column(ForeignKey("location.id"), comment="bin it comes from")
    handling_unit_id: Mapped[int | None] = mapped_column(
        ForeignKey("handling_unit.id"), comment="pallet or box it stands on there; none if loose"
    )
    quantity: Mapped[int] = mapped_column(comment="stock units")
    state: Mapped[PickState] = mapped_column(words(PickState), comment="where the goods are")
    staging_id: Mapped[int | None] = mapped_column(
        ForeignKey("location.id"), comment="place they were brought to"
    )
    picked_at: Mapped[datetime | None] = mapped_column(comment="when they were taken from the bin")
    picked_by_id: Mapped[int | None] = mapped_column(comment="who took them")
    taken_by_id: Mapped[int | None] = mapped_column(comment="picker who was sent there")
    taken_at: Mapped[datetime | None] = mapped_column(comment="since when")


class Goods(StrEnum):
    """Where the goods of a declaration are, in one word."""

    NOT_PICKED = "NOT_PICKED"
    STAGING = "STAGING"
    LEFT = "LEFT"


def goods_of(session: Session, declaration_ids: Iterable[int] | None = None) -> dict[int, Goods]:
    """Where goods are by declaration, for those whose goods left their bins; the others are not picked."""
    query = select(Parcel.declaration_id, Parcel.state).where(
        Parcel.state.in_((*IN_STAGING, ParcelState.LEFT))
    )
    if declaration_ids is not None:
        query = query.where(Parcel.declaration_id.in_(list(declaration_ids)))
    return {
        declaration_id: Goods.LEFT if state is ParcelState.LEFT else Goods.STAGING
        for declaration_id, state in session.execute(query)
    }


def find_parcel(session: Session, waybill_no: str, *, lock: bool = False) -> Parcel | None:
    """The parcel with this waybill number that is still one; an unpacked one only where there is no other."""
    query = select(Parcel).where(Parcel.waybill_no == waybill_no).order_by(Parcel.id.desc()).limit(1)
    live = query.where(Parcel.state != ParcelState.PULLED)
    if lock:
        live = live.with_for_update(of=Parcel)
    found = session.scalars(live.execution_options(populate_existing=True)).one_or_none()
    return found or session.scalars(query).one_or_none()


def live_parcel(session: Session, declaration_id: int) -> Parcel | None:
    """The parcel a declaration is on the floor as; none before its wave, and none once it is taken apart."""
    query = select(Parcel).where(Parcel.declaration_id == declaration_id, Parcel.state != ParcelState.PULLED)
    return session.scalars(query).one_or_none()


@dataclass(frozen=True, kw_only=True)
class Allocation:
    """What a wave chose for an order of an item: lot, bin and quantity in stock units."""

    order_no: str
    item_no: str
    lot: str
    expiry: date | None
    location: str
    quantity: int


_ALLOCATIONS = text("""
    select d.order_no, i.item_no, l.code as lot, l.expiry, b.code as location, sum(k.quantity)::bigint as quantity
    from pick k
    join parcel p on p.id = k.parcel_id
    join retail_declaration d on d.id = p.declaration_id
    join book_item i on i.id = k.book_item_id
    join lot l on l.id = k.lot_id
    join location b on b.id = k.location_id
    where p.state <> 'PULLED' and k.state in ('CHOSEN', 'PICKED')
      and (cast(:wave_id as bigint) is null or p.wave_id = :wave_id)
      and (cast(:parcels as bigint[]) is null or p.id = any(:parcels))
    group by p.id, d.order_no, i.item_no, l.id, b.id
    order by p.id, i.item_no, l.expiry nulls last, l.code, b.code
""")


def allocations(
    session: Session, *, wave_id: int | None = None, parcels: list[int] | None = None
) -> list[Allocation]:
    """What was chosen for released declarations, in order of waves and release; of a wave or of some parcels only."""
    values = {"wave_id": wave_id, "parcels": parcels}
    return [Allocation(**row._asdict()) for row in session.execute(_ALLOCATIONS, values)]
