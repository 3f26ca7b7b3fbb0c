"""CEB311, 411 and 511 become orders, payments and waybills: each element once, whatever it is wrapped in."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final, TypeVar

from sqlalchemy import ForeignKey, String, func, select, union
from sqlalchemy.orm import Mapped, Session, aliased, mapped_column

from wms.alerts import Severity, raise_alert
from wms.audit import UNAUDITED
from wms.customs.effects import TAKEN, Desk, Effect
from wms.customs.inbox import InboxMessage, Outcome
from wms.customs.messages.ceb.editions import CEB_2022_05
from wms.customs.messages.ceb.order import OrderFiling, OrderMessage
from wms.customs.messages.ceb.payment import PaymentFiling, PaymentMessage
from wms.customs.messages.ceb.waybill import WaybillFiling, WaybillMessage
from wms.customs.messages.wire.record import Record
from wms.customs.messages.wire.texts import texts_of
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.orders.documents import Filed, Order, OrderLine, Payment, Waybill
from wms.orders.matching import Verdict
from wms.orders.verdicts import Match
from wms.sealed import keyring_of

F = TypeVar("F", Order, Payment, Waybill)
CONFLICT = N_("{kind} {guid} of order {order} came again with other content; the first stays in force.")
LATE = N_(
    "{kind} of order {order} was filed anew after the order had been accepted; the accepted version stands."
)
KINDS: Final[Mapping[type[Filed], str]] = {Order: "CEB311", Payment: "CEB411", Waybill: "CEB511"}


class FromTheFuture(Refusal):
    """The sender's clock is wrong; what comes later could never replace it."""

    message = N_(
        "{kind} {guid} of order {order}: its time {time} lies more than {hours} h ahead of ours. "
        "Correct the clock and send it again."
    )
    status = 422


class NoOrderNumber(Refusal):
    """Blanks alone name no order; what joins the three filings would be missing."""

    message = N_("{kind} {guid} names no order. Fill in orderNo and send it again.")
    status = 422


class Repetition(StrEnum):
    """How an element that came again compares with the first."""

    DUPLICATE_IGNORED = "DUPLICATE_IGNORED"
    DUPLICATE_CONFLICT = "DUPLICATE_CONFLICT"


class RepeatedElement(Base):
    """An element whose kind and guid were seen before; only that it came is kept, its bytes are in the inbox."""

    __tablename__ = "repeated_element"
    __table_args__ = ({"comment": "Elements of messages that came again", "info": UNAUDITED},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"), comment="message it came in")
    kind: Mapped[str] = mapped_column(String(6), comment="CEB311, CEB411 or CEB511")
    guid: Mapped[str] = mapped_column(String(36), comment="number of the element")
    order_no: Mapped[str] = mapped_column(String(60), comment="orderNo it names")
    outcome: Mapped[Repetition] = mapped_column(
        words(Repetition), comment="the same again, or with other content"
    )


@dataclass(frozen=True, kw_only=True)
class SetAside:
    """An element that is not in force, and why: DUPLICATE_IGNORED, DUPLICATE_CONFLICT or SUPERSEDED."""

    file_name: str
    kind: str
    guid: str
    order_no: str
    outcome: str


def file_orders(session: Session, body: OrderMessage, /, *, desk: Desk) -> Effect:
    """Keep each order of a CEB311 that is new."""
    return _file(session, Order, body.documents, desk=desk)


def file_payments(session: Session, body: PaymentMessage, /, *, desk: Desk) -> Effect:
    """Keep each payment of a CEB411 that is new."""
    return _file(session, Payment, body.documents, desk=desk)


def file_waybills(session: Session, body: WaybillMessage, /, *, desk: Desk) -> Effect:
    """Keep each waybill of a CEB511 that is new."""
    return _file(session, Waybill, body.documents, desk=desk)


#: For `Desk.procedures`: customs' intake lies below and does not know orders.
PROCEDURES: Final[Mapping[type[object], Callable[..., Effect]]] = {
    OrderMessage: file_orders,
    PaymentMessage: file_payments,
    WaybillMessage: file_waybills,
}


def _file(
    session: Session,
    table: type[F],
    documents: Sequence[OrderFiling] | Sequence[PaymentFiling] | Sequence[WaybillFiling],
    *,
    desk: Desk,
) -> Effect:
    _refuse_unkeepable(table, documents, desk=desk)
    # One message of a kind at a time, so that the same element in two of them is seen as a repetition.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"orders.file:{KINDS[table]}"))))
    guids = [document.head.guid for document in documents]
    known = session.execute(select(table.guid, table.digest).where(table.guid.in_(guids)))
    seen, keys = {row.guid: row.digest for row in known}, keyring_of(session)
    for document in documents:
        digest = keys.digest(whole_text(document))
        first = seen.setdefault(document.head.guid, "")
        if first:
            _repeat(session, table, document, same=first == digest, desk=desk)
            continue
        seen[document.head.guid] = digest
        session.add(_row(table, document, digest=digest, message_id=desk.message_id))
    session.flush()
    numbers = {_key(document.head.order_no) for document in documents}
    if table is not Order:
        _tell_late(session, table, numbers, desk=desk)
    return Effect(
        outcome=Outcome.ACCEPTED,
        said=say(TAKEN),
        document_number=numbers.pop() if len(numbers) == 1 else "",
    )


def _key(text: str) -> str:
    """A number as it joins filings: blanks around it are the sender's, not the number's."""
    return text.strip()


def _refuse_unkeepable(table: type[Filed], documents: Sequence[Any], *, desk: Desk) -> None:
    """A time far ahead of ours would stay the version in force whatever came later."""
    latest = desk.at + timedelta(hours=desk.settings.message_ahead_hours_max)
    for document in documents:
        if not _key(document.head.order_no):
            raise NoOrderNumber(kind=KINDS[table], guid=document.head.guid)
        if document.head.declared_at > latest:
            raise FromTheFuture(
                kind=KINDS[table],
                guid=document.head.guid,
                order=document.head.order_no,
                time=f"{document.head.declared_at:%Y-%m-%d %H:%M}",
                hours=desk.settings.message_ahead_hours_max,
            )


def whole_text(document: Record) -> bytes:
    """All the texts of an element as one; prefixes and white space between elements do not count."""
    return "\x1e".join(f"{path}\x1f{text}" for path, text in texts_of(document, CEB_2022_05)).encode()


def _row(table: type[F], document: Any, *, digest: str, message_id: int) -> F:
    own = {"id", "message_id", "digest"}
    names = [column.key for column in table.__mapper__.column_attrs if column.key not in own]
    values = {name: getattr(document.head, name) for name in names}
    values |= {name: _key(values[name]) for name in ("order_no", "waybill_no") if name in values}
    row = table(message_id=message_id, digest=digest, **values)
    if isinstance(row, Order):
        fields = [c.key for c in OrderLine.__mapper__.column_attrs if c.key not in {"id", "order_id"}]
        row.lines = [OrderLine(**{name: getattr(line, name) for name in fields}) for line in document.lines]
    return row


def _repeat(session: Session, table: type[Filed], document: Any, *, same: bool, desk: Desk) -> None:
    outcome = Repetition.DUPLICATE_IGNORED if same else Repetition.DUPLICATE_CONFLICT
    head, kind = document.head, KINDS[table]
    session.add(
        RepeatedElement(
            message_id=desk.message_id,
            kind=kind,
            guid=head.guid,
            order_no=_key(head.order_no),
            outcome=outcome,
        )
    )
    if not same:
        raise_alert(
            session,
            kind="order.conflict",
            subject=f"{kind} {head.guid}",
            sentence=say(CONFLICT, kind=kind, guid=head.guid, order=_key(head.order_no)),
            severity=Severity.WARNING,
            at=desk.at,
        )


def _tell_late(session: Session, table: type[F], numbers: set[str], *, desk: Desk) -> None:
    """Say of accepted orders that this message brought a newer payment or waybill; a newer order the matching tells."""
    accepted = select(Match.order_no).where(Match.order_no.in_(numbers), Match.verdict == Verdict.ACCEPTED)
    for order_no in session.scalars(accepted.order_by(Match.order_no)).all():
        standing = in_force(session, table, order_no=order_no)
        if standing is not None and standing.message_id == desk.message_id:
            raise_alert(
                session,
                kind="order.late",
                subject=f"{KINDS[table]} {order_no}",
                sentence=say(LATE, kind=KINDS[table], order=order_no),
                severity=Severity.WARNING,
                at=desk.at,
            )


def in_force(session: Session, table: type[F], *, order_no: str) -> F | None:
    """The version with the greatest appTime; of equal ones the last to arrive."""
    query = select(table).where(table.order_no == order_no)
    return session.scalars(query.order_by(table.declared_at.desc(), table.id.desc()).limit(1)).first()


def order_numbers_after(session: Session, number: str, *, limit: int) -> list[str]:
    """So many order numbers that any document names, in their own order, behind a number."""
    named = [
        select(table.order_no)
        .where(table.order_no > number)
        .distinct()
        .order_by(table.order_no)
        .limit(limit)
        .subquery()
        for table in KINDS
    ]
    together = union(*(select(each.c.order_no) for each in named)).subquery()
    return list(session.scalars(select(together.c.order_no).order_by(together.c.order_no).limit(limit)))


def set_aside(session: Session) -> list[SetAside]:
    """Every element that is not in force, by kind and order of arrival."""
    repeated = select(RepeatedElement, InboxMessage.file_name).join(
        InboxMessage, InboxMessage.id == RepeatedElement.message_id
    )
    found = [
        SetAside(
            file_name=file_name,
            kind=each.kind,
            guid=each.guid,
            order_no=each.order_no,
            outcome=each.outcome.value,
        )
        for each, file_name in session.execute(repeated.order_by(RepeatedElement.id))
    ]
    return [
        *found,
        *_superseded(session, Order),
        *_superseded(session, Payment),
        *_superseded(session, Waybill),
    ]


def _superseded(session: Session, table: type[F]) -> Iterator[SetAside]:
    other = aliased(table)
    later = (other.declared_at > table.declared_at) | (
        (other.declared_at == table.declared_at) & (other.id > table.id)
    )
    newer = select(other.id).where(other.order_no == table.order_no, later).exists()
    query = select(table.guid, table.order_no, InboxMessage.file_name).join(
        InboxMessage, InboxMessage.id == table.message_id
    )
    for guid, order_no, file_name in session.execute(query.where(newer).order_by(table.id)):
        yield SetAside(
            file_name=file_name, kind=KINDS[table], guid=guid, order_no=order_no, outcome="SUPERSEDED"
        )
