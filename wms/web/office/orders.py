"""Orders: every one with its verdict, and the whole story of each on one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from flask import render_template, request

from wms.auth.permissions import Permission
from wms.customs.tax_bill import agrees, taxes_of
from wms.i18n import N_
from wms.orders.matching import Verdict
from wms.orders.rules import PARTIES, rule_on
from wms.orders.story import Story, orders_page, story_of
from wms.orders.verdicts import Match
from wms.web.doors import Menu, Pages
from wms.web.house import session
from wms.web.language import t
from wms.web.office.fault_figures import Said, said_where
from wms.web.office.retail_words import FIELDS, paper_name
from wms.web.refusals import NoSuchPage
from wms.web.requests import page_number

pages = Pages("orders", "/orders")
PAGE_SIZE: Final = 50


@dataclass(frozen=True, kw_only=True)
class FaultInWords:
    """A fault as people read it: what is wrong, where, who can mend it, and which rule says so."""

    says: str
    where: str
    mended_by: list[str]
    source: str
    doubt: str
    since: date | None
    said: list[Said]


@pages.page("/", title=N_("Orders"), menu=Menu.ORDERS, permission=Permission.READ_DOCUMENTS)
def all_orders() -> str:
    """Orders by number; narrowed by verdict and part of the number."""
    asked, search = request.args.get("verdict", ""), request.args.get("number", "").strip()[:60]
    verdict = Verdict(asked) if asked in set(Verdict) else None
    page = page_number()
    rows, more = orders_page(session(), verdict=verdict, search=search, page=page, size=PAGE_SIZE)
    return render_template(
        "office/orders.html",
        rows=[(row, faults_in_words(row.match)) for row in rows],
        more=more,
        page=page,
        verdict=verdict,
        search=search,
    )


@pages.page("/<path:order_no>", permission=Permission.READ_DOCUMENTS)
def one_order(order_no: str) -> str:
    """One order from its first paper to the booked exit."""
    story = story_of(session(), order_no)
    if story is None:
        raise NoSuchPage
    declaration = story.declaration
    return render_template(
        "office/order.html",
        story=story,
        faults=faults_in_words(story.match, story),
        taxes=None if declaration is None else taxes_of(declaration),
        bill_agrees=story.bill is not None and declaration is not None and agrees(story.bill, declaration),
    )


def _place_in_words(fault: Mapping[str, Any]) -> str:
    """Between which papers a fault lies, and in which of their fields, by the field's name in the form."""
    papers = "–".join(paper_name(each) for each in fault["pair"].split("-"))
    field = t(FIELDS[fault["field"]]) if fault["field"] in FIELDS else fault["field"]
    if fault["line"]:
        return t(N_("{papers}: {field}, line {line}"), papers=papers, field=field, line=fault["line"])
    return t(N_("{papers}: {field}"), papers=papers, field=field)


def faults_in_words(match: Match | None, story: Story | None = None) -> list[FaultInWords]:
    """Every fault of the last verdict, for the people who can mend it, with what the papers of its story say."""
    if match is None:
        return []
    day = match.judged_at.date()
    found = []
    papers = (None, None, None) if story is None else (story.order, story.payment, story.waybill)
    for fault in match.faults:
        rule = rule_on(fault["rule"], day=day)
        found.append(
            FaultInWords(
                says=fault["rule"] if rule is None else t(rule.says),
                where=_place_in_words(fault),
                mended_by=[] if rule is None else [t(PARTIES[party]) for party in rule.mended_by],
                source="" if rule is None else rule.source.text,
                doubt="" if rule is None or rule.doubt is None else t(rule.doubt),
                since=None if rule is None else rule.source.since,
                said=said_where(fault, *papers),
            )
        )
    return found
