"""Messages of the single window and of partners: handed in raw, kept whatever becomes of them."""

from base64 import b64encode
from datetime import datetime
from http import HTTPStatus
from urllib.parse import unquote

from flask import Response, json, request
from pydantic import Field
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.customs.doors import receive, refuse_unread
from wms.customs.inbox import InboxMessage, Outcome
from wms.customs.messages.personal import redacted
from wms.errors import Refusal
from wms.i18n import N_
from wms.web.api.paging import page_of
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


class NoSuchMessage(Refusal):
    """The number names no message."""

    message = N_("There is no message {number}.")
    status = 404


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
    """Every message, in order of arrival, a thousand to a page; `?after` continues after one of them."""
    found, more = page_of(select(InboxMessage), InboxMessage.id)
    return MessagesOut(items=[_out(message) for message in found], next=more)


@resource.post("", permission=Permission.TAKE_MESSAGES, out=MessageOut)
def hand_in() -> Response:
    """Hand in one message: its raw bytes as the body, its file name percent-encoded in X-File-Name.

    All its effects are there when this answers. A message refused for its content is kept and answered with 422;
    one that is too large is not read, and answered with 413.
    """
    name = unquote(request.headers.get("X-File-Name", ""))
    size = request.content_length or 0
    if size > house().settings.message_bytes_max:
        got = refuse_unread(
            house().sessions, size_bytes=size, file_name=name, door="api", desk=desk(), device=device()
        )
    else:
        raw = request.get_data()
        got = receive(house().sessions, raw=raw, file_name=name, door="api", desk=desk(), device=device())
    message = session().get_one(InboxMessage, got.message_id)
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE if got.reason == "TOO_LARGE" else _STATUS[got.outcome]
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


class MaskedOut(Out):
    """A message with every personal text masked; no longer what was signed."""

    file_name: str
    content: str


class RawOut(Out):
    """A message as it came, byte for byte; empty once the key of its month is destroyed."""

    file_name: str
    content_base64: str


@resource.get("/<int:message_id>/masked", permission=Permission.READ_DOCUMENTS, out=MaskedOut)
def masked_content(message_id: int) -> MaskedOut:
    """One message without the persons in it; what cannot be parsed is not shown."""
    message = _message(message_id)
    return MaskedOut(file_name=message.file_name, content=redacted(message.raw).decode())


@resource.get("/<int:message_id>/raw", permission=Permission.READ_PERSONAL, out=RawOut)
def raw_content(message_id: int) -> RawOut:
    """One message as it came; the reading is recorded."""
    message = _message(message_id)
    return RawOut(file_name=message.file_name, content_base64=b64encode(message.raw).decode())


def _message(message_id: int) -> InboxMessage:
    found = session().get(InboxMessage, message_id)
    if found is None:
        raise NoSuchMessage(number=message_id)
    return found


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
