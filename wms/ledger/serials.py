"""Serials: a lot of one unit that is in one place at a time."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.db import Base


class SerialPlace(Base):
    """Marks a lot as a serial and says where it is; no place means that it is with a partner or not yet here."""

    __tablename__ = "serial_place"

    lot_id: Mapped[int] = mapped_column(ForeignKey("lot.id"), primary_key=True, autoincrement=False)
    location_id: Mapped[int | None] = mapped_column(
        ForeignKey("location.id"), comment="the real place it lies in; none with a partner"
    )


def make_serial(session: Session, *, lot_id: int) -> SerialPlace:
    """Mark a new lot as a serial, before anything of it moves."""
    place = SerialPlace(lot_id=lot_id, location_id=None)
    session.add(place)
    session.flush()
    return place
