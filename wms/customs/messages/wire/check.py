"""Compare an element with its description: every fault, in the order of the document.

The checker accepts exactly what the official schema of the edition accepts (the tests hold both to the same
verdict on thousands of mutated messages). It reads nothing and changes nothing.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from wms.customs.messages.wire import faults
from wms.customs.messages.wire.record import Edition, Item, Model, Record, Shape, shape_of
from wms.customs.messages.wire.xml import BLANKS, HINTS, NIL, Element, local, namespace

Faults = Iterator[faults.SchemaFault]

FAULTS_SHOWN_MAX: Final = 20


def refuse_faults(element: Element, record: type[Record], edition: Edition) -> None:
    """Raise the first fault of an element; the next ones hang on it as ``others``."""
    found = list(islice(faults_of(element, shape_of(record, edition)), FAULTS_SHOWN_MAX))
    if found:
        found[0].others = tuple(found[1:])
        raise found[0]


def faults_of(element: Element, shape: Shape) -> Faults:
    """Every fault of an element against its shape, lazily: the first is cheap."""
    loose = shape.model is Model.LOOSE
    if shape.attributes or (element.attrib and not loose):
        yield from _attribute_faults(element, shape.attributes)
    if shape.model is Model.SEQUENCE:
        yield from _sequence_faults(element, shape)
    else:
        yield from _unordered_faults(element, shape)


def _attribute_faults(element: Element, allowed: tuple[Item, ...]) -> Faults:
    name, line = local(element.tag), element.sourceline
    known = {item.name: item for item in allowed}
    for key, value in element.attrib.items():
        item = known.get(key)
        if item is not None:
            assert item.form is not None
            wrong = item.form.fault(value)
            if wrong is not None:
                yield wrong[0](element=f"{name}/@{item.name}", line=line, **wrong[1])
        elif key == NIL:
            yield faults.MustNotBeNil(element=name, line=line)
        elif key not in HINTS:
            yield faults.AttributeUnknown(element=name, line=line, attribute=local(key))
    for item in allowed:
        if item.required and element.get(item.name) is None:
            yield faults.AttributeMissing(element=name, line=line, attribute=item.name)


def _stray(element: Element) -> faults.SchemaFault:
    return faults.StrayText(element=local(element.tag), line=element.sourceline)


def _sequence_faults(element: Element, shape: Shape) -> Faults:
    items, place, count = shape.items, 0, 0
    end = len(items)
    if element.text and (not items or element.text.strip(BLANKS)):
        yield _stray(element)
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        tail = child.tail
        if tail and tail.strip(BLANKS):
            yield _stray(element)
        if place >= end or items[place].tag != tag:
            there = shape.position.get(tag)
            if there is None:
                yield _unknown(element, child, shape)
                continue
            if there < place:
                yield _misplaced(element, child)
                continue
            for passed in items[place:there]:
                if passed.least > count:
                    yield _missing(element, child, passed)
                count = 0
            place, count = there, 0
        item = items[place]
        count += 1
        if item.most is not None and count > item.most:
            yield _too_many(element, child, item)
            continue
        yield from _item_faults(child, item)
    for item in items[place:]:
        if item.least > count:
            yield _missing(element, element, item)
        count = 0


def _unordered_faults(element: Element, shape: Shape) -> Faults:
    loose = shape.model is Model.LOOSE
    seen = [0] * len(shape.items)
    if element.text and element.text.strip(BLANKS):
        yield _stray(element)
    for child in element:
        tag = child.tag
        if not isinstance(tag, str):
            continue
        if child.tail and child.tail.strip(BLANKS):
            yield _stray(element)
        place = shape.position.get(local(tag) if loose else tag)
        if place is None:
            if shape.remainder_attr is None and (shape.extras_attr is None or len(child)):
                yield _unknown(element, child, shape)
            continue
        item = shape.items[place]
        seen[place] += 1
        if item.most is not None and seen[place] > item.most:
            yield _too_many(element, child, item)
        elif loose and item.is_left_empty(child.text) and not len(child):
            continue
        else:
            yield from _item_faults(child, item, loose=loose)
    for item, count in zip(shape.items, seen, strict=True):
        if item.least > count:
            yield _missing(element, element, item)


def _item_faults(child: Element, item: Item, *, loose: bool = False) -> Faults:
    if child.attrib and NIL in child.attrib and not loose:
        nil = (child.get(NIL) or "").strip(BLANKS)
        if not item.nillable or nil not in {"true", "1", "false", "0"}:
            yield faults.MustNotBeNil(element=item.name, line=child.sourceline)
            return
        if nil in {"true", "1"}:
            if len(child) or child.text:
                yield faults.MustNotBeNil(element=item.name, line=child.sourceline)
            yield from _foreign_attribute_faults(child, item)
            return
    if item.shape is not None:
        yield from faults_of(child, item.shape)
    elif item.markup is not None:
        yield from item.markup(child, item.name)
    else:
        yield from _value_faults(child, item, loose=loose)


def _value_faults(child: Element, item: Item, *, loose: bool) -> Faults:
    assert item.form is not None
    if len(child):
        yield faults.ElementInside(element=item.name, line=child.sourceline)
        return
    if child.attrib and not loose:
        yield from _foreign_attribute_faults(child, item)
    wrong = item.form.fault(child.text or "")
    if wrong is not None:
        yield wrong[0](element=item.name, line=child.sourceline, **wrong[1])


def _foreign_attribute_faults(child: Element, item: Item) -> Faults:
    """A single value has no attributes of its own."""
    for key in child.attrib:
        if key not in HINTS and key != NIL:
            yield faults.AttributeUnknown(element=item.name, line=child.sourceline, attribute=local(key))


def _unknown(parent: Element, child: Element, shape: Shape) -> faults.SchemaFault:
    name = local(child.tag)
    for item in shape.items:
        if item.name == name:
            found = namespace(child.tag) or faults.NOTHING
            wanted = namespace(item.tag) or faults.NOTHING
            return faults.WrongNamespace(element=name, line=child.sourceline, found=found, wanted=wanted)
    return faults.ElementUnknown(parent=local(parent.tag), element=name, line=child.sourceline)


def _missing(parent: Element, at: Element, item: Item) -> faults.SchemaFault:
    return faults.ElementMissing(parent=local(parent.tag), element=item.name, line=at.sourceline)


def _misplaced(parent: Element, child: Element) -> faults.SchemaFault:
    name = local(child.tag)
    return faults.ElementMisplaced(parent=local(parent.tag), element=name, line=child.sourceline)


def _too_many(parent: Element, child: Element, item: Item) -> faults.SchemaFault:
    facts = {"parent": local(parent.tag), "element": item.name, "line": child.sourceline}
    return faults.TooManyElements(**facts, limit=item.most)
