"""Two-step passes 两步申报核放单 (ICP101): a vehicle with goods whose declarations are complete only later.

The pass names declarations; ours are known by the lists they go with. From then on it is a pass like any other, of
passportTypecd 7: SAS251 reviews it, SAS253 says that it passed.
"""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList
from wms.customs.declaration import Declaration
from wms.customs.messages.jg2.gate_pass import JOINT, GatePassDraft, GatePassHead
from wms.customs.messages.jg2.two_step_pass import TwoStepPassDraft

#: passportTypecd (domain notes 2.6).
TWO_STEP: Final = "7"


def list_numbers(session: Session, body: TwoStepPassDraft) -> tuple[list[str], str]:
    """Numbers of the lists whose declarations ride on the pass, and the first declaration nobody here knows, if any."""
    wanted = [each.declaration_no for each in body.declarations]
    query = (
        select(Declaration.number, BondedList.list_no)
        .join(BondedList, BondedList.id == Declaration.list_id)
        .where(Declaration.number.in_(wanted), BondedList.list_no != "")
    )
    known = {row.number: row.list_no for row in session.execute(query)}
    missing = next((number for number in wanted if number not in known), "")
    return list(dict.fromkeys(known[number] for number in wanted if number in known)), missing


def ordinary(body: TwoStepPassDraft, list_nos: Sequence[str]) -> GatePassDraft:
    """The same pass in the form of an ordinary one (pure)."""
    head = body.head
    return GatePassDraft(
        operator_customs_code=body.operator_customs_code,
        head=GatePassHead(
            inner_no=head.inner_no,
            pass_no=head.pass_no,
            related_type="1" if list_nos else "",
            related_nos_text=JOINT.join(list_nos),
            declaration_type=head.declaration_type,
            direction=head.direction,
            pass_type=TWO_STEP,
            bind_type="1" if len(list_nos) > 1 else "2",
            customs_code=head.customs_code,
            book_no=head.book_no,
            operator_credit_code=head.operator_credit_code,
            operator_code=head.operator_code,
            operator_name=head.operator_name,
            declarant_code=head.declarant_code or head.operator_code,
            declarant_name=head.declarant_name or head.operator_name,
            entered_by_code=head.entered_by_code or head.operator_code,
            entered_by_name=head.entered_by_name or head.operator_name,
            vehicle_no=head.vehicle_no,
            vehicle_card_no=head.vehicle_card_no,
            vehicle_kg=head.vehicle_kg,
            frame_kg=head.frame_kg,
            container_kg=head.container_kg,
            total_kg=head.total_kg,
            gross_kg=head.gross_kg,
            net_kg=head.net_kg,
            contact=head.contact,
            declared_at=head.declared_at,
        ),
    )
