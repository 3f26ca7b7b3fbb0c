"""Opening a pick wave: lots for every released declaration, in the order of release, first expiry first.

What is chosen here stays reserved at its bin until it is picked. A declaration whose goods cannot all be found waits
for the next wave with an alert; nothing is picked in part.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from wms.alerts import Severity, raise_alert
from wms.audit import mark
from wms.customs.barring import barred
from wms.customs.let_go import let_go, summed, undone_in_bins
from wms.customs.parcels import Parcel, ParcelState, Pick, PickState, PickWave
from wms.customs.retail_declaration import BookEffect, RetailDeclaration, RetailDeclarationLine
from wms.errors import Refusal
from wms.i18n import N_, say
from wms.ledger.book import AccountBook
from wms.ledger.operations import Reserve
from wms.ledger.posting import apply
from wms.ledger.reservations import Candidate, choose_lots, pickable
from wms.numbering import next_number
from wms.registry.products import Product
from wms.registry.rules import rules_on

SHORT = N_("Order {order}: {missing} of {item} cannot be found in the bins. Count them or move goods there.")


class NothingToPick(Refusal):
    """No released declaration waits for a wave."""

    message = N_("No released order waits to be picked.")


class NoRules(Refusal):
    """Nobody said how long goods must keep."""

    message = N_("No rules are in force on {day}. Load the registry's rules first.")


@dataclass(frozen=True, kw_only=True)
class LineChoice:
    """So much of a candidate for a line of a declaration."""

    line: RetailDeclarationLine
    candidate: Candidate
    quantity: int


class Shelf:
    """What the bins still offer while a wave chooses (pure): each choice leaves less to the next."""

    def __init__(self, offered: dict[int, list[Candidate]], *, on_day: date, min_remaining_days: int) -> None:
        self._offered = {
            item: {(each.location_id, each.lot_id, each.handling_unit_id): each for each in found}
            for item, found in offered.items()
        }
        self._on_day = on_day
        self._min_remaining_days = min_remaining_days

    def choose(
        self, lines: Sequence[RetailDeclarationLine]
    ) -> tuple[list[LineChoice], list[tuple[str, int]]]:
        """Goods for all lines, those of one item added up; or nothing, and what is missing by item."""
        items: dict[int, list[RetailDeclarationLine]] = defaultdict(list)
        for line in lines:
            items[line.book_item_id].append(line)
        found: list[LineChoice] = []
        missing: list[tuple[str, int]] = []
        for item, same in items.items():
            chosen, short = self._choose(item, sum(line.stock_quantity for line in same))
            if short:
                missing.append((same[0].item_no, short))
            found += deal(same, chosen)
        if missing:
            return [], missing
        for each in found:
            self._take(each)
        return found, []

    def _choose(self, item: int, quantity: int) -> tuple[list[tuple[Candidate, int]], int]:
        offered = self._offered.get(item, {})
        chosen, short = choose_lots(
            offered.values(),
            quantity=quantity,
            on_day=self._on_day,
            min_remaining_days=self._min_remaining_days,
        )
        keyed = [
            (offered[each.location_id, each.lot_id, each.handling_unit_id], each.quantity) for each in chosen
        ]
        return keyed, short

    def _take(self, each: LineChoice) -> None:
        offered = self._offered[each.line.book_item_id]
        key = each.candidate.location_id, each.candidate.lot_id, each.candidate.handling_unit_id
        offered[key] = replace(offered[key], free=offered[key].free - each.quantity)


def deal(lines: Sequence[RetailDeclarationLine], chosen: Iterable[tuple[Candidate, int]]) -> list[LineChoice]:
    """Share what was chosen of an item among its lines, in their order (pure)."""
    dealt: list[LineChoice] = []
    waiting = deque((line, line.stock_quantity) for line in lines)
    for candidate, quantity in chosen:
        left = quantity
        while left:
            line, wanted = waiting.popleft()
            part = min(left, wanted)
            dealt.append(LineChoice(line=line, candidate=candidate, quantity=part))
            left -= part
            if wanted > part:
                waiting.appendleft((line, wanted - part))
    return dealt


def open_wave(session: Session, *, day: date, by_id: int, at: datetime) -> PickWave:
    """Choose goods for every released declaration that has none; `day` is the zone's calendar day.

    Raises NothingToPick, and NoRules when nobody told how long goods must keep.
    """
    # Two waves opened at once take turns; the second finds nothing left.
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("floor.wave"))))
    rules = rules_on(session, day=day)
    if rules is None:
        raise NoRules(day=day)
    waiting = waiting_declarations(session)
    dropped = let_go(session, undone_in_bins(session))
    chosen = _choose(session, waiting, dropped, day=day, days=rules.min_remaining_shelf_life_days, at=at)
    if not chosen:
        raise NothingToPick
    wave = PickWave(
        number=next_number(session, "W", day=day),
        opened_at=at,
        opened_by_id=by_id,
    )
    session.add(wave)
    session.flush()
    _add_parcels(session, wave, chosen, packaging_kg=rules.parcel_packaging_kg)
    apply(session, [*dropped, *_reserve(chosen)], occurred_at=at)
    return wave


def waiting_declarations(session: Session) -> list[RetailDeclaration]:
    """Released declarations without a parcel, in the order of release; a cancel that waits bars them."""
    live = select(Parcel.id).where(
        Parcel.declaration_id == RetailDeclaration.id, Parcel.state != ParcelState.PULLED
    )
    query = (
        select(RetailDeclaration)
        .where(
            RetailDeclaration.book_effect == BookEffect.PROMISED,
            RetailDeclaration.is_history.is_(False),
            ~barred(),
            ~live.exists(),
        )
        .order_by(RetailDeclaration.release_stamp, RetailDeclaration.order_no)
    )
    return list(session.scalars(query))


def _choose(
    session: Session,
    waiting: Sequence[RetailDeclaration],
    given_back: Sequence[Reserve],
    *,
    day: date,
    days: int,
    at: datetime,
) -> list[tuple[RetailDeclaration, list[LineChoice]]]:
    books = {book.id: book for book in session.scalars(select(AccountBook))}
    shelves: dict[tuple[int, str], Shelf] = {}
    items: dict[tuple[int, str], set[int]] = defaultdict(set)
    for each in waiting:
        items[books[each.book_id].company_id, each.supervision_mode] |= {
            line.book_item_id for line in each.lines
        }
    for (owner_id, mode), wanted in sorted(items.items()):
        offered = pickable(session, book_item_ids=wanted, owner_id=owner_id, mode=mode)
        _add(offered, given_back)
        shelves[owner_id, mode] = Shelf(offered, on_day=day, min_remaining_days=days)
    chosen: list[tuple[RetailDeclaration, list[LineChoice]]] = []
    for each in waiting:
        picks, missing = shelves[books[each.book_id].company_id, each.supervision_mode].choose(each.lines)
        if picks:
            chosen.append((each, picks))
        for item_no, short in missing:
            raise_alert(
                session,
                kind="wave.short",
                subject=each.number,
                sentence=say(SHORT, order=each.order_no, missing=short, item=item_no),
                severity=Severity.WARNING,
                at=at,
            )
    return chosen


def _add(offered: dict[int, list[Candidate]], given_back: Iterable[Reserve]) -> None:
    """What this very transaction gives back may be chosen again."""
    back = {(each.location_id, each.lot_id, each.handling_unit_id): -each.quantity for each in given_back}
    for item, found in offered.items():
        offered[item] = [
            replace(
                each, free=each.free + back.get((each.location_id, each.lot_id, each.handling_unit_id), 0)
            )
            for each in found
        ]


def _add_parcels(
    session: Session,
    wave: PickWave,
    chosen: Sequence[tuple[RetailDeclaration, list[LineChoice]]],
    *,
    packaging_kg: Decimal,
) -> None:
    """Parcels and picks of the wave, in two statements however many there are."""
    weights = _weights(session, (declaration for declaration, _ in chosen))
    parcels = [
        {
            "wave_id": wave.id,
            "declaration_id": declaration.id,
            "waybill_no": declaration.waybill_no,
            "state": ParcelState.TO_PICK,
            "expected_g": _expected_g(declaration, weights, packaging_kg),
        }
        for declaration, _ in chosen
    ]
    added = session.scalars(insert(Parcel).returning(Parcel.id, sort_by_parameter_order=True), parcels)
    picks = [
        {
            "parcel_id": parcel_id,
            "line_no": each.line.line_no,
            "book_item_id": each.line.book_item_id,
            "lot_id": each.candidate.lot_id,
            "location_id": each.candidate.location_id,
            "handling_unit_id": each.candidate.handling_unit_id,
            "quantity": each.quantity,
            "state": PickState.CHOSEN,
        }
        for parcel_id, (_, found) in zip(added, chosen, strict=True)
        for each in found
    ]
    session.execute(insert(Pick), picks)
    mark(session, parcels=len(parcels), picks=len(picks))


def _expected_g(declaration: RetailDeclaration, weights: Mapping[str, Decimal], packaging_kg: Decimal) -> int:
    goods_g = sum((weights[line.item_no] * line.quantity for line in declaration.lines), Decimal(0))
    return int((goods_g + packaging_kg * 1000).to_integral_value())


def _weights(session: Session, declarations: Iterable[RetailDeclaration]) -> dict[str, Decimal]:
    """Gross weight of one declared unit by item, grams."""
    wanted = {line.item_no for each in declarations for line in each.lines}
    query = select(Product.item_no, Product.gross_g).where(Product.item_no.in_(wanted))
    return {row.item_no: row.gross_g for row in session.execute(query)}


def _reserve(chosen: Iterable[tuple[RetailDeclaration, list[LineChoice]]]) -> list[Reserve]:
    """One reservation a bin, lot and pallet, however many parcels it feeds."""
    return summed(
        (each.candidate.location_id, each.candidate.lot_id, each.candidate.handling_unit_id, each.quantity)
        for _, picks in chosen
        for each in picks
    )
