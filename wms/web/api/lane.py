"""The lane's door: what is to become of a parcel, and the list to answer from while the line is down."""

from datetime import datetime

from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from devices.codes import ParcelCode, parse_code
from wms.auth.permissions import Permission
from wms.customs.lane import record_verdict, released_list, verdict
from wms.web.api.resource import Body, Out, Resource, once, read_body
from wms.web.customs.desk import rules
from wms.web.house import now, session
from wms.web.language import t

resource = Resource("lane")


class Question(Body):
    """A parcel that a lane has just scanned."""

    source: str = Field(min_length=1, max_length=64)
    device: str = Field(min_length=1, max_length=64)
    text: str = Field(max_length=500)
    happened_at: datetime


class VerdictOut(Out):
    """`unknown` means hold; `parcel` is the waybill the text was read as, null where it is none."""

    verdict: str
    parcel: str | None
    reason: str


@resource.post("/verdicts", permission=Permission.SEND_READINGS, body=Question, out=VerdictOut)
def ask() -> BaseResponse:
    """What is to become of a parcel: released, inspect, or unknown. Every answer is kept."""
    question, at = read_body(Question), now()
    code = parse_code(question.text, expect=(ParcelCode,))
    waybill = code.waybill if isinstance(code, ParcelCode) else code.text
    happened_at = question.happened_at if question.happened_at.tzinfo else at

    def work(database: Session) -> VerdictOut:
        said = verdict(database, waybill)
        record_verdict(
            database,
            said,
            source=question.source,
            device=question.device,
            scanned=question.text,
            happened_at=happened_at,
            at=at,
        )
        return VerdictOut(verdict=said.word.value, parcel=waybill or None, reason=t(said.reason))

    return once(work, action="lane.ask")


class ReleasedListOut(Out):
    """Waybills by verdict; `digest` is SHA-256 of the canonical JSON of the other four fields."""

    made_at: datetime
    valid_until: datetime
    released: list[str]
    inspect: list[str]
    digest: str


@resource.get("/released-list", permission=Permission.SEND_READINGS, out=ReleasedListOut)
def read_list() -> ReleasedListOut:
    """What a lane may answer by itself until `valid_until`; who is on neither list is unknown."""
    found = released_list(session(), minutes=rules().inspection.lane_list_minutes, at=now())
    return ReleasedListOut(
        made_at=found.made_at,
        valid_until=found.valid_until,
        released=list(found.released),
        inspect=list(found.inspect),
        digest=found.digest,
    )
