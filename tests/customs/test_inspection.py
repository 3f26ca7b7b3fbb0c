"""Inspection: who orders it, what it bars, who decides, and where the goods go."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from tests.customs.inspection_makers import LATER, make_declaration, make_list, make_officers, stage
from tests.makers import NOON, Laid, lay_stock, make_company, make_location
from wms.customs import control, draw, inspectors
from wms.customs.barring import bars
from wms.customs.double_random import SubjectKind, verify
from wms.customs.inspection import (
    Inspection,
    InspectionState,
    NotOnDuty,
    OrderedBy,
    Result,
    Wanted,
    order_inspections,
    replace_officer,
    start,
)
from wms.customs.inspection_goods import moved_under_hold
from wms.customs.inspection_results import (
    InspectionResult,
    NothingHeld,
    NotThatMany,
    ResultWaits,
    Sample,
    SecondOfficerNeeded,
    StillInStaging,
    agree,
    bring,
    record_result,
    take_back,
)
from wms.customs.inspection_watch import watch
from wms.customs.retail_declaration import BookEffect, RetailDeclaration, document_of
from wms.ledger.book import BookFact, FactKind, Side
from wms.ledger.lots import Lot
from wms.ledger.moves import Balance, Move, StockMove
from wms.ledger.places import Location, Purpose
from wms.ledger.posting import apply, post
from wms.ledger.refusals import LotOnHold
from wms.ledger.verify import verify as verify_ledgers

RULES = CustomsRules.load().inspection
SYSTEM = 0


def order(session: Session, kind: SubjectKind, number: str, **other: object) -> Inspection:
    wanted = Wanted(
        kind=kind,
        number=number,
        company="",
        ordered_by=OrderedBy.OFFICER,
        order_number="",
        reason="凭情报",
    )
    (made,) = order_inspections(
        session,
        [replace(wanted, **other)],  # type: ignore[arg-type]
        officers=2,
        by_id=9,
        at=LATER,
    )
    return made


def decide(session: Session, inspection: Inspection, result: Result, **other: object) -> None:
    first, second = inspection.officer_ids
    record_result(
        session,
        inspection.id,
        result=result,
        finding="所见相符",
        by_id=first,
        at=LATER,
        **other,  # type: ignore[arg-type]
    )
    agree(session, inspection.id, by_id=second, at=LATER)


def held(session: Session) -> dict[str, int]:
    rows = session.execute(
        select(Location.code, Balance.held)
        .join(Location, Location.id == Balance.location_id)
        .where(Balance.on_hand > 0)
    )
    return {row.code: row.held for row in rows}


def nobody(session: Session, orders: Sequence[str]) -> dict[str, str]:
    return {}


def of_lot(session: Session, code: str) -> int:
    query = select(func.sum(Balance.held)).join(Lot, Lot.id == Balance.lot_id).where(Lot.code == code)
    return int(session.scalar(query) or 0)


def whole(session: Session) -> None:
    assert verify_ledgers(session) == []


def test_a_batch_to_be_inspected_is_held_wherever_it_lies(session: Session) -> None:
    """The hold bars the way to the gate; the inspection place stays open, and the hold goes along."""
    make_officers(session)
    laid = lay_stock(session, "BIN-A: 10 × L1, 5 × L2; BIN-B: 3 × L1")
    cage = make_location(session, "WB01-INSP", purpose=Purpose.INSPECTION)
    staging = make_location(session, "WB01-S1", purpose=Purpose.STAGING)

    inspection = order(session, SubjectKind.BATCH, "NP-TEA-001/L1")

    def move(target: Location, quantity: int) -> None:
        lot, source = laid.lots["L1"].id, laid.places["BIN-A"].id
        asked = Move(
            source_id=source,
            source_lot_id=lot,
            target_id=target.id,
            target_lot_id=lot,
            quantity=quantity,
        )
        post(session, [asked], occurred_at=LATER)

    assert len(inspection.officer_ids) == 2
    assert (held(session)["BIN-B"], of_lot(session, "L1"), of_lot(session, "L2")) == (3, 13, 0)
    with session.begin_nested() as attempt, pytest.raises(LotOnHold):
        move(staging, 1)
    if attempt.is_active:
        attempt.rollback()
    move(cage, 4)
    assert held(session)["WB01-INSP"] == 4
    whole(session)


def test_two_officers_on_duty_release_and_the_hold_is_gone(session: Session) -> None:
    """One records, the other agrees; a third, and the first again, do not count."""
    officers = make_officers(session)
    lay_stock(session, "BIN-A: 10 × L1")
    inspection = order(session, SubjectKind.BATCH, "NP-TEA-001/L1")
    first, second = inspection.officer_ids
    (third,) = set(officers) - {first, second}
    start(session, inspection.id, at=LATER)

    with pytest.raises(NotOnDuty):
        record_result(session, inspection.id, result=Result.RELEASE, finding="", by_id=third, at=LATER)
    record_result(session, inspection.id, result=Result.RELEASE, finding="相符", by_id=first, at=LATER)
    with pytest.raises(SecondOfficerNeeded):
        agree(session, inspection.id, by_id=first, at=LATER)
    with pytest.raises(NotOnDuty):
        agree(session, inspection.id, by_id=third, at=LATER)
    with pytest.raises(ResultWaits):
        record_result(session, inspection.id, result=Result.DETAIN, finding="", by_id=second, at=LATER)
    assert held(session) == {"BIN-A": 10}

    agree(session, inspection.id, by_id=second, at=LATER)

    assert held(session) == {"BIN-A": 0}
    assert (inspection.state, inspection.lets_go) == (InspectionState.CLOSED, True)


def test_a_result_taken_back_counts_for_nothing_and_stays_on_record(session: Session) -> None:
    make_officers(session)
    lay_stock(session, "BIN-A: 10 × L1")
    inspection = order(session, SubjectKind.BATCH, "NP-TEA-001/L1")
    first, second = inspection.officer_ids
    record_result(session, inspection.id, result=Result.DESTROY, finding="", by_id=first, at=LATER)

    take_back(session, inspection.id, by_id=second, at=LATER)
    decide(session, inspection, Result.RELEASE)

    kept = session.scalars(select(InspectionResult).order_by(InspectionResult.id)).all()
    assert [(each.result, each.withdrawn_by_id) for each in kept] == [
        (Result.DESTROY, second),
        (Result.RELEASE, None),
    ]


@pytest.mark.parametrize(
    ("result", "place"), [(Result.DETAIN, "CUSTODY-BONDED"), (Result.DESTROY, "DESTROYED-BONDED")]
)
def test_goods_taken_or_destroyed_leave_under_the_inspection_s_number(
    session: Session, result: Result, place: str
) -> None:
    """Stock falls in the commit of the decision; the book shows them moved and not booked until its document."""
    make_officers(session)
    laid = lay_stock(session, "BIN-A: 10 × L1; BIN-B: 2 × L1")
    inspection = order(session, SubjectKind.BATCH, "NP-TEA-001/L1")

    decide(session, inspection, result)

    lot = laid.lots["L1"].id
    gone = session.scalars(select(StockMove).where(StockMove.document_number == inspection.number)).all()
    targets = {session.get_one(Location, each.target_id).code for each in gone}
    facts = session.scalars(select(BookFact).where(BookFact.document_number == inspection.number)).all()
    assert (targets, sum(each.quantity for each in gone)) == ({place}, 12)
    assert {each.source_lot_id for each in gone} == {lot}
    assert {(each.kind, each.side) for each in facts} == {(FactKind.MOVED, Side.OUT)}
    assert sum(each.quantity for each in facts) == 12
    assert inspection.state is InspectionState.CLOSED
    whole(session)


def test_a_quality_sample_holds_its_batch_until_the_laboratory_has_spoken(session: Session) -> None:
    """The sample leaves, the rest waits; a bad result condemns it, a good one lets it go."""
    make_officers(session)
    lay_stock(session, "BIN-A: 10 × L1, 7 × L2")
    bad = order(session, SubjectKind.BATCH, "NP-TEA-001/L1", ordered_by=OrderedBy.SAMPLING)
    good = order(session, SubjectKind.BATCH, "NP-TEA-001/L2", ordered_by=OrderedBy.SAMPLING)
    with pytest.raises(NotThatMany):
        decide(session, bad, Result.SAMPLE, sample=Sample(location="BIN-A", lot="L1", quantity=11))

    decide(session, bad, Result.SAMPLE, sample=Sample(location="BIN-A", lot="L1", quantity=2))
    decide(session, good, Result.SAMPLE, sample=Sample(location="BIN-A", lot="L2", quantity=2))
    waiting = {row.on_hand: row.held for row in session.execute(select(Balance.on_hand, Balance.held)).all()}
    decide(session, bad, Result.DESTROY)
    decide(session, good, Result.RELEASE)

    left = session.execute(select(Balance.on_hand, Balance.held).where(Balance.on_hand > 0)).all()
    assert waiting == {8: 8, 5: 5}
    assert [tuple(row) for row in left] == [(5, 0)]
    assert (bad.state, good.state) == (InspectionState.CLOSED, InspectionState.CLOSED)
    whole(session)


def test_what_must_be_amended_taxed_or_sent_back_stays_held(session: Session) -> None:
    make_officers(session)
    lay_stock(session, "BIN-A: 10 × L1")
    inspection = order(session, SubjectKind.BATCH, "NP-TEA-001/L1")

    for result in (Result.AMEND, Result.TAX, Result.REEXPORT):
        decide(session, inspection, result)
        assert (inspection.state, held(session)) == (InspectionState.WAITING, {"BIN-A": 10})
    decide(session, inspection, Result.RELEASE)

    assert held(session) == {"BIN-A": 0}


def test_goods_of_a_list_that_come_in_during_its_inspection_are_held_in_the_next_round(
    session: Session,
) -> None:
    make_officers(session)
    make_list(session)
    order(session, SubjectKind.BONDED_LIST, "QD889926I000000101")
    lay_stock(session, "BIN-A: 10 × L1")

    watch(session, merchants_of=nobody, officers=2, by_id=SYSTEM, at=LATER)

    assert held(session) == {"BIN-A": 10}


def to_the_inspection_place(
    session: Session, inspection: Inspection, declaration: RetailDeclaration, laid: Laid
) -> None:
    cage = make_location(session, "WB01-INSP", purpose=Purpose.INSPECTION)
    lot, staging = laid.lots["L1"].id, make_location(session, "WB01-S1").id
    move = Move(
        source_id=staging,
        source_lot_id=lot,
        target_id=cage.id,
        target_lot_id=lot,
        quantity=declaration.lines[0].stock_quantity,
        document=document_of(declaration.number, 1),
    )
    apply(session, moved_under_hold(session, inspection, [move]), occurred_at=LATER)


def test_a_parcel_to_be_inspected_is_barred_until_release_and_for_ever_when_kept(session: Session) -> None:
    """Its staged goods are held for it alone."""
    make_officers(session)
    laid = lay_stock(session, "BIN-A: 10 × L1")
    kept, freed = make_declaration(session, "L0001"), make_declaration(session, "L0002")
    for each in (kept, freed):
        stage(session, each, laid, source="BIN-A", lot="L1")
    assert bars(session, kept) is None

    first = order(session, SubjectKind.RETAIL_DECLARATION, kept.number)
    second = order(session, SubjectKind.RETAIL_DECLARATION, freed.number)
    assert held(session) == {"BIN-A": 0, "WB01-S1": 4}
    assert first.number in str(bars(session, kept))
    assert second.number in str(bars(session, freed))
    with pytest.raises(StillInStaging):
        decide(session, first, Result.DETAIN)
    to_the_inspection_place(session, first, kept, laid)
    decide(session, first, Result.DETAIN)
    decide(session, second, Result.RELEASE)

    assert "Customs keeps" in str(bars(session, kept))
    assert bars(session, freed) is None
    assert held(session) == {"BIN-A": 0, "WB01-S1": 0}
    whole(session)


def test_a_hold_for_one_parcel_bars_no_other_of_the_same_batch_and_a_hold_of_the_batch_bars_all(
    session: Session,
) -> None:
    make_officers(session)
    laid = lay_stock(session, "BIN-A: 10 × L1")
    one, other = make_declaration(session, "L0001"), make_declaration(session, "L0002")
    for each in (one, other):
        stage(session, each, laid, source="BIN-A", lot="L1")

    order(session, SubjectKind.RETAIL_DECLARATION, one.number)
    assert bars(session, other) is None
    order(session, SubjectKind.BATCH, "NP-TEA-001/L1")

    assert "Lot L1" in str(bars(session, other))


def test_goods_nobody_picked_are_brought_before_they_can_be_kept(session: Session) -> None:
    make_officers(session)
    lay_stock(session, "BIN-A: 10 × L1")
    inspection = order(session, SubjectKind.RETAIL_DECLARATION, make_declaration(session).number)

    with pytest.raises(NothingHeld):
        decide(session, inspection, Result.DETAIN)
    bring(session, inspection.id, location="BIN-A", lot="L1", quantity=2, by_id=7, at=LATER)
    decide(session, inspection, Result.DETAIN)

    assert session.scalars(select(Balance.on_hand).where(Balance.on_hand > 0)).all() == [8]


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("800", None),
        ("899", None),
        ("", "not released"),
        ("120", "not released"),
        ("300", "not released"),
        ("500", "wants to inspect"),
        ("501", "stopped"),
        ("700", "stopped"),
        ("100", "cancelled or returned"),
        ("-621018", "cancelled or returned"),
        ("CANCELLED", "cancelled or returned"),
    ],
)
def test_customs_last_word_bars_a_parcel(session: Session, state: str, words: str | None) -> None:
    said = bars(session, make_declaration(session, state=state))

    assert (said is None) if words is None else (words in str(said))


def test_a_waiting_cancellation_bars_a_released_parcel(session: Session) -> None:
    declaration = make_declaration(session)
    declaration.cancel_pending = True

    assert "cancellation" in str(bars(session, declaration))


def test_a_receipt_of_inspection_orders_one_and_customs_release_ends_it(session: Session) -> None:
    make_officers(session)
    laid = lay_stock(session, "BIN-A: 10 × L1")
    declaration = make_declaration(session)
    stage(session, declaration, laid, source="BIN-A", lot="L1")
    declaration.state = "500"
    session.flush()

    (ordered,) = watch(session, merchants_of=nobody, officers=2, by_id=SYSTEM, at=LATER)
    assert watch(session, merchants_of=nobody, officers=2, by_id=SYSTEM, at=LATER) == []
    assert (ordered.ordered_by, held(session)["WB01-S1"]) == (OrderedBy.RECEIPT, 2)
    declaration.state = "800"
    session.flush()
    assert ordered.number in str(bars(session, declaration))
    watch(session, merchants_of=nobody, officers=2, by_id=SYSTEM, at=LATER + timedelta(minutes=1))

    assert bars(session, declaration) is None
    assert (ordered.lets_go, held(session)["WB01-S1"]) == (True, 0)


def test_directed_control_by_tariff_number_bars_at_once_and_is_ordered_within_the_round(
    session: Session,
) -> None:
    """Every line that fits, no draw; an inspection that ended in release is not asked for again."""
    make_officers(session)
    tea = make_declaration(session, "L0001")
    beer = make_declaration(session, "L0002", item_no="NP-BEER", hs10="2203000000")
    make_list(session)
    placed = control.place_control(session, hs="0902", reason="农残", by_id=9, at=LATER)

    assert placed.number in str(bars(session, tea))
    assert bars(session, beer) is None
    ordered = watch(session, merchants_of=nobody, officers=2, by_id=SYSTEM, at=LATER)
    assert {each.subject_number for each in ordered} == {"L0001", "QD889926I000000101"}
    mine = next(each for each in ordered if each.subject_number == "L0001")
    decide(session, mine, Result.RELEASE)

    assert bars(session, tea) is None
    assert watch(session, merchants_of=nobody, officers=2, by_id=SYSTEM, at=LATER) == []
    control.end_control(session, placed.id, by_id=9, at=LATER)
    assert bars(session, make_declaration(session, "L0003")) is None


def test_a_control_that_fits_everything_is_refused(session: Session) -> None:
    with pytest.raises(control.FitsEverything):
        control.place_control(session, reason="全部", by_id=9, at=LATER)


def seeded_draw(session: Session, count: int = 400) -> draw.Draw:
    make_officers(session, 4)
    for number in range(count):
        make_declaration(session, f"L{number:04d}")
    make_list(session)
    merchant = make_company(session).customs_code
    return draw.prepare(
        session, RULES, lambda _, orders: dict.fromkeys(orders, merchant), day=NOON.date(), by_id=9, at=LATER
    )


def test_a_draw_is_recomputed_from_its_published_seed(session: Session) -> None:
    """Before the draw nobody has the seed; afterwards anybody draws the same, officers too."""
    made = seeded_draw(session)
    with pytest.raises(draw.NotDrawnYet):
        draw.published(session, made.number)

    drawn = draw.reveal(session, made.id, by_id=9, at=LATER)

    file = draw.published(session, made.number)
    assert 5 < len(drawn) < 60
    assert {each.subject_number for each in drawn} == {each.number for each in file.drawn}
    assert verify(file) == []
    with pytest.raises(draw.AlreadyDrawn):
        draw.reveal(session, made.id, by_id=9, at=LATER)
    with pytest.raises(draw.NothingToDraw):
        draw.prepare(session, RULES, nobody, day=NOON.date(), by_id=9, at=LATER)


def test_a_draw_that_was_not_carried_out_as_drawn_is_found_out(session: Session) -> None:
    made = seeded_draw(session)
    drawn = draw.reveal(session, made.id, by_id=9, at=LATER)

    replaced = drawn[0].officer_ids[0]
    replace_officer(session, drawn[0].id, officer_id=replaced, reason="病假", at=LATER)
    assert verify(draw.published(session, made.number)) == []
    order(
        session,
        SubjectKind.RETAIL_DECLARATION,
        "L9999",
        ordered_by=OrderedBy.DRAW,
        order_number=made.number,
    )

    assert verify(draw.published(session, made.number)) != []


def test_whoever_has_a_conflict_or_was_there_last_is_not_drawn(session: Session) -> None:
    """Of four officers one declared a conflict and two came last time; the one left goes alone, and that is said."""
    officers = make_officers(session, 4)
    company = "9999W00001"
    inspectors.declare_conflict(
        session, officer="officer-1", company_code=company, reason="亲属任职", by_id=1, at=NOON
    )
    first = order(session, SubjectKind.BATCH, "NP-TEA-001/L1", company=company)
    visited = set(first.officer_ids)
    start(session, first.id, at=LATER)

    second = order(session, SubjectKind.BATCH, "NP-TEA-001/L2", company=company)

    assert officers[0] not in visited
    assert len(visited) == 2
    assert second.officer_ids == list(set(officers) - visited - {officers[0]})


def test_a_booked_or_undone_declaration_stands_in_no_draw(session: Session) -> None:
    make_officers(session)
    make_declaration(session, "L0001").book_effect = BookEffect.BOOKED
    make_declaration(session, "L0002", state="100")
    make_declaration(session, "L0003")
    session.flush()

    made = draw.prepare(session, RULES, nobody, day=NOON.date(), by_id=9, at=LATER)

    assert [each["number"] for each in made.population["subjects"]] == ["L0003"]
