"""The matching run: every order not yet accepted is judged, and the good ones are accepted.

An order refused or waiting is judged again when something its verdict rests on has changed (`again`).

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

from sqlalchemy import func, select
from sqlalchemy.orm import Session, sessionmaker

from wms.alerts import Alert, Severity, raise_alert
from wms.customs.duty import TaxedLine, Taxes, tax_lines
from wms.customs.effects import Desk
from wms.customs.inbox import InboxMessage
from wms.customs.parcels import live_parcel
from wms.customs.retail_declaration import RetailDeclaration, change, declare, find_by_number, may_change
from wms.customs.retail_draft import Declarant, RetailDraft
from wms.customs.retail_promises import promise
from wms.customs.retail_receipts import newest, receipts_of
from wms.customs.retail_standing import settle, to_join
from wms.db import run
from wms.errors import Refusal
from wms.i18n import N_, Sentence, say
from wms.kept_key import kept_key
from wms.ledger.posting import apply
from wms.orders.again import basis_of, key_of, taken_by, to_judge, unchanged
from wms.orders.buyers import know_buyers
from wms.orders.documents import Order, Payment, Waybill
from wms.orders.filing import in_force
from wms.orders.matching import Channel, Judgement, Verdict, match
from wms.orders.retail_draft import declaration_number, draft_of, read_declarant
from wms.orders.surroundings import (
    Ground,
    buyer_of,
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
ON_THE_FLOOR = N_(
    "Order {order} was changed after customs returned its list, but parcel {waybill} is still packed. "
    "Take it apart; then the order is judged again."
)
OTHER_PAYER = N_(
    "Order {order} was accepted although another person paid for it: the names of buyer and payer differ."
)
LEFT = N_("Order {order} could not be accepted just now and is judged again: {reason}")


@dataclass(frozen=True, kw_only=True)
class RunResult:
    """How many orders a run found in which state; `left` were taken by something else in between."""

    accepted: int
    refused: int
    waiting: int
    left: int


def match_orders(sessions: sessionmaker[Session], *, desk: Desk) -> RunResult:
    """Judge every order that is not accepted and may come out otherwise. Raises NoRulesInForce and NoSuchBook."""
    day = desk.day
    key = kept_key(desk.settings.data_dir, "buyers")
    with sessions() as session:
        ground = read_ground(session, day=day, buyer_key=key)
        declarant = read_declarant(session, ground, settings=desk.settings)
        numbers, accepted = to_judge(session)
        same, taken = unchanged(session, ground=ground), set[str]()
    counted: Counter[Verdict | None] = Counter({Verdict.ACCEPTED: accepted})
    for number in numbers:
        known = same.get(number)
        if known is not None and not known.rests_on & taken:
            counted[known.verdict] += 1
            continue
        judge = partial(judge_order, order_no=number, ground=ground, declarant=declarant, at=desk.at)
        try:
            verdict = run(sessions, judge, by_id=desk.by_id, action="order.match")
        except Refusal as refused:
            counted[None] += 1
            tell = partial(_tell_left, order_no=number, refused=refused, at=desk.at)
            run(sessions, tell, by_id=desk.by_id, action="order.left")
            continue
        counted[verdict] += 1
        if same and verdict is Verdict.ACCEPTED:
            with sessions() as session:
                taken |= taken_by(session, number)
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


def judge_order(
    session: Session, *, order_no: str, ground: Ground, declarant: Declarant, at: datetime
) -> Verdict:
    """Judge one order by what is in force now, and accept it if nothing is wrong.

    An accepted one stays so, unless customs returned its list and the order was filed anew: then it is judged again
    and its list declared as changed.
    """
    # Two runs side by side take turns, so that each judges what the other left.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("orders.match"))))
    found = session.scalar(select(Match).where(Match.order_no == order_no))
    order = in_force(session, Order, order_no=order_no)
    declared = find_by_number(session, declaration_number(order_no), lock=True)
    if found is not None and declared is not None:
        is_new = order is not None and order.id != found.order_id
        if order is not None and is_new:
            _tell_changed(session, declared, order, at=at)
        is_open = is_new or found.verdict is not Verdict.ACCEPTED
        if not (is_open and may_change(declared) and live_parcel(session, declared.id) is None):
            return found.verdict
    payment = in_force(session, Payment, order_no=order_no)
    waybill = in_force(session, Waybill, order_no=order_no)
    world = read_world(session, order, waybill, ground=ground)
    judgement = match(order_view(order), payment_view(payment), waybill_view(waybill), world=world)
    taxes: list[Taxes] = []
    if judgement.verdict is Verdict.ACCEPTED:
        assert order is not None
        assert waybill is not None
        taxes = _taxes(order, waybill, judgement, ground=ground)
        draft = draft_of(order, waybill, taxes, judgement, ground=ground)
        know_buyers(session, [order.buyer_id_no], key=ground.buyer_key)
        _accept(session, draft, declared, ground=ground, declarant=declarant, at=at)
        if judgement.remarks:
            _tell(session, "order.payer", order_no, say(OTHER_PAYER, order=order_no), Severity.WARNING, at=at)
    found = _keep(session, found, order_no, order, judgement, taxes, at=at)
    found.basis = basis_of((key_of(order), key_of(payment), key_of(waybill)), world)
    found.buyer = buyer_of(order, ground=ground)
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
    session: Session,
    draft: RetailDraft,
    declared: RetailDeclaration | None,
    *,
    ground: Ground,
    declarant: Declarant,
    at: datetime,
) -> None:
    """Declare the parcel, or declare it changed, and promise what it needs in the one ledger call."""
    if declared is None:
        declared = declare(session, draft, declarant=declarant, at=at, day=ground.day)
    else:
        last = newest(receipts_of(session, "CEB622", [declared.number]))
        change(
            session,
            declared,
            draft,
            declarant=declarant,
            answered_before=None if last is None else last.returned_at,
            at=at,
            day=ground.day,
        )
    apply(session, promise(declared, ground.guards), occurred_at=at)


def _keep(
    session: Session,
    found: Match | None,
    order_no: str,
    order: Order | None,
    judgement: Judgement,
    taxes: list[Taxes],
    *,
    at: datetime,
) -> Match:
    kept = found or Match(order_no=order_no)
    kept.order_id = None if order is None else order.id
    kept.judged_at, kept.verdict, kept.channel = at, judgement.verdict, judgement.channel
    kept.faults = [
        {"rule": fault.rule, "pair": fault.pair, "field": fault.field, "line": fault.line or None}
        | ({"figures": dict(fault.figures)} if fault.figures else {})
        for fault in judgement.faults
    ]
    kept.missing, kept.dutiable_value = list(judgement.missing), judgement.dutiable_value
    if judgement.verdict is Verdict.ACCEPTED:
        kept.declaration = declaration_number(order_no)
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
    return kept


def plain(number: Decimal) -> str:
    """A number without trailing zeros and without an exponent."""
    return f"{number.normalize():f}"


def _tell_changed(session: Session, declared: RetailDeclaration, order: Order, *, at: datetime) -> None:
    """Say once what comes of an order filed anew after its list had been sent; one that is changed needs no word.

    Every run finds the version again; whoever took note of it is not told a second time.
    """
    parcel = live_parcel(session, declared.id)
    if not may_change(declared):
        said = say(CHANGED, order=declared.order_no)
    elif parcel is not None:
        said = say(ON_THE_FLOOR, order=declared.order_no, waybill=parcel.waybill_no)
    else:
        return
    arrived = session.get_one(InboxMessage, order.message_id).received_at
    told = select(Alert.id).where(
        Alert.kind == "order.changed",
        Alert.subject == declared.order_no,
        Alert.message == said.text,
        Alert.last_at >= arrived,
    )
    if session.scalar(told.limit(1)) is not None:
        return
    _tell(session, "order.changed", declared.order_no, said, Severity.WARNING, at=at)


def _tell_left(session: Session, *, order_no: str, refused: Refusal, at: datetime) -> None:
    said = say(LEFT, order=order_no, reason=say(refused.message, **refused.facts))
    _tell(session, "order.left", order_no, said, Severity.NOTICE, at=at)


def _tell(
    session: Session, kind: str, subject: str, said: Sentence, severity: Severity, *, at: datetime
) -> None:
    raise_alert(session, kind=kind, subject=subject, sentence=said, severity=severity, at=at)
