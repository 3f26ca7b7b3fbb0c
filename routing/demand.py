"""What must move: a requirement as the planner sees it, not yet a way."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from routing.errors import BadInput
from routing.values import FORBID_EXTRA, Code, Fen, GoodsClass, Moment, Positive


@dataclass(frozen=True, kw_only=True, slots=True)
class RouteSpec:
    """One consignment's requirement.

    ``declared_at`` is when customs' release is expected: no border is crossed on a departure with an
    earlier cut-off. After ``due_at`` each begun day costs ``late_fen_per_day``; after ``latest_at``
    delivery is worth nothing. Leaving the consignment behind costs ``refusal_fen``.
    """

    __pydantic_config__ = FORBID_EXTRA
    code: Code
    origin: Code
    destination: Code
    release_at: Moment
    due_at: Moment
    latest_at: Moment
    mass_kg: Positive
    volume_l: Positive
    goods: GoodsClass = GoodsClass.GENERAL
    item: str = ""
    declared_at: Moment | None = None
    value_fen: Fen = 0
    late_fen_per_day: Fen = 0
    refusal_fen: Fen = 10_000_000


def check_consignments(specs: Iterable[RouteSpec], places: Collection[str], *, where: str) -> None:
    """Refuse consignments that contradict themselves or name places nobody knows."""
    seen: set[str] = set()
    for row, spec in enumerate(specs, start=1):
        at = f"{where}: consignments, row {row} ({spec.code})"
        if spec.code in seen:
            raise BadInput(f"{at}: this code is given twice.")
        seen.add(spec.code)
        for name, place in (("origin", spec.origin), ("destination", spec.destination)):
            if place not in places:
                raise BadInput(f"{at}: field {name}: place {place!r} is unknown.")
        if spec.origin == spec.destination:
            raise BadInput(f"{at}: field destination: it is the origin.")
        if spec.due_at < spec.release_at:
            raise BadInput(f"{at}: field due_at: due before release.")
        if spec.latest_at < spec.due_at:
            raise BadInput(f"{at}: field latest_at: the last useful moment is before the due time.")
        if spec.goods is GoodsClass.LIST_TRADE and not spec.item:
            raise BadInput(f"{at}: field item: list trade needs the item's name.")
