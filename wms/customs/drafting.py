"""Lists drafted here besides exit lists: what corrects the book by a case's decision, and what enters returns again.

Both are kept as declared and leave through the outbox in the same transaction, like exit lists; customs' receipts say
what becomes of them. Codes that no public source gives for them are configuration (customs.toml, [drafts]).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select
from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from wms.customs import bonded_list
from wms.customs.adjustments import Adjustment, NothingToName, of_case
from wms.customs.bonded_list import BondedList, BondedListLine, ListedDeclaration, ListState
from wms.customs.cases import Act, Discrepancy, enter, find_case
from wms.customs.exit_declaring import terms_of
from wms.customs.exit_lists import ExitLine, exit_line
from wms.customs.exit_messages import ListKind, Terms, list_body, write_declared
from wms.customs.retail_declaration import SINGLE_WINDOW
from wms.customs.return_case import ReturnCase, find_by_number
from wms.customs.return_list import received_by_line
from wms.errors import Refusal
from wms.i18n import N_
from wms.ledger.book import AccountBook, BookItem, Side
from wms.numbering import next_number
from wms.outbox import tell
from wms.registry.products import Product, find_product
from wms.registry.units import declared_quantity, half_up


class DraftedAlready(Refusal):
    """One list answers a case, and a return enters once."""

    message = N_("{number} is on list {list} already. Wait for customs' answer to it.")


class PriceMissing(Refusal):
    """Nobody here ever declared the item."""

    message = N_("No list here tells the price of {item}. Give its unit price.")
    status = 422


class NothingBack(Refusal):
    """A return list names goods that are here and may enter."""

    message = N_("Return {number} has no goods here that may enter the book. Receive them first.")


class NothingReturned(Refusal):
    """A return list names at least one return."""

    message = N_("Choose at least one return.")
    status = 422


class OtherBookReturned(Refusal):
    """A list belongs to one account book."""

    message = N_("Return {number} belongs to another account book than the first one chosen.")


@dataclass(frozen=True, kw_only=True)
class Drafter:
    """Who drafts, by which rules, and when; `day` is the zone's calendar day."""

    rules: CustomsRules
    sender_id: str
    by_id: int
    day: date
    at: datetime


def draft_correction(
    session: Session, case_number: str, *, price: Decimal | None = None, by: Drafter
) -> BondedList:
    """Declare the list that answers an approved case; it books the case when customs' receipt comes.

    Raises NoSuchCase, NothingToName, DraftedAlready, PriceMissing, RulesMissing, and what `declare` refuses.
    """
    case = find_case(session, case_number, lock=True)
    waiting = of_case(session, case)
    if waiting is None or waiting.done_at is not None:
        raise NothingToName(number=case_number)
    _not_answered(session, case, waiting)
    product = find_product(session, item_no=case.item_no)
    assert product is not None, "cases are about filed items"
    book = _book_of(session, case)
    terms = terms_of(session, book_id=book.id, sender_id=by.sender_id, day=by.day)
    drafts = by.rules.drafts.correction
    kind = ListKind(
        direction="I" if waiting.side is Side.IN else "E",
        list_type=drafts.list_type,
        levy_mode=drafts.levy_mode_in if waiting.side is Side.IN else drafts.levy_mode_out,
        transport_mode=drafts.transport_mode,
        declaration_flag=drafts.declaration_flag,
    )
    line = _line_of(session, book, product, waiting.quantity, price=price)
    made = _declare(session, [line], [], kind=kind, terms=terms, by=by)
    # one named before was given back, or there would be no draft
    waiting.drafted_no, waiting.list_no = made.inner_no, ""
    enter(session, case, Act.NAMED, at=by.at, by_id=by.by_id, facts={"list": made.inner_no})
    session.flush()
    return made


def _not_answered(session: Session, case: Discrepancy, waiting: Adjustment) -> None:
    """A list named or drafted before must have been given back first."""
    named = [
        bonded_list.find_by_list_no(session, waiting.list_no),
        bonded_list.find_by_inner_no(session, waiting.drafted_no) if waiting.drafted_no else None,
    ]
    for each in named:
        if each is not None and each.state not in (ListState.REFUSED, ListState.RETURNED):
            raise DraftedAlready(number=case.number, list=each.list_no or each.inner_no)


def _book_of(session: Session, case: Discrepancy) -> AccountBook:
    """The book of the case's item; one no book has goes into that of its list, or else the oldest."""
    if case.book_item_id:
        item = session.get_one(BookItem, case.book_item_id)
        return session.get_one(AccountBook, item.book_id)
    named = bonded_list.find_by_list_no(session, case.document_number)
    if named is not None:
        return named.book
    return session.scalars(select(AccountBook).order_by(AccountBook.id).limit(1)).one()


def _line_of(
    session: Session, book: AccountBook, product: Product, stock: int, *, price: Decimal | None
) -> ExitLine:
    query = select(BookItem).where(BookItem.book_id == book.id, BookItem.item_no == product.item_no)
    item = session.scalars(query).one_or_none()
    if price is None:
        price = _last_price(session, product)
    quantity = declared_quantity(stock, product.factors)
    return exit_line(
        item or _item_to_be(product),
        product,
        quantity,
        total=half_up(Fraction(quantity) * Fraction(price), 2),
    )


def _last_price(session: Session, product: Product) -> Decimal:
    """The unit price of the newest inbound list that brought the item; raises PriceMissing."""
    query = (
        select(BondedListLine.price)
        .join(BondedList, BondedList.id == BondedListLine.list_id)
        .where(BondedListLine.product_id == product.id, BondedList.side == Side.IN)
        .order_by(BondedList.declared_at.desc(), BondedListLine.id.desc())
    )
    found = session.scalars(query.limit(1)).first()
    if found is None:
        raise PriceMissing(item=product.item_no)
    return found


def _item_to_be(product: Product) -> BookItem:
    """The book line an item will have once its list is taken in; not a row."""
    return BookItem(
        line_no=0,
        item_no=product.item_no,
        hs10=product.hs10,
        name=product.name_zh,
        origin=product.origin_num,
        unit=product.unit,
        unit1=product.unit1,
        unit2=product.unit2 or "",
    )


def draft_return(session: Session, numbers: Sequence[str], *, by: Drafter) -> BondedList:
    """Declare the list that enters returned goods again: one line per item, what is here of it, at its retail price.

    `numbers` are those of the requests. Raises NothingReturned, NothingBack, DraftedAlready, OtherBookReturned,
    RulesMissing, and what `declare` refuses.
    """
    cases = _locked(session, numbers)
    book_id = cases[0].declaration.book_id
    sums: dict[int, tuple[int, Fraction]] = defaultdict(lambda: (0, Fraction(0)))
    for case in cases:
        _may_be_listed(session, case, book_id=book_id)
        prices = {line.line_no: line for line in case.declaration.lines}
        received = received_by_line(session, case.number)
        for line in case.lines:
            units, sold = received.get(line.line_no, 0), prices[line.line_no]
            stock, total = sums[line.book_item_id]
            worth = Fraction(sold.total) * units / sold.stock_quantity
            sums[line.book_item_id] = stock + units, total + worth
    terms = terms_of(session, book_id=book_id, sender_id=by.sender_id, day=by.day)
    drafts = by.rules.drafts.returns
    kind = ListKind(
        direction="I",
        list_type=drafts.list_type,
        levy_mode=drafts.levy_mode,
        transport_mode=terms.transport_mode,
        declaration_flag=drafts.declaration_flag,
    )
    retail_nos = [case.declaration.list_no for case in cases]
    return _declare(session, _return_lines(session, sums), retail_nos, kind=kind, terms=terms, by=by)


def _locked(session: Session, numbers: Sequence[str]) -> list[ReturnCase]:
    found = [find_by_number(session, number, lock=True) for number in sorted(set(numbers))]
    cases = [case for case in found if case is not None]
    if not cases:
        raise NothingReturned
    return cases


def _may_be_listed(session: Session, case: ReturnCase, *, book_id: int) -> None:
    if not case.may_reenter or not any(received_by_line(session, case.number).values()):
        raise NothingBack(number=case.number)
    if case.declaration.book_id != book_id:
        raise OtherBookReturned(number=case.number)
    on = list_of_return(session, case)
    if on is not None:
        raise DraftedAlready(number=case.number, list=on.list_no or on.inner_no)


def list_of_return(session: Session, case: ReturnCase) -> BondedList | None:
    """The living return list that names the declaration of a return."""
    query = (
        select(BondedList)
        .join(ListedDeclaration, ListedDeclaration.list_id == BondedList.id)
        .where(
            ListedDeclaration.retail_no == case.declaration.list_no,
            BondedList.side == Side.IN,
            # a booked one has entered an earlier return of the same parcel
            BondedList.state.not_in((ListState.REFUSED, ListState.RETURNED, ListState.BOOKED)),
        )
        .order_by(BondedList.id.desc())
        .limit(1)
    )
    return session.scalars(query).first()


def _return_lines(session: Session, sums: dict[int, tuple[int, Fraction]]) -> list[ExitLine]:
    query = select(BookItem).where(BookItem.id.in_(sums)).order_by(BookItem.line_no)
    lines = []
    for item in session.scalars(query):
        product = find_product(session, item_no=item.item_no)
        assert product is not None, "declarations are about filed items"
        stock, total = sums[item.id]
        if stock:
            quantity = declared_quantity(stock, product.factors)
            lines.append(exit_line(item, product, quantity, total=half_up(total, 2)))
    return lines


def _declare(
    session: Session,
    lines: Sequence[ExitLine],
    retail_nos: Sequence[str],
    *,
    kind: ListKind,
    terms: Terms,
    by: Drafter,
) -> BondedList:
    inner_no = next_number(session, "E", day=by.day)
    body = list_body(lines, retail_nos, kind=kind, inner_no=inner_no, terms=terms, at=by.at, day=by.day)
    made = bonded_list.declare(session, body, trade=by.rules.trade, at=by.at)
    payload = write_declared("INV101", body, inner_no=inner_no, terms=terms, at=by.at)
    tell(session, destination=SINGLE_WINDOW, kind="INV101", payload=payload, at=by.at)
    return made
