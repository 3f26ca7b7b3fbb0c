"""The way out for programs: pick waves, what they chose, and exit lists with their drafts."""

from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.customs import exit_lists
from wms.customs.bonded_list import BondedList
from wms.customs.parcels import Parcel, ParcelState, allocations
from wms.customs.trade import Course
from wms.floor.waves import open_wave
from wms.ledger.book import Side
from wms.web.api.paging import page_of
from wms.web.api.resource import Body, Out, Resource, once, read_body
from wms.web.house import house, now, person, session

pick_waves = Resource("pick-waves")
picked = Resource("allocations")
exits = Resource("exit-lists")


class WaveBody(Body):
    """Nothing to say: every released declaration without a parcel is in it."""


class WaveOut(Out):
    """拣货波次 as opened."""

    number: str


@pick_waves.post("", permission=Permission.PICK, body=WaveBody, out=WaveOut)
def open_pick_wave() -> object:
    """Open a wave of all released declarations not yet in one, in the order of release."""
    read_body(WaveBody)
    by_id, at = person().id, now()
    day = house().day_of(at)

    def work(session: Session) -> WaveOut:
        return WaveOut(number=open_wave(session, day=day, by_id=by_id, at=at).number)

    return once(work, action="wave.open")


class AllocationOut(Out):
    """What was chosen for an order: item, lot, the bin it comes from, stock units as text."""

    order_no: str
    item_no: str
    lot: str
    expiry: str | None
    location: str
    quantity: str


class AllocationsOut(Out):
    items: list[AllocationOut]
    next: str | None


@picked.get("", permission=Permission.READ_FLOOR, out=AllocationsOut)
def list_allocations() -> AllocationsOut:
    """What was chosen and picked for released declarations, in order of waves and release; `?after` continues."""
    found, more = page_of(select(Parcel).where(Parcel.state != ParcelState.PULLED), Parcel.id)
    return AllocationsOut(
        items=[
            AllocationOut(
                order_no=each.order_no,
                item_no=each.item_no,
                lot=each.lot,
                expiry=each.expiry.isoformat() if each.expiry else None,
                location=each.location,
                quantity=str(each.quantity),
            )
            for each in allocations(session(), parcels=[parcel.id for parcel in found])
        ],
        next=more,
    )


class ExitLineOut(Out):
    """One item of an exit list in declared units."""

    item_no: str
    quantity: str


class ExitListOut(Out):
    """核注清单 of type 8; `goods` is in_zone until all its parcels have left."""

    number: str | None
    state: str
    goods: str
    declarations: int
    lines: list[ExitLineOut]


class ExitListsOut(Out):
    items: list[ExitListOut]
    next: str | None


@exits.get("", permission=Permission.READ_DOCUMENTS, out=ExitListsOut)
def list_exit_lists() -> ExitListsOut:
    """Every exit list of type 8, in order of declaration; `?after` continues."""
    left = exit_lists.lists_left(session())
    query = select(BondedList).where(BondedList.side == Side.OUT, BondedList.course == Course.RETAIL)
    found, more = page_of(query, BondedList.id, size=100)
    return ExitListsOut(
        items=[
            ExitListOut(
                number=each.list_no or None,
                state=each.state.value.lower(),
                goods="left" if each.id in left else "in_zone",
                declarations=len(each.retail),
                lines=[
                    ExitLineOut(item_no=line.item_no, quantity=_plain(line.quantity)) for line in each.lines
                ],
            )
            for each in found
        ],
        next=more,
    )


class DraftBody(Body):
    """The declarations by customs' numbers (invtNo)."""

    declarations: list[str]


class DraftLineOut(Out):
    """What would be declared of one item: declared and statutory quantities, CNY."""

    item_no: str
    quantity: str
    total_price: str
    unit_price: str
    first_quantity: str
    second_quantity: str | None


class DraftOut(Out):
    lines: list[DraftLineOut]


@exits.post("/draft", permission=Permission.FILE_DOCUMENTS, body=DraftBody, out=DraftOut)
def draft_exit_list() -> object:
    """What an exit list of these declarations would declare; nothing is kept, and those on a list may be asked too."""
    body = read_body(DraftBody)

    def work(session: Session) -> DraftOut:
        found = exit_lists.find_declarations(session, body.declarations)
        return DraftOut(lines=[_draft_line(line) for line in exit_lists.draft_lines(session, found)])

    return once(work, action="exit.draft")


def _draft_line(line: exit_lists.ExitLine) -> DraftLineOut:
    return DraftLineOut(
        item_no=line.item.item_no,
        quantity=_plain(line.quantity),
        total_price=_plain(line.total),
        unit_price=_plain(line.unit_price),
        first_quantity=_plain(line.first_quantity),
        second_quantity=None if line.second_quantity is None else _plain(line.second_quantity),
    )


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


RESOURCES = (pick_waves, picked, exits)
