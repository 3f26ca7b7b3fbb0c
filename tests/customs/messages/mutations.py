"""Seeded damage to messages: what senders get wrong, one to three wounds at a time.

A text is never set to the empty string but to ``None``: a parsed message has no empty text nodes.
"""

import copy
from collections.abc import Callable
from random import Random

from lxml import etree

XSI = "http://www.w3.org/2001/XMLSchema-instance"

NUMBERS = [
    "0",
    "1",
    "-1",
    "+1",
    "007",
    "1.5",
    "1.",
    ".5",
    ".",
    "-",
    "+",
    "1e5",
    "1E-3",
    "NaN",
    "INF",
    "-INF",
    "0x1F",
    "1,000",
    "1.00000",
    "1.000000",
    "1.123456",
    "-0.00001",
    "99999999999999.99999",
    "999999999999999.99999",
    "12345678901234567890",
    "00000000000000000000000001",
    "0.000010000000",
    "2147483647",
    "2147483648",
    "-2147483649",
    "123456789",
    "1234567890",
    "100000",
    "99999",
    "9999999999999999999",
    "9223372036854775807",
    "9223372036854775808",
    "10000000000000000000000000",
    "142",
    "502",
]
TIMES = [
    "20260520061100",
    "20260230061100",
    "2026-05-20",
    "2026-05-20T06:11:00",
    "2026-05-20T06:11:00Z",
    "2026-05-20T24:00:00",
    "2026-05-20T06:11:60",
    "2026-13-01",
    "2026-02-29",
    "2024-02-29",
    "0000-01-01",
    "2026-05-20+08:00",
    "2026-5-20",
    "2026-05-20T06:11:00.123",
    "2026-05-20T06:11",
    "20260520",
    "20260520061100123",
    "2026-05-20T06:11:00+15:00",
]
ODD_TEXTS = (
    "",
    " ",
    "\t\n",
    "  142  ",
    "１２３",
    "拉萨",
    "𠀀𠀁𠀂",
    " 12 ",
    "1 2",
    "\n7\n",
    "2026-05-20 06:11:00",
    "2026-05-20 26:11:00",
    "2026-05-39 06:11:00",
    "I",
    "3",
    "AQ==",
    "AR==",
    "AQI=",
    "AQJ=",
    "A!Q==",
    "A===",
    "AAAA",
)
LENGTHS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 11, 14, 15, 16, 17, 18, 19, 20, 21, 30, 31, 32, 33, 36, 37, 38, 50, 51)
LONG_LENGTHS = (60, 61, 64, 65, 80, 81, 100, 101, 128, 129, 200, 201, 250, 251, 255, 256, 257, 500, 501, 510)
HUGE_LENGTHS = (511, 512, 513, 1000, 1001, 4000, 4001, 5000, 5001)

Wound = Callable[[Random, etree._Element], None]


def mutated(rng: Random, base: etree._Element) -> etree._Element:
    """A copy of the message with one to three wounds."""
    root = copy.deepcopy(base)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choices(WOUNDS, WEIGHTS)[0](rng, root)
    return root


def _any(rng: Random, root: etree._Element) -> etree._Element:
    """Any element below the root."""
    return rng.choice(list(root.iter())[1:] or [root])


def _leaf(rng: Random, root: etree._Element) -> etree._Element:
    leaves = [element for element in root.iter() if not len(element)]
    return rng.choice(leaves)


def drop(rng: Random, root: etree._Element) -> None:
    element = _any(rng, root)
    if element is not root:
        element.getparent().remove(element)


def drop_leaf(rng: Random, root: etree._Element) -> None:
    element = _leaf(rng, root)
    if element is not root:
        element.getparent().remove(element)


def repeat(rng: Random, root: etree._Element) -> None:
    element = _any(rng, root)
    if element is not root:
        element.addnext(copy.deepcopy(element))


def swap(rng: Random, root: etree._Element) -> None:
    element = _any(rng, root)
    following = element.getnext()
    if element is not root and following is not None:
        following.addnext(element)


def move(rng: Random, root: etree._Element) -> None:
    element, there = _leaf(rng, root), _any(rng, root)
    if element is not there and element is not root and there is not root:
        there.addnext(element)


def rename(rng: Random, root: etree._Element) -> None:
    element = _any(rng, root)
    if element is root:
        return
    name = etree.QName(element)
    new = rng.choice(
        (name.localname.upper(), name.localname + "x", _local(_any(rng, root)), "note", "invtNo")
    )
    element.tag = f"{{{name.namespace}}}{new}" if name.namespace else new


def other_namespace(rng: Random, root: etree._Element) -> None:
    element = _any(rng, root)
    if element is root:
        return
    element.tag = rng.choice(("{urn:other}", "{http://www.w3.org/2000/09/xmldsig#}", "")) + _local(element)


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def number(rng: Random, root: etree._Element) -> None:
    _leaf(rng, root).text = rng.choice(NUMBERS)


def time(rng: Random, root: etree._Element) -> None:
    _leaf(rng, root).text = rng.choice(TIMES)


def odd_text(rng: Random, root: etree._Element) -> None:
    _leaf(rng, root).text = rng.choice(ODD_TEXTS) or None


def length(rng: Random, root: etree._Element) -> None:
    size = rng.choice(rng.choices((LENGTHS, LONG_LENGTHS, HUGE_LENGTHS), (6, 3, 1))[0])
    _leaf(rng, root).text = rng.choice(("A", "7", "藏", " ", "é")) * size or None


def shift_length(rng: Random, root: etree._Element) -> None:
    """One character more or less than stands there."""
    leaf = _leaf(rng, root)
    text = leaf.text or ""
    leaf.text = (text[:-1] if rng.random() < 0.5 else text + rng.choice("A1藏 ")) or None


def pad(rng: Random, root: etree._Element) -> None:
    leaf = _leaf(rng, root)
    leaf.text = rng.choice((" ", "\n", "\t ")) + (leaf.text or "") + rng.choice(("", " ", "\n"))


def stray_text(rng: Random, root: etree._Element) -> None:
    element = _any(rng, root)
    if element is not root:
        element.tail = (element.tail or "") + rng.choice(("x", " ", "拉萨", "\n", "\xa0"))


def unknown_child(rng: Random, root: etree._Element) -> None:
    element = _any(rng, root)
    child = etree.SubElement(element, rng.choice(("{http://www.chinaport.gov.cn/ceb}extra", "extra")))
    child.text = "1"


def attribute(rng: Random, root: etree._Element) -> None:
    element = rng.choice((root, _any(rng, root)))
    name = rng.choice(("guid", "version", "Id", "extra", f"{{{XSI}}}schemaLocation", f"{{{XSI}}}nil"))
    element.set(name, rng.choice(("", "1.0", "true", "false", "A" * 36, "A" * 35, "x y", "1" * 11)))


def change_attribute(rng: Random, root: etree._Element) -> None:
    holders = [element for element in root.iter() if element.attrib]
    if holders:
        element = rng.choice(holders)
        name = rng.choice(sorted(element.attrib))
        if rng.random() < 0.3:
            del element.attrib[name]
        else:
            element.set(
                name,
                rng.choice(("", "1.0", "urn:x", "http://a/b#c", "a b", "%zz", "藏", "#", "1:2", "A" * 36)),
            )


def clear(rng: Random, root: etree._Element) -> None:
    element = _any(rng, root)
    for child in list(element):
        element.remove(child)


WOUNDS: tuple[Wound, ...] = (
    drop,
    drop_leaf,
    repeat,
    swap,
    move,
    rename,
    other_namespace,
    number,
    time,
    odd_text,
    length,
    shift_length,
    pad,
    stray_text,
    unknown_child,
    attribute,
    change_attribute,
    clear,
)
WEIGHTS = (1, 3, 2, 2, 2, 1, 1, 5, 3, 5, 6, 4, 3, 1, 1, 1, 1, 1)
