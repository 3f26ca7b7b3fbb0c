"""The devices' page: every gateway and device, its state, last word, backlog and clock; and what nobody understood."""

from datetime import timedelta

from flask import render_template

from wms.auth.permissions import Permission
from wms.i18n import N_
from wms.sensing.device_words import in_words
from wms.sensing.health import dead_letters, gateways, undeclared
from wms.web.doors import Menu, Pages
from wms.web.house import now, session
from wms.web.sensing.site import site, stands

pages = Pages("devices", "/devices")

#: A device's state: how it looks and what it is called.
STATES = {
    "ready": ("ok", N_("at work")),
    "init": ("quiet", N_("starting")),
    "lost": ("error", N_("lost")),
    "alert": ("decision", N_("needs a look")),
}
TYPES = {
    "scanner": N_("Scanner"),
    "scale": N_("Scale"),
    "broker": N_("Broker"),
    "sensor": N_("Sensor"),
    "gate": N_("Gate"),
    "lane": N_("Inspection lane"),
    "printer": N_("Label printer"),
}


@pages.page("/", title=N_("Devices"), menu=Menu.WAREHOUSE, permission=Permission.READ_SENSORS)
def health() -> str:
    """Gateways, devices, and the facts nobody understood."""
    return render_template("office/devices.html", **_seen())


@pages.page("/fragment", permission=Permission.READ_SENSORS, recorded=False)
def fragment() -> str:
    """The same for the page that polls."""
    return render_template("office/devices_list.html", **_seen())


def _seen() -> dict[str, object]:
    silent_after = timedelta(minutes=stands().rules.gateway.silent_minutes)
    found = gateways(session(), silent_after=silent_after, at=now())
    declared = {device.id: device.type for device in site().device}
    return {
        "gateways": found,
        "missing": undeclared(found, declared),
        "types": declared,
        "letters": dead_letters(session()),
        "states": STATES,
        "type_names": TYPES,
        "in_words": in_words,
    }
