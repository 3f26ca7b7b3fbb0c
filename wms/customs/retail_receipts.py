"""Customs' answers of the retail import (CEB622, 624, 626): all kept, each of them once, and what they come to.

A state is never stored from one receipt alone; it is what all receipts say by customs' own clock, so late, repeated
and swapped ones end the same. One that names a document nobody sent is kept and joined when the document comes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol, TypeVar

from sqlalchemy import ForeignKey, Index, String, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.customs.codes.tables import Table, is_known, table
from wms.customs.messages.wire.times import CHINA
from wms.db import Base

#: 海关审结: customs agreed to a cancellation or a return.
GRANTED: Final = "399"
#: 海关退单; a code below zero counts like it.
REFUSED: Final = "100"


class RetailReceipt(Base):
    """回执: one answer as received; repeated ones are kept too."""

    __tablename__ = "retail_receipt"
    __table_args__ = (
        Index("ix_retail_receipt_number", "kind", "number"),
        {"comment": "Customs' answers to declarations, cancel and return requests", "info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"), comment="message it came in")
    kind: Mapped[str] = mapped_column(String(6), comment="CEB622, CEB624 or CEB626")
    guid: Mapped[str] = mapped_column(String(36), comment="number of the answer itself")
    number: Mapped[str] = mapped_column(String(20), comment="document it answers (copNo)")
    pre_no: Mapped[str] = mapped_column(String(18), comment="number of the e-port (preNo)")
    list_no: Mapped[str] = mapped_column(
        String(18), index=True, comment="number of the declaration (invtNo); empty if not given"
    )
    status: Mapped[str] = mapped_column(String(10), comment="returnStatus")
    returned_at: Mapped[datetime] = mapped_column(comment="returnTime, by customs' clock")
    text: Mapped[str] = mapped_column(String(1000), comment="returnInfo")
    is_repeated: Mapped[bool] = mapped_column(
        comment="same document, status and time as one before: counted, of no effect"
    )

    @property
    def stamp(self) -> str:
        """What returnTime said: 17 digits, China time."""
        return f"{self.returned_at.astimezone(CHINA):%Y%m%d%H%M%S%f}"[:17]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One receipt as a message brings it."""

    guid: str
    number: str
    pre_no: str
    list_no: str
    status: str
    returned_at: datetime
    text: str


def record(session: Session, kind: str, answers: Sequence[Answer], *, message_id: int) -> list[RetailReceipt]:
    """Keep every answer; what was said before is marked as repeated."""
    # One message of receipts at a time, so that the same receipt in two of them is seen as a repetition.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"retail.receipts:{kind}"))))
    numbers = {each.number for each in answers}
    known = {(each.number, each.status, each.returned_at) for each in receipts_of(session, kind, numbers)}
    kept = []
    for each in answers:
        key = each.number, each.status, each.returned_at
        kept.append(
            RetailReceipt(
                message_id=message_id,
                kind=kind,
                guid=each.guid,
                number=each.number,
                pre_no=each.pre_no,
                list_no=each.list_no,
                status=each.status,
                returned_at=each.returned_at,
                text=each.text,
                is_repeated=key in known,
            )
        )
        known.add(key)
    session.add_all(kept)
    session.flush()
    return kept


def receipts_of(session: Session, kind: str, numbers: Iterable[str]) -> list[RetailReceipt]:
    """All receipts of these documents, in the order they came."""
    query = select(RetailReceipt).where(RetailReceipt.kind == kind, RetailReceipt.number.in_(sorted(numbers)))
    return list(session.scalars(query.order_by(RetailReceipt.id)))


class Said(Protocol):
    """An answer of customs: its code, and when by customs' clock."""

    @property
    def status(self) -> str: ...
    @property
    def returned_at(self) -> datetime: ...


S = TypeVar("S", bound=Said)


def newest(receipts: Iterable[S]) -> S | None:
    """What customs said last, by customs' clock; of two said at once the greater code, so that order never counts."""
    return max(receipts, key=lambda each: (each.returned_at, _rank(each.status)), default=None)


def _rank(status: str) -> tuple[int, str]:
    try:
        return int(status), status
    except ValueError:
        return 0, status


def first_release(receipts: Iterable[RetailReceipt]) -> RetailReceipt | None:
    """The first 放行 (800) by customs' clock, or where there is none the first 结关 (899)."""
    found = sorted(receipts, key=lambda each: each.returned_at)
    for status in ("800", "899"):
        for each in found:
            if each.status == status:
                return each
    return None


def is_failure(status: str) -> bool:
    """退单, or an error of processing."""
    return status == REFUSED or status.startswith("-")


def has_words(status: str) -> bool:
    """Whether a status is a state we know, or an error of processing."""
    return status.startswith("-") or is_known(table(Table.DECLARATION_STATUSES), status)
