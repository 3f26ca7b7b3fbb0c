"""Read a checked element into its frozen dataclass."""

from wms.customs.messages.wire import faults
from wms.customs.messages.wire.forms import Unreadable
from wms.customs.messages.wire.record import Item, Model, Record, Shape
from wms.customs.messages.wire.xml import NIL, Element, canonical, local


def read_element(element: Element, shape: Shape) -> Record:
    """The record of an element without schema fault.

    Raises a ``SchemaFault`` where a text fits the schema and still means nothing (a 30th of February).
    """
    loose = shape.model is Model.LOOSE
    values: dict[str, object] = {}
    gathered: dict[str, list[object]] = {item.attr: [] for item in shape.items if item.repeated}
    further: list[tuple[str, str]] = []
    remainder: list[bytes] = []
    for item in shape.attributes:
        text = element.get(item.name)
        if text is not None:
            assert item.form is not None
            values[item.attr] = item.form.read(text)
    for child in element:
        if not isinstance(child.tag, str):
            continue
        place = shape.position.get(local(child.tag) if loose else child.tag)
        if place is None:
            if shape.remainder_attr is None:
                further.append((local(child.tag), child.text or ""))
            else:
                remainder.append(canonical(child))
            continue
        item = shape.items[place]
        if item.repeated:
            gathered[item.attr].append(_value(child, item))
        elif item.attr in values:
            raise faults.TooManyElements(
                parent=local(element.tag), element=item.name, line=child.sourceline, limit=1
            )
        elif not (loose and item.is_left_empty(child.text)):
            values[item.attr] = _value(child, item)
    for attr, found in gathered.items():
        values[attr] = tuple(found)
    for item in shape.items:
        if item.must_be_known and item.attr not in values:
            raise faults.ElementMissing(parent=local(element.tag), element=item.name, line=element.sourceline)
    if shape.extras_attr is not None:
        values[shape.extras_attr] = tuple(further)
    if shape.remainder_attr is not None:
        values[shape.remainder_attr] = tuple(remainder)
    return shape.record(**values)


def _value(child: Element, item: Item) -> object:
    if item.shape is not None:
        return read_element(child, item.shape)
    if item.markup is not None:
        return canonical(child)
    assert item.form is not None
    if child.get(NIL) is not None and not child.text:
        return "" if item.empty_is_missing else None
    try:
        return item.form.read(child.text or "")
    except Unreadable as unreadable:
        fault, facts = unreadable.wrong
        raise fault(element=item.name, line=child.sourceline, **facts) from None
