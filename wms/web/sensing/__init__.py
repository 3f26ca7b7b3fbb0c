"""The sensors' page: rooms now, excursions, and letting goods go."""

from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from devices.registry import Registry, load_registry
from wms.auth.permissions import Permission
from wms.i18n import N_
from wms.sensing.excursions import KINDS, Excursion, Room, beyond, release
from wms.sensing.readings import Reading
from wms.sensing.rooms import rooms_of
from wms.web.charts import curve
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, person, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form

pages = Pages("sensing", "/sensing")
PAGES: Final[tuple[Pages, ...]] = (pages,)
_DAY: Final = timedelta(days=1)


@cache
def _read(path: str) -> Registry:
    return load_registry(Path(path))


def site() -> Registry:
    """What stands where at this site (setting devices_file), read once."""
    return _read(str(house().settings.devices_file))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One sensor and kind as the page shows it."""

    device: str
    place: str
    kind: str
    last: Reading
    outside: bool
    curve: Markup


@pages.page("/", title=N_("Sensors"), menu=Menu.WAREHOUSE, permission=Permission.READ_SENSORS)
def rooms() -> str:
    """Every room now, its curve of the last day, and the excursions."""
    standing = rooms_of(session(), site())
    excursions = session().scalars(select(Excursion).order_by(Excursion.id.desc()).limit(50)).all()
    return render_template(
        "office/sensing.html",
        shown=[
            found for room in standing.values() for kind in KINDS for found in _shown(session(), room, kind)
        ],
        excursions=excursions,
        kinds=KINDS,
    )


def _shown(database: Session, room: Room, kind: str) -> list[Shown]:
    query = select(Reading).where(
        Reading.device == room.device, Reading.kind == kind, Reading.quality == "good"
    )
    last = database.scalars(query.order_by(Reading.happened_at.desc(), Reading.seq.desc()).limit(1)).first()
    if last is None or last.value is None:
        return []
    rule = room.rule_of(kind)
    zone = ZoneInfo(house().settings.time_zone)
    points = [
        (moment.astimezone(zone), value)
        for moment, value in database.execute(
            select(Reading.happened_at, Reading.value)
            .where(
                Reading.device == room.device,
                Reading.kind == kind,
                Reading.quality == "good",
                Reading.happened_at >= last.happened_at - _DAY,
            )
            .order_by(Reading.happened_at)
        )
        if value is not None
    ]
    drawn = curve(
        points[:: max(1, len(points) // 700)],
        least=rule.value_min if rule else None,
        most=rule.value_max if rule else None,
        label=f"{room.device} {t(KINDS[kind])}",
    )
    outside = rule is not None and beyond(rule, last.value) > 0
    return [Shown(device=room.device, place=room.place, kind=kind, last=last, outside=outside, curve=drawn)]


@dataclass(frozen=True, kw_only=True)
class ReleaseForm:
    """Why the goods may go."""

    reason: str = field(metadata=label(N_("Reason")))


@pages.action("/<int:excursion_id>/release", permission=Permission.DECIDE_EXCURSION)
def let_go(excursion_id: int) -> Response:
    """Let the goods of an excursion go; goods of the account book need two people."""
    form, by_id, at = parse_form(ReleaseForm), person().id, now()
    free = run_action(
        lambda database: release(database, excursion_id, reason=form.reason, by_id=by_id, at=at),
        action="excursion.release",
    )
    flash(t(N_("The goods are free.")) if free else t(N_("Another person must agree now.")))
    return redirect(url_for("sensing.rooms"), 303)
