"""Customs' answers to the papers of an order (CEB312, 412, 512, 514): each kept once, and told where it sends one back.

They decide nothing here: a retail declaration is released or returned by its own answers. But whoever asks why it was
finds on the order's page that customs never took the payment in.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.alerts import Severity, raise_alert
from wms.audit import UNAUDITED
from wms.customs.effects import KNOWN, TAKEN, Desk, Effect
from wms.customs.inbox import Outcome
from wms.customs.messages.ceb.order import OrderReceipts
from wms.customs.messages.ceb.payment import PaymentReceipts
from wms.customs.messages.ceb.waybill import WaybillReceipts
from wms.customs.messages.ceb.waybill_status import WaybillStatusReceipts
from wms.customs.retail_receipts import is_failure, newest
from wms.db import Base
from wms.i18n import N_, say
from wms.orders.documents import Order, Payment, Waybill

RETURNED = N_("Customs returned {paper} {number}: {text}. Whoever filed it corrects it and files it again.")


class PaperReceipt(Base):
    """One answer to an order, a payment, a waybill or its state."""

    __tablename__ = "paper_receipt"
    __table_args__ = (
        UniqueConstraint(
            "kind", "number", "firm_code", "guid", "status", "returned_at", name="uq_paper_receipt_said"
        ),
        Index("ix_paper_receipt_number", "kind", "number"),
        {"comment": "Customs' answers to orders, payments and waybills", "info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    message_id: Mapped[int] = mapped_column(
        ForeignKey("inbox_message.id"), comment="message it came in first"
    )
    kind: Mapped[str] = mapped_column(String(6), comment="CEB312, CEB412, CEB512 or CEB514")
    guid: Mapped[str] = mapped_column(String(36), comment="number of the answer itself")
    firm_code: Mapped[str] = mapped_column(
        String(18), comment="platform, payment firm or carrier that filed it"
    )
    number: Mapped[str] = mapped_column(
        String(60), comment="paper it answers: orderNo, payTransactionId or logisticsNo"
    )
    status: Mapped[str] = mapped_column(String(10), comment="returnStatus")
    returned_at: Mapped[datetime] = mapped_column(comment="returnTime, by customs' clock")
    text: Mapped[str] = mapped_column(String(1000), comment="returnInfo")

    @property
    def paper(self) -> str:
        """The kind of paper it answers: CEB311 for CEB312."""
        return _PAPERS[self.kind]


_PAPERS: Final = {"CEB312": "CEB311", "CEB412": "CEB411", "CEB512": "CEB511", "CEB514": "CEB513"}

#: Messages of answers: their kind, and who filed the paper under which number.
_ANSWERING: Final[Mapping[type[object], tuple[str, Callable[[Any], tuple[str, str]]]]] = {
    OrderReceipts: ("CEB312", lambda one: (one.platform_code, one.order_no)),
    PaymentReceipts: ("CEB412", lambda one: (one.payment_firm_code, one.payment_no)),
    WaybillReceipts: ("CEB512", lambda one: (one.carrier_code, one.waybill_no)),
    WaybillStatusReceipts: ("CEB514", lambda one: (one.carrier_code, one.waybill_no)),
}


def take_receipts(session: Session, body: Any, /, *, desk: Desk) -> Effect:
    """Keep each answer that is new, and tell a person of each paper that came back."""
    kind, filed = _ANSWERING[type(body)]
    rows = [_row(kind, filed(one), one, message_id=desk.message_id) for one in body.receipts]
    added = insert(PaperReceipt).values(rows).on_conflict_do_nothing().returning(PaperReceipt)
    fresh = list(session.scalars(added))
    for receipt in fresh:
        if is_failure(receipt.status):
            _tell(session, receipt, at=desk.at)
    numbers = {filed(one)[1] for one in body.receipts}
    return Effect(
        outcome=Outcome.ACCEPTED if fresh else Outcome.REPEATED,
        said=say(TAKEN if fresh else KNOWN),
        document_number=numbers.pop() if len(numbers) == 1 else "",
    )


PROCEDURES: Final[Mapping[type[object], Callable[..., Effect]]] = dict.fromkeys(_ANSWERING, take_receipts)


def _row(kind: str, filed: tuple[str, str], one: Any, *, message_id: int) -> dict[str, object]:
    firm_code, number = filed
    return {
        "message_id": message_id,
        "kind": kind,
        "guid": one.guid,
        "firm_code": firm_code,
        "number": number,
        "status": one.status,
        "returned_at": one.returned_at,
        "text": one.text,
    }


def _tell(session: Session, receipt: PaperReceipt, *, at: datetime) -> None:
    """Of a paper that came back, unless customs said something else of it later."""
    query = select(PaperReceipt).where(
        PaperReceipt.kind == receipt.kind,
        PaperReceipt.number == receipt.number,
        PaperReceipt.firm_code == receipt.firm_code,
    )
    if newest(session.scalars(query)) is not receipt:
        return
    raise_alert(
        session,
        kind="paper.returned",
        subject=f"{receipt.paper} {receipt.number}",
        sentence=say(RETURNED, paper=receipt.paper, number=receipt.number, text=receipt.text),
        severity=Severity.WARNING,
        at=at,
    )


def receipts_on(
    session: Session, *, orders: Iterable[Order], payments: Iterable[Payment], waybills: Iterable[Waybill]
) -> list[PaperReceipt]:
    """What customs said of these papers, by customs' clock.

    A payment's answer is found by its number and not by the firm that filed it, which the payment does not keep.
    """
    waybills = list(waybills)
    asked = [
        *(_about("CEB312", each.order_no, each.platform_code) for each in orders),
        *(_about("CEB412", each.payment_no) for each in payments),
        *(
            _about(kind, each.waybill_no, each.carrier_code)
            for each in waybills
            for kind in ("CEB512", "CEB514")
        ),
    ]
    if not asked:
        return []
    query = select(PaperReceipt).where(or_(*asked))
    return list(session.scalars(query.order_by(PaperReceipt.returned_at, PaperReceipt.id)))


def _about(kind: str, number: str, firm_code: str | None = None) -> Any:
    about = (PaperReceipt.kind == kind) & (PaperReceipt.number == number)
    return about if firm_code is None else about & (PaperReceipt.firm_code == firm_code)
