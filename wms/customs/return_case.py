"""ReturnCase 退货申请: goods a buyer sends back, from the request (CEB625) over customs' word (626) to the shelf.

Days are calendar days from the release, which is day 0. A request in time that customs accept gives the buyer's
yearly amount back, once. Goods in time wait in the returns area and enter the book again by a return list; late goods
never touch the book. What happens on the floor is told here by `goods_arrived` and `goods_reentered`.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import ColumnElement, ForeignKey, Numeric, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from wms.customs.retail_declaration import RetailDeclaration
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_

_NUMBER = Numeric(19, 5)
_FEN = Numeric(19, 2)


class Application(StrEnum):
    """What became of the request to return."""

    WAITING = "WAITING"
    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    REFUSED_LATE = "REFUSED_LATE"


class Reentry(StrEnum):
    """Whether the goods come back into the book."""

    NOT_ARRIVED = "NOT_ARRIVED"
    WAITING_SORT = "WAITING_SORT"
    REFUSED = "REFUSED"
    REFUSED_LATE_GOODS = "REFUSED_LATE_GOODS"
    REENTERED = "REENTERED"


class NotToReenter(Refusal):
    """Only goods that came back in time, of a request that stands, enter the book again."""

    message = N_("Return {number} of declaration {list_no} may not enter the book again.")


class ReturnCase(Base):
    """退货申请: one request, its goods, and how far they are."""

    __tablename__ = "return_case"
    __table_args__ = ({"comment": "Requests to return goods of a released declaration (CEB625)"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    number: Mapped[str] = mapped_column(String(64), unique=True, comment="our own number (copNo)")
    guid: Mapped[str] = mapped_column(String(36), comment="number of the element; empty for the history")
    declaration_id: Mapped[int] = mapped_column(
        ForeignKey("retail_declaration.id"), index=True, comment="declaration whose goods come back"
    )
    reason: Mapped[str] = mapped_column(String(1000), comment="why, in the declarant's words")
    applied_on: Mapped[date] = mapped_column(comment="day of the request, in the zone's calendar")
    apply_day: Mapped[int] = mapped_column(comment="the same, counted from the release; the release is day 0")
    is_late: Mapped[bool] = mapped_column(comment="asked for after the last day that passes")
    back_days_max: Mapped[int] = mapped_column(
        comment="last day on which goods may be back, from the release"
    )
    application: Mapped[Application] = mapped_column(words(Application), comment="by all its receipts")
    goods_back_on: Mapped[date | None] = mapped_column(comment="day the goods came back; empty before")
    reentry: Mapped[Reentry] = mapped_column(words(Reentry), comment="whether they enter the book again")
    given_back: Mapped[Decimal] = mapped_column(
        _FEN, comment="given back to the buyer's yearly amount, CNY; 0 before"
    )
    given_back_on: Mapped[date | None] = mapped_column(comment="the day of that, in the zone's calendar")
    message_id: Mapped[int | None] = mapped_column(
        ForeignKey("inbox_message.id"), comment="message it came in; none for one of the history"
    )

    declaration: Mapped[RetailDeclaration] = relationship(lazy="joined")
    lines: Mapped[list["ReturnLine"]] = relationship(order_by="ReturnLine.line_no", lazy="selectin")

    @property
    def back_day(self) -> int | None:
        """The day the goods came back, counted from the release."""
        return None if self.goods_back_on is None else day_of(self.declaration, self.goods_back_on)

    @property
    def may_reenter(self) -> bool:
        """Whether the goods that are here may enter the book again."""
        return self.application is Application.ACCEPTED and self.reentry is Reentry.WAITING_SORT


class ReturnLine(Base):
    """退货表体: one line that comes back; its number is that of the declaration's line."""

    __tablename__ = "return_line"
    __table_args__ = (
        UniqueConstraint("case_id", "line_no"),
        {"comment": "Lines of requests to return goods"},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    case_id: Mapped[int] = mapped_column(ForeignKey("return_case.id"), comment="its request")
    line_no: Mapped[int] = mapped_column(comment="line of the declaration (gnum)")
    book_item_id: Mapped[int] = mapped_column(ForeignKey("book_item.id"), comment="book line it goes back to")
    item_no: Mapped[str] = mapped_column(String(32), comment="料号")
    quantity: Mapped[Decimal] = mapped_column(_NUMBER, comment="quantity that comes back, declared unit")
    stock_quantity: Mapped[int] = mapped_column(comment="the same in stock units")


def day_of(declaration: RetailDeclaration, on: date) -> int:
    """A day counted from the release of a declaration, which is day 0."""
    return (on - released_on(declaration)).days


def released_on(declaration: RetailDeclaration) -> date:
    """The day of its release by customs' clock."""
    stamp = declaration.release_stamp
    assert stamp, "only a released declaration has returns"
    return date(int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8]))


def reentry_of(case: ReturnCase) -> Reentry:
    """Whether the goods of a case enter the book again, by request and days."""
    if case.reentry is Reentry.REENTERED:
        return Reentry.REENTERED
    if case.application in (Application.REFUSED, Application.REFUSED_LATE):
        return Reentry.REFUSED
    if case.back_day is None:
        return Reentry.NOT_ARRIVED
    return Reentry.WAITING_SORT if case.back_day <= case.back_days_max else Reentry.REFUSED_LATE_GOODS


def find_by_number(session: Session, number: str, *, lock: bool = False) -> ReturnCase | None:
    """The case with our own number (copNo)."""
    return _one(session, ReturnCase.number == number, lock=lock)


def find_by_list_no(session: Session, list_no: str, *, lock: bool = False) -> ReturnCase | None:
    """The newest case of a declaration, by customs' number (invtNo)."""
    return _one(session, RetailDeclaration.list_no == list_no, lock=lock)


def find_by_waybill(session: Session, waybill_no: str, *, lock: bool = False) -> ReturnCase | None:
    """The newest case of a parcel (logisticsNo)."""
    return _one(session, RetailDeclaration.waybill_no == waybill_no, lock=lock)


def _one(session: Session, condition: ColumnElement[bool], *, lock: bool) -> ReturnCase | None:
    query = (
        select(ReturnCase).join(RetailDeclaration).where(condition).order_by(ReturnCase.id.desc()).limit(1)
    )
    return session.scalars(query.with_for_update(of=ReturnCase) if lock else query).first()


def cases_of(session: Session, declaration_id: int) -> list[ReturnCase]:
    """Every request about a declaration, in order of arrival."""
    query = select(ReturnCase).where(ReturnCase.declaration_id == declaration_id)
    return list(session.scalars(query.order_by(ReturnCase.id)))


def goods_arrived(case: ReturnCase, *, on: date) -> Reentry:
    """The goods are back, on a day of the zone's calendar; the first arrival counts. Gives what it means."""
    if case.goods_back_on is None:
        case.goods_back_on = on
    case.reentry = reentry_of(case)
    return case.reentry


def goods_reentered(case: ReturnCase) -> None:
    """The return list is booked: the goods are in the book again. Raises NotToReenter."""
    if case.reentry is not Reentry.REENTERED and not case.may_reenter:
        raise NotToReenter(number=case.number, list_no=case.declaration.list_no)
    case.reentry = Reentry.REENTERED


def returned_before(session: Session, declaration: RetailDeclaration) -> dict[int, Decimal]:
    """What earlier requests that were not refused bring back, by line, in declared units."""
    sums: dict[int, Decimal] = {}
    for case in cases_of(session, declaration.id):
        if case.application not in (Application.REFUSED, Application.REFUSED_LATE):
            for line in case.lines:
                sums[line.line_no] = sums.get(line.line_no, Decimal(0)) + line.quantity
    return sums
