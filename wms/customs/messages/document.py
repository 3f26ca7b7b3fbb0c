"""XML in and out at the door: encoding, document type, well-formedness, in that order of trust.

Nothing is resolved, expanded or fetched here. The document type is looked for in the text itself, before any
parser sees it, so a message that declares one is never parsed at all.
"""

import codecs
import re
from typing import Final

from lxml import etree

from wms.customs.messages.wire import faults
from wms.customs.messages.wire.xml import Element

_DECLARED = re.compile(rb"""\A<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z][A-Za-z0-9._-]*)["']""")
_CODECS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "utf-16": "utf-16",
    "utf-16le": "utf-16-le",
    "utf-16be": "utf-16-be",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "gb18030": "gb18030",
}
_PROLOG = re.compile(r"\ufeff?(?:[ \t\r\n]++|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
"""Byte order mark, white space, processing instructions, comments; possessive, so that it never looks back."""
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)


def parse(raw: bytes, *, limit_bytes: int) -> Element:
    """The root element of a message; comments and processing instructions are left out.

    Raises ``TooLarge``, ``Empty``, ``HasDoctype``, ``UnknownEncoding``, ``WrongBytes``,
    ``ForbiddenCharacter`` or ``NotWellFormed``.
    """
    if len(raw) > limit_bytes:
        raise faults.TooLarge(size_bytes=len(raw), limit_bytes=limit_bytes)
    if not raw.strip():
        raise faults.Empty
    text = _decoded(raw)
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        character = f"U+{ord(forbidden[0]):04X}"
        raise faults.ForbiddenCharacter(line=_line(text, forbidden.start()), character=character)
    return _parsed(text)


def _parsed(text: str) -> Element:
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        strip_cdata=True,
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as broken:
        line, column = broken.position
        detail = (broken.msg or "").partition(", line ")[0]
        raise faults.NotWellFormed(line=line, column=column, detail=detail) from None
    if root.getroottree().docinfo.doctype:
        raise faults.HasDoctype(line=1)
    return root


def _decoded(raw: bytes) -> str:
    name = _encoding(raw)
    codec = _CODECS.get(name.lower())
    _refuse_doctype(raw.decode(codec or "utf-8", errors="replace"))
    if codec is None:
        raise faults.UnknownEncoding(encoding=name)
    try:
        text = raw.decode(codec)
    except UnicodeDecodeError as wrong:
        raise faults.WrongBytes(
            line=raw.count(b"\n", 0, wrong.start) + 1,
            offset=wrong.start,
            byte=f"0x{raw[wrong.start]:02X}",
            encoding=name,
        ) from None
    return text.removeprefix("\ufeff")


def _encoding(raw: bytes) -> str:
    for mark, name in _MARKS:
        if raw.startswith(mark):
            return name.replace("utf-16-", "UTF-16").upper()
    declared = _DECLARED.match(raw)
    return declared[1].decode("ascii") if declared else "UTF-8"


def _refuse_doctype(text: str) -> None:
    """Step over what may precede the root element; a document type or entity declaration there is refused."""
    prolog = _PROLOG.match(text)
    assert prolog is not None
    place = prolog.end()
    if text[place : place + 9].upper().startswith(("<!DOCTYPE", "<!ENTITY")):
        raise faults.HasDoctype(line=_line(text, place))


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def serialised(root: Element) -> bytes:
    """The message as it leaves: UTF-8 with its declaration."""
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))
