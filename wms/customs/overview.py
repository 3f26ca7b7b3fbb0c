"""Questions that pages and programs ask of several documents at once."""

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from wms.customs.reconciliation import Reconciliation, reconcile
from wms.ledger.book import AccountBook

_IN_ZONE = text("""
    select l.list_no from passed_list l join gate_pass p on p.id = l.pass_id
    where p.side = 'IN' and (p.state = 'PASSED' or exists (
        select from stock_move m where m.pass_number = p.pass_no and m.pass_number <> ''))
""")


def goods_in_zone(session: Session) -> frozenset[str]:
    """Numbers of inbound lists with goods in the zone: on a pass that passed, or received from one."""
    return frozenset(session.scalars(_IN_ZONE))


def reconcile_all(session: Session, *, at: datetime) -> list[Reconciliation]:
    """The reconciliation of every account book at an instant of the ledger's clock."""
    books = session.scalars(select(AccountBook).order_by(AccountBook.number))
    return [reconcile(session, book_id=book.id, book_number=book.number, at=at) for book in books]
