"""Write a record as an element, every child in its place."""

from lxml import etree

from wms.customs.messages.wire.record import Item, Record, Shape
from wms.customs.messages.wire.xml import NIL, Element


def write_element(record: Record, shape: Shape, element: Element) -> Element:
    """Fill an element with the record's attributes and children; returns the element."""
    for item in shape.attributes:
        value = getattr(record, item.attr)
        if value is not None:
            assert item.form is not None
            element.set(item.name, item.form.write(value))
    for item in shape.items:
        value = getattr(record, item.attr)
        if item.repeated:
            for one in value:
                _append(element, item, one)
        elif value is None or (item.empty_is_missing and value == ""):
            _append_nothing(element, item)
        else:
            _append(element, item, value)
    if shape.extras_attr is not None:
        for name, text in getattr(record, shape.extras_attr):
            _child(element, name).text = text
    if shape.remainder_attr is not None:
        for markup in getattr(record, shape.remainder_attr):
            element.append(etree.fromstring(markup, _TRUSTED))
    return element


def _child(parent: Element, name: str) -> Element:
    return etree.SubElement(parent, name)


def _append(parent: Element, item: Item, value: object) -> None:
    if item.markup is not None:
        assert isinstance(value, bytes)
        parent.append(etree.fromstring(value, _TRUSTED))
        return
    child = _child(parent, item.tag)
    if item.shape is not None:
        assert isinstance(value, Record)
        write_element(value, item.shape, child)
    else:
        assert item.form is not None
        child.text = item.form.write(value)


_TRUSTED = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
"""For markup we made canonical ourselves; it can hold no document type."""


def _append_nothing(parent: Element, item: Item) -> None:
    if item.nillable and (item.form is None or item.form.fault("") is not None):
        _child(parent, item.tag).set(NIL, "true")
    elif item.markup is None and (item.blank or item.required):
        _child(parent, item.tag)
