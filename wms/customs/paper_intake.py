"""Procedures of papers beside lists and passes: declarations drafted from lists, business filings, stock bills."""

from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from wms.customs import bonded_list, declaration, stock_bill
from wms.customs.effects import Desk, Effect, list_key, pre_entry, taken, waits
from wms.customs.messages.jg2.bonded_list import DeclarationMade
from wms.customs.messages.jg2.business_filing import BusinessFilingDraft, BusinessFilingReview
from wms.customs.messages.jg2.stock_bill import StockBillDraft, StockBillReview


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
    day = desk.at.astimezone(ZoneInfo(desk.settings.time_zone)).date()
    made = stock_bill.declare_bill(session, body, day=day, at=desk.at)
    return taken(made.pre_entry_no, pre_entry(made.pre_entry_no))


def _review_bill(session: Session, body: StockBillReview, /, *, desk: Desk) -> Effect:
    found = stock_bill.review_bill(session, body.result, at=body.result.decided_at or desk.at)
    if found is None:
        return waits(body.result.document_no, pre_entry(body.result.pre_entry_no))
    return taken(found.number, list_key(found.number))


PAPERS: Mapping[type[object], Callable[..., Effect]] = {
    DeclarationMade: _draft_declaration,
    BusinessFilingDraft: _file_business,
    BusinessFilingReview: _review_filing,
    StockBillDraft: _declare_bill,
    StockBillReview: _review_bill,
}
