"""What stands where at this site: the file read once, its places looked up anew every minute."""

import threading
import time
from functools import cache
from pathlib import Path
from typing import Final

from flask import current_app
from sqlalchemy.orm import Session

from devices.registry import Registry, load_registry
from wms.sensing.rooms import Standing, standing
from wms.web.house import House, house

#: Seconds after which a changed storage class of a place is seen.
_FRESH_S: Final = 60.0


@cache
def read_site(path: str) -> Registry:
    """A devices.toml, checked; raises RegistryError."""
    return load_registry(Path(path))


def site(at: House | None = None) -> Registry:
    """What stands where at this site (setting devices_file), read once."""
    return read_site(str((at or house()).settings.devices_file))


class Stands:
    """One look at the places serves every batch of a minute; each application has its own."""

    def __init__(self, at: House) -> None:
        self._house = at
        self._mutex = threading.Lock()
        self._known: tuple[float, Standing] | None = None

    def now(self) -> Standing:
        """What stands where."""
        with self._mutex:
            if self._known is None or time.monotonic() - self._known[0] > _FRESH_S:
                with self._house.sessions() as session:
                    self._known = (time.monotonic(), standing(session, site(self._house)))
            return self._known[1]


def stands() -> Standing:
    """What stands where, for this request."""
    found = current_app.extensions.setdefault("wms_stands", Stands(house()))
    assert isinstance(found, Stands)
    return found.now()


def stands_now(session: Session, at: House) -> Standing:
    """What stands where, looked up with a session, for jobs."""
    return standing(session, site(at))
