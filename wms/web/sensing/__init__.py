"""Pages of the sensors: rooms with their curves, excursions and incidents; devices and gateways."""

from typing import Final

from wms.web.doors import Pages
from wms.web.sensing import devices, rooms

PAGES: Final[tuple[Pages, ...]] = (rooms.pages, devices.pages)
