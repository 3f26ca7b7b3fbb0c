"""A vehicle arrives: its passage books what rides on it, once per pass; a later release books goods that came first."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList
from wms.customs.declaration import is_complete
from wms.customs.gate_pass import GatePass, Passage, PassedList, PassState, Riding, record_passage, riding_on
from wms.customs.trade import Course
from wms.ledger.book import Axis, Document, Side
from wms.ledger.operations import Enter, NameCase, Operation
from wms.ledger.posting import apply


def pass_inbound(
    session: Session, gate_pass: GatePass, passage: Passage, *, short_cases: dict[Document, str]
) -> list[tuple[Document, int]]:
    """The vehicle came in: book what rides on it (实增), once per pass; returns what exceeds its promises.

    `short_cases` names, by list line, the cases of a receipt that a person has closed already.
    """
    assert gate_pass.side is Side.IN
    if not record_passage(gate_pass, passage) or not passage.books:
        return []
    operations: list[Operation] = []
    for each in riding_on(session, gate_pass):
        if each.bonded.course is Course.GOODS_FIRST and not is_complete(session, each.bonded):
            # booked by `goods_first_entries`, when its declaration is released
            continue
        operations.append(_entry(each, gate_pass))
        if each.document in short_cases:
            operations.append(
                NameCase(
                    document=each.document,
                    axis=Axis.BOOKED_UNMOVED,
                    pass_number=gate_pass.pass_no,
                    case_number=short_cases[each.document],
                )
            )
    session.flush()
    return list(apply(session, operations, occurred_at=passage.passed_at).excess) if operations else []


def _entry(each: Riding, gate_pass: GatePass) -> Enter:
    return Enter(
        book_item_id=each.line.book_item_id,
        side=Side.IN,
        quantity=each.stock_quantity,
        document=each.document,
        answers=(each.document,),
        pass_number=gate_pass.pass_no,
    )


def goods_first_entries(session: Session, bonded: BondedList) -> list[Operation]:
    """What the release of a declaration books of goods that came first: what passed the gate, pass by pass."""
    passes = session.scalars(
        select(GatePass)
        .join(PassedList, PassedList.pass_id == GatePass.id)
        .where(PassedList.list_no == bonded.list_no, GatePass.state == PassState.PASSED)
        .order_by(GatePass.id)
    ).all()
    return [
        _entry(each, gate_pass)
        for gate_pass in passes
        for each in riding_on(session, gate_pass)
        if each.bonded.id == bonded.id
    ]
