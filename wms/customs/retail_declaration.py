"""RetailDeclaration 零售进口申报清单: one parcel to one buyer, from the accepted order to the booked exit.

Declared when an order is accepted (CEB621); where it stands comes from customs' receipts only, all of them by the
time customs gave them, whatever the order they came in. No click releases.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final
from uuid import uuid4

from sqlalchemy import ForeignKey, Numeric, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from wms.customs.messages.writing import write_message
from wms.customs.retail_draft import (
    CHANGED,
    NEW,
    Declarant,
    Guids,
    RetailDraft,
    RetailDraftLine,
    declaration_message,
)
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import Document, DocumentKind
from wms.outbox import tell
from wms.registry.units import half_up

#: N19,5 of the messages.
_NUMBER = Numeric(19, 5)
#: Tax, CNY to the fen.
_FEN = Numeric(19, 2)
#: 放行, 结关.
RELEASED: Final = frozenset({"800", "899"})
#: 退单; a code below zero counts like it.
RETURNED: Final = "100"
#: Where declarations leave to, as the outbox names it.
SINGLE_WINDOW: Final = "single_window"
#: State after customs accepted the cancellation (624 with 399).
CANCELLED: Final = "CANCELLED"


class TwoDeclarations(Refusal):
    """Receipts gave one number of customs to two declarations; which of them is meant only customs can say."""

    message = N_("Customs gave {list_no} to {number} and to {other}. Ask customs which of them it is.")


class BookEffect(StrEnum):
    """What the declaration does to the account book."""

    PROMISED = "PROMISED"
    BOOKED = "BOOKED"
    WITHDRAWN = "WITHDRAWN"


class RetailDeclaration(Base):
    """零售进口申报清单: what one parcel declares, and where customs' receipts say it stands."""

    __tablename__ = "retail_declaration"
    __table_args__ = ({"comment": "Retail import declarations, one per parcel"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    number: Mapped[str] = mapped_column(String(64), unique=True, comment="our own number (copNo)")
    order_no: Mapped[str] = mapped_column(String(60), index=True, comment="order it was made for")
    list_no: Mapped[str] = mapped_column(
        String(18), index=True, comment="number given by customs (invtNo); empty until a receipt names it"
    )
    pre_no: Mapped[str] = mapped_column(String(18), comment="number of the e-port (preNo); empty until known")
    waybill_no: Mapped[str] = mapped_column(String(60), index=True, comment="parcel number (logisticsNo)")
    carrier_code: Mapped[str] = mapped_column(String(18), comment="carrier (logisticsCode); empty if unknown")
    carrier_name: Mapped[str] = mapped_column(String(100), comment="its name; empty if unknown")
    book_id: Mapped[int] = mapped_column(ForeignKey("account_book.id"), comment="account book it leaves")
    supervision_mode: Mapped[str] = mapped_column(String(4), comment="e.g. 1210")
    buyer: Mapped[str] = mapped_column(
        String(64), comment="keyed hash of the buyer, as the ledger knows them"
    )
    year: Mapped[int] = mapped_column(comment="calendar year whose allowance it uses")
    dutiable_value: Mapped[Decimal] = mapped_column(_NUMBER, comment="完税价格, CNY")
    gross_kg: Mapped[Decimal] = mapped_column(_NUMBER, comment="gross weight, kilograms; 0 if unknown")
    net_kg: Mapped[Decimal] = mapped_column(_NUMBER, comment="net weight, kilograms; 0 if unknown")
    declared_at: Mapped[datetime] = mapped_column(comment="when it was drafted and sent")
    is_history: Mapped[bool] = mapped_column(
        comment="released before this system kept the book; out of the book already"
    )
    state: Mapped[str] = mapped_column(
        String(10), index=True, comment="newest return status, CANCELLED, or empty before any receipt"
    )
    released_at: Mapped[datetime | None] = mapped_column(
        comment="first release (800, or else 899) by customs' clock"
    )
    release_stamp: Mapped[str] = mapped_column(
        String(17), comment="the same as received, 17 digits; empty before"
    )
    book_effect: Mapped[BookEffect] = mapped_column(
        words(BookEffect), comment="promised when accepted, booked by its exit list, or withdrawn"
    )
    cancel_pending: Mapped[bool] = mapped_column(
        comment="a cancel request waits for its answer: not to be picked"
    )
    version: Mapped[int] = mapped_column(default=1, comment="how often it was declared, 1 for the first time")
    answered_before: Mapped[datetime | None] = mapped_column(
        comment="customs' newest answer when it was changed; older ones belong to the version before"
    )
    exit_list_id: Mapped[int | None] = mapped_column(
        ForeignKey("bonded_list.id"), index=True, comment="exit list of type 8 that takes it out"
    )

    lines: Mapped[list["RetailDeclarationLine"]] = relationship(
        order_by="RetailDeclarationLine.line_no", lazy="selectin", cascade="all, delete-orphan"
    )


class RetailDeclarationLine(Base):
    """One line of goods; line n is line n of the order."""

    __tablename__ = "retail_declaration_line"
    __table_args__ = (
        UniqueConstraint("declaration_id", "line_no"),
        {"comment": "Lines of retail import declarations"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    declaration_id: Mapped[int] = mapped_column(
        ForeignKey("retail_declaration.id"), comment="its declaration"
    )
    line_no: Mapped[int] = mapped_column(comment="line number (gnum)")
    book_item_id: Mapped[int] = mapped_column(ForeignKey("book_item.id"), comment="book line it names")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号")
    hs10: Mapped[str] = mapped_column(String(10), comment="commodity code (gcode)")
    name: Mapped[str] = mapped_column(String(250), comment="name as declared (gname)")
    unit: Mapped[str] = mapped_column(String(3), comment="declared unit code")
    quantity: Mapped[Decimal] = mapped_column(_NUMBER, comment="declared quantity")
    stock_quantity: Mapped[int] = mapped_column(comment="the same in stock units")
    price: Mapped[Decimal] = mapped_column(_NUMBER, comment="price of one, CNY")
    total: Mapped[Decimal] = mapped_column(
        _NUMBER, comment="total, CNY; for one of the history its dutiable value"
    )
    tax_price: Mapped[Decimal] = mapped_column(_FEN, comment="dutiable value with its share of freight, CNY")
    customs_tax: Mapped[Decimal] = mapped_column(_FEN, comment="duty, CNY")
    vat: Mapped[Decimal] = mapped_column(_FEN, comment="value-added tax, CNY")
    consumption_tax: Mapped[Decimal] = mapped_column(_FEN, comment="consumption tax, CNY")


def declare(
    session: Session, draft: RetailDraft, *, declarant: Declarant, at: datetime, day: date
) -> RetailDeclaration:
    """Draft the declaration of a parcel and put its signed CEB621 into the outbox.

    The caller promises its goods in the same transaction. Raises SchemaFault when something in it cannot stand in the
    message, such as an order number that is too long.
    """
    made = RetailDeclaration(
        number=draft.number,
        order_no=draft.order_no,
        list_no="",
        pre_no="",
        waybill_no=draft.waybill_no,
        carrier_code=draft.carrier.code,
        carrier_name=draft.carrier.name,
        book_id=declarant.book_id,
        supervision_mode=declarant.supervision_mode,
        buyer=draft.buyer.key,
        year=day.year,
        dutiable_value=draft.dutiable_value,
        gross_kg=draft.gross_kg(packaging_kg=declarant.packaging_kg),
        net_kg=draft.net_kg(),
        declared_at=at,
        is_history=False,
        state="",
        release_stamp="",
        book_effect=BookEffect.PROMISED,
        cancel_pending=False,
        lines=[_line(line) for line in draft.lines],
    )
    session.add(made)
    send(session, draft, declarant=declarant, at=at, day=day)
    return made


def may_change(declaration: RetailDeclaration) -> bool:
    """Whether it may be declared again with other content (appType 2): returned, and nothing of it is held any more.

    A cancelled one is closed for good; one that customs have in hand is theirs.
    """
    return (
        is_undone(declaration)
        and declaration.state != CANCELLED
        and declaration.book_effect is BookEffect.WITHDRAWN
        and not declaration.is_history
    )


def change(
    session: Session,
    declaration: RetailDeclaration,
    draft: RetailDraft,
    *,
    declarant: Declarant,
    answered_before: datetime | None,
    at: datetime,
    day: date,
) -> None:
    """Declare a returned parcel again with what the order says now; what customs said before no longer counts.

    The version before stays as the message that was sent. The caller promises the goods anew in the same transaction.
    """
    assert may_change(declaration)
    declaration.lines.clear()
    session.flush()
    declaration.lines = [_line(line) for line in draft.lines]
    declaration.waybill_no = draft.waybill_no
    declaration.carrier_code, declaration.carrier_name = draft.carrier.code, draft.carrier.name
    declaration.buyer, declaration.year = draft.buyer.key, day.year
    declaration.dutiable_value = draft.dutiable_value
    declaration.gross_kg = draft.gross_kg(packaging_kg=declarant.packaging_kg)
    declaration.net_kg = draft.net_kg()
    declaration.declared_at, declaration.version = at, declaration.version + 1
    declaration.answered_before, declaration.state = answered_before, ""
    declaration.released_at, declaration.release_stamp = None, ""
    declaration.book_effect = BookEffect.PROMISED
    send(session, draft, declarant=declarant, at=at, day=day, kind=CHANGED)


def send(
    session: Session, draft: RetailDraft, *, declarant: Declarant, at: datetime, day: date, kind: str = NEW
) -> None:
    """Put the signed CEB621 of a parcel into the outbox; `kind` is its appType."""
    guids = Guids(message=_guid(), declaration=_guid())
    message = declaration_message(draft, declarant=declarant, guids=guids, at=at, day=day, kind=kind)
    payload = write_message("CEB621", message, signer=declarant.signer)
    tell(session, destination=SINGLE_WINDOW, kind="CEB621", payload=payload, at=at)


def _guid() -> str:
    return str(uuid4()).upper()


def _line(line: RetailDraftLine) -> RetailDeclarationLine:
    taxes = line.taxes
    return RetailDeclarationLine(
        line_no=line.line_no,
        book_item_id=line.book_item_id,
        item_no=line.item_no,
        hs10=line.product.hs10,
        name=line.name,
        unit=line.unit,
        quantity=line.quantity,
        stock_quantity=line.stock_quantity,
        price=line.price,
        total=line.total,
        tax_price=half_up(Fraction(taxes.value), 2),
        customs_tax=taxes.duty,
        vat=taxes.vat,
        consumption_tax=taxes.consumption_tax,
    )


def document_of(number: str, line_no: int = 0) -> Document:
    """A declaration, or a line of it, as the ledger names it."""
    return Document(kind=DocumentKind.RETAIL_DECLARATION, number=number, line=line_no)


def is_undone(declaration: RetailDeclaration) -> bool:
    """Whether customs' last word takes it back: returned, failed, or cancelled."""
    return is_undoing(declaration.state)


def is_undoing(state: str) -> bool:
    """Whether a state takes a declaration back: 100, below zero, or CANCELLED."""
    return state in (RETURNED, CANCELLED) or state.startswith("-")


def is_released(declaration: RetailDeclaration) -> bool:
    """Whether customs' last word is a release."""
    return declaration.state in RELEASED


def released(session: Session) -> list[RetailDeclaration]:
    """Declarations of this book that may leave, by (release time, order number); the history left out."""
    query = select(RetailDeclaration).where(
        RetailDeclaration.state.in_(RELEASED), RetailDeclaration.is_history.is_(False)
    )
    return list(session.scalars(query.order_by(RetailDeclaration.release_stamp, RetailDeclaration.order_no)))


def find_by_number(session: Session, number: str, *, lock: bool = False) -> RetailDeclaration | None:
    """The declaration with our own number (copNo)."""
    query = select(RetailDeclaration).where(RetailDeclaration.number == number)
    return session.scalars(query.with_for_update() if lock else query).one_or_none()


def find_by_list_no(session: Session, list_no: str, *, lock: bool = False) -> RetailDeclaration | None:
    """The declaration with customs' number (invtNo); raises TwoDeclarations."""
    query = select(RetailDeclaration).where(
        RetailDeclaration.list_no == list_no, RetailDeclaration.list_no != ""
    )
    query = query.order_by(RetailDeclaration.id)
    found = session.scalars(query.with_for_update() if lock else query).all()
    if len(found) > 1:
        raise TwoDeclarations(list_no=list_no, number=found[0].number, other=found[1].number)
    return found[0] if found else None


def releases(session: Session) -> dict[str, datetime]:
    """When customs released each declaration, by its number; those never released are not in it."""
    query = select(RetailDeclaration.number, RetailDeclaration.released_at).where(
        RetailDeclaration.released_at.is_not(None)
    )
    return {number: at for number, at in session.execute(query) if at is not None}
