"""Released declarations, bonded bins and gate passes in a small notation, for tests of the way out."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.floor.outcome import lot_id
from tests.makers import (
    NOON,
    list_line,
    make_bonded_list,
    make_book_item,
    make_company,
    make_location,
    make_lot,
    make_product,
    partner,
)
from wms.customs.bonded_list import BondedList, ListState
from wms.customs.gate_pass import BindType, GatePass, PassedList, PassState
from wms.customs.parcels import Parcel, Pick
from wms.customs.retail_declaration import (
    BookEffect,
    RetailDeclaration,
    RetailDeclarationLine,
    document_of,
)
from wms.customs.trade import Counterpart, Course
from wms.floor.flows import Flow
from wms.floor.loading import loading_flow
from wms.floor.packing import PACKING
from wms.floor.picking import picking_flow
from wms.floor.pulling import PULLING
from wms.floor.screens import (
    Answer,
    Chosen,
    Counted,
    Pressed,
    Scanned,
    Screen,
    Tone,
    WantsConfirm,
    WantsNumber,
)
from wms.floor.waves import open_wave
from wms.ledger.book import AccountBook, Side
from wms.ledger.lots import Hold
from wms.ledger.moves import Move
from wms.ledger.operations import Enter, Operation, PlaceHold, Promise, ReleaseItem, ReserveItem, Withdraw
from wms.ledger.places import Purpose, Regime
from wms.ledger.posting import apply
from wms.ledger.queries import location_by_code
from wms.registry.files import read_registry
from wms.registry.rows import Rules
from wms.registry.rules import RuleSet, keep_rules

DAY = date(2026, 5, 20)
AT = NOON
KEEPER = 7
PICKING = picking_flow(day_of=lambda at: at.date())
LOADING = loading_flow(day_of=lambda at: at.date())
DEMO = Path(__file__).resolve().parents[2] / "config" / "demo"


@cache
def rules() -> Rules:
    """Those of the demonstration zone."""
    files = read_registry(DEMO)
    assert not isinstance(files, list)
    assert files.rules is not None
    return files.rules


def lay_bins(session: Session, text: str, **expiries: date) -> None:
    """Bonded stock, booked in: ``lay_bins(session, "BIN-A: 3 × L1, 2 × L2", L1=date(2026, 8, 1))``."""
    make_location(session, "STG-1", purpose=Purpose.STAGING)
    if session.scalar(select(RuleSet.id)) is None:
        kept = replace(
            rules(),
            day=date(2026, 1, 1),
            min_remaining_shelf_life_days=60,
            parcel_packaging_kg=Decimal("0.15"),
        )
        keep_rules(session, kept, at=NOON)
    supplier = partner(session, Purpose.SUPPLIER, Regime.FOREIGN)
    operations: list[Operation] = []
    for place, _, goods in (part.strip().partition(":") for part in text.split(";")):
        for quantity, name in (each.replace(" ", "").split("×") for each in goods.split(",")):
            lot = make_lot(session, name, expiry=expiries.get(name, date(2027, 11, 30)))
            operations.append(
                Move(
                    source_id=supplier.id,
                    source_lot_id=lot.id,
                    target_id=make_location(session, place.strip()).id,
                    target_lot_id=lot.id,
                    quantity=int(quantity),
                    document=list_line(),
                    pass_number="Z1",
                )
            )
    item = make_book_item(session, make_product(session))
    units = sum(each.quantity for each in operations if isinstance(each, Move))
    operations.append(
        Enter(
            book_item_id=item.id,
            side=Side.IN,
            quantity=units,
            document=list_line(),
            answers=(list_line(),),
        )
    )
    apply(session, operations, occurred_at=NOON)


def release(session: Session, *orders: tuple[str, int]) -> list[RetailDeclaration]:
    """Declarations of (order, pieces of tea), promised, reserved and released one second apart, in this order."""
    product = make_product(session)
    item = make_book_item(session, product)
    book = session.get_one(AccountBook, item.book_id)
    made = []
    for number, (order_no, quantity) in enumerate(orders):
        released_at = NOON + timedelta(seconds=number)
        declaration = RetailDeclaration(
            number=f"L{order_no}",
            order_no=order_no,
            list_no=f"8899{order_no:>014}",
            pre_no="",
            waybill_no=f"SF{order_no:>012}",
            carrier_code="",
            carrier_name="",
            book_id=book.id,
            supervision_mode="1210",
            buyer="hash",
            year=2026,
            dutiable_value=Decimal(100),
            gross_kg=Decimal(1),
            net_kg=Decimal(1),
            declared_at=NOON,
            is_history=False,
            state="800",
            released_at=released_at,
            release_stamp=f"{released_at:%Y%m%d%H%M%S}000",
            book_effect=BookEffect.PROMISED,
            cancel_pending=False,
            lines=[
                RetailDeclarationLine(
                    line_no=1,
                    book_item_id=item.id,
                    item_no=product.item_no,
                    hs10=product.hs10,
                    name=product.name_zh,
                    unit=product.unit,
                    quantity=Decimal(quantity),
                    stock_quantity=quantity,
                    price=Decimal(10),
                    total=Decimal(10) * quantity,
                    tax_price=Decimal(0),
                    customs_tax=Decimal(0),
                    vat=Decimal(0),
                    consumption_tax=Decimal(0),
                )
            ],
        )
        session.add(declaration)
        made.append(declaration)
    session.flush()
    apply(session, _promises(session, made), occurred_at=NOON)
    return made


def _promises(session: Session, declarations: Iterable[RetailDeclaration]) -> list[Operation]:
    operations: list[Operation] = []
    for each in declarations:
        for line in each.lines:
            document = document_of(each.number, line.line_no)
            operations += [
                Promise(
                    book_item_id=line.book_item_id,
                    side=Side.OUT,
                    quantity=line.stock_quantity,
                    document=document,
                ),
                ReserveItem(
                    book_item_id=line.book_item_id,
                    owner_id=make_company(session).id,
                    mode="1210",
                    quantity=line.stock_quantity,
                    document=document,
                    on_day=DAY,
                    min_remaining_days=60,
                ),
            ]
    return operations


def cancel(session: Session, declaration: RetailDeclaration) -> None:
    """Customs took it back: 预减 and what is still reserved are given back, as the receipt's procedure does."""
    line = declaration.lines[0]
    document = document_of(declaration.number, line.line_no)
    operations: list[Operation] = [Withdraw(side=Side.OUT, document=document, if_open=True)]
    picked = (
        select(func.sum(Pick.quantity))
        .join(Parcel)
        .where(Parcel.declaration_id == declaration.id, Pick.picked_at.is_not(None))
    )
    if reserved := line.stock_quantity - (session.scalar(picked) or 0):
        operations.append(
            ReleaseItem(
                book_item_id=line.book_item_id,
                owner_id=make_company(session).id,
                mode="1210",
                document=document,
                quantity=int(reserved),
            )
        )
    declaration.state, declaration.book_effect = "CANCELLED", BookEffect.WITHDRAWN
    session.flush()
    apply(session, operations, occurred_at=NOON)


def revive(session: Session, declaration: RetailDeclaration) -> None:
    """A later receipt releases it again: it promises and reserves anew."""
    declaration.state, declaration.book_effect = "800", BookEffect.PROMISED
    session.flush()
    apply(session, _promises(session, [declaration]), occurred_at=NOON)


@dataclass(kw_only=True)
class Hand:
    """A worker's handheld: answers the screens of a flow."""

    session: Session
    flow: Flow
    at: datetime = AT
    by_id: int = KEEPER
    screen: Screen = field(init=False)

    def __post_init__(self) -> None:
        self.screen = self.flow.start(self.session, by_id=self.by_id, at=self.at)

    def give(self, *answers: Answer) -> Screen:
        for given in answers:
            assert self.screen.step is not None, "the flow is over"
            self.screen = self.flow.answer(
                self.session, self.screen.step, given, by_id=self.by_id, at=self.at
            )
        return self.screen

    def scan(self, *texts: str) -> Screen:
        return self.give(*(Scanned(text=text) for text in texts))

    def follow(self) -> int:
        """Answer what is asked until nothing is; how many answers it took."""
        answers = 0
        while self.screen.step is not None and (
            self.screen.asks or isinstance(self.screen.wants, WantsConfirm)
        ):
            asks = self.screen.asks
            if asks is None:
                assert self.screen.main is not None
                self.give(Pressed(key=self.screen.main.key))
            elif isinstance(self.screen.wants, WantsNumber):
                self.give(Counted(number=Decimal(asks)))
            else:
                self.scan(asks)
            assert self.screen.tone is not Tone.ERROR, str(self.screen.verdict)
            answers += 1
        return answers


def work(session: Session, flow: Flow, *scans: str) -> Hand:
    """Do all a flow asks."""
    hand = Hand(session=session, flow=flow)
    hand.scan(*scans)
    hand.follow()
    return hand


def wave(session: Session) -> None:
    open_wave(session, day=DAY, by_id=KEEPER, at=AT)


def hold(session: Session, place: str, lot: str, quantity: int) -> None:
    row = Hold(reason="超温", case_number="", by_id=1, placed_at=AT)
    session.add(row)
    session.flush()
    found = location_by_code(session, place)
    assert found is not None
    barred = PlaceHold(hold_id=row.id, location_id=found.id, lot_id=lot_id(session, lot), quantity=quantity)
    apply(session, [barred], occurred_at=AT)


def packed(session: Session) -> None:
    """Everything released is picked and packed."""
    wave(session)
    work(session, PICKING)
    work(session, PACKING)


def exit_list(
    session: Session, declarations: Iterable[RetailDeclaration], *, number: str = "QD889926E000000500"
) -> BondedList:
    """An exit list of these, as customs pre-booked it."""
    listed = list(declarations)
    bonded = make_bonded_list(
        session,
        number,
        Side.OUT,
        sum(line.stock_quantity for each in listed for line in each.lines),
        list_type="8",
        counterpart=Counterpart.HOME,
        course=Course.RETAIL,
        state=ListState.PRE_BOOKED,
        retail=listed,
    )
    for each in listed:
        each.exit_list_id = bonded.id
    session.flush()
    return bonded


def gate_pass(
    session: Session,
    *lists: BondedList,
    number: str = "Z8899E260520000000000050",
    vehicle: str = "藏A00900",
    state: PassState = PassState.APPROVED,
    side: Side = Side.OUT,
) -> GatePass:
    """A pass of a vehicle for these lists, outward unless told otherwise."""
    made = GatePass(
        inner_no=f"I{number}",
        pre_entry_no="",
        pass_no=number,
        side=side,
        pass_type="2",
        bind_type=BindType.ONE_VEHICLE_MANY_DOCUMENTS,
        vehicle_no=vehicle,
        vehicle_kg=Decimal(3200),
        frame_kg=Decimal(0),
        container_kg=Decimal(0),
        gross_kg=Decimal(100),
        total_kg=Decimal(3300),
        state=state,
        passed_at=NOON if state is PassState.PASSED else None,
        declared_at=NOON,
        remark="",
        lists=[PassedList(list_no=each.list_no) for each in lists],
        goods=[],
    )
    session.add(made)
    session.flush()
    return made


__all__ = ["LOADING", "PACKING", "PICKING", "PULLING", "Chosen"]
