"""Messages this system drafted itself, as they leave."""

from flask import request
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.outbox import OutboxMessage
from wms.web.api.paging import page_of
from wms.web.api.resource import Out, Resource

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
    query = select(OutboxMessage).where(OutboxMessage.kind == request.args.get("kind", ""))
    found, more = page_of(query, OutboxMessage.id, size=PAGE)
    return SentListOut(
        items=[
            SentOut(file_name=f"{each.kind}-{each.id:08d}.xml", content=each.payload.decode())
            for each in found
        ],
        next=more,
    )
