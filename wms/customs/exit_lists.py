"""Exit lists: bonded lists of type 8 that gather released retail declarations and take them out of the book.

The declarations promised when their orders were accepted; the list promises nothing. Its receipt (INV211, or INV201
with the result the site's settings name, whichever comes first) books once, as far as its declarations promised.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Select, select, text, update
from sqlalchemy.orm import Session

from wms.audit import mark
from wms.customs.bonded_list import BondedList, ListState, line_of
from wms.customs.guarantee import restore
from wms.customs.retail_declaration import (
    BookEffect,
    RetailDeclaration,
    RetailDeclarationLine,
    TwoDeclarations,
    document_of,
    is_released,
)
from wms.customs.stock_bill import PaperState, bill_line, to_gather
from wms.customs.trade import Course
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import BookItem, Document, Side
from wms.ledger.operations import Enter, Operation
from wms.ledger.posting import apply
from wms.registry.products import Product
from wms.registry.units import first_quantity, half_up, second_quantity

#: bondInvtTypecd of a list we write that takes retail goods out.
RETAIL_EXIT = "8"


class NoSuchDeclaration(Refusal):
    """A number of no declaration here."""

    message = N_("There is no retail declaration {number} here.")
    status = 422


class OnOtherList(Refusal):
    """A declaration leaves once."""

    message = N_("Declaration {number} is on exit list {list} already.")


class NotReleased(Refusal):
    """Only released declarations leave."""

    message = N_("Declaration {number} is not released (state {state}). It cannot go on an exit list.")


class NothingListed(Refusal):
    """An exit list names at least one declaration."""

    message = N_("Choose at least one declaration.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class ExitLine:
    """One item of an exit list, summed over its declarations; quantities in units of the book line, weights in kg."""

    item: BookItem
    product: Product
    quantity: Decimal
    total: Decimal
    unit_price: Decimal
    """CNY, half up to 4 decimals"""
    first_quantity: Decimal
    second_quantity: Decimal | None
    gross_kg: Decimal
    net_kg: Decimal


def find_declarations(session: Session, list_nos: Sequence[str]) -> list[RetailDeclaration]:
    """The declarations with these numbers of customs, in their order.

    Raises NoSuchDeclaration, NothingListed and TwoDeclarations.
    """
    if not list_nos:
        raise NothingListed
    query = select(RetailDeclaration).where(
        RetailDeclaration.list_no.in_(list_nos), RetailDeclaration.list_no != ""
    )
    found: dict[str, RetailDeclaration] = {}
    for each in session.scalars(query.order_by(RetailDeclaration.id)):
        first = found.setdefault(each.list_no, each)
        if first is not each:
            raise TwoDeclarations(list_no=each.list_no, number=first.number, other=each.number)
    for number in list_nos:
        if number not in found:
            raise NoSuchDeclaration(number=number)
    return [found[number] for number in dict.fromkeys(list_nos)]


def check_may_leave(session: Session, declarations: Iterable[RetailDeclaration]) -> None:
    """Raises NotReleased and OnOtherList for the first that may not go on a new list."""
    for each in declarations:
        if not is_released(each) or each.cancel_pending or each.book_effect is not BookEffect.PROMISED:
            raise NotReleased(number=each.list_no or each.number, state=each.state or "—")
        if each.exit_list_id is not None:
            other = session.get_one(BondedList, each.exit_list_id)
            raise OnOtherList(number=each.list_no, list=other.list_no or other.inner_no)


def draft_lines(session: Session, declarations: Sequence[RetailDeclaration]) -> list[ExitLine]:
    """One line per item summed over the declarations, in the order of the book (RULES of the list type 8)."""
    sums: dict[int, tuple[Decimal, Decimal]] = defaultdict(lambda: (Decimal(0), Decimal(0)))
    for each in declarations:
        for line in each.lines:
            quantity, total = sums[line.book_item_id]
            sums[line.book_item_id] = quantity + line.quantity, total + line.total
    items = session.scalars(select(BookItem).where(BookItem.id.in_(sums)).order_by(BookItem.line_no)).all()
    wanted = {item.item_no for item in items}
    products = {
        each.item_no: each for each in session.scalars(select(Product).where(Product.item_no.in_(wanted)))
    }
    lines: list[ExitLine] = []
    for item in items:
        quantity, total = sums[item.id]
        lines.append(exit_line(item, products[item.item_no], quantity, total=total))
    return lines


def exit_line(item: BookItem, product: Product, quantity: Decimal, *, total: Decimal) -> ExitLine:
    """A line of a list in our own hand: so much of an item for so many yuan, its other quantities by the product."""
    return ExitLine(
        item=item,
        product=product,
        quantity=quantity,
        total=total,
        unit_price=half_up(Fraction(total) / Fraction(quantity), 4),
        first_quantity=first_quantity(quantity, product.factors),
        second_quantity=second_quantity(quantity, product.factors),
        gross_kg=quantity * product.gross_g / 1000,
        net_kg=quantity * product.net_g / 1000,
    )


def join_declarations(session: Session, bonded: BondedList) -> list[str]:
    """Let the declarations a list names know it; gives the numbers that are unknown here or on another live list."""
    if bonded.course is not Course.RETAIL:
        return []
    numbers = [each.retail_no for each in bonded.retail]
    query = select(RetailDeclaration.list_no).where(
        RetailDeclaration.list_no.in_(numbers), RetailDeclaration.exit_list_id.is_(None)
    )
    free = set(session.scalars(query.with_for_update()))
    session.execute(
        update(RetailDeclaration)
        .where(RetailDeclaration.list_no.in_(free), RetailDeclaration.exit_list_id.is_(None))
        .values(exit_list_id=bonded.id)
        .execution_options(synchronize_session=False)
    )
    mark(session, exit_list=bonded.inner_no, declarations=len(free))
    ours = set(
        session.scalars(select(RetailDeclaration.list_no).where(RetailDeclaration.exit_list_id == bonded.id))
    )
    return [number for number in numbers if number not in ours]


def part_declarations(session: Session, bonded: BondedList) -> None:
    """A list that customs or the client gave back takes nothing out: its declarations may go on another."""
    session.execute(
        update(RetailDeclaration)
        .where(
            RetailDeclaration.exit_list_id == bonded.id,
            RetailDeclaration.book_effect != BookEffect.BOOKED,
        )
        .values(exit_list_id=None)
        .execution_options(synchronize_session=False)
    )
    mark(session, exit_list_parted=bonded.inner_no)


def book_exit(session: Session, bonded: BondedList, *, at: datetime) -> list[tuple[Document, int]]:
    """Customs booked the list: 预减 −q and 实减 +q, once; gives what goes beyond its promises and is not booked."""
    if bonded.state is ListState.BOOKED:
        return []
    join_declarations(session, bonded)
    bonded.state, bonded.booked_at = ListState.BOOKED, at
    answers = _answers(session, bonded, at=at)
    operations: list[Operation] = []
    for line in bonded.lines:
        here = line_of(bonded.list_no, line.line_no)
        operations.append(
            Enter(
                book_item_id=line.book_item_id,
                side=Side.OUT,
                quantity=line.stock_quantity,
                document=here,
                answers=(here, *answers[line.book_item_id, line.line_no]),
                only_promised=True,
            )
        )
    session.execute(
        update(RetailDeclaration)
        .where(
            RetailDeclaration.exit_list_id == bonded.id,
            RetailDeclaration.book_effect == BookEffect.PROMISED,
        )
        .values(book_effect=BookEffect.BOOKED)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    return list(apply(session, operations, occurred_at=at).excess)


def _answers(session: Session, bonded: BondedList, *, at: datetime) -> dict[tuple[int, int], list[Document]]:
    """What has promised or moved for each line of an exit list, by (book item, line)."""
    found: dict[tuple[int, int], list[Document]] = defaultdict(list)
    by_item: dict[int, list[Document]] = defaultdict(list)
    if bonded.course is Course.RETAIL:
        for item_id, number, line_no in session.execute(_retail_lines(bonded)):
            by_item[item_id].append(document_of(number, line_no))
    elif bonded.course is Course.COLLECTIVE:
        for bill in to_gather(session, bonded.filing_no):
            bill.gathered_by_id, bill.state = bonded.id, PaperState.GATHERED
            restore(session, bill_no=bill.pre_entry_no, at=at)
            for billed in bill.lines:
                by_item[billed.book_item_id].append(bill_line(bill, billed.line_no))
    for line in bonded.lines:
        key = line.book_item_id, line.line_no
        found[key] += by_item[line.book_item_id]
        if bonded.promises_itself:
            found[key].append(line_of(bonded.promise_number, line.line_no))
        if bonded.course is Course.INSIDE_ZONE and bonded.related_list_no:
            # the goods moved under the receiving side's list
            found[key].append(line_of(bonded.related_list_no, line.line_no))
    return found


def _retail_lines(bonded: BondedList) -> Select[int, str, int]:
    return (
        select(RetailDeclarationLine.book_item_id, RetailDeclaration.number, RetailDeclarationLine.line_no)
        .join(RetailDeclaration, RetailDeclaration.id == RetailDeclarationLine.declaration_id)
        .where(RetailDeclaration.exit_list_id == bonded.id)
        .order_by(RetailDeclaration.release_stamp, RetailDeclaration.order_no, RetailDeclarationLine.line_no)
    )


_LEFT = text("""
    select b.id from bonded_list b
    where b.side = 'OUT' and b.course = 'RETAIL' and exists (
        select from passed_list l join gate_pass p on p.id = l.pass_id
        where l.list_no = b.list_no and b.list_no <> '' and p.side = 'OUT' and p.state = 'PASSED')
      and not exists (
        select from retail_declaration d join parcel k on k.declaration_id = d.id
        where d.exit_list_id = b.id and d.book_effect <> 'WITHDRAWN'
          and k.state in ('TO_PICK', 'PICKED', 'SEALED', 'LOADED'))
""")


def lists_left(session: Session) -> frozenset[int]:
    """Exit lists whose goods have all passed the gate; a part load leaves its list in the zone."""
    return frozenset(session.scalars(_LEFT))
