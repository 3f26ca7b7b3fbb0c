"""What customs' reviews of lists and passes order to be inspected (布控查验), ordered in the commit that takes them in.

A list of goods coming in is inspected as a list, and its goods are held as they arrive. An exit list that gathers
retail declarations is inspected declaration by declaration; any other exit list as a list. A pass stands for the
documents on it. A later review that lets them go is read by `inspection_watch`, which closes what it ordered.
"""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList, find_by_list_no
from wms.customs.double_random import SubjectKind
from wms.customs.effects import Desk
from wms.customs.gate_pass import GatePass
from wms.customs.inspection import Inspection, OrderedBy, Wanted, order_inspections
from wms.customs.retail_declaration import RetailDeclaration, is_undone
from wms.registry.companies import Company


def order_by_list(session: Session, bonded: BondedList, *, reason: str, desk: Desk) -> list[Inspection]:
    """Inspect what a list takes in or out, because its review (INV201) says so."""
    wanted = list(_wanted(session, bonded, order_number=bonded.list_no, reason=reason, desk=desk))
    return _order(session, wanted, desk=desk)


def order_by_pass(session: Session, gate_pass: GatePass, *, reason: str, desk: Desk) -> list[Inspection]:
    """Inspect what rides on a vehicle, because the review of its pass (SAS221) says so."""
    order_number, wanted = gate_pass.pass_no, list[Wanted]()
    for number in gate_pass.list_nos:
        bonded = find_by_list_no(session, number)
        if bonded is None:
            # a stock bill, or a list whose papers come later: its number is enough to bar and to hold what arrives
            wanted.append(_by_receipt(SubjectKind.BONDED_LIST, number, "", order_number, reason))
        else:
            wanted += _wanted(session, bonded, order_number=order_number, reason=reason, desk=desk)
    return _order(session, wanted, desk=desk)


def _order(session: Session, wanted: list[Wanted], *, desk: Desk) -> list[Inspection]:
    officers = desk.rules.inspection.officers
    return order_inspections(session, wanted, officers=officers, by_id=desk.by_id, at=desk.at)


def _wanted(
    session: Session, bonded: BondedList, *, order_number: str, reason: str, desk: Desk
) -> Iterable[Wanted]:
    if not bonded.retail:
        company = session.get_one(Company, bonded.book.company_id).customs_code
        yield _by_receipt(SubjectKind.BONDED_LIST, bonded.list_no, company, order_number, reason)
        return
    query = select(RetailDeclaration).where(RetailDeclaration.exit_list_id == bonded.id)
    found = [each for each in session.scalars(query.order_by(RetailDeclaration.id)) if not is_undone(each)]
    merchants = desk.merchants_of(session, [each.order_no for each in found])
    for each in found:
        company = merchants.get(each.order_no, "")
        yield _by_receipt(SubjectKind.RETAIL_DECLARATION, each.number, company, order_number, reason)


def _by_receipt(kind: SubjectKind, number: str, company: str, order_number: str, reason: str) -> Wanted:
    return Wanted(
        kind=kind,
        number=number,
        company=company,
        ordered_by=OrderedBy.RECEIPT,
        order_number=order_number[:40],
        reason=reason,
    )
