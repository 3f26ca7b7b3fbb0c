"""The gateway's door: batches of facts in, a receipt out, as docs/gateway-contract.md says."""

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, Any, Final

from flask import Response, request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.sensing.consequences import follow
from wms.sensing.readings import KeyConflict, Receipt, record
from wms.web.api.resource import Out, Resource
from wms.web.house import now, person, run_action
from wms.web.sensing.site import stands


def _numbered(item: dict[str, Any]) -> dict[str, Any]:
    seq = item.get("seq")
    if type(seq) is not int or not 1 <= seq <= 2**62:
        raise ValueError("seq is a whole number from 1")
    # what no table can hold: a number that is none, or a greater one than there are
    json.dumps(item, allow_nan=False)
    return item


resource = Resource("readings")
BATCH_BYTES_MAX: Final = 1_048_576
Item = Annotated[dict[str, Any], AfterValidator(_numbered)]


class Batch(BaseModel):
    """Facts of one gateway in rising order of seq; what else an item says is judged when it is recorded."""

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
    if b"\\u0000" in raw:
        return _no(422, "items_refused", "items: no text may hold NUL")
    try:
        batch = Batch.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "/"
        return _no(422, "items_refused", f"{place}: {first['msg']}")
    if any(one["seq"] >= next_one["seq"] for one, next_one in pairwise(batch.items)):
        return _no(422, "items_refused", "items: the numbers do not rise")
    by_id, at, standing = person().id, now(), stands()

    def work(session: Session) -> Receipt:
        recorded = record(
            session,
            source=batch.source,
            epoch=batch.epoch,
            items=batch.items,
            devices=standing.devices,
        )
        follow(session, recorded.facts, standing, by_id=by_id, at=at)
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
