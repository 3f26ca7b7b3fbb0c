"""Other bonded trade for programs: goods on their way out by list or bill, and transfers inside the zone."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.customs import transfer
from wms.customs.dispatch import Dispatch
from wms.web.api.paging import page_of
from wms.web.api.resource import Body, Out, Resource, once, read_body
from wms.web.house import house, now

dispatches = Resource("dispatches")
transfers = Resource("transfers")


class DispatchOut(Out):
    """出库任务: `document` is the list or bill as the gate names it; counts of picks."""

    number: str
    document: str
    state: str
    picks: int
    staged: int
    left: int


class DispatchesOut(Out):
    items: list[DispatchOut]
    next: str | None


@dispatches.get("", permission=Permission.READ_DOCUMENTS, out=DispatchesOut)
def list_dispatches() -> DispatchesOut:
    """Every dispatch, in order of opening; `?after` continues."""
    found, more = page_of(select(Dispatch), Dispatch.id)
    return DispatchesOut(
        items=[
            DispatchOut(
                number=each.number,
                document=each.gate_number,
                state=each.state.value.lower(),
                picks=len(each.picks),
                staged=sum(pick.staging_id is not None for pick in each.picks),
                left=sum(pick.left_at is not None for pick in each.picks),
            )
            for each in found
        ],
        next=more,
    )


class TransferBody(Body):
    """The sending list's number."""

    list: str


class TransferOut(Out):
    """How many moves carried it out."""

    moves: int


@transfers.post("", permission=Permission.PICK, body=TransferBody, out=TransferOut)
def carry_out() -> object:
    """Carry out a transfer inside the zone once both lists are approved (type 6)."""
    body = read_body(TransferBody)
    at, day = now(), house().day_of(now())

    def work(session: Session) -> TransferOut:
        return TransferOut(moves=transfer.carry_out(session, body.list, day=day, at=at))

    return once(work, action="transfer.carry_out")


RESOURCES = (dispatches, transfers)
