"""Messages of the single window and of partners: handed in raw, kept whatever becomes of them."""

from datetime import datetime
from http import HTTPStatus
from urllib.parse import unquote

from flask import Response, json, request
from pydantic import Field

from wms.auth.permissions import Permission
from wms.customs.doors import receive
from wms.customs.inbox import InboxMessage, Outcome, newest
from wms.web.api.resource import Out, Resource
from wms.web.customs.desk import desk
from wms.web.house import device, house, session
from wms.web.language import t

resource = Resource("messages")

_STATUS = {
    Outcome.ACCEPTED: HTTPStatus.CREATED,
    Outcome.REPEATED: HTTPStatus.OK,
    Outcome.WAITING: HTTPStatus.ACCEPTED,
    Outcome.PARKED: HTTPStatus.ACCEPTED,
    Outcome.REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
}


class MessageOut(Out):
    """One message and what became of it."""

    id: int
    received_at: datetime
    file_name: str
    kind: str
    outcome: str = Field(description="accepted, repeated, waiting, parked or refused")
    reason: str = Field(description="Reason of a refusal in one word; empty otherwise")
    text: str = Field(description="The outcome in the language of the token's user")
    document: str = Field(description="Number of the document it is about; empty if none")
    elements: int


class MessagesOut(Out):
    """Messages in order of arrival."""

    items: list[MessageOut]
    next: str | None


@resource.get("", permission=Permission.READ_DOCUMENTS, out=MessagesOut)
def list_messages() -> MessagesOut:
    """The newest thousand messages, in order of arrival."""
    found = reversed(newest(session(), limit=1000))
    return MessagesOut(items=[_out(message) for message in found], next=None)


@resource.post("", permission=Permission.TAKE_MESSAGES, out=MessageOut)
def hand_in() -> Response:
    """Hand in one message: its raw bytes as the body, its file name percent-encoded in X-File-Name.

    All its effects are there when this answers. A message refused for its content is kept and answered with 422.
    """
    name = unquote(request.headers.get("X-File-Name", ""))
    got = receive(
        house().sessions, raw=request.get_data(), file_name=name, door="api", desk=desk(), device=device()
    )
    message = session().get_one(InboxMessage, got.message_id)
    status = _STATUS[got.outcome]
    body = _out(message).model_dump(mode="json")
    if got.outcome is Outcome.REFUSED:
        problem = {
            "type": "about:blank",
            "title": t(got.said),
            "status": status.value,
            "detail": t(got.said),
            "code": got.reason,
            "message": body,
        }
        return Response(json.dumps(problem), status, content_type="application/problem+json")
    return Response(json.dumps(body), status, content_type="application/json")


def _out(message: InboxMessage) -> MessageOut:
    return MessageOut(
        id=message.id,
        received_at=message.received_at,
        file_name=message.file_name,
        kind=message.kind,
        outcome=message.outcome.value.lower(),
        reason=message.reason,
        text=t(message.said),
        document=message.document_number,
        elements=message.elements,
    )
