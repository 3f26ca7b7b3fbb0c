"""Labels read back, are whole dots, and refuse what they cannot say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from devices.codes import parse_code
from devices.labels import DOTS_PER_MODULE_MIN, Label, draw_label, symbols_of
from devices.own_labels import LabelKind, UnprintableLabel
from tests.devices.code_corpus import with_check, wrong_check

Image = pytest.importorskip("PIL.Image", reason="Pillow is needed to look at labels.")
zxingcpp = pytest.importorskip("zxingcpp", reason="zxing-cpp is needed to read labels back.")

GOLDEN = Path(__file__).parent.parent / "payloads" / "labels"
SSCC = with_check("06901234000000001")
EXAMPLES = [
    Label(kind=LabelKind.LOT, number="LWIN02540", lines=("尼泊尔伊拉姆红茶", "2027-11-30")),
    Label(kind=LabelKind.LOCATION, number="WB01-A-05-07-2"),
    Label(kind=LabelKind.HANDLING_UNIT, number=SSCC, lines=("24 × NP-TEA-001",)),
    Label(kind=LabelKind.PRODUCT, number="NP-TEA-001", lines=("尼泊尔伊拉姆红茶",)),
    Label(kind=LabelKind.PARCEL, number="XZ990001000458"),
    Label(kind=LabelKind.DOCUMENT, number="QD889926I000000101"),
    Label(kind=LabelKind.PERSON, number="U0017", lines=("测试仓管甲",)),
    Label(kind=LabelKind.CONTROL, number="UNDO"),
]
DAMAGES = ("clean", "rotated", "blurred", "shrunk")


def picture_of(svg: str, *, dots_per_mm: float) -> Any:
    """The bars and the QR of an SVG of ours, drawn dot by dot."""
    from PIL import Image, ImageDraw

    width, height = (float(value) for value in re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups())
    picture = Image.new("L", (round(width * dots_per_mm), round(height * dots_per_mm)), 255)
    draw = ImageDraw.Draw(picture)
    for left, top, across, down in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v([\d.]+)h-[\d.]+z", svg):
        x, y = float(left) * dots_per_mm, float(top) * dots_per_mm
        box = (round(x), round(y), round(x + float(across) * dots_per_mm) - 1)
        draw.rectangle((*box, round(y + float(down) * dots_per_mm) - 1), fill=0)
    return picture


def damaged(picture: Any, how: str) -> Any:
    from PIL import Image, ImageFilter

    framed = Image.new("L", (picture.width + 80, picture.height + 80), 255)
    framed.paste(picture, (40, 40))
    match how:
        case "rotated":
            return framed.rotate(7, fillcolor=255, expand=True, resample=Image.Resampling.BICUBIC)
        case "blurred":
            return framed.filter(ImageFilter.GaussianBlur(1.2))
        case "shrunk":
            size = (round(framed.width * 0.6), round(framed.height * 0.6))
            return framed.resize(size, Image.Resampling.LANCZOS)
        case _:
            return framed


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("dpi", DOTS_PER_MODULE_MIN)
@pytest.mark.parametrize("label", EXAMPLES, ids=lambda label: label.kind.name)
def test_every_label_reads_back(label: Label, dpi: int, how: str) -> None:
    """Clean, turned by seven degrees, blurred, and at six tenths of its size, at both resolutions."""
    symbols = symbols_of(label)
    picture = damaged(picture_of(draw_label(label, dpi=dpi), dots_per_mm=dpi / 25.4), how)

    read = {result.symbology_identifier + result.text for result in zxingcpp.read_barcodes(picture)}

    texts = {text[3:] for text in read}
    assert symbols.qr in texts
    if symbols.bars_are_gs1:
        assert f"]C1(00){label.number}" in read
    elif symbols.bars is not None:
        assert symbols.bars in texts


@pytest.mark.parametrize("label", EXAMPLES, ids=lambda label: label.kind.name)
def test_what_is_read_from_a_label_is_what_was_meant(label: Label) -> None:
    symbols = symbols_of(label)

    said = parse_code(symbols.qr)

    assert label.number in {getattr(said, name, None) for name in said.__dataclass_fields__}


@pytest.mark.parametrize("label", EXAMPLES, ids=lambda label: label.kind.name)
def test_a_label_stays_as_it_was_approved(label: Label) -> None:
    """A golden file for each template; a change of drawing is looked at, then the file is replaced."""
    file = GOLDEN / f"{label.kind.name.lower()}.svg"

    assert draw_label(label) == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("dpi", DOTS_PER_MODULE_MIN)
@pytest.mark.parametrize("label", EXAMPLES, ids=lambda label: label.kind.name)
def test_every_module_is_a_whole_number_of_dots(label: Label, dpi: int) -> None:
    svg = draw_label(label, dpi=dpi)

    for across in re.findall(r"h(\d[\d.]*)v", svg):
        dots = float(across) * dpi / 25.4
        assert abs(dots - round(dots)) < 0.01


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        (LabelKind.HANDLING_UNIT, wrong_check("06901234000000001")),
        (LabelKind.HANDLING_UNIT, "123"),
        (LabelKind.LOT, "L" * 30),
        (LabelKind.PARCEL, "X" * 40),
        (LabelKind.LOCATION, ""),
    ],
)
def test_a_number_that_cannot_be_printed_is_refused_in_words(kind: LabelKind, number: str) -> None:
    with pytest.raises(UnprintableLabel, match=r"\w+ .*\."):
        draw_label(Label(kind=kind, number=number))


def test_only_resolutions_that_were_tried_are_drawn() -> None:
    with pytest.raises(UnprintableLabel, match="203 or 300"):
        draw_label(EXAMPLES[0], dpi=96)


def test_words_on_a_label_cannot_break_out_of_it() -> None:
    svg = draw_label(Label(kind=LabelKind.LOT, number="A1", lines=('<script>&"',)))

    assert "<script>" not in svg
