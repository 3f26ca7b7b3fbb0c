"""Messages this system drafted itself, as they leave."""

from flask import request
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.outbox import OutboxMessage
from wms.web.api.resource import Out, Resource, number_asked
from wms.web.house import session

#: Messages hold their buyers in clear and whole, so a page of them is short.
PAGE = 100
resource = Resource("messages/sent")


class SentOut(Out):
    """One message; `content` is its XML."""

    file_name: str
    content: str


class SentListOut(Out):
    items: list[SentOut]
    next: str | None


@resource.get("", permission=Permission.READ_PERSONAL, out=SentListOut)
def list_sent() -> SentListOut:
    """Messages of a kind (`?kind=CEB621`), in the order they were drafted; `?after` continues."""
    kind, after = request.args.get("kind", ""), number_asked("after", 0)
    query = select(OutboxMessage).where(OutboxMessage.kind == kind, OutboxMessage.id > after)
    found = session().scalars(query.order_by(OutboxMessage.id).limit(PAGE)).all()
    more = f"/api/messages/sent?kind={kind}&after={found[-1].id}" if len(found) == PAGE else None
    return SentListOut(
        items=[
            SentOut(file_name=f"{each.kind}-{each.id:08d}.xml", content=each.payload.decode())
            for each in found
        ],
        next=more,
    )
