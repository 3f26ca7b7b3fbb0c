"""What tests of the way out find afterwards: where goods lie, what is reserved, and whether the law holds."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.parcels import Parcel
from wms.customs.retail_declaration import RetailDeclaration
from wms.ledger.book import AccountBook
from wms.ledger.lots import Lot
from wms.ledger.moves import Balance
from wms.ledger.queries import book_rows, location_by_code, on_hand
from wms.ledger.verify import verify


def lies(session: Session, place: str, lot: str) -> int:
    found = location_by_code(session, place)
    assert found is not None
    return on_hand(session, location_id=found.id, lot_id=lot_id(session, lot))


def lot_id(session: Session, code: str) -> int:
    return session.scalars(select(Lot.id).where(Lot.code == code)).one()


def reserved(session: Session) -> int:
    return sum(session.scalars(select(Balance.reserved)))


def parcel_of(session: Session, declaration: RetailDeclaration) -> Parcel:
    return session.scalars(
        select(Parcel)
        .where(Parcel.declaration_id == declaration.id)
        .order_by(Parcel.id.desc())
        .execution_options(populate_existing=True)
    ).first()  # type: ignore[return-value]


def the_law_holds(session: Session) -> None:
    assert [str(finding) for finding in verify(session)] == []
    for book_id in session.scalars(select(AccountBook.id)):
        assert all(row.law_holds for row in book_rows(session, book_id=book_id))
