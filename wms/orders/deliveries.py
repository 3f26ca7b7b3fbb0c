"""Where a parcel's way ends: its carrier says that the buyer signed for it (CEB513). Every report stays as it came."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.customs.effects import KNOWN, TAKEN, Desk, Effect
from wms.customs.inbox import Outcome
from wms.customs.messages.ceb.waybill_status import WaybillStatusFiling, WaybillStatusMessage
from wms.db import Base
from wms.errors import Refusal
from wms.i18n import N_, say

#: logisticsStatus of a parcel that was signed for; the form of 2022 knows no other.
SIGNED_FOR: Final = "S"
#: appType of a report that is taken back.
_DELETED: Final = "3"


class DeliveryAhead(Refusal):
    """No parcel is signed for tomorrow."""

    message = N_(
        "{kind} {guid} of waybill {number}: its time {time} lies more than {hours} h ahead of ours. "
        "Correct the clock and send it again."
    )
    status = 422


class DeliveryReport(Base):
    """One state of a parcel as its carrier reported it."""

    __tablename__ = "delivery_report"
    __table_args__ = (
        UniqueConstraint("guid"),
        Index("ix_delivery_report_waybill_no", "waybill_no"),
        {"comment": "States of parcels as carriers report them (CEB513)", "info": UNAUDITED},
    )

    id: Mapped[int] = mapped_column(primary_key=True, comment="order of arrival")
    message_id: Mapped[int] = mapped_column(ForeignKey("inbox_message.id"), comment="message it came in")
    guid: Mapped[str] = mapped_column(
        String(36), comment="number of the element; the same one again is set aside"
    )
    carrier_code: Mapped[str] = mapped_column(String(18), comment="logisticsCode")
    waybill_no: Mapped[str] = mapped_column(String(60), comment="logisticsNo")
    declaration_type: Mapped[str] = mapped_column(
        String(1), comment="appType: 1 new, 2 changed, 3 taken back"
    )
    declared_at: Mapped[datetime] = mapped_column(comment="appTime; the greatest is in force")
    status: Mapped[str] = mapped_column(String(1), comment="logisticsStatus: S signed for")
    happened_at: Mapped[datetime] = mapped_column(comment="logisticsTime")

    @property
    def is_signed_for(self) -> bool:
        """The buyer has it. The form of 2018 knew other states too."""
        return self.status == SIGNED_FOR


def take_reports(session: Session, body: WaybillStatusMessage, /, *, desk: Desk) -> Effect:
    """Keep each report that is new; raises DeliveryAhead, and then none of them is kept."""
    rows = [_row(each, desk=desk) for each in body.documents]
    added = insert(DeliveryReport).values(rows).on_conflict_do_nothing().returning(DeliveryReport.id)
    fresh = session.scalars(added).all()
    numbers = {each.waybill_no for each in body.documents}
    return Effect(
        outcome=Outcome.ACCEPTED if fresh else Outcome.REPEATED,
        said=say(TAKEN if fresh else KNOWN),
        document_number=numbers.pop() if len(numbers) == 1 else "",
    )


PROCEDURES: Final[Mapping[type[object], Callable[..., Effect]]] = {WaybillStatusMessage: take_reports}


def _row(report: WaybillStatusFiling, *, desk: Desk) -> dict[str, object]:
    hours = desk.settings.message_ahead_hours_max
    latest = max(report.declared_at, report.happened_at)
    if latest > desk.at + timedelta(hours=hours):
        raise DeliveryAhead(
            kind="CEB513",
            guid=report.guid,
            number=report.waybill_no,
            time=f"{latest:%Y-%m-%d %H:%M}",
            hours=hours,
        )
    return {
        "message_id": desk.message_id,
        "guid": report.guid,
        "carrier_code": report.carrier_code,
        "waybill_no": report.waybill_no,
        "declaration_type": report.declaration_type,
        "declared_at": report.declared_at,
        "status": report.status,
        "happened_at": report.happened_at,
    }


def delivery_of(session: Session, *, carrier_code: str, waybill_no: str) -> DeliveryReport | None:
    """The report of a parcel that is in force, the newest by appTime; none where it was taken back."""
    query = select(DeliveryReport).where(
        DeliveryReport.carrier_code == carrier_code, DeliveryReport.waybill_no == waybill_no
    )
    found = session.scalars(
        query.order_by(DeliveryReport.declared_at.desc(), DeliveryReport.id.desc()).limit(1)
    ).first()
    return None if found is None or found.declaration_type == _DELETED else found
