"""The location map as SVG drawn on the server: warehouses, areas, aisles, bays and levels of the registry.

An aisle is a block of bays, a bay a stack of levels with level 1 at the bottom, as one stands before it. Each cell says
its status twice, by colour and by a sign, and is a link to its place.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from markupsafe import Markup

from wms.customs.place_status import GoodsStatus, MappedPlace
from wms.ledger.places import Purpose

WIDTH: Final = 1000
CELL_W: Final = 28
CELL_H: Final = 24
_GAP: Final = 3
_LABEL: Final = 20
_BETWEEN: Final = 26
_BOX_W: Final = 190
_BOX_H: Final = 56
#: One character a status; an empty cell has none.
SIGNS: Final = {
    GoodsStatus.NON_BONDED: "非",
    GoodsStatus.BONDED: "保",
    GoodsStatus.LIST_PENDING: "注",
    GoodsStatus.PASS_PENDING: "放",
    GoodsStatus.WRITTEN_OFF: "销",
}
_CELL: Final = Markup(
    '<a href="{href}"{mark}><title>{title}</title><rect class="cell {kind}" x="{x}" y="{y}" width="{w}" height="{h}"'
    ' rx="3"/><text class="sign {kind}" x="{tx}" y="{ty}">{sign}</text></a>'
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the drawing needs of a place besides the place: its address, its words, and whether it is chosen."""

    href: str
    title: str
    purpose: str
    chosen: bool


@dataclass(frozen=True, kw_only=True)
class Block:
    """One aisle: its places by bay and level, and its size in the drawing."""

    name: str
    bays: tuple[tuple[str, tuple[MappedPlace, ...]], ...]

    @property
    def width(self) -> int:
        return len(self.bays) * (CELL_W + _GAP)

    @property
    def height(self) -> int:
        return _LABEL + max(len(levels) for _, levels in self.bays) * (CELL_H + _GAP) + _LABEL


def in_order(text: str) -> tuple[int, str]:
    """Numbers by value, then words: bay 10 stands after bay 9."""
    return (int(text), "") if text.isascii() and text.isdigit() else (10**9, text)


def blocks_of(places: Iterable[MappedPlace], *, bays_most: int) -> list[Block]:
    """The aisles of an area; one longer than the drawing is wide goes on in a block of its own (pure)."""
    found = []
    by_aisle = sorted(places, key=lambda each: in_order(each.aisle))
    for aisle, its in groupby(by_aisle, key=lambda each: each.aisle):
        by_bay = sorted(its, key=lambda each: (in_order(each.bay), in_order(each.level), each.code))
        bays = [(bay, tuple(levels)) for bay, levels in groupby(by_bay, key=lambda each: each.bay)]
        found += [
            Block(name=aisle, bays=tuple(bays[start : start + bays_most]))
            for start in range(0, len(bays), bays_most)
        ]
    return found


def laid_out(blocks: Sequence[Block], *, width: int) -> tuple[list[tuple[Block, int, int]], int]:
    """Where each block goes, left to right and then down, and how high it all is (pure)."""
    placed, x, y, row = [], 0, 0, 0
    for block in blocks:
        if x and x + block.width > width:
            x, y, row = 0, y + row + 6, 0
        placed.append((block, x, y))
        x, row = x + block.width + _BETWEEN, max(row, block.height)
    return placed, y + row


def draw_area(places: Sequence[MappedPlace], shown: dict[int, Shown], *, label: str, aisle: str) -> Markup:
    """One area of bins as a drawing; `label` is what a reader hears, `aisle` the word before an aisle's name."""
    placed, height = laid_out(blocks_of(places, bays_most=(WIDTH + _GAP) // (CELL_W + _GAP)), width=WIDTH)
    parts = Markup("").join(_draw_block(block, x, y, shown, aisle=aisle) for block, x, y in placed)
    return Markup('<svg class="place-map" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>').format(
        WIDTH, height, label, parts
    )


def draw_others(places: Sequence[MappedPlace], shown: dict[int, Shown], *, label: str) -> Markup:
    """Places that are no bins: boxes with what they are for, and their codes."""
    columns = WIDTH // (_BOX_W + _GAP * 3)
    parts = []
    for number, place in enumerate(places):
        x = number % columns * (_BOX_W + _GAP * 3)
        y = number // columns * (_BOX_H + _GAP * 3)
        words = shown[place.id].purpose
        parts.append(_cell(place, shown[place.id], x=x, y=y, w=_BOX_W, h=_BOX_H, text_y=y + 23, words=words))
        parts.append(
            Markup('<text class="box-name" x="{}" y="{}">{}</text>').format(
                x + _BOX_W // 2, y + 43, place.code
            )
        )
    rows = -(-len(places) // columns)
    height = max(1, rows * (_BOX_H + _GAP * 3))
    return Markup('<svg class="place-map" viewBox="0 0 {} {}" role="group" aria-label="{}">{}</svg>').format(
        WIDTH, height, label, Markup("").join(parts)
    )


def split(places: Iterable[MappedPlace]) -> tuple[list[MappedPlace], list[MappedPlace]]:
    """Bins, and places that are no bins."""
    bins: list[MappedPlace] = []
    others: list[MappedPlace] = []
    for place in places:
        (bins if place.purpose == Purpose.STORE else others).append(place)
    return bins, others


def _draw_block(block: Block, x: int, y: int, shown: dict[int, Shown], *, aisle: str) -> Markup:
    levels_most = max(len(levels) for _, levels in block.bays)
    parts = [
        Markup('<text class="aisle" x="{}" y="{}">{} {}</text>').format(x, y + 13, aisle, block.name or "–")
    ]
    for column, (bay, levels) in enumerate(block.bays):
        left = x + column * (CELL_W + _GAP)
        for number, place in enumerate(levels):
            top = y + _LABEL + (levels_most - 1 - number) * (CELL_H + _GAP)
            parts.append(
                _cell(place, shown[place.id], x=left, y=top, w=CELL_W, h=CELL_H, text_y=top + CELL_H - 7)
            )
        foot = y + _LABEL + levels_most * (CELL_H + _GAP) + 11
        parts.append(
            Markup('<text class="bay" x="{}" y="{}">{}</text>').format(left + CELL_W // 2, foot, bay)
        )
    return Markup("").join(parts)


def _cell(
    place: MappedPlace, shown: Shown, *, x: int, y: int, w: int, h: int, text_y: int, words: str = ""
) -> Markup:
    status = place.status
    kind = "status-empty" if status is None else f"status-{status.value.lower().replace('_', '-')}"
    return _CELL.format(
        href=shown.href,
        mark=Markup(' class="chosen" aria-current="true"') if shown.chosen else "",
        title=shown.title,
        kind=kind,
        x=x,
        y=y,
        w=w,
        h=h,
        tx=x + w // 2,
        ty=text_y,
        sign=" · ".join(filter(None, ("" if status is None else SIGNS[status], words))),
    )
