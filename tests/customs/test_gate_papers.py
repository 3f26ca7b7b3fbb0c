"""Papers around the gate: vehicles on file, passes of goods declared in two steps, and messages nobody could read."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.customs.test_trades import receive
from tests.customs.trade_papers import FIRM, Papers
from tests.floor.outward import lay_bins
from wms.alerts import Alert, Severity
from wms.customs.effects import Effect
from wms.customs.gate_pass import GatePass, PassState, PassStillOpen
from wms.customs.inbox import Outcome
from wms.customs.messages.ceb.format_error import FormatErrorMessage, FormatErrorReceipt
from wms.customs.messages.jg2.gate_pass import GatePassDraft, GatePassHead, GatePassPassage, GatePassRecord
from wms.customs.messages.jg2.response import ClientResponse
from wms.customs.messages.jg2.two_step_pass import (
    TwoStepDeclaration,
    TwoStepPassDraft,
    TwoStepPassHead,
    TwoStepPassPassage,
    TwoStepPassReview,
)
from wms.customs.messages.jg2.vehicle import VehicleDraft, VehicleRecord, VehicleReview
from wms.customs.pass_intake import BeyondList, NotOnList
from wms.customs.void_pass import NoPassToVoid, PassIsUsed
from wms.floor.receipt import PassNotApproved
from wms.registry.rules import RuleSet
from wms.registry.vehicles import find_vehicle

LIST, PASS, DECLARED = "QD889926I000000901", "Z8899I260520T00000000901", "889920261000000901"


@pytest.fixture
def papers(session: Session) -> Papers:
    lay_bins(session, "BIN-A: 10 × L1", L1=date(2027, 1, 1))
    return Papers(session=session)


def two_step() -> TwoStepPassDraft:
    head: dict[str, Any] = {
        "inner_no": "TWO-1", "declaration_type": "1", "direction": "I", "customs_code": "8899",
        "vehicle_no": "藏A00009", "vehicle_kg": Decimal(3000), "total_kg": Decimal(3100), **FIRM,
    }  # fmt: skip
    return TwoStepPassDraft(
        head=TwoStepPassHead(**head), declarations=(TwoStepDeclaration(declaration_no=DECLARED),)
    )


def test_a_two_step_pass_waits_for_its_declaration_and_books_like_any_other(papers: Papers) -> None:
    """ICP101 before the list's declaration has a number: kept; SAS251 approves, SAS253 books what rides on it."""
    effect = papers.hand_in(two_step())
    assert (effect.outcome, effect.waits_for) == (Outcome.WAITING, f"declaration:{DECLARED}")
    entry = papers.declare("I", 5, declaration_flag="1")
    brought = papers.review(entry, LIST, declaration_no=DECLARED, declaration_state="1").brings
    assert effect.waits_for in brought

    assert papers.hand_in(two_step()).outcome is Outcome.ACCEPTED
    papers.hand_in(ClientResponse(pre_entry_no="000000000000000901", inner_no="TWO-1", deal_flag="0"))
    papers.hand_in(TwoStepPassReview(result=papers.result("000000000000000901", PASS, "1")))
    for _ in range(2):
        papers.hand_in(TwoStepPassPassage(result=papers.result("000000000000000901", PASS, "1")))
    receive(papers, PASS, 5)

    found = papers.session.scalars(select(GatePass)).one()
    assert (found.pass_type, found.state, found.list_nos) == ("7", PassState.PASSED, [LIST])
    assert (papers.tea().actual_in, papers.tea().stock) == (15, 15)


def weigh(papers: Papers, pre_entry: str, number: str, *, kg: int) -> None:
    """SAS223 with what the gate weighed; 3,100 kg were declared."""
    record = GatePassRecord(pass_no=number, collected_kg=Decimal(kg))
    papers.hand_in(GatePassPassage(result=papers.result(pre_entry, number, "1"), gate_pass=record))


def told_of_weight(papers: Papers) -> list[str]:
    return list(papers.session.scalars(select(Alert.subject).where(Alert.kind == "gate.weight")))


@pytest.mark.parametrize(("kg", "is_ok"), [(3131, True), (3132, False), (3069, True), (3068, False)])
def test_the_rules_of_the_day_say_how_far_a_weight_may_be_off(
    papers: Papers, kg: int, *, is_ok: bool
) -> None:
    """One hundredth of 3,100 kg still passes; the site's own setting counts only where no rules are in force."""
    kept = papers.session.scalars(select(RuleSet)).one()
    kept.rules = kept.rules | {"gate_weight_tolerance_rate": "0.01"}
    papers.review(papers.declare("I", 5), LIST)
    truck = papers.drive("I", PASS, LIST, is_passed=False)

    weigh(papers, truck, PASS, kg=kg)

    found = papers.session.scalars(select(GatePass)).one()
    assert (found.weight_ok, told_of_weight(papers)) == (is_ok, [] if is_ok else [PASS])


def test_a_weight_that_comes_after_the_passage_is_told_too(papers: Papers) -> None:
    """The vehicle was let go without being weighed; a second receipt brings the weight, a third says it again."""
    papers.review(papers.declare("I", 5), LIST)
    truck = papers.drive("I", PASS, LIST)
    assert told_of_weight(papers) == []

    weigh(papers, truck, PASS, kg=4000)
    weigh(papers, truck, PASS, kg=3100)

    found = papers.session.scalars(select(GatePass)).one()
    assert (found.collected_kg, found.weight_ok, told_of_weight(papers)) == (Decimal(4000), False, [PASS])


def test_a_vehicle_is_on_file_once_customs_has_passed_it(papers: Papers) -> None:
    session = papers.session
    record = VehicleRecord(vehicle_no="藏B00001", vehicle_kg=Decimal("4250.5"))
    papers.hand_in(VehicleDraft(vehicle=record))
    papers.hand_in(VehicleReview(result=papers.result("V1", "藏B00001", "3"), vehicle=record))
    assert find_vehicle(session, plate="藏B00001") is None
    unsure = VehicleReview(result=papers.result("V1", "藏B00001", "2"), vehicle=record)
    assert papers.hand_in(unsure).outcome is Outcome.PARKED

    papers.hand_in(VehicleReview(result=papers.result("V1", "藏B00001", "1"), vehicle=record))

    found = find_vehicle(session, plate="藏B00001")
    assert found is not None
    assert found.tare_kg == Decimal("4250.5")


def test_a_message_of_ours_that_was_not_even_read_is_told_at_once(papers: Papers) -> None:
    """CEB900: no other receipt will come for it, so nobody must wait for the alarm of hours."""
    receipt = FormatErrorReceipt(
        guid="0" * 36, status="-1", text="报文格式错误", returned_at=papers.at + timedelta(minutes=1),
        original_message_id="CEB621-00000007", original_kind="CEB621Message", original_text="<x/>",
    )  # fmt: skip

    effect = papers.hand_in(FormatErrorMessage(guid="0" * 36, version="1.0", receipt=receipt))

    alert = papers.session.scalars(select(Alert).where(Alert.kind == "message.format_refused")).one()
    assert (effect.outcome, alert.subject, alert.severity) == (
        Outcome.ACCEPTED,
        "CEB621-00000007",
        Severity.CRITICAL,
    )


def end(papers: Papers, inner_no: str, *, pass_no: str = "") -> Effect:
    """SAS121 with dclTypecd 3."""
    head: dict[str, Any] = {
        "inner_no": inner_no, "pass_no": pass_no, "declaration_type": "3", "direction": "I", "pass_type": "1",
        "customs_code": "8899", "vehicle_no": "藏A00001", "vehicle_kg": Decimal(3000), "total_kg": Decimal(3100),
        "contact": "某人", "declarant_code": "9999W00001", "declarant_name": "测试企业1",
        "entered_by_code": "9999W00001", "entered_by_name": "测试企业1", **FIRM,
    }  # fmt: skip
    return papers.hand_in(GatePassDraft(head=GatePassHead(**head)))


def state_of(papers: Papers, pass_no: str) -> PassState:
    return papers.session.scalars(select(GatePass.state).where(GatePass.pass_no == pass_no)).one()


def test_a_pass_that_is_made_void_frees_its_vehicle_and_its_list(papers: Papers) -> None:
    """The vehicle broke down; nothing is unloaded on its pass any more, and another brings the list, booked once."""
    papers.review(papers.declare("I", 5), LIST)
    truck = papers.drive("I", PASS, LIST, is_passed=False)
    with pytest.raises(PassStillOpen):
        papers.drive("I", "Z8899I260520000000000902", LIST)

    assert end(papers, "other", pass_no=PASS).outcome is Outcome.ACCEPTED
    assert end(papers, "other", pass_no=PASS).outcome is Outcome.REPEATED
    papers.review_pass(truck, PASS)

    assert state_of(papers, PASS) is PassState.VOID
    with pytest.raises(PassNotApproved):
        receive(papers, PASS, 5)
    papers.drive("I", "Z8899I260520000000000902", LIST)
    receive(papers, "Z8899I260520000000000902", 5)
    assert (papers.tea().actual_in, papers.tea().stock) == (15, 15)


@pytest.mark.parametrize(("gross", "told"), [("100", 0), ("96.88", 1), (None, 0)])
def test_a_total_that_is_not_its_parts_is_told_and_taken(
    papers: Papers, gross: str | None, told: int
) -> None:
    """3,000 kg of vehicle and these goods, 3,100 declared: a real pass was 3.12 kg off."""
    papers.review(papers.declare("I", 5), LIST)

    papers.drive("I", PASS, LIST, gross_kg=None if gross is None else Decimal(gross))

    alerts = papers.session.scalars(select(Alert).where(Alert.kind == "gate.sum")).all()
    assert (len(alerts), state_of(papers, PASS)) == (told, PassState.PASSED)


def test_no_more_rides_in_than_the_list_says(papers: Papers) -> None:
    """Two vehicles bring five boxes; a third would book more than the list, and so would one that names it whole."""
    papers.review(papers.declare("I", 5), LIST)
    papers.drive("I", PASS, LIST, plate="藏A1", carries=3)
    second = "Z8899I260520000000000902"
    with pytest.raises(BeyondList), papers.session.begin_nested():
        papers.drive("I", second, LIST, plate="藏A2", carries=3)
    with pytest.raises(BeyondList), papers.session.begin_nested():
        papers.drive("I", second, LIST, plate="藏A2")
    with pytest.raises(NotOnList), papers.session.begin_nested():
        papers.drive("I", second, LIST, plate="藏A2", carries=2, list_line=2)

    papers.drive("I", second, LIST, plate="藏A2", carries=2)

    assert (papers.tea().actual_in, papers.tea().promised_in) == (15, 0)


def test_a_pass_that_customs_does_not_make_void_stands(papers: Papers) -> None:
    papers.review(papers.declare("I", 5), LIST)
    truck = papers.drive("I", PASS, LIST, is_passed=False)
    end(papers, "other", pass_no=PASS)

    papers.review_pass(truck, PASS, "3")

    assert state_of(papers, PASS) is PassState.APPROVED


def test_what_was_used_is_not_made_void(papers: Papers) -> None:
    """Unloaded before its passage, or passed; and a pass nobody knows."""
    papers.review(papers.declare("I", 5), LIST)
    truck = papers.drive("I", PASS, LIST, is_passed=False)
    receive(papers, PASS, 5)
    with pytest.raises(PassIsUsed):
        end(papers, "other", pass_no=PASS)
    papers.pass_gate(truck, PASS)
    with pytest.raises(PassIsUsed):
        end(papers, "other", pass_no=PASS)
    with pytest.raises(NoPassToVoid):
        end(papers, "nobody")
    assert state_of(papers, PASS) is PassState.PASSED
