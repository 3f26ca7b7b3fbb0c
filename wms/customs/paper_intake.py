"""Procedures of papers beside lists and passes: declarations drafted from lists, filings, bills, vehicles, refusals."""

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from wms.alerts import Severity, raise_alert
from wms.customs import bonded_list, declaration, stock_bill
from wms.customs.effects import Desk, Effect, list_key, parked, pre_entry, taken, waits
from wms.customs.messages.ceb.format_error import FormatErrorMessage
from wms.customs.messages.jg2.bonded_list import DeclarationMade
from wms.customs.messages.jg2.business_filing import BusinessFilingDraft, BusinessFilingReview
from wms.customs.messages.jg2.stock_bill import StockBillDraft, StockBillReview
from wms.customs.messages.jg2.vehicle import VehicleDraft, VehicleReview
from wms.i18n import N_, say
from wms.registry.vehicles import Vehicle, find_vehicle


def _draft_declaration(session: Session, body: DeclarationMade, /, *, desk: Desk) -> Effect:
    """INV202: a declaration was drafted from a list, or could not be."""
    result = body.result
    document = bonded_list.find_by_pre_entry_no(session, result.pre_entry_no)
    if document is None:
        return waits(result.list_no or result.pre_entry_no, pre_entry(result.pre_entry_no))
    declaration.record_draft(session, document, result, at=result.made_at or desk.at)
    return taken(document.list_no or document.inner_no)


def _file_business(session: Session, body: BusinessFilingDraft, /, *, desk: Desk) -> Effect:
    made = stock_bill.file_business(session, body, at=desk.at)
    return taken(made.pre_entry_no, pre_entry(made.pre_entry_no))


def _review_filing(session: Session, body: BusinessFilingReview, /, *, desk: Desk) -> Effect:
    del desk
    found = stock_bill.review_filing(session, body.result)
    if found is None:
        return waits(body.result.document_no, pre_entry(body.result.pre_entry_no))
    return taken(found.number)


def _declare_bill(session: Session, body: StockBillDraft, /, *, desk: Desk) -> Effect:
    day = desk.day
    made = stock_bill.declare_bill(session, body, day=day, at=desk.at)
    return taken(made.pre_entry_no, pre_entry(made.pre_entry_no))


def _review_bill(session: Session, body: StockBillReview, /, *, desk: Desk) -> Effect:
    found = stock_bill.review_bill(session, body.result, at=body.result.decided_at or desk.at)
    if found is None:
        return waits(body.result.document_no, pre_entry(body.result.pre_entry_no))
    return taken(found.number, list_key(found.number))


def _declare_vehicle(session: Session, body: VehicleDraft, /, *, desk: Desk) -> Effect:
    """SAS131: kept; the vehicle is on file when customs has passed it."""
    del session, desk
    return taken(body.vehicle.vehicle_no)


def _review_vehicle(session: Session, body: VehicleReview, /, *, desk: Desk) -> Effect:
    """SAS231: a vehicle that customs passed is on file with its empty weight; it may be put on passes."""
    del desk
    record, result = body.vehicle, body.result
    if result.result == stock_bill.RETURNED:
        return taken(result.document_no)
    if result.result != stock_bill.PASSED or record is None or not record.vehicle_kg:
        return parked(record.vehicle_no if record else result.document_no, result.result)
    known = find_vehicle(session, plate=record.vehicle_no)
    if known is None:
        session.add(Vehicle(plate=record.vehicle_no, tare_kg=record.vehicle_kg))
    else:
        known.tare_kg = record.vehicle_kg
    session.flush()
    return taken(record.vehicle_no)


FORMAT_REFUSED = N_(
    "The single window could not read our {kind} {number} ({status}): {text}. Mend it and declare it again."
)


def _format_refused(session: Session, body: FormatErrorMessage, /, *, desk: Desk) -> Effect:
    """CEB900: a message of ours was not even read; no other receipt will come for it."""
    receipt = body.receipt
    raise_alert(
        session,
        kind="message.format_refused",
        subject=receipt.original_message_id[:60],
        sentence=say(
            FORMAT_REFUSED,
            kind=receipt.original_kind,
            number=receipt.original_message_id,
            status=receipt.status,
            text=receipt.text[:300],
        ),
        severity=Severity.CRITICAL,
        at=desk.at,
    )
    return taken(receipt.original_message_id[:64])


PAPERS: Mapping[type[object], Callable[..., Effect]] = {
    DeclarationMade: _draft_declaration,
    BusinessFilingDraft: _file_business,
    BusinessFilingReview: _review_filing,
    StockBillDraft: _declare_bill,
    StockBillReview: _review_bill,
    VehicleDraft: _declare_vehicle,
    VehicleReview: _review_vehicle,
    FormatErrorMessage: _format_refused,
}
