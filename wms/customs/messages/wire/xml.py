"""The little of XML that checker, reader and writer share."""

from typing import Final, TypeAlias

from lxml import etree

Element: TypeAlias = etree._Element  # noqa: SLF001 - lxml names its element class so

XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
NIL: Final = f"{{{XSI}}}nil"
HINTS: Final = frozenset({f"{{{XSI}}}schemaLocation", f"{{{XSI}}}noNamespaceSchemaLocation"})
"""Where a schema may be found; allowed on any element and never followed."""
BLANKS: Final = " \t\r\n"


def local(tag: object) -> str:
    """The name of an element without its namespace."""
    return str(tag).rpartition("}")[2]


def namespace(tag: object) -> str:
    """The namespace of a tag; empty when it has none."""
    return str(tag).rpartition("}")[0].removeprefix("{")


def canonical(element: Element) -> bytes:
    """An element on its own in canonical XML, with the namespaces it uses."""
    return bytes(etree.tostring(element, method="c14n", exclusive=True, with_tail=False))
