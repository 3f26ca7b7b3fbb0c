"""A line of text of any script as a 1-bit picture for thermal printers."""

import importlib.resources
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

TEXT_CHARS_MAX = 80


@dataclass(frozen=True, kw_only=True)
class Bitmap:
    """Rows of whole bytes, most significant bit left, 1 is black."""

    width: int
    height: int
    rows: bytes

    @property
    def bytes_per_row(self) -> int:
        return (self.width + 7) // 8


def draw_text(text: str, *, height_dots: int) -> Bitmap:
    """One line, cut at 80 characters; its letters are as high as the picture."""
    font = _font(max(8, round(height_dots * 0.8)))
    shown = text[:TEXT_CHARS_MAX] or " "
    width = max(8, round(font.getlength(shown)) + 2)
    picture = Image.new("1", (width, height_dots), 0)
    ImageDraw.Draw(picture).text((1, height_dots // 2), shown, fill=1, font=font, anchor="lm")
    return Bitmap(width=width, height=height_dots, rows=picture.tobytes())


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(font_file()), size)


@cache
def font_file() -> Path:
    """The Chinese sans-serif font of the font wheel; it also holds Latin letters."""
    folder = importlib.resources.files("pylopdf_fonts_zh_cn")
    fonts = sorted(Path(str(folder)).rglob("NotoSansSC*"))
    if not fonts:
        raise FileNotFoundError("The package pylopdf-fonts-zh-cn holds no NotoSansSC font.")
    return fonts[0]
