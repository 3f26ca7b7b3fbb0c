"""Vehicles on file: plate, tare and whose they are; a gate pass names its vehicle by plate."""

from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base


class Vehicle(Base):
    """One lorry or van that may pass the zone's gate."""

    __tablename__ = "vehicle"
    __table_args__ = {"comment": "Vehicles on file with the zone"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(primary_key=True, comment="Key inside the system")
    plate: Mapped[str] = mapped_column(String(32), unique=True, comment="Number plate as customs writes it")
    card_no: Mapped[str | None] = mapped_column(
        String(32), comment="Electronic plate or IC card number read at the gate"
    )
    tare_kg: Mapped[Decimal] = mapped_column(Numeric(12, 5), comment="Weight of the empty vehicle, kilograms")
    company_id: Mapped[int | None] = mapped_column(
        ForeignKey("company.id"), comment="Owner, where it is a company on file"
    )


def find_vehicle(session: Session, *, plate: str) -> Vehicle | None:
    """The vehicle with this plate, or none."""
    return session.scalar(select(Vehicle).where(Vehicle.plate == plate))
