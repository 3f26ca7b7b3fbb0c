"""What follows the parcels: customs bill what they released, and the buyer of the one that left sends it back.

Of what comes back one piece is damaged. The return list waits for customs, and so do the good pieces for their shelf.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.auth.permissions import Role
from wms.customs.drafting import Drafter, draft_return
from wms.customs.signing_key import signing_key
from wms.db import run
from wms.demo import paper_answers, papers, papers_after
from wms.demo.floor import Hand
from wms.demo.moment import Day
from wms.demo.papers import Trade
from wms.floor.returns import returns_flow
from wms.floor.returns_screens import DAMAGED, GOOD
from wms.floor.screens import Chosen, Counted, Dated, Pressed, Scanned
from wms.floor.sorting import SORTING
from wms.ledger.lots import Lot
from wms.ledger.moves import StockMove
from wms.ledger.places import Location, Purpose
from wms.registry.products import Product

#: Released and not taken back before they left: customs bill these.
_BILLED: Final = ("gone", "loading", "sealed", "picked", "wave", "released")
_REASON: Final = "买家签收后不想要，申请整单退货"
_PRE_ENTRY_NO: Final = "202600000880000711"
_TAKEN, _GRANTED = "120", "399"


def bill_the_released(day: Day) -> None:
    """Electronic tax bills of every released declaration."""
    day.hand_in(papers_after.tax_bills(day.of(*_BILLED), at=day.at), "demo-CEB816.xml")


def take_back(day: Day) -> None:
    """Signed for, then requested, accepted and no longer billed; back on the floor, looked at, and declared again."""
    signer = signing_key(day.desk.settings)
    (trade,) = day.of("gone")
    day.hand_in(paper_answers.signed_for(trade, at=day.at - timedelta(minutes=10)), "demo-CEB513.xml")
    asked = papers_after.return_request(trade, reason=_REASON, signer=signer, at=day.at)
    day.hand_in(asked, "demo-CEB625.xml")
    for minutes, status in ((1, _TAKEN), (4, _GRANTED)):
        answered = day.later(minutes=minutes)
        receipt = papers_after.return_receipt(trade, status, at=answered.at)
        answered.hand_in(receipt, f"demo-CEB626-{status}.xml")
    void = day.later(minutes=5)
    void.hand_in(papers_after.void_bill(trade, at=void.at), "demo-CEB818.xml")
    _receive(day.later(minutes=12), trade)
    _sort(day.later(minutes=16), trade)
    _declare_again(day.later(minutes=20), trade)


def _receive(day: Day, trade: Trade) -> None:
    """The parcel is opened; the labels say which lots they are."""
    hand = Hand(
        sessions=day.sessions,
        flow=returns_flow(day_of=day.day_of),
        by_id=day.people[Role.KEEPER],
        at=day.at,
    )
    with day.sessions() as session:
        place = _place(session, Purpose.RETURNS)
        found = _lots_sent(session, trade)
    hand.scan(trade.waybill_no)
    for product, lot, quantity in found:
        hand.give(
            Scanned(text=product.gtin or product.item_no),
            Scanned(text=lot.code),
            Pressed(key="none") if lot.expiry is None else Dated(day=lot.expiry),
            Counted(number=Decimal(quantity)),
            Chosen(key=GOOD),
            Scanned(text=place),
        )
    hand.give(Pressed(key="close"))


def _sort(day: Day, trade: Trade) -> None:
    """A closer look finds one piece dented: it goes to quarantine. The good ones wait for customs."""
    with day.sessions() as session:
        place = _place(session, Purpose.QUARANTINE)
        _, lot, _ = _lots_sent(session, trade)[0]
    hand = Hand(sessions=day.sessions, flow=SORTING, by_id=day.people[Role.KEEPER], at=day.at)
    hand.give(
        Scanned(text=trade.waybill_no),
        Scanned(text=lot.code),
        Counted(number=Decimal(1)),
        Chosen(key=DAMAGED),
        Scanned(text=place),
        Pressed(key="close"),
    )


def _declare_again(day: Day, trade: Trade) -> None:
    """The return list is on its way; the client has answered, customs have not."""
    by_id = day.people[Role.DECLARANT]
    by = Drafter(
        rules=day.desk.rules,
        sender_id=day.desk.settings.dxp_id,
        by_id=by_id,
        day=day.day_of(day.at),
        at=day.at,
    )
    inner_no = run(
        day.sessions,
        lambda session: draft_return(session, [trade.return_no], by=by).inner_no,
        by_id=by_id,
        action="return.draft_list",
    )
    response = papers.zone_answer("response", pre_entry_no=_PRE_ENTRY_NO, inner_no=inner_no)
    day.later(minutes=1).hand_in(response, "demo-return-INV101-response.xml")


def _place(session: Session, purpose: Purpose) -> str:
    """The first place of that purpose, by code."""
    codes = select(Location.code).where(Location.purpose == purpose).order_by(Location.code)
    return session.scalars(codes.limit(1)).one()


def _lots_sent(session: Session, trade: Trade) -> list[tuple[Product, Lot, int]]:
    """What left in its parcel, stock units of each lot."""
    query = (
        select(Product, Lot, StockMove.quantity)
        .join(Lot, Lot.id == StockMove.source_lot_id)
        .join(Product, Product.id == Lot.product_id)
        .join(Location, Location.id == StockMove.target_id)
        .where(StockMove.document_number == trade.inner_no, Location.purpose == Purpose.BUYER)
        .order_by(StockMove.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(query)]
