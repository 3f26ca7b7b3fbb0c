"""Stock for programs: what lies where, and moves inside one regime. What crosses a regime goes by its documents."""

from datetime import datetime

from pydantic import Field
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.moves import Move
from wms.ledger.posting import post
from wms.ledger.queries import stock_rows
from wms.ledger.scene import places_by_code
from wms.web.api.resource import Body, Out, Resource, once, read_body
from wms.web.house import goods_of, now, session
from wms.web.requests import KEY_MAX

moves = Resource("moves")
stock = Resource("stock")


class NoSuchPlace(Refusal):
    """The code names no place."""

    message = N_("There is no place {code}.")
    status = 404


class MoveBody(Body):
    """So many stock units of a lot from one place to another."""

    source: str
    target: str
    lot_id: int = Field(ge=1, le=KEY_MAX)
    quantity: int


class MovesBody(Body):
    """Moves that are done together or not at all."""

    moves: list[MoveBody] = Field(min_length=1, max_length=100)


class PostedOut(Out):
    """The posting, with the ledger's own clock."""

    posting_id: int
    recorded_at: datetime


@moves.post("", permission=Permission.MOVE_STOCK, body=MovesBody, out=PostedOut)
def move_stock() -> Response:
    """Move stock; all the moves or none, once for an Idempotency-Key."""
    body, at = read_body(MovesBody), now()

    def work(database: Session) -> PostedOut:
        codes = {code for asked in body.moves for code in (asked.source, asked.target)}
        places = places_by_code(database, codes)
        if unknown := sorted(codes - places.keys()):
            raise NoSuchPlace(code=unknown[0])
        asked_moves = [
            Move(
                source_id=places[asked.source].id,
                source_lot_id=asked.lot_id,
                target_id=places[asked.target].id,
                target_lot_id=asked.lot_id,
                quantity=asked.quantity,
            )
            for asked in body.moves
        ]
        read = {place.id: place for place in places.values()}
        return PostedOut.model_validate(post(database, asked_moves, occurred_at=at, places=read))

    return once(work, action="stock.move")


class ReadableOut(Out):
    """How many moves a body asks for."""

    moves: int


@moves.post("/check", permission=Permission.MOVE_STOCK, body=MovesBody, out=ReadableOut)
def check_moves() -> ReadableOut:
    """Say whether a body can be read; nothing is looked up and nothing is moved."""
    return ReadableOut(moves=len(read_body(MovesBody).moves))


class StockOut(Out):
    """A lot at a place; quantities in stock units."""

    location: str
    warehouse: str
    regime: str
    lot_id: int
    lot: str
    item_no: str
    on_hand: int
    reserved: int
    held: int


class StockListOut(Out):
    items: list[StockOut]
    next: str | None


@stock.get("", permission=Permission.READ_STOCK, out=StockListOut)
def list_stock() -> StockListOut:
    """What lies where, at most 10,000 rows; a goods owner is told of the own goods."""
    rows = stock_rows(session(), owner=goods_of(), limit=10_000)
    return StockListOut(items=[StockOut.model_validate(row) for row in rows], next=None)


RESOURCES = (moves, stock)
