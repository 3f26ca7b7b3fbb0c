"""A gate pass that is not used is made void (dclTypecd 3): a pass is new or void, never changed (customs 2.6).

From the declaration on nothing is loaded or received on it, and its vehicle and its lists may have another pass. If
the client or customs do not take it, the pass stands as before. A passage is a fact all the same.
"""

from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.customs.effects import Effect, repeated, taken
from wms.customs.gate_pass import GatePass, PassState, find_by_inner_no, find_by_pass_no
from wms.customs.messages.jg2.gate_pass import GatePassDraft
from wms.errors import Refusal
from wms.i18n import N_

#: dclTypecd of a pass that is made void.
VOID: Final = "3"


class NoPassToVoid(Refusal):
    """Only what was declared here can be made void."""

    message = N_("There is no gate pass {number} here that could be made void.")
    status = 422


class PassIsUsed(Refusal):
    """What has passed or is being unloaded stands."""

    message = N_("Gate pass {number} cannot be made void: its vehicle {vehicle} has used it.")


class PassIsLoaded(Refusal):
    """Parcels are bound to the vehicle."""

    message = N_("Vehicle {vehicle} has {count} parcels of gate pass {number} on it. Take them off first.")


_LOADED: Final = text("select count(*) from parcel where pass_id = :id and state = 'LOADED'")
_RECEIVED: Final = text(
    "select exists (select from stock_move where pass_number = :number and pass_number <> '')"
)


def take(session: Session, draft: GatePassDraft) -> Effect:
    """Make the pass that a draft names void, by our number or by customs'.

    Raises NoPassToVoid, PassIsUsed and PassIsLoaded.
    """
    head = draft.head
    found = find_by_inner_no(session, head.inner_no) or find_by_pass_no(session, head.pass_no, lock=True)
    if found is None or found.state in (PassState.REFUSED, PassState.RETURNED):
        raise NoPassToVoid(number=head.pass_no or head.inner_no)
    if found.state is PassState.VOID:
        return repeated(found.inner_no)
    end(session, found)
    return taken(found.inner_no)


def end(session: Session, found: GatePass) -> None:
    """Make a pass void that its vehicle has not used; raises PassIsUsed and PassIsLoaded."""
    number = found.pass_no or found.inner_no
    is_received = bool(found.pass_no) and session.execute(_RECEIVED, {"number": found.pass_no}).scalar_one()
    if found.state is PassState.PASSED or is_received:
        raise PassIsUsed(number=number, vehicle=found.vehicle_no)
    if count := session.execute(_LOADED, {"id": found.id}).scalar_one():
        raise PassIsLoaded(number=number, vehicle=found.vehicle_no, count=count)
    found.state = PassState.VOID
    session.flush()
