"""The demonstration's day, step by step: orders filed and matched, some on every stage of their way out.

An edge: every step is a transaction of its own. A day interrupted half way is left as it stands; it holds together
like any other, there is only less to see.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, sessionmaker

from wms.auth.permissions import Role
from wms.auth.users import User
from wms.customs.bonded_list import BondedList
from wms.customs.count_cases import close_count
from wms.customs.departure import pass_by_hand
from wms.customs.effects import Desk
from wms.customs.exit_declaring import declare_exit, issue_pass, waiting_for_exit
from wms.customs.gate_pass import GatePass, Passage
from wms.customs.guarantee import file_guarantee
from wms.customs.signing_key import signing_key
from wms.db import run
from wms.demo import paper_answers, papers
from wms.demo.coming_back import bill_the_released, take_back
from wms.demo.floor import Hand
from wms.demo.moment import Day
from wms.demo.papers import Trade
from wms.floor.count_file import read_count_file, take_file
from wms.floor.loading import loading_flow
from wms.floor.packing import PACKING
from wms.floor.picking import picking_flow
from wms.floor.waves import open_wave
from wms.ledger.counts import begin_count
from wms.numbering import next_number
from wms.orders.acceptance import match_orders
from wms.orders.documents import Order
from wms.registry.products import Product
from wms.registry.vehicles import Vehicle

#: Those that customs releases first, in this order; they are picked and packed.
_FIRST: Final = ("gone", "loading", "cancelled", "sealed", "picked")
#: Answers of a packed parcel: its weight, its label.
_ANSWERS_A_PARCEL: Final = 2
_ANSWERS_MAX: Final = 100
_SHOP: Final = "BK1"
#: A guarantee letter: its number, what it covers in yuan, and how long.
_LETTER: Final = "示保2026-0001"
_COVERED: Final = Decimal(200_000)
_VALID_DAYS: Final = 365


@dataclass(frozen=True, kw_only=True)
class _Van:
    """A vehicle going out, with the numbers customs gives its papers."""

    number: int
    plate: str
    parcels: int

    @property
    def list_no(self) -> str:
        return f"QD{papers.CUSTOMS}26E00000070{self.number}"

    @property
    def pass_no(self) -> str:
        return f"Z{papers.CUSTOMS}E26112500000000070{self.number}"

    def pre_entry_no(self, kind: str) -> str:
        """Of its list (``8``) or its pass (``9``)."""
        return f"2026000008{kind}900070{self.number}"


def play_day(sessions: sessionmaker[Session], *, desk: Desk) -> None:
    """Play the day up to `desk.at`, unless orders were filed before."""
    with sessions() as session:
        if session.scalars(select(Order.id).limit(1)).first() is not None:
            return
        products = {each.item_no: each for each in session.scalars(select(Product))}
        trades = tuple(papers.read_trades(products))
        people = {user.role: user.id for user in session.scalars(select(User).order_by(User.id.desc()))}
    began = replace(desk, at=desk.at - timedelta(hours=3))
    day = Day(sessions=sessions, desk=began, trades=trades, people=people)
    _file(day)
    _pick_and_pack(day.later(minutes=40))
    _cancel(day.later(minutes=70))
    _send(day.later(minutes=80), _Van(number=1, plate="示A20002", parcels=1), leaves=True)
    _send(day.later(minutes=110), _Van(number=2, plate="示A20003", parcels=2), leaves=False)
    _second_wave(day.later(minutes=130))
    _answer_the_rest(day.later(minutes=140))
    _file_guarantee(day.later(minutes=145))
    bill_the_released(day.later(minutes=148))
    _count_the_shop(day.later(minutes=150))
    take_back(day.later(minutes=155))


def _file(day: Day) -> None:
    """Three parties file, in any order; the run matches them; customs releases the first."""
    day.hand_in(papers.payments(day.trades, at=day.at), "demo-CEB411.xml")
    day.hand_in(papers.orders(day.trades, at=day.at), "demo-CEB311.xml")
    day.hand_in(papers.waybills(day.trades, at=day.at), "demo-CEB511.xml")
    _answer_papers(day.later(minutes=2))
    match_orders(day.sessions, desk=day.later(minutes=5).desk)
    _answer(day.later(minutes=30), day.of(*_FIRST), "800")


def _answer_papers(day: Day) -> None:
    day.hand_in(paper_answers.order_receipts(day.trades, at=day.at), "demo-CEB312.xml")
    day.hand_in(paper_answers.payment_receipts(day.trades, at=day.at), "demo-CEB412.xml")
    day.hand_in(paper_answers.waybill_receipts(day.trades, at=day.at), "demo-CEB512.xml")


def _answer(day: Day, trades: Iterable[Trade], status: str) -> None:
    day.hand_in(papers.declaration_receipts(trades, status, at=day.at), f"demo-CEB622-{status}.xml")


def _open_wave(day: Day) -> None:
    by_id = day.people[Role.SUPERVISOR]
    work = partial(open_wave, day=day.day_of(day.at), by_id=by_id, at=day.at)
    run(day.sessions, lambda session: work(session).id, by_id=by_id, action="wave.open")


def _pick_and_pack(day: Day) -> None:
    """The first wave is picked whole; the last of its parcels is left for the newcomer to pack."""
    _open_wave(day)
    keeper = day.people[Role.KEEPER]
    picking = picking_flow(day_of=day.day_of)
    Hand(sessions=day.sessions, flow=picking, by_id=keeper, at=day.at).follow(answers_max=_ANSWERS_MAX)
    packed = len(day.of(*_FIRST)) - len(day.of("picked"))
    at = day.later(minutes=20).at
    hand = Hand(sessions=day.sessions, flow=PACKING, by_id=keeper, at=at)
    hand.follow(answers_max=packed * _ANSWERS_A_PARCEL)


def _cancel(day: Day) -> None:
    """The buyer of a packed parcel changes his mind, and customs agrees: it waits to be pulled."""
    signer = signing_key(day.desk.settings)
    for trade in day.of("cancelled"):
        day.hand_in(papers.cancellation(trade, signer=signer, at=day.at), "demo-CEB623.xml")
        day.hand_in(papers.cancellation_receipt(trade, at=day.at), "demo-CEB624.xml")


def _send(day: Day, van: _Van, *, leaves: bool) -> None:
    """An exit list and its vehicle's pass, declared here and approved by customs; one that leaves is loaded."""
    declarant, sender_id = day.people[Role.DECLARANT], day.desk.settings.dxp_id
    today = day.day_of(day.at)

    def declare(session: Session) -> tuple[int, str]:
        made = declare_exit(
            session,
            waiting_for_exit(session, limit=van.parcels),
            trade=day.desk.rules.trade,
            sender_id=sender_id,
            day=today,
            at=day.at,
        )
        return made.id, made.inner_no

    list_id, inner_no = run(day.sessions, declare, by_id=declarant, action="exit.declare")
    _zone_answers(day, van, "INV201", kind="8", inner_no=inner_no)

    def issue(session: Session) -> tuple[int, str, dict[str, object]]:
        made = issue_pass(
            session,
            [session.get_one(BondedList, list_id)],
            plate=van.plate,
            contact="演示关务员",
            sender_id=sender_id,
            day=today,
            at=day.at,
        )
        vehicle = session.scalars(select(Vehicle).where(Vehicle.plate == van.plate)).one()
        return made.id, made.inner_no, _weights(made, card_no=vehicle.card_no or "")

    pass_id, inner_no, weights = run(day.sessions, issue, by_id=declarant, action="pass.issue")
    _zone_answers(day, van, "SAS221", kind="9", inner_no=inner_no, **weights)
    if leaves:
        _load_and_leave(day.later(minutes=20), van, pass_id)


def _weights(made: GatePass, *, card_no: str) -> dict[str, object]:
    return {
        "plate": made.vehicle_no,
        "card_no": card_no,
        "vehicle_kg": made.vehicle_kg,
        "total_kg": made.total_kg,
        "gross_kg": made.gross_kg,
        "net_kg": made.gross_kg,
    }


def _zone_answers(day: Day, van: _Van, name: str, *, kind: str, inner_no: str, **facts: object) -> None:
    """The client's answer gives the pre-entry number, customs' receipt the number itself."""
    pre_entry_no = van.pre_entry_no(kind)
    response = papers.zone_answer("response", pre_entry_no=pre_entry_no, inner_no=inner_no)
    day.hand_in(response, f"demo-{van.number}-{name}-response.xml")
    approved = papers.zone_answer(
        name,
        pre_entry_no=pre_entry_no,
        inner_no=inner_no,
        list_no=van.list_no,
        pass_no=van.pass_no,
        at=day.at.astimezone(ZoneInfo(day.desk.settings.time_zone)),
        **facts,
    )
    day.hand_in(approved, f"demo-{van.number}-{name}.xml")


def _load_and_leave(day: Day, van: _Van, pass_id: int) -> None:
    """Its parcels are loaded by scan, and the gate lets it go."""
    hand = Hand(
        sessions=day.sessions,
        flow=loading_flow(day_of=day.day_of),
        by_id=day.people[Role.KEEPER],
        at=day.at,
    )
    hand.scan(van.pass_no)
    hand.follow(answers_max=van.parcels)
    rate = day.desk.settings.gate_weight_tolerance_rate

    def let_go(session: Session) -> None:
        found = session.get_one(GatePass, pass_id)
        passage = Passage(passed_at=day.at, collected_kg=found.total_kg, tolerance_rate=rate, books=False)
        pass_by_hand(session, found, passage)

    run(day.sessions, let_go, by_id=day.people[Role.GATE], action="gate.pass")


def _second_wave(day: Day) -> None:
    """Released and in a wave nobody has begun."""
    _answer(day, day.of("wave"), "800")
    _open_wave(day.later(minutes=5))


def _answer_the_rest(day: Day) -> None:
    """One waits for a wave, one is to be inspected, one is still with customs, one came back."""
    _answer(day.later(minutes=5), day.of("released"), "800")
    for stage, status in (("inspect", "500"), ("declared", "120"), ("returned", "100")):
        _answer(day, day.of(stage), status)


def _file_guarantee(day: Day) -> None:
    """A letter that covers what will go out on stock bills before its declaration."""
    by_id = day.people[Role.DECLARANT]
    run(
        day.sessions,
        lambda session: (
            file_guarantee(
                session,
                number=_LETTER,
                amount=_COVERED,
                valid_until=day.day_of(day.at) + timedelta(days=_VALID_DAYS),
                by_id=by_id,
                at=day.at,
            ).number
        ),
        by_id=by_id,
        action="guarantee.file",
    )


def _count_the_shop(day: Day) -> None:
    """The shop is counted, and one bowl is missing: a case that waits for its decision."""
    by_id = day.people[Role.SUPERVISOR]
    content = (papers.FOLDER / "count.csv").read_bytes()

    def count(session: Session) -> str:
        number = next_number(session, "P", day=day.day_of(day.at))
        begun = begin_count(session, number=number, warehouses=[_SHOP], at=day.at, by_id=by_id)
        take_file(session, begun, read_count_file(content), by_id=by_id, at=day.at)
        return number

    number = run(day.sessions, count, by_id=by_id, action="count.take")
    later = day.later(minutes=10).at
    run(
        day.sessions,
        lambda session: len(close_count(session, number, at=later, by_id=by_id)),
        by_id=by_id,
        action="count.close",
    )
