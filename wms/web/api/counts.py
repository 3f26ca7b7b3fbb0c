"""Counts for programs: begin one, close it, and how far those under way are."""

from datetime import datetime

from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.customs.count_cases import close_count
from wms.floor.tally import places_done
from wms.ledger.counts import Count, begin_count, find_count, open_counts
from wms.numbering import next_number
from wms.web.api.resource import Body, Out, Resource, once, read_body
from wms.web.house import now, person, session

resource = Resource("counts")


class CountBody(Body):
    """Warehouses that are counted whole."""

    warehouses: list[str] = Field(max_length=100)


class CountOut(Out):
    """A count and how far it is, in places; `cases` once it is closed."""

    number: str
    warehouses: list[str]
    begun_at: datetime
    places_done: int
    places: int
    cases: list[str]


class CountsOut(Out):
    items: list[CountOut]
    next: str | None


def _out(database: Session, count: Count, cases: list[str] | None = None) -> CountOut:
    looked_at, places = places_done(database, count)
    return CountOut(
        number=count.number,
        warehouses=count.warehouses,
        begun_at=count.counted_at,
        places_done=looked_at,
        places=places,
        cases=cases or [],
    )


@resource.get("", permission=Permission.COUNT_STOCK, out=CountsOut)
def list_counts() -> CountsOut:
    """Counts that are under way."""
    return CountsOut(items=[_out(session(), each) for each in open_counts(session())], next=None)


@resource.post("", permission=Permission.COUNT_STOCK, body=CountBody, out=CountOut)
def begin() -> Response:
    """Begin a full count of some warehouses."""
    body, at, by_id = read_body(CountBody), now(), person().id

    def work(database: Session) -> CountOut:
        number = next_number(database, "P", day=at.date())
        return _out(
            database,
            begin_count(database, number=number, warehouses=body.warehouses, at=at, by_id=by_id),
        )

    return once(work, action="count.begin")


@resource.post("/<number>/close", permission=Permission.COUNT_STOCK, out=CountOut)
def close(number: str) -> Response:
    """Close a count: what nobody counted is counted as none, and each difference becomes a case."""
    at, by_id = now(), person().id

    def work(database: Session) -> CountOut:
        cases = close_count(database, number, at=at, by_id=by_id)
        return _out(database, find_count(database, number), [case.number for case in cases])

    return once(work, action="count.close")
