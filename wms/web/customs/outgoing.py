"""What leaves for the single window: the queue with its age, what left lately, and what has no answer."""

from datetime import datetime, timedelta

from flask import render_template

from wms.auth.permissions import Permission
from wms.customs.sending import file_name, lately_sent, queue
from wms.customs.unanswered import unanswered
from wms.i18n import N_, Sentence, say
from wms.outbox import OutboxMessage
from wms.web.doors import Menu, Pages
from wms.web.house import now, session

pages = Pages("outgoing", "/customs/outgoing")


@pages.page("/", title=N_("Outgoing"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def outgoing() -> str:
    """The queue, the oldest first; what has no answer; what left lately."""
    at = now()
    waiting = queue(session())
    silent = unanswered(session(), declared_before=at)
    return render_template(
        "customs/outgoing.html",
        failing=sum(message.last_error is not None for message in waiting),
        waiting=[_waiting(message, at=at) for message in waiting],
        oldest=_age(at - waiting[0].written_at) if waiting else None,
        silent=[(each.kind, each.number, each.declared_at, _age(at - each.declared_at)) for each in silent],
        sent=[
            (file_name(message), message.written_at, message.delivered_at, message.attempts)
            for message in lately_sent(session())
        ],
    )


def _waiting(message: OutboxMessage, *, at: datetime) -> tuple[object, ...]:
    return (
        file_name(message),
        _age(at - message.written_at),
        message.attempts,
        message.next_try_at if message.attempts else None,
        message.last_error,
    )


def _age(span: timedelta) -> Sentence:
    minutes = max(0, int(span.total_seconds() // 60))
    if minutes < 60:
        return say(N_("{minutes} min"), minutes=minutes)
    if minutes < 48 * 60:
        return say(N_("{hours} h {minutes} min"), hours=minutes // 60, minutes=minutes % 60)
    return say(N_("{days} days"), days=minutes // 1440)
