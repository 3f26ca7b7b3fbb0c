"""A case from its finding to its end: stock is settled by a decision, the book only by the list that answers it."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.makers import NOON, Laid, lay_stock, make_bonded_list, make_book_item, make_location, make_product
from wms.customs import adjustments, deciding
from wms.customs.adjustments import Adjustment, ListDoesNotAnswer
from wms.customs.bonded_list import line_of
from wms.customs.cases import Act, CaseKind, CaseState, Discrepancy, Remedy, history, open_case
from wms.customs.count_cases import close_count
from wms.customs.deciding import CaseIsDecided, CauseMissing, NothingProposed, OwnProposal, RemedyDoesNotFit
from wms.customs.reconciliation import ReconciledItem, reconcile
from wms.ledger.book import Axis, Document, DocumentKind, Side
from wms.ledger.counts import Counted, begin_count, tally
from wms.ledger.lots import find_or_add_lot
from wms.ledger.moves import Move
from wms.ledger.operations import Enter, NameCase, Promise
from wms.ledger.past import ledger_now
from wms.ledger.places import Purpose
from wms.ledger.posting import apply
from wms.ledger.queries import book_rows, on_hand
from wms.ledger.verify import verify

KEEPER, OFFICER, OTHER_OFFICER = 21, 31, 32
PASS = "Z1"


@pytest.fixture
def laid(session: Session) -> Laid:
    """17 of L1 in two bins and 5 of L2, booked by list QD889926I000000101 and counted as such."""
    make_location(session, "SHORT-1", purpose=Purpose.SHORTAGE)
    laid = lay_stock(session, "BIN-A: 10 × L1, 5 × L2; BIN-B: 7 × L1")
    line = Document(kind=DocumentKind.BONDED_LIST, number="QD889926I000000101", line=1)
    item = make_book_item(session, make_product(session))
    apply(
        session,
        [
            Promise(book_item_id=item.id, side=Side.IN, quantity=22, document=line, guarded=False),
            Enter(
                book_item_id=item.id,
                side=Side.IN,
                quantity=22,
                document=line,
                answers=(line,),
                pass_number=PASS,
            ),
        ],
        occurred_at=NOON,
    )
    return laid


def counted(session: Session, laid: Laid, *, number: str = "P1", **found: int) -> list[Discrepancy]:
    """``A_L1=9`` counts nine of L1 in BIN-A; everything else as it lies. The count is closed."""
    lying = {"A_L1": 10, "A_L2": 5, "B_L1": 7} | found
    count = begin_count(session, number=number, warehouses=["WB01"], at=NOON, by_id=KEEPER)
    lines = [
        Counted(
            location_id=laid.places[f"BIN-{name[0]}"].id, lot_id=laid.lots[name[2:]].id, quantity=quantity
        )
        for name, quantity in lying.items()
    ]
    tally(session, count, lines, visit=uuid4(), at=NOON, by_id=KEEPER)
    return close_count(session, number, at=NOON, by_id=KEEPER)


def decided(session: Session, case: Discrepancy) -> Adjustment | None:
    (remedy, *_) = deciding.remedies_for(case)
    deciding.propose(session, case.number, remedy=remedy, cause="破损未登记", by_id=KEEPER, at=NOON)
    return deciding.approve(session, case.number, said="", by_id=OFFICER, at=NOON)


def row(session: Session, *, at: datetime | None = None) -> ReconciledItem:
    item = make_book_item(session, make_product(session))
    assert item.book_id is not None
    done = reconcile(session, book_id=item.book_id, book_number="", at=at or ledger_now(session))
    return done.items[0]


def the_law_holds(session: Session) -> None:
    assert verify(session) == []


def book_it(
    session: Session,
    case: Discrepancy,
    number: str,
    side: Side,
    quantity: int,
    item_no: str = "NP-TEA-001",
) -> None:
    """The declarant names a list, and customs books it."""
    bonded = make_bonded_list(session, number, side, quantity, item_no=item_no)
    adjustments.name_list(session, case.number, list_no=number, by_id=41, at=NOON)
    assert adjustments.book_named(session, bonded, by_id=0, at=NOON)


def lying(session: Session, laid: Laid, place: str, lot: str) -> int:
    return on_hand(session, location_id=laid.places[place].id, lot_id=laid.lots[lot].id)


def test_a_lot_swap_is_settled_by_its_decision_and_the_book_learns_nothing(
    session: Session, laid: Laid
) -> None:
    (case,) = counted(session, laid, A_L1=8, A_L2=7)
    before = row(session)

    assert decided(session, case) is None

    assert (lying(session, laid, "BIN-A", "L1"), lying(session, laid, "BIN-A", "L2")) == (8, 7)
    assert case.state is CaseState.CLOSED
    after = row(session)
    assert (after.book, after.present, after.difference) == (before.book, before.present, 0)
    the_law_holds(session)


def test_a_shortage_stays_bonded_until_its_list_is_booked(session: Session, laid: Laid) -> None:
    """Found, decided, booked: the difference is the same until the book itself has changed."""
    (case,) = counted(session, laid, A_L1=7)
    found = row(session)
    assert (found.counted, found.expected, found.difference, found.missing) == (19, 22, -3, 0)

    adjustment = decided(session, case)

    settled = row(session)
    assert (settled.counted, settled.difference, settled.missing, settled.book) == (19, -3, 3, 22)
    assert lying(session, laid, "BIN-A", "L1") == 7
    assert adjustment is not None
    assert (adjustment.side, adjustment.quantity, case.state) == (Side.OUT, 3, CaseState.DECIDED)
    the_law_holds(session)

    book_it(session, case, "QD889926E000000901", Side.OUT, 3)

    done = row(session)
    assert (done.book, done.present, done.difference, done.missing) == (19, 19, 0, 0)
    assert (case.state, adjustment.done_at) == (CaseState.CLOSED, NOON)
    the_law_holds(session)


def test_a_surplus_stands_held_until_its_list_is_booked(session: Session, laid: Laid) -> None:
    (case,) = counted(session, laid, B_L1=9)

    decided(session, case)

    held = text("select held from balance where location_id = :place and on_hand > 0")
    place = {"place": laid.places["BIN-B"].id}
    assert (lying(session, laid, "BIN-B", "L1"), session.execute(held, place).scalar_one()) == (9, 2)
    assert (row(session).difference, row(session).arrived_not_booked, row(session).in_cases) == (2, 0, 2)
    the_law_holds(session)

    book_it(session, case, "QD889926I000000902", Side.IN, 2)

    assert session.execute(held, place).scalar_one() == 0
    assert (row(session).difference, row(session).book, row(session).in_cases) == (0, 24, 0)
    the_law_holds(session)


def test_goods_that_never_came_leave_the_book_by_a_correcting_list(session: Session, laid: Laid) -> None:
    """Booked in by the passage and not there: the correction answers the case's row, and no goods move."""
    del laid
    item = make_book_item(session, make_product(session))
    line = line_of("QD889926I000000102", 1)
    booking = Enter(
        book_item_id=item.id, side=Side.IN, quantity=6, document=line, answers=(line,), pass_number="Z2"
    )
    apply(session, [booking], occurred_at=NOON)
    case = open_case(
        session,
        kind=CaseKind.RECEIPT_SHORT,
        item_no=item.item_no,
        book_item_id=item.id,
        quantity=6,
        book_difference=-6,
        document_number=line.number,
        document_line=1,
        pass_number="Z2",
        at=NOON,
        by_id=KEEPER,
    )
    naming = NameCase(document=line, axis=Axis.BOOKED_UNMOVED, pass_number="Z2", case_number=case.number)
    apply(session, [naming], occurred_at=NOON)
    assert (row(session).difference, row(session).booked_not_arrived, row(session).in_cases) == (-6, 0, -6)

    decided(session, case)
    book_it(session, case, "QD889926E000000903", Side.OUT, 6)

    assert (row(session).difference, row(session).book, row(session).in_cases) == (0, 22, 0)
    the_law_holds(session)


def test_goods_beyond_the_papers_enter_the_book_by_a_correcting_list(session: Session, laid: Laid) -> None:
    """The moved fact named its case; the correcting list answers that row and no other."""
    item = make_book_item(session, make_product(session))
    case = open_case(
        session,
        kind=CaseKind.RECEIPT_OVER,
        item_no=item.item_no,
        book_item_id=item.id,
        quantity=4,
        book_difference=4,
        document_number="QD889926I000000101",
        document_line=1,
        pass_number=PASS,
        at=NOON,
        by_id=KEEPER,
    )
    supplier = session.execute(text("select id from location where code = 'SUPPLIER-FOREIGN'")).scalar_one()
    over = Move(
        source_id=supplier,
        source_lot_id=laid.lots["L1"].id,
        target_id=laid.places["BIN-A"].id,
        target_lot_id=laid.lots["L1"].id,
        quantity=4,
        document=line_of("QD889926I000000101", 1),
        pass_number=PASS,
        case_number=case.number,
    )
    apply(session, [over], occurred_at=NOON)
    assert (row(session).difference, row(session).arrived_not_booked) == (4, 0)

    decided(session, case)
    book_it(session, case, "QD889926I000000904", Side.IN, 4)

    assert (row(session).difference, row(session).book, row(session).in_cases) == (0, 26, 0)
    the_law_holds(session)


def test_goods_of_an_item_the_book_did_not_have_become_its_goods(session: Session, laid: Laid) -> None:
    """They stood outside every book; the correcting list brings a line, and where they lie they become its lots."""
    product = make_product(session, "NP-NEW-001")
    lot = find_or_add_lot(
        session,
        product=product,
        code="N1",
        expiry=None,
        owner_id=laid.lots["L1"].owner_id,
        mode="1210",
    )
    case = open_case(
        session,
        kind=CaseKind.RECEIPT_WRONG_ITEM_EXTRA,
        item_no=product.item_no,
        quantity=6,
        book_difference=6,
        pass_number=PASS,
        at=NOON,
        by_id=KEEPER,
    )
    supplier = session.execute(text("select id from location where code = 'SUPPLIER-FOREIGN'")).scalar_one()
    arrived = Move(
        source_id=supplier,
        source_lot_id=lot.id,
        target_id=laid.places["BIN-B"].id,
        target_lot_id=lot.id,
        quantity=6,
        document=Document(kind=DocumentKind.GATE_PASS, number=PASS),
        pass_number=PASS,
        case_number=case.number,
    )
    apply(session, [arrived], occurred_at=NOON)

    decided(session, case)
    book_it(session, case, "QD889926I000000907", Side.IN, 6, item_no=product.item_no)

    item = make_book_item(session, product)
    figures = {each.item_no: each for each in book_rows(session, book_id=item.book_id or 0)}
    entered = figures[product.item_no]
    assert (entered.book, entered.stock, entered.booked_not_arrived, entered.law_holds) == (6, 6, 0, True)
    the_law_holds(session)


def test_two_people_decide(session: Session, laid: Laid) -> None:
    (case,) = counted(session, laid, A_L1=7)
    propose: Callable[[int], object] = lambda who: deciding.propose(  # noqa: E731 - named for the reader
        session, case.number, remedy=Remedy.BY_LIST, cause="丢失", by_id=who, at=NOON
    )
    with pytest.raises(NothingProposed):
        deciding.approve(session, case.number, said="", by_id=OFFICER, at=NOON)

    propose(OFFICER)

    with pytest.raises(OwnProposal):
        deciding.approve(session, case.number, said="", by_id=OFFICER, at=NOON)
    deciding.approve(session, case.number, said="属实", by_id=OTHER_OFFICER, at=NOON)
    with pytest.raises(CaseIsDecided):
        propose(KEEPER)


def test_an_officer_sends_a_proposal_back_with_a_reason(session: Session, laid: Laid) -> None:
    (case,) = counted(session, laid, A_L1=7)
    deciding.propose(session, case.number, remedy=Remedy.BY_LIST, cause="丢失", by_id=KEEPER, at=NOON)
    with pytest.raises(CauseMissing):
        deciding.send_back(session, case.number, said=" ", by_id=OFFICER, at=NOON)

    deciding.send_back(session, case.number, said="请复盘", by_id=OFFICER, at=NOON)

    assert (case.state, lying(session, laid, "BIN-A", "L1")) == (CaseState.OPEN, 10)
    assert [entry.act for entry in history(session, case)] == [Act.OPENED, Act.PROPOSED, Act.SENT_BACK]


def test_a_remedy_must_fit_what_differs(session: Session, laid: Laid) -> None:
    (case,) = counted(session, laid, A_L1=7)

    with pytest.raises(RemedyDoesNotFit):
        deciding.propose(session, case.number, remedy=Remedy.EXPLAINED, cause="?", by_id=KEEPER, at=NOON)


def test_a_list_of_another_quantity_does_not_answer_a_case(session: Session, laid: Laid) -> None:
    (case,) = counted(session, laid, A_L1=7)
    decided(session, case)
    make_bonded_list(session, "QD889926E000000905", Side.OUT, 4)

    with pytest.raises(ListDoesNotAnswer):
        adjustments.name_list(session, case.number, list_no="QD889926E000000905", by_id=41, at=NOON)


def test_a_reconciliation_of_a_past_instant_never_changes(session: Session, laid: Laid) -> None:
    """Whatever is counted, decided and booked later, the page of an earlier moment says what it said then."""
    instants = [ledger_now(session)]
    seen = [row(session, at=instants[0])]

    def remember() -> None:
        instants.append(ledger_now(session))
        seen.append(row(session, at=instants[-1]))

    (short,) = counted(session, laid, A_L1=7)
    remember()
    decided(session, short)
    remember()
    book_it(session, short, "QD889926E000000906", Side.OUT, 3)
    remember()
    (over,) = counted(session, laid, number="P2", A_L1=7, B_L1=8)
    remember()
    decided(session, over)
    remember()

    assert [row(session, at=at) for at in instants] == seen
    assert [each.counted for each in seen] == [None, 19, 19, 19, 20, 20]
    assert [each.difference for each in seen] == [0, -3, -3, 0, 1, 1]
    assert all(each.law_holds for each in seen)


def test_an_instant_before_anything_was_kept_is_empty(session: Session, laid: Laid) -> None:
    del laid
    nothing = row(session, at=datetime(2001, 1, 1, tzinfo=UTC))

    assert (nothing.book, nothing.present, nothing.difference, nothing.counted) == (0, 0, 0, None)
