"""Labels as SVG: bars by python-barcode, QR by segno, every module a whole number of printer dots.

A module that is not whole dots is printed up to half a module wrong on a thermal head, so widths are never
given in millimetres: a template names dots per module at the printer's resolution. Bars that would not fit
the label with their quiet zones are refused in words, not squeezed.
"""

from dataclasses import dataclass
from html import escape
from typing import Any

import barcode
import segno

from devices.gs1 import has_right_check_digit
from devices.own_labels import LabelKind, UnprintableLabel, encode_label

QUIET_MODULES_LINEAR = 10
QUIET_MODULES_QR = 4
#: Narrowest module that read back reliably after wear, blur and shrinking, in dots by resolution.
DOTS_PER_MODULE_MIN = {203: 3, 300: 4}
_MARGIN_MM = 2.0


@dataclass(frozen=True, kw_only=True)
class Template:
    """One kind of label: its paper in millimetres and what is drawn on it."""

    name: str
    width_mm: float
    height_mm: float
    bars_height_mm: float
    #: Dots per QR module at 203 dpi; scaled up for finer heads.
    qr_dots: int = 4
    heading: str


TEMPLATES = {
    LabelKind.LOT: Template(
        name="lot", width_mm=100, height_mm=60, bars_height_mm=16, qr_dots=6, heading="批次 LOT"
    ),
    LabelKind.LOCATION: Template(
        name="location", width_mm=100, height_mm=50, bars_height_mm=0, qr_dots=9, heading="库位 BIN"
    ),
    LabelKind.HANDLING_UNIT: Template(
        name="handling_unit", width_mm=100, height_mm=150, bars_height_mm=32, qr_dots=9, heading="托盘 UNIT"
    ),
    LabelKind.PRODUCT: Template(
        name="product", width_mm=80, height_mm=50, bars_height_mm=0, qr_dots=9, heading="商品 ITEM"
    ),
    LabelKind.PARCEL: Template(
        name="parcel", width_mm=100, height_mm=100, bars_height_mm=20, qr_dots=10, heading="包裹 PARCEL"
    ),
    LabelKind.DOCUMENT: Template(
        name="document", width_mm=100, height_mm=60, bars_height_mm=0, qr_dots=9, heading="单证 DOCUMENT"
    ),
    LabelKind.PERSON: Template(
        name="person", width_mm=85.6, height_mm=54, bars_height_mm=0, qr_dots=10, heading="工牌 BADGE"
    ),
    LabelKind.CONTROL: Template(
        name="control", width_mm=85.6, height_mm=54, bars_height_mm=0, qr_dots=10, heading="指令 COMMAND"
    ),
}


@dataclass(frozen=True, kw_only=True)
class Label:
    """What one label says: its kind, the number, and up to six lines for people (any script)."""

    kind: LabelKind
    number: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Symbols:
    """The texts inside a label's symbols; `bars` is None where the template has no bars."""

    qr: str
    bars: str | None
    bars_are_gs1: bool
    human: str


def symbols_of(label: Label) -> Symbols:
    """What to encode for `label`; raises UnprintableLabel when the number cannot be printed.

    A handling unit of 18 digits is an SSCC: its bars are GS1-128 and must have the right check digit.
    A parcel keeps the carrier's own waybill in its bars, so that the carrier can read it too.
    """
    own = encode_label(label.kind, label.number)
    template = TEMPLATES[label.kind]
    if label.kind is LabelKind.HANDLING_UNIT and label.number.isdigit():
        if len(label.number) != 18 or not has_right_check_digit(label.number):
            raise UnprintableLabel(f"{label.number} is no SSCC: 18 digits with their check digit are needed.")
        human = f"(00) {label.number}"
        return Symbols(qr=own, bars=f"00{label.number}", bars_are_gs1=True, human=human)
    if not template.bars_height_mm:
        return Symbols(qr=own, bars=None, bars_are_gs1=False, human=label.number)
    if label.kind is LabelKind.PARCEL:
        return Symbols(qr=own, bars=label.number, bars_are_gs1=False, human=label.number)
    return Symbols(qr=own, bars=own, bars_are_gs1=False, human=label.number)


def bar_modules(text: str, *, gs1: bool) -> str:
    """The bars as a row of 1 (dark) and 0, without quiet zones."""
    symbology = barcode.get_barcode_class("gs1_128" if gs1 else "code128")
    try:
        rows: list[str] = symbology(text).build()
    except Exception as error:  # python-barcode raises a family of its own for signs it cannot draw
        raise UnprintableLabel(f"{text!r} cannot be drawn as bars: {error}") from error
    return rows[0]


def qr_modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """The QR symbol as rows of dark (True) and light, error correction level M, without quiet zone."""
    symbol: Any = segno.make_qr(text, error="m")
    return tuple(tuple(bool(module) for module in row) for row in symbol.matrix)


def draw_label(label: Label, *, dpi: int = 203) -> str:
    """One label as an SVG document in millimetres, ready for a printer of `dpi` (203 or 300)."""
    if dpi not in DOTS_PER_MODULE_MIN:
        raise UnprintableLabel(f"Labels are drawn for 203 or 300 dpi, not {dpi}.")
    template, symbols = TEMPLATES[label.kind], symbols_of(label)
    parts: list[str] = []
    top = _MARGIN_MM
    if symbols.bars is not None:
        parts.append(_bars(symbols, template, dpi=dpi, top=top))
        top += template.bars_height_mm + 2
    qr, qr_side = _qr(symbols.qr, template, dpi=dpi, top=top)
    if top + qr_side > template.height_mm:
        raise UnprintableLabel(f"{label.number} is too long for a {template.name} label.")
    parts.append(qr)
    parts.append(_texts(label, template, symbols.human, left=_MARGIN_MM + qr_side, top=top))
    return _svg(template, "".join(parts))


def _svg(template: Template, body: str) -> str:
    width, height = template.width_mm, template.height_mm
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}" shape-rendering="crispEdges">'
        f'<rect width="{width:g}" height="{height:g}" fill="#fff"/>{body}</svg>\n'
    )


def _bars(symbols: Symbols, template: Template, *, dpi: int, top: float) -> str:
    assert symbols.bars is not None
    modules = bar_modules(symbols.bars, gs1=symbols.bars_are_gs1)
    module_mm = DOTS_PER_MODULE_MIN[dpi] * 25.4 / dpi
    width_mm = (len(modules) + 2 * QUIET_MODULES_LINEAR) * module_mm
    if width_mm > template.width_mm:
        said = f"{symbols.human} needs {width_mm:.0f} mm of bars; a {template.name} label"
        raise UnprintableLabel(f"{said} has {template.width_mm:g}.")
    left = (template.width_mm - width_mm) / 2 + QUIET_MODULES_LINEAR * module_mm
    strokes = "".join(
        f"M{left + start * module_mm:.4f} {top:g}h{length * module_mm:.4f}v{template.bars_height_mm:g}"
        f"h-{length * module_mm:.4f}z"
        for start, length in _runs(modules)
    )
    return f'<path class="bars" d="{strokes}"/>'


def _runs(modules: str) -> list[tuple[int, int]]:
    """Start and length of every dark run."""
    runs, start = [], None
    for at, module in enumerate(modules + "0"):
        if module == "1" and start is None:
            start = at
        elif module == "0" and start is not None:
            runs.append((start, at - start))
            start = None
    return runs


def _qr(text: str, template: Template, *, dpi: int, top: float) -> tuple[str, float]:
    """The QR path and its side in millimetres, quiet zone included."""
    modules = qr_modules(text)
    dots = max(1, round(template.qr_dots * dpi / 203))
    module_mm = dots * 25.4 / dpi
    left = _MARGIN_MM + QUIET_MODULES_QR * module_mm
    rows = "".join(
        f"M{left + start * module_mm:.4f} {top + (QUIET_MODULES_QR + row) * module_mm:.4f}"
        f"h{length * module_mm:.4f}v{module_mm:.4f}h-{length * module_mm:.4f}z"
        for row, line in enumerate(modules)
        for start, length in _runs("".join("1" if dark else "0" for dark in line))
    )
    return f'<path class="qr" d="{rows}"/>', (len(modules) + 2 * QUIET_MODULES_QR) * module_mm


def _texts(label: Label, template: Template, human: str, *, left: float, top: float) -> str:
    room_mm = template.width_mm - left - _MARGIN_MM
    lines = [(template.heading, 3.2, False), (human, min(8.0, room_mm / max(1, len(human)) / 0.62), True)]
    lines += [(line, 3.6, False) for line in label.lines[:6]]
    drawn, at = [], top
    for text, size_mm, bold in lines:
        at += size_mm * 1.25
        weight = ' font-weight="bold"' if bold else ""
        drawn.append(
            f'<text x="{left:.2f}" y="{at:.2f}" font-size="{size_mm:.2f}"{weight}>{escape(text)}</text>'
        )
    family = "Noto Sans SC, Noto Sans CJK SC, DDC Uchen, Noto Sans Devanagari, sans-serif"
    return f'<g font-family="{family}">{"".join(drawn)}</g>'
