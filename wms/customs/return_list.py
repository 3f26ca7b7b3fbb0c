"""Return lists: inbound bonded lists that name the declarations whose goods came back, and enter them again.

They go to the book items they left from. Nothing moves: the goods lie in the returns area already, moved and not
booked; customs' receipt books them, and only then may they go back to the shelf.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from wms.customs.bonded_list import BondedList, ListState, line_of
from wms.customs.return_case import Reentry, ReturnCase, find_by_list_no, goods_reentered
from wms.ledger.book import Document, DocumentKind, Side
from wms.ledger.operations import Enter, Operation
from wms.ledger.posting import apply


@dataclass(frozen=True, kw_only=True)
class Reentered:
    """What the receipt of a return list did: cases that are in the book again, and named ones that may not be."""

    cases: tuple[ReturnCase, ...]
    strangers: tuple[str, ...]


def is_return_list(bonded: BondedList) -> bool:
    """Whether a list enters what buyers sent back: it comes in and names retail declarations."""
    return bonded.side is Side.IN and bool(bonded.retail)


_RECEIVED = text("""
    select m.document_line as line_no, sum(m.quantity)::bigint as quantity
    from stock_move m join location s on s.id = m.source_id
    where m.document_kind = 'RETURN_REQUEST' and m.document_number = :number and s.purpose = 'BUYER'
    group by 1
""")


def received_by_line(session: Session, number: str) -> dict[int, int]:
    """What came back under a request so far, stock units by line."""
    return {row.line_no: row.quantity for row in session.execute(_RECEIVED, {"number": number})}


_BACK = text("""
    select l.list_id
    from listed_declaration l join bonded_list b on b.id = l.list_id
    where b.side = 'IN'
    group by l.list_id
    having bool_and(l.retail_no in (
        select d.list_no from return_case c join retail_declaration d on d.id = c.declaration_id
        where c.goods_back_on is not null))
""")


def lists_back(session: Session) -> frozenset[int]:
    """Ids of the return lists that name only parcels which are back; no pass ever brings their goods."""
    return frozenset(session.scalars(_BACK))


def book_returns(session: Session, bonded: BondedList, *, at: datetime) -> Reentered:
    """Customs booked a return list: 实增, answered by the returned goods that wait, line by line of their requests.

    A receipt is an outside fact: what it names and may not enter again is booked all the same and told.
    """
    cases: list[ReturnCase] = []
    strangers: list[str] = []
    documents: dict[int, list[Document]] = defaultdict(list)
    for each in bonded.retail:
        case = find_by_list_no(session, each.retail_no, lock=True)
        if case is None or not (case.may_reenter or case.reentry is Reentry.REENTERED):
            strangers.append(each.retail_no)
            continue
        goods_reentered(case)
        cases.append(case)
        for line in case.lines:
            documents[line.book_item_id].append(
                Document(kind=DocumentKind.RETURN_REQUEST, number=case.number, line=line.line_no)
            )
    bonded.state, bonded.booked_at = ListState.BOOKED, at
    operations: list[Operation] = []
    for listed in bonded.lines:
        here = line_of(bonded.list_no, listed.line_no)
        operations.append(
            Enter(
                book_item_id=listed.book_item_id,
                side=Side.IN,
                quantity=listed.stock_quantity,
                document=here,
                answers=(here, *documents[listed.book_item_id]),
            )
        )
    session.flush()
    apply(session, operations, occurred_at=at)
    return Reentered(cases=tuple(cases), strangers=tuple(strangers))
