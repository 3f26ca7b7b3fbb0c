"""Receiving begins with the pass, however the worker names it."""

import pytest
from sqlalchemy.orm import Session

from tests.floor.outward import Hand, gate_pass
from wms.customs.gate_pass import PassState
from wms.floor import receipt
from wms.floor.receiving import receiving_flow
from wms.floor.receiving_screens import AskItem
from wms.ledger.book import Side

RECEIVING = receiving_flow(hold_over=False)


@pytest.mark.parametrize("named", ["Z-IN", "IZ-IN", "藏A00900", "藏a·00900"])
def test_a_pass_is_known_by_its_numbers_and_by_the_plate(session: Session, named: str) -> None:
    gate_pass(session, number="Z-IN", side=Side.IN)
    gate_pass(session, number="Z-OUT", state=PassState.DECLARED)

    screen = Hand(session=session, flow=RECEIVING).scan(named)

    assert screen.step == AskItem(pass_no="Z-IN")


def test_the_refusal_says_what_speaks_against_unloading(session: Session) -> None:
    hand = Hand(session=session, flow=RECEIVING)
    with pytest.raises(receipt.NoSuchPass):
        hand.scan("藏A00900")
    gate_pass(session, number="Z-OUT")
    with pytest.raises(receipt.PassIsOutbound):
        hand.scan("Z-OUT")
    gate_pass(session, number="", side=Side.IN, state=PassState.DECLARED)
    with pytest.raises(receipt.PassNotApproved):
        hand.scan("藏A00900")
