"""The watch over the reconciliation: what no commit may leave behind without somebody being told.

Receipts and counts open their cases in the commit that finds them. What is left is found here, by comparing: a book
and a stock that disagree without a document, customs' figures that are not those of the list, a book below zero. A
finding is one case however often it is seen; it changes with its figure, and ends when the figures agree again as
long as nobody has proposed anything.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from wms.alerts import Severity, raise_alert
from wms.customs.cases import Act, CaseKind, CaseState, Discrepancy, Remedy, enter, open_case
from wms.customs.overview import reconcile_all
from wms.db import make_sessions, run
from wms.i18n import N_, say
from wms.ledger.past import ledger_now

#: Kinds of case that only this watch opens.
WATCHED = (CaseKind.UNEXPLAINED, CaseKind.STATEMENT_DIFFERS, CaseKind.NEGATIVE_BOOK)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One difference: of an item, or of a line of a list."""

    kind: CaseKind
    book_item_id: int
    item_no: str
    quantity: int
    book_difference: int = 0
    document_number: str = ""
    document_line: int = 0

    @property
    def key(self) -> tuple[CaseKind, int, str, int]:
        return self.kind, self.book_item_id, self.document_number, self.document_line


# Inbound lists are compared when their receipt comes, and have a case then; here the others, and whatever came since.
_STATED_OTHERWISE = text("""
    select n.book_item_id, n.item_no, b.list_no, n.line_no,
           ceil(abs(s.quantity - n.quantity) * n.stock_quantity / n.quantity)::bigint as quantity
    from bonded_list b
    join bonded_list_line n on n.list_id = b.id
    join book_statement s on s.book_id = b.book_id and s.source = b.list_no and s.source_line = n.line_no
    where b.list_no <> '' and s.quantity <> n.quantity and not exists (
        select from discrepancy d where d.kind = 'BOOKED_OTHERWISE' and d.document_number = b.list_no
          and d.document_line = n.line_no)
    order by b.list_no, n.line_no
""")


def findings(session: Session) -> list[Found]:
    """What differs at this moment and names neither a document nor a case; all of it from one snapshot."""
    found: list[Found] = []
    for each in reconcile_all(session, at=ledger_now(session)):
        for item in each.items:
            unexplained = item.stock + item.missing - item.expected - item.in_cases
            if not item.law_holds:
                found.append(
                    Found(
                        kind=CaseKind.UNEXPLAINED,
                        book_item_id=item.book_item_id,
                        item_no=item.item_no,
                        quantity=abs(unexplained),
                        book_difference=unexplained,
                    )
                )
            if item.available < 0:
                found.append(
                    Found(
                        kind=CaseKind.NEGATIVE_BOOK,
                        book_item_id=item.book_item_id,
                        item_no=item.item_no,
                        quantity=-item.available,
                    )
                )
    found += [
        Found(
            kind=CaseKind.STATEMENT_DIFFERS,
            book_item_id=row.book_item_id,
            item_no=row.item_no,
            quantity=row.quantity,
            document_number=row.list_no,
            document_line=row.line_no,
        )
        for row in session.execute(_STATED_OTHERWISE)
    ]
    return found


#: On however many machines workers run, one compares at a time. The lock is of a connection of its own and taken before
#: the snapshot is, so whoever comes next sees the cases of the one before.
_TRY = text("select pg_try_advisory_lock(hashtext('wms.customs.watching'))")
_LEAVE = text("select pg_advisory_unlock(hashtext('wms.customs.watching'))")


def watch_cases(engine: Engine, *, by_id: int, at: datetime) -> list[str]:
    """Compare at one moment and keep what differs as cases; the numbers of the new ones.

    Locks nothing that postings need. While another worker compares, this one does nothing.
    """
    snapshots = make_sessions(engine.execution_options(isolation_level="REPEATABLE READ"))
    with engine.connect() as alone:
        if not alone.execute(_TRY).scalar_one():
            return []
        try:
            return run(
                snapshots,
                lambda session: keep(session, by_id=by_id, at=at),
                by_id=by_id,
                action="case.watch",
            )
        finally:
            alone.execute(_LEAVE)


def keep(session: Session, *, by_id: int, at: datetime) -> list[str]:
    """Open, change and end the cases of what differs now; gives the numbers of the new ones."""
    before = _standing(session)
    explained = _explained(session)
    opened: list[str] = []
    for each in findings(session):
        known = before.pop(each.key, None)
        if known is None and explained.get(each.key) == each.quantity:
            continue
        if known is None:
            opened.append(_open(session, each, by_id=by_id, at=at))
        elif known.quantity != each.quantity:
            known.quantity, known.book_difference = each.quantity, each.book_difference
            enter(session, known, Act.CHANGED, at=at, by_id=by_id, facts={"quantity": each.quantity})
    _end(session, before.values(), by_id=by_id, at=at)
    return opened


def _standing(session: Session) -> dict[tuple[CaseKind, int, str, int], Discrepancy]:
    query = select(Discrepancy).where(Discrepancy.kind.in_(WATCHED), Discrepancy.state != CaseState.CLOSED)
    return {
        (case.kind, case.book_item_id, case.document_number, case.document_line): case
        for case in session.scalars(query.order_by(Discrepancy.id))
    }


def _explained(session: Session) -> dict[tuple[CaseKind, int, str, int], int]:
    """Figures an officer has accepted an explanation for; another figure is another case."""
    query = select(Discrepancy).where(
        Discrepancy.kind.in_(WATCHED),
        Discrepancy.state == CaseState.CLOSED,
        Discrepancy.remedy == Remedy.EXPLAINED,
    )
    return {
        (case.kind, case.book_item_id, case.document_number, case.document_line): case.quantity
        for case in session.scalars(query.order_by(Discrepancy.id))
    }


def _open(session: Session, found: Found, *, by_id: int, at: datetime) -> str:
    case = open_case(session, **vars(found), at=at, by_id=by_id)
    raise_alert(
        session,
        kind="case.opened",
        subject=case.number,
        sentence=say(
            N_("Case {case}: {quantity} of {item} differ, and no document says why."),
            case=case.number,
            quantity=found.quantity,
            item=found.item_no,
        ),
        severity=Severity.CRITICAL,
        at=at,
    )
    return case.number


def _end(session: Session, gone: Iterable[Discrepancy], *, by_id: int, at: datetime) -> None:
    """What agrees again ends by itself, unless a person has begun to decide about it."""
    for case in gone:
        if case.state is CaseState.OPEN:
            case.state = CaseState.CLOSED
            enter(session, case, Act.CLOSED, at=at, by_id=by_id, facts={"quantity": 0})
