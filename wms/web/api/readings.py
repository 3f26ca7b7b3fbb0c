"""The gateway's door: batches of facts in, a receipt out, as docs/gateway-contract.md says."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Response, json, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.sensing.excursions import judge_again
from wms.sensing.readings import KeyConflict, Receipt, record
from wms.sensing.rooms import device_ids, rooms_of
from wms.web.api.resource import Out, Resource
from wms.web.house import now, person, run_action
from wms.web.sensing import site

resource = Resource("readings")
BATCH_BYTES_MAX: Final = 1_048_576


class Item(BaseModel):
    """One fact; what is not listed is kept in its digest and otherwise ignored."""

    model_config = ConfigDict(extra="allow")

    seq: int = Field(ge=1, le=2**62)


class Batch(BaseModel):
    """Facts of one gateway in rising order of seq."""

    model_config = ConfigDict(extra="ignore")

    source: str = Field(min_length=1, max_length=64)
    epoch: str = Field(min_length=1, max_length=40)
    items: list[Item] = Field(min_length=1, max_length=500)


class ReceiptOut(Out):
    """The gateway forgets everything up to `committed`."""

    source: str
    epoch: str
    committed: int
    stored: int
    duplicates: int
    dead: int


@resource.post("", permission=Permission.SEND_READINGS, body=Batch, out=ReceiptOut)
def take_batch() -> Response | ReceiptOut:
    """Store a batch and answer after the commit; a name that comes again is a duplicate and changes nothing."""
    raw = request.get_data()
    if len(raw) > BATCH_BYTES_MAX:
        return _no(413, "too_large", f"{len(raw)} bytes; at most {BATCH_BYTES_MAX}")
    try:
        batch = Batch.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "/"
        return _no(422, "items_refused", f"{place}: {first['msg']}")
    items = [item.model_dump() for item in batch.items]
    by_id, at, devices = person().id, now(), site()

    def work(session: Session) -> Receipt:
        recorded = record(
            session, source=batch.source, epoch=batch.epoch, items=items, devices=device_ids(devices)
        )
        if recorded.touched:
            judge_again(session, recorded.touched, rooms_of(session, devices), by_id=by_id, at=at)
        return recorded.receipt

    try:
        return ReceiptOut.model_validate(run_action(work, action="readings.record"))
    except KeyConflict as conflict:
        return _no(409, "key_conflict", str(conflict), seq=conflict.facts["seq"])


def _no(status: int, code: str, detail: str, **more: object) -> Response:
    body: Mapping[str, Any] = {
        "type": "about:blank",
        "title": detail,
        "status": status,
        "code": code,
        "detail": detail,
        **more,
    }
    return Response(json.dumps(body), status, content_type="application/problem+json")
