"""The sensors' page: rooms now, their curves, excursions and incidents; letting goods go and closing incidents."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.auth.users import User
from wms.i18n import N_
from wms.sensing import history
from wms.sensing.excursions import KINDS, Excursion, beyond, release
from wms.sensing.incidents import INCIDENT_NAMES, add_remark, incidents
from wms.sensing.readings import Reading
from wms.sensing.rooms import Room
from wms.web.charts import curve
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, person, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form
from wms.web.sensing.site import stands

pages = Pages("sensing", "/sensing")
#: Spans a curve may show, in hours.
SPANS: Final = (1, 6, 24, 168)
#: A curve is drawn through the least and the greatest value of so many slices of its span.
_SLICES: Final = 300
#: The curve is broken where nothing was measured for so long and no rule says otherwise.
_GAP: Final = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One sensor and kind as the page shows it. `is_known` is false when the sensor is silent for too long."""

    device: str
    place: str
    kind: str
    last: Reading
    is_outside: bool
    is_known: bool
    curve: Markup


@pages.page("/", title=N_("Sensors"), menu=Menu.WAREHOUSE, permission=Permission.READ_SENSORS)
def rooms() -> str:
    """Every room now with its curve, the excursions and the incidents."""
    return render_template("office/sensing.html", **_curves(), **_events(), kinds=KINDS, spans=SPANS)


@pages.page("/curves/fragment", permission=Permission.READ_SENSORS, recorded=False)
def curves() -> str:
    """The rooms alone, for the page that polls."""
    return render_template("office/sensing_curves.html", **_curves(), kinds=KINDS)


@pages.page("/events/fragment", permission=Permission.READ_SENSORS, recorded=False)
def events() -> str:
    """Excursions and incidents alone, for the page that polls."""
    return render_template("office/sensing_events.html", **_events(), kinds=KINDS)


def _curves() -> dict[str, object]:
    asked = request.args.get("hours", "")
    hours = int(asked) if asked.isdigit() and int(asked) in SPANS else 24
    found = [
        shown
        for room in stands().rooms.values()
        for kind in KINDS
        for shown in _shown(session(), room, kind, span=timedelta(hours=hours))
    ]
    return {"shown": found, "hours": hours}


def _events() -> dict[str, object]:
    excursions = session().scalars(select(Excursion).order_by(Excursion.id.desc()).limit(50)).all()
    told = incidents(session())
    people = {entry.by_id for each in told for entry in each.entries}
    people |= {each.first_release_by_id or 0 for each in excursions}
    people |= {each.released_by_id or 0 for each in excursions}
    return {
        "excursions": excursions,
        "incidents": told,
        "incident_names": INCIDENT_NAMES,
        "names": _names(session(), people),
    }


def _names(database: Session, ids: set[int]) -> dict[int, str]:
    query = select(User.id, User.display_name).where(User.id.in_(ids))
    return {row.id: row.display_name for row in database.execute(query)}


def _shown(database: Session, room: Room, kind: str, *, span: timedelta) -> list[Shown]:
    last = history.last_reading(database, room.device, kind)
    if last is None or last.value is None:
        return []
    rule = room.rule_of(kind)
    since = last.happened_at - span
    drawn = curve(
        _points(database, room.device, kind, since=since, until=last.happened_at),
        least=rule.value_min if rule else None,
        most=rule.value_max if rule else None,
        spans=_outside(database, room.device, kind, since=since, until=last.happened_at),
        gap=max(rule.missing_after if rule else _GAP, span / _SLICES * 2.5).total_seconds(),
        label=f"{room.device} {t(KINDS[kind])}",
    )
    return [
        Shown(
            device=room.device,
            place=room.place,
            kind=kind,
            last=last,
            is_outside=rule is not None and beyond(rule, last.value) > 0,
            is_known=room.silent_max is None or now() - last.happened_at <= room.silent_max,
            curve=drawn,
        )
    ]


def _points(
    database: Session, device: str, kind: str, *, since: datetime, until: datetime
) -> list[tuple[datetime, float]]:
    """The least and the greatest value of each slice: a peak never falls between two points."""
    here = (Reading.device == device, Reading.kind == kind, Reading.quality == "good")
    first = database.scalar(select(func.min(Reading.happened_at)).where(*here, Reading.happened_at >= since))
    width = max((until - (first or since)) / _SLICES, timedelta(seconds=1))
    slice_of = func.date_bin(width, Reading.happened_at, since)
    query = (
        select(
            func.min(Reading.happened_at),
            func.max(Reading.happened_at),
            func.min(Reading.value),
            func.max(Reading.value),
        )
        .where(*here, Reading.happened_at >= since, Reading.happened_at <= until)
        .group_by(slice_of)
        .order_by(slice_of)
    )
    zone = ZoneInfo(house().settings.time_zone)
    points: list[tuple[datetime, float]] = []
    for begin, end, least, most in database.execute(query):
        assert least is not None
        assert most is not None
        points.append((begin.astimezone(zone), least))
        if most != least or end != begin:
            points.append((end.astimezone(zone), most))
    return points


def _outside(
    database: Session, device: str, kind: str, *, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    query = select(Excursion.began_at, Excursion.ended_at).where(
        Excursion.device == device,
        Excursion.kind == kind,
        Excursion.began_at <= until,
        Excursion.ended_at.is_(None) | (Excursion.ended_at >= since),
    )
    return [(max(began, since), min(ended or until, until)) for began, ended in database.execute(query)]


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


@dataclass(frozen=True, kw_only=True)
class RemarkForm:
    """What was found or done; `close` says that nothing more is to be done."""

    note: str = field(metadata=label(N_("What was done")))
    close: bool = False


@pages.action("/incidents/<int:incident_id>", permission=Permission.DECIDE_EXCURSION)
def remark(incident_id: int) -> Response:
    """Add to an incident; what it says itself stays as it is."""
    form, by_id, at = parse_form(RemarkForm), person().id, now()
    run_action(
        lambda database: (
            add_remark(database, incident_id, note=form.note, close=form.close, by_id=by_id, at=at).id
        ),
        action="incident.close" if form.close else "incident.remark",
    )
    flash(t(N_("Incident {number} is closed."), number=incident_id) if form.close else t(N_("It is noted.")))
    return redirect(url_for("sensing.rooms"), 303)
