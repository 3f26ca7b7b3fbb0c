"""Retail declarations and what became of them: state, bills, cancel requests, returns, buyers' years."""

from collections import Counter
from datetime import date
from decimal import Decimal

from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.customs.bonded_list import BondedList
from wms.customs.cancel_request import CancelRequest
from wms.customs.parcels import Goods, goods_of
from wms.customs.retail_declaration import RetailDeclaration
from wms.customs.retail_receipts import RetailReceipt
from wms.customs.return_case import ReturnCase, released_on
from wms.customs.tax_bill import TaxBill, agrees, bills_by_list
from wms.ledger.buyers import year_values
from wms.orders.buyers import id_numbers
from wms.web.api.figures import money, quantity
from wms.web.api.paging import page_of
from wms.web.api.resource import Out, Resource, number_asked
from wms.web.house import session, today

declarations = Resource("retail-declarations")
cancels = Resource("cancels")
returns = Resource("returns")
yearly_values = Resource("yearly-values")


class BillOut(Out):
    """A tax bill as customs made it, CNY; `agrees` says whether all three taxes are ours."""

    number: str
    status: str
    customs_tax: str
    vat: str
    consumption_tax: str
    agrees: bool


class DeclarationOut(Out):
    """One declaration; `released_at` has the 17 digits of the first release as received."""

    number: str
    order_no: str
    list_number: str | None
    state: str
    receipts: int
    duplicates: int
    released_at: str | None
    book_effect: str
    exit_list: str | None
    goods: str
    tax_bill: BillOut | None


class DeclarationsOut(Out):
    items: list[DeclarationOut]
    next: str | None


@declarations.get("", permission=Permission.READ_DOCUMENTS, out=DeclarationsOut)
def list_declarations() -> DeclarationsOut:
    """Declarations drafted here, in order of drafting; those of the history are left out. `?after` continues."""
    query = select(RetailDeclaration).where(RetailDeclaration.is_history.is_(False))
    found, more = page_of(query, RetailDeclaration.id)
    answers = select(RetailReceipt.number).where(
        RetailReceipt.kind == "CEB622", RetailReceipt.number.in_([each.number for each in found])
    )
    told = Counter(session().scalars(answers))
    repeated = Counter(session().scalars(answers.where(RetailReceipt.is_repeated)))
    bills = bills_by_list(session(), [each.list_no for each in found if each.list_no])
    named = {each.exit_list_id for each in found if each.exit_list_id is not None}
    lists = select(BondedList.id, BondedList.list_no).where(BondedList.id.in_(named))
    exits = {row.id: row.list_no for row in session().execute(lists)}
    goods = goods_of(session(), [each.id for each in found])
    return DeclarationsOut(
        items=[
            DeclarationOut(
                number=each.number,
                order_no=each.order_no,
                list_number=each.list_no or None,
                state=each.state.lower(),
                receipts=told[each.number],
                duplicates=repeated[each.number],
                released_at=each.release_stamp or None,
                book_effect=each.book_effect.value.lower(),
                exit_list=exits[each.exit_list_id] or None if each.exit_list_id else None,
                goods=goods.get(each.id, Goods.NOT_PICKED).value.lower(),
                tax_bill=_bill(bills.get(each.list_no), each),
            )
            for each in found
        ],
        next=more,
    )


def _bill(bill: TaxBill | None, declaration: RetailDeclaration) -> BillOut | None:
    if bill is None:
        return None
    return BillOut(
        number=bill.number,
        status=bill.status,
        customs_tax=money(bill.customs_tax),
        vat=money(bill.vat),
        consumption_tax=money(bill.consumption_tax),
        agrees=agrees(bill, declaration),
    )


class CancelOut(Out):
    """A request to cancel a declaration: outcome cancelled, refused or waiting."""

    order_no: str
    number: str
    list_number: str
    outcome: str
    declaration_state: str | None


class CancelsOut(Out):
    items: list[CancelOut]
    next: str | None


@cancels.get("", permission=Permission.READ_DOCUMENTS, out=CancelsOut)
def list_cancels() -> CancelsOut:
    """Requests to cancel, in order of arrival; `?after` continues."""
    found, more = page_of(select(CancelRequest), CancelRequest.id)
    query = select(RetailDeclaration.list_no, RetailDeclaration.state).where(
        RetailDeclaration.list_no.in_([each.list_no for each in found if each.list_no])
    )
    states = {row.list_no: row.state for row in session().execute(query)}
    return CancelsOut(
        items=[
            CancelOut(
                order_no=each.order_no,
                number=each.number,
                list_number=each.list_no,
                outcome=each.outcome.value.lower(),
                declaration_state=states[each.list_no].lower() if each.list_no in states else None,
            )
            for each in found
        ],
        next=more,
    )


class ReturnLineOut(Out):
    """One line that comes back, in the declared unit."""

    line: int
    item_no: str
    quantity: str


class ReturnOut(Out):
    """A return: its request, its goods, and what it gave back today, CNY; days count from the release, day 0."""

    list_number: str
    order_no: str
    buyer_id: str | None
    released_on: date
    applied_on: date
    apply_day: int
    application: str
    lines: list[ReturnLineOut]
    given_back_today: str
    tax_bill_status: str | None
    goods_back_on: date | None
    back_day: int | None
    reentry: str


class ReturnsOut(Out):
    items: list[ReturnOut]
    next: str | None


@returns.get("", permission=Permission.READ_PERSONAL, out=ReturnsOut)
def list_returns() -> ReturnsOut:
    """Every return known, those of the history included; buyers by their identity numbers. `?after` continues."""
    cases, more = page_of(select(ReturnCase), ReturnCase.id)
    buyers = id_numbers(session(), [case.declaration.buyer for case in cases])
    bills = bills_by_list(session(), [case.declaration.list_no for case in cases])
    return ReturnsOut(items=[_return(case, buyers, bills) for case in cases], next=more)


def _return(case: ReturnCase, buyers: dict[str, str], bills: dict[str, TaxBill]) -> ReturnOut:
    declaration = case.declaration
    bill = bills.get(declaration.list_no)
    given = case.given_back if case.given_back_on == today() else Decimal(0)
    return ReturnOut(
        list_number=declaration.list_no,
        order_no=declaration.order_no,
        buyer_id=buyers.get(declaration.buyer),
        released_on=released_on(declaration),
        applied_on=case.applied_on,
        apply_day=case.apply_day,
        application=case.application.value.lower(),
        lines=[
            ReturnLineOut(line=line.line_no, item_no=line.item_no, quantity=quantity(line.quantity))
            for line in case.lines
        ],
        given_back_today=money(given),
        tax_bill_status=None if bill is None else bill.status,
        goods_back_on=case.goods_back_on,
        back_day=case.back_day,
        reentry=case.reentry.value.lower(),
    )


class YearlyValueOut(Out):
    """What a buyer has used of a calendar year's amount, CNY; the number is null where nobody filed it."""

    buyer_id: str | None
    spent_cny: str


class YearlyValuesOut(Out):
    items: list[YearlyValueOut]
    next: str | None


@yearly_values.get("", permission=Permission.READ_PERSONAL, out=YearlyValuesOut)
def list_yearly_values() -> YearlyValuesOut:
    """What each buyer has used of a year's amount (`?year=2026`, this year by default)."""
    spent = year_values(session(), year=number_asked("year", today().year))
    numbers = id_numbers(session())
    items = [
        YearlyValueOut(buyer_id=numbers.get(buyer), spent_cny=money(Decimal(used).scaleb(-2)))
        for buyer, used in spent.items()
    ]
    return YearlyValuesOut(items=sorted(items, key=lambda each: each.buyer_id or ""), next=None)


RESOURCES = (declarations, cancels, returns, yearly_values)
