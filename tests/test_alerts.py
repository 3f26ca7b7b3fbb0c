"""An alert is raised once while open, however often it is said, and closed by one person."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from wms.alerts import AlreadyAcknowledged, NoSuchAlert, Severity, acknowledge, open_alerts, raise_alert
from wms.i18n import say

NOON = datetime(2026, 11, 24, 4, tzinfo=UTC)


def cold(
    session: Session,
    celsius: int,
    *,
    at: datetime = NOON,
    severity: Severity = Severity.WARNING,
    subject: str = "T-1",
) -> None:
    raise_alert(
        session,
        kind="sensor.warm",
        subject=subject,
        sentence=say("Sensor {sensor} reads {celsius} °C.", sensor=subject, celsius=celsius),
        severity=severity,
        at=at,
    )


def test_said_again_while_open_it_counts_and_shows_the_newest_facts(session: Session) -> None:
    cold(session, 9)
    cold(session, 12, at=NOON + timedelta(minutes=5))

    (alert,) = open_alerts(session)

    assert alert.times == 2
    assert alert.raised_at == NOON
    assert str(alert.sentence) == "Sensor T-1 reads 12 °C."


def test_acknowledged_it_is_closed_and_the_next_one_is_new(session: Session) -> None:
    cold(session, 9)
    (first,) = open_alerts(session)
    acknowledge(session, first.id, note="door was open", by_id=3, at=NOON)
    cold(session, 10)

    (second,) = open_alerts(session)

    assert second.id != first.id
    with pytest.raises(AlreadyAcknowledged):
        acknowledge(session, first.id, note="", by_id=4, at=NOON)
    with pytest.raises(NoSuchAlert):
        acknowledge(session, 10**9, note="", by_id=4, at=NOON)


def test_the_gravest_stands_first(session: Session) -> None:
    cold(session, 9, subject="T-1", severity=Severity.NOTICE, at=NOON + timedelta(hours=1))
    cold(session, 9, subject="T-2", severity=Severity.CRITICAL)

    assert [alert.subject for alert in open_alerts(session)] == ["T-2", "T-1"]
