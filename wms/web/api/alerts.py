"""Alerts for programs."""

from datetime import datetime

from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.alerts import Alert, Severity, acknowledge, open_alerts
from wms.auth.permissions import Permission
from wms.web.api.resource import Body, Out, Resource, once, read_body
from wms.web.house import now, person, session
from wms.web.language import t

resource = Resource("alerts")


class AlertOut(Out):
    """One alert."""

    id: int
    kind: str = Field(description="What it is about, a word with a dot")
    subject: str
    severity: Severity
    text: str = Field(description="The sentence in the language of the token's user")
    raised_at: datetime
    last_at: datetime
    times: int
    acknowledged_at: datetime | None


class AlertsOut(Out):
    """Open alerts, the gravest first."""

    alerts: list[AlertOut]


class NoteBody(Body):
    """What was done about it."""

    note: str = Field(min_length=1, max_length=2000)


@resource.get("", permission=Permission.READ_ALERTS, out=AlertsOut)
def open_list() -> AlertsOut:
    """Open alerts, the gravest first."""
    return AlertsOut(alerts=[_out(alert) for alert in open_alerts(session())])


@resource.post(
    "/<int:alert_id>/acknowledge", permission=Permission.ACKNOWLEDGE_ALERTS, body=NoteBody, out=AlertOut
)
def take_note(alert_id: int) -> Response:
    """Close an alert with a note."""
    body, by_id, at = read_body(NoteBody), person().id, now()

    def work(database: Session) -> AlertOut:
        return _out(acknowledge(database, alert_id, note=body.note, by_id=by_id, at=at))

    return once(work, action="alert.acknowledge")


def _out(alert: Alert) -> AlertOut:
    return AlertOut(
        id=alert.id,
        kind=alert.kind,
        subject=alert.subject,
        severity=Severity(alert.severity),
        text=t(alert.sentence),
        raised_at=alert.raised_at,
        last_at=alert.last_at,
        times=alert.times,
        acknowledged_at=alert.acknowledged_at,
    )
