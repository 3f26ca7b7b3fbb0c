"""Orders of the trade with abroad: verdicts, elements that are not in force, and the matching run."""

from decimal import Decimal

from flask import request
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.orders.acceptance import match_orders
from wms.orders.filing import order_numbers_after, set_aside
from wms.orders.verdicts import Match
from wms.web.api.figures import money
from wms.web.api.paging import PAGE, next_page
from wms.web.api.resource import BadBody, Body, Out, Resource, read_body
from wms.web.customs.desk import desk
from wms.web.house import close_session, house, session

orders = Resource("orders")
elements = Resource("elements")
matching_runs = Resource("matching-runs")


class FaultOut(Out):
    """A rule that fails; `line` is null where it concerns the whole."""

    rule: str
    pair: str
    field: str
    line: int | None


class TaxedLineOut(Out):
    """Taxes of one line in CNY."""

    line: int
    item_no: str
    quantity: str
    tax_price: str
    customs_tax: str
    vat: str
    consumption_tax: str


class OrderOut(Out):
    """The last verdict on an order; taxes and lines are there once it is accepted."""

    order_no: str
    verdict: str
    channel: str
    faults: list[FaultOut]
    missing: list[str]
    dutiable_value: str | None
    customs_tax: str | None
    vat: str | None
    consumption_tax: str | None
    tax_total: str | None
    declaration: str | None
    lines: list[TaxedLineOut]


class OrdersOut(Out):
    items: list[OrderOut]
    next: str | None


@orders.get("", permission=Permission.READ_DOCUMENTS, out=OrdersOut)
def list_orders() -> OrdersOut:
    """Every order of which any document is known, by number; one not judged yet is waiting. `?after` continues."""
    found = order_numbers_after(session(), request.args.get("after", ""), limit=PAGE + 1)
    numbers = found[:PAGE]
    judged = session().scalars(select(Match).where(Match.order_no.in_(numbers)))
    known = {each.order_no: each for each in judged}
    return OrdersOut(
        items=[_order(number, known.get(number)) for number in numbers],
        next=next_page(numbers[-1]) if len(found) > PAGE else None,
    )


def _order(number: str, found: Match | None) -> OrderOut:
    taxes = [] if found is None else [TaxedLineOut(**line) for line in found.taxes]
    sums = {
        name: sum((Decimal(getattr(line, name)) for line in taxes), Decimal(0))
        for name in ("customs_tax", "vat", "consumption_tax")
    }
    value = None if found is None else found.dutiable_value
    return OrderOut(
        order_no=number,
        verdict="waiting" if found is None else found.verdict.value.lower(),
        channel="none" if found is None else found.channel.value.lower(),
        faults=[] if found is None else [FaultOut(**fault) for fault in found.faults],
        missing=[] if found is None else found.missing,
        dutiable_value=None if value is None else money(value),
        customs_tax=str(sums["customs_tax"]) if taxes else None,
        vat=str(sums["vat"]) if taxes else None,
        consumption_tax=str(sums["consumption_tax"]) if taxes else None,
        tax_total=str(sum(sums.values(), Decimal(0))) if taxes else None,
        declaration=None if found is None else found.declaration,
        lines=taxes,
    )


class ElementOut(Out):
    """A business element that is not in force: duplicate_ignored, duplicate_conflict or superseded."""

    file_name: str
    kind: str
    guid: str
    order_no: str
    outcome: str


class ElementsOut(Out):
    items: list[ElementOut]
    next: str | None


@elements.get("", permission=Permission.READ_DOCUMENTS, out=ElementsOut)
def list_elements() -> ElementsOut:
    """Elements that are not in force (`?outcome=set_aside`, the only choice)."""
    if request.args.get("outcome", "set_aside") != "set_aside":
        raise BadBody(place="outcome", fault="set_aside")
    return ElementsOut(
        items=[
            ElementOut(
                file_name=each.file_name,
                kind=each.kind,
                guid=each.guid,
                order_no=each.order_no,
                outcome=each.outcome.lower(),
            )
            for each in set_aside(session())
        ],
        next=None,
    )


class RunBody(Body):
    """Nothing to say yet."""


class RunOut(Out):
    """How many orders the run found in which state."""

    accepted: int
    refused: int
    waiting: int
    left: int


@matching_runs.post("", permission=Permission.FILE_DOCUMENTS, body=RunBody, out=RunOut)
def run_matching() -> RunOut:
    """Judge every order known, in order of (appTime, orderNo); a repeat judges again and accepts nothing twice."""
    read_body(RunBody)
    at = desk()
    close_session()
    return RunOut.model_validate(match_orders(house().sessions, desk=at))


RESOURCES = (orders, elements, matching_runs)
