"""CancelRequest 撤销申请单: the declarant asks customs to cancel a declaration (CEB623), customs answers (CEB624).

While the answer is awaited the goods are not picked. 399 cancels, 100 leaves everything as it was.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.customs.retail_receipts import GRANTED, RetailReceipt, is_failure, newest
from wms.db import Base, words


class CancelOutcome(StrEnum):
    """What customs said to the request."""

    WAITING = "WAITING"
    CANCELLED = "CANCELLED"
    REFUSED = "REFUSED"


class CancelRequest(Base):
    """撤销申请单: which declaration is to be cancelled, and what customs said."""

    __tablename__ = "cancel_request"
    __table_args__ = ({"comment": "Requests to cancel a retail declaration (CEB623)"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    number: Mapped[str] = mapped_column(String(20), unique=True, comment="our own number (copNo)")
    guid: Mapped[str] = mapped_column(String(36), comment="number of the element; a new one asks again")
    order_no: Mapped[str] = mapped_column(String(60), index=True, comment="order it names")
    list_no: Mapped[str] = mapped_column(String(18), index=True, comment="declaration it names (invtNo)")
    requested_at: Mapped[datetime] = mapped_column(comment="appTime")
    reason: Mapped[str] = mapped_column(String(1000), comment="why, in the declarant's words")
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"), comment="message it came in")
    answered_before: Mapped[datetime | None] = mapped_column(
        comment="customs' newest answer when it was asked again; older ones belong to the earlier request"
    )
    outcome: Mapped[CancelOutcome] = mapped_column(words(CancelOutcome), comment="by all its receipts")


def outcome_of(request: CancelRequest, receipts: Iterable[RetailReceipt]) -> CancelOutcome:
    """What the receipts (CEB624) of a request come to."""
    before = request.answered_before
    last = newest(
        each
        for each in receipts
        if each.number == request.number and (before is None or each.returned_at > before)
    )
    if last is not None and last.status == GRANTED:
        return CancelOutcome.CANCELLED
    if last is not None and is_failure(last.status):
        return CancelOutcome.REFUSED
    return CancelOutcome.WAITING


def find_request(session: Session, number: str) -> CancelRequest | None:
    """The request with our own number, locked."""
    query = select(CancelRequest).where(CancelRequest.number == number)
    return session.scalars(query.with_for_update()).one_or_none()


def requests_about(
    session: Session, *, order_nos: Iterable[str], list_nos: Iterable[str]
) -> list[CancelRequest]:
    """Requests that name one of these orders or declarations."""
    query = select(CancelRequest).where(
        or_(CancelRequest.order_no.in_(sorted(order_nos)), CancelRequest.list_no.in_(sorted(list_nos)))
    )
    return list(session.scalars(query.order_by(CancelRequest.id)))
