"""The matching run: every order not yet accepted is judged again, and the good ones are accepted.

Orders are judged by (appTime, number), each in a transaction of its own with one ledger call: what is promised of
the book, what the buyer may still import this year, and the goods themselves are taken together or not at all.
An edge: it opens its own transactions.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, sessionmaker

from wms.alerts import Severity, raise_alert
from wms.customs.duty import TaxedLine, Taxes, tax_lines
from wms.customs.effects import Desk
from wms.customs.retail_declaration import declare
from wms.customs.retail_draft import Declarant, RetailDraft
from wms.customs.retail_promises import promise
from wms.customs.retail_standing import settle, to_join
from wms.db import run
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.kept_key import kept_key
from wms.ledger.posting import apply
from wms.orders.buyers import know_buyers
from wms.orders.documents import Order, Payment, Waybill
from wms.orders.filing import in_force, order_numbers
from wms.orders.matching import Channel, Judgement, Verdict, match
from wms.orders.retail_draft import declaration_number, draft_of, read_declarant
from wms.orders.surroundings import (
    Ground,
    item_no,
    order_view,
    payment_view,
    read_ground,
    read_world,
    waybill_view,
)
from wms.orders.verdicts import Match
from wms.registry.units import half_up

CHANGED = N_("Order {order} was changed after it had been accepted; the accepted version stands.")
LEFT = N_("Order {order} could not be accepted just now and is judged again: {reason}")


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """How many orders a run found in which state; `left` were taken by something else in between."""

    accepted: int
    refused: int
    waiting: int
    left: int


def match_orders(sessions: sessionmaker[Session], *, desk: Desk) -> RunResult:
    """Judge every order known that is not accepted as it stands. Raises NoRulesInForce and NoSuchBook."""
    day = desk.at.astimezone(ZoneInfo(desk.settings.time_zone)).date()
    key = kept_key(desk.settings.data_dir, "buyers")
    with sessions() as session:
        ground = read_ground(session, day=day, buyer_key=key)
        declarant = read_declarant(session, ground, settings=desk.settings)
        done = _accepted_as_they_stand(session)
        numbers = [number for number in order_numbers(session) if number not in done]
    counted: Counter[Verdict | None] = Counter({Verdict.ACCEPTED: len(done)})
    for number in numbers:
        judge = partial(judge_order, order_no=number, ground=ground, declarant=declarant, at=desk.at)
        try:
            counted[run(sessions, judge, by_id=desk.by_id, action="order.match")] += 1
        except Refusal as refused:
            counted[None] += 1
            tell = partial(_tell_left, order_no=number, refused=refused, at=desk.at)
            run(sessions, tell, by_id=desk.by_id, action="order.left")
    join(sessions, desk=desk)
    return RunResult(
        accepted=counted[Verdict.ACCEPTED],
        refused=counted[Verdict.REFUSED],
        waiting=counted[Verdict.WAITING],
        left=counted[None],
    )


def join(sessions: sessionmaker[Session], *, desk: Desk) -> None:
    """Give lists just drafted the answers of customs that came before them."""
    run(sessions, lambda s: settle(s, to_join(s), desk=desk), by_id=desk.by_id, action="order.join")


def _accepted_as_they_stand(session: Session) -> set[str]:
    """Orders accepted in the version still in force: a run by the clock does not look at each of them again."""
    in_force_now = (
        select(Order.order_no, Order.id)
        .ext(distinct_on(Order.order_no))
        .order_by(Order.order_no, Order.declared_at.desc(), Order.id.desc())
        .subquery()
    )
    query = (
        select(Match.order_no)
        .join(in_force_now, in_force_now.c.id == Match.order_id)
        .where(Match.verdict == Verdict.ACCEPTED)
    )
    return set(session.scalars(query))


def judge_order(
    session: Session, *, order_no: str, ground: Ground, declarant: Declarant, at: datetime
) -> Verdict:
    """Judge one order by what is in force now, and accept it if nothing is wrong; an accepted one stays so."""
    # Two runs side by side take turns, so that each judges what the other left.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("orders.match"))))
    found = session.scalar(select(Match).where(Match.order_no == order_no))
    order = in_force(session, Order, order_no=order_no)
    if found is not None and found.verdict is Verdict.ACCEPTED:
        if order is not None and order.id != found.order_id:
            _tell_changed(session, order_no, at=at)
        return Verdict.ACCEPTED
    payment = in_force(session, Payment, order_no=order_no)
    waybill = in_force(session, Waybill, order_no=order_no)
    judgement = match(
        order_view(order),
        payment_view(payment),
        waybill_view(waybill),
        world=read_world(session, order, ground=ground),
    )
    taxes: list[Taxes] = []
    if judgement.verdict is Verdict.ACCEPTED:
        assert order is not None
        assert waybill is not None
        taxes = _taxes(order, waybill, judgement, ground=ground)
        draft = draft_of(order, waybill, taxes, judgement, ground=ground)
        know_buyers(session, [order.buyer_id_no], key=ground.buyer_key)
        _accept(session, draft, ground=ground, declarant=declarant, at=at)
    _keep(session, found, order_no, order, judgement, taxes, at=at)
    return judgement.verdict


def _taxes(order: Order, waybill: Waybill, judgement: Judgement, *, ground: Ground) -> list[Taxes]:
    lines = []
    for line in order.lines:
        product = ground.products[item_no(line.item_no)]
        lines.append(
            TaxedLine(
                total=line.total,
                duty_rate=product.duty_rate,
                consumption_tax_rate=product.consumption_tax_rate,
                vat_rate=product.vat_rate,
            )
        )
    return tax_lines(
        lines,
        extra=order.freight + (waybill.insurance or Decimal(0)),
        reduction=ground.rules.tax_reduction,
        in_full=judgement.channel is Channel.RETAIL_FULL_TAX,
    )


def _accept(
    session: Session, draft: RetailDraft, *, ground: Ground, declarant: Declarant, at: datetime
) -> None:
    """Declare the parcel and promise what it needs in the one ledger call."""
    declaration = declare(session, draft, declarant=declarant, at=at, day=ground.day)
    apply(session, promise(declaration, ground.guards), occurred_at=at)


def _keep(
    session: Session,
    found: Match | None,
    order_no: str,
    order: Order | None,
    judgement: Judgement,
    taxes: list[Taxes],
    *,
    at: datetime,
) -> None:
    kept = found or Match(order_no=order_no)
    kept.order_id = None if order is None else order.id
    kept.judged_at, kept.verdict, kept.channel = at, judgement.verdict, judgement.channel
    kept.faults = [
        {"rule": fault.rule, "pair": fault.pair, "field": fault.field, "line": fault.line or None}
        for fault in judgement.faults
    ]
    kept.missing, kept.dutiable_value = list(judgement.missing), judgement.dutiable_value
    kept.declaration = declaration_number(order_no) if judgement.verdict is Verdict.ACCEPTED else None
    lines = [] if order is None else order.lines
    kept.taxes = [
        {
            "line": line.line_no,
            "item_no": item_no(line.item_no),
            "quantity": plain(line.quantity),
            "tax_price": f"{half_up(Fraction(tax.value), 2)}",
            "customs_tax": str(tax.duty),
            "vat": str(tax.vat),
            "consumption_tax": str(tax.consumption_tax),
        }
        for line, tax in zip(lines if taxes else (), taxes, strict=True)
    ]
    session.add(kept)


def plain(number: Decimal) -> str:
    """A number without trailing zeros and without an exponent."""
    return f"{number.normalize():f}"


def _tell_changed(session: Session, order_no: str, *, at: datetime) -> None:
    said = say(CHANGED, order=order_no)
    raise_alert(
        session, kind="order.changed", subject=order_no, sentence=said, severity=Severity.WARNING, at=at
    )


def _tell_left(session: Session, *, order_no: str, refused: Refusal, at: datetime) -> None:
    said = say(LEFT, order=order_no, reason=say(refused.message, **refused.facts))
    raise_alert(session, kind="order.left", subject=order_no, sentence=said, severity=Severity.NOTICE, at=at)
