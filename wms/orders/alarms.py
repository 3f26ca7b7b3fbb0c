"""What has waited too long: a declaration for its receipt, an order for its missing documents."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select, union_all
from sqlalchemy.orm import Session

from wms.alerts import Alert, Severity, raise_alert
from wms.customs.inbox import InboxMessage
from wms.customs.unanswered import unanswered
from wms.i18n import N_, say
from wms.orders.documents import Order, Payment, Waybill
from wms.orders.matching import Verdict
from wms.orders.verdicts import Match
from wms.registry.rules import rules_on


def raise_alarms(session: Session, *, day: date, at: datetime) -> int:
    """One alert for each document that waits longer than the rules of the day allow; gives how many wait.

    One a person took note of comes again after a day, if it still waits.
    """
    rules = rules_on(session, day=day)
    if rules is None:
        return 0
    count, known = 0, _known(session, at=at)
    limit = timedelta(hours=rules.no_receipt_alarm_hours)
    for document in unanswered(session, declared_before=at - limit):
        count += 1
        if ("receipt.missing", f"{document.kind} {document.number}") in known:
            continue
        raise_alert(
            session,
            kind="receipt.missing",
            subject=f"{document.kind} {document.number}",
            sentence=say(
                N_("{kind} {number} was declared {hours} h ago and has no receipt. Ask the single window."),
                kind=document.kind,
                number=document.number,
                hours=_hours(at - document.declared_at),
            ),
            severity=Severity.WARNING,
            at=at,
        )
    wait = timedelta(hours=rules.three_document_wait_hours)
    for order_no, missing, since in incomplete(session, known_before=at - wait):
        count += 1
        if ("order.incomplete", order_no) in known:
            continue
        raise_alert(
            session,
            kind="order.incomplete",
            subject=order_no,
            sentence=say(
                N_("Order {order} has waited {hours} h for CEB{missing}. Ask whoever files it."),
                order=order_no,
                hours=_hours(at - since),
                missing=", CEB".join(missing),
            ),
            severity=Severity.NOTICE,
            at=at,
        )
    return count


def _known(session: Session, *, at: datetime) -> set[tuple[str, str]]:
    """What a person sees already, or took note of within a day."""
    query = select(Alert.kind, Alert.subject).where(
        Alert.kind.in_(("receipt.missing", "order.incomplete")),
        or_(Alert.acknowledged_at.is_(None), Alert.acknowledged_at > at - timedelta(days=1)),
    )
    return {(kind, subject) for kind, subject in session.execute(query)}


def incomplete(session: Session, *, known_before: datetime) -> Iterator[tuple[str, list[str], datetime]]:
    """Orders that lack a document and of which the first was here before an instant: (number, missing, since)."""
    filed = union_all(
        *(select(table.order_no, table.message_id) for table in (Order, Payment, Waybill))
    ).subquery()
    first = func.min(InboxMessage.received_at).label("since")
    query = (
        select(Match.order_no, Match.missing, first)
        .join(filed, filed.c.order_no == Match.order_no)
        .join(InboxMessage, InboxMessage.id == filed.c.message_id)
        .where(Match.verdict == Verdict.WAITING)
        .group_by(Match.id)
        .having(func.min(InboxMessage.received_at) <= known_before)
        .order_by(Match.order_no)
    )
    yield from ((row.order_no, row.missing, row.since) for row in session.execute(query))


def _hours(span: timedelta) -> int:
    return int(span.total_seconds() // 3600)
