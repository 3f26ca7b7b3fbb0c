"""Which sensor stands for which room: devices.toml says where it stands, the places there say what is asked."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.storage_limits import RoomLimits, load_limits
from devices.registry import Registry, Sensor
from wms.ledger.places import Location
from wms.sensing.excursions import Room


def device_ids(site: Registry) -> frozenset[str]:
    """Ids a reading may name."""
    return frozenset(device.id for device in site.device)


def rooms_of(session: Session, site: Registry) -> dict[str, Room]:
    """By sensor, the room it stands for; a sensor without places or limits drives nothing."""
    limits: Mapping[str, RoomLimits] = load_limits()
    rooms: dict[str, Room] = {}
    for device in site.device:
        if not isinstance(device, Sensor) or not device.place:
            continue
        query = select(Location.storage_class).where(Location.code.startswith(device.place, autoescape=True))
        classes = set(session.scalars(query.distinct())) & limits.keys()
        if len(classes) == 1:
            rooms[device.id] = Room(device=device.id, place=device.place, limits=limits[classes.pop()])
    return rooms
