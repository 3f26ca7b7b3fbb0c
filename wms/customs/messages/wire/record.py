"""How a message is described: frozen dataclasses whose fields carry their name and form on the wire.

One description serves three readers: the checker, the reader and the writer. A field is annotated with what
it is on the wire::

    class Line(Record):
        line_no: Annotated[int, wire("gnum", LINE_NO)]
        note: Annotated[str | None, wire("note", upto(1000))] = None

A field with a default may be missing on the wire. ``None`` means missing; where the default is ``""`` a
missing and an empty element mean the same. The order of the fields is the order of the elements. What one
edition of the schemas does otherwise stands apart, as a ``Layout`` of that edition.
"""

import types
from collections.abc import Callable, Collection, Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from enum import Enum, auto
from typing import Annotated, ClassVar, Final, Union, get_args, get_origin, get_type_hints

from wms.customs.messages.wire import faults
from wms.customs.messages.wire.forms import Form, Text
from wms.customs.messages.wire.xml import Element

ANY_NAMESPACE: Final = "*"


class Model(Enum):
    """What order the children of an element may have."""

    SEQUENCE = auto()
    """In the order of the fields, as an XML Schema sequence."""
    ALL = auto()
    """Each at most once, in any order."""
    LOOSE = auto()
    """By local name, in any order; optional values may stand empty. For forms without a public schema."""


class Record:
    """Base of every described element; ``namespace`` is that of its children, ``ANY_NAMESPACE`` any.

    Its repr hides personal fields, because what is printed ends up in logs.
    """

    __slots__ = ()
    namespace: ClassVar[str] = ""
    model: ClassVar[Model] = Model.SEQUENCE

    def __repr__(self) -> str:
        hidden = personal_attributes(type(self))
        shown = (
            f"{each.name}={'***' if each.name in hidden else repr(getattr(self, each.name))}"
            for each in fields(self)  # type: ignore[arg-type]
        )
        return f"{type(self).__name__}({', '.join(shown)})"


Markup = Callable[[Element, str], list[faults.SchemaFault]]
"""Checks an element kept as canonical XML; gets the element and the parent's name."""


@dataclass(frozen=True, kw_only=True)
class Wire:
    """One field on the wire; made by the functions below."""

    name: str
    form: Form | None = None
    markup: Markup | None = None
    least: int = 0
    most: int | None = 1
    is_attribute: bool = False
    is_extras: bool = False
    is_remainder: bool = False
    blank: bool = False
    namespace: str | None = None
    also: str | None = None
    personal: bool = False


def wire(
    name: str, form: Form, *, blank: bool = False, also: str | None = None, personal: bool = False
) -> Wire:
    """A single value. ``blank``: written as an empty element when there is no value.

    ``also`` is another spelling that loose records read too; ``personal`` is what the law protects.
    """
    return Wire(name=name, form=form, blank=blank, also=also, personal=personal)


def part(name: str, *, namespace: str | None = None) -> Wire:
    """A record of its own, once at most."""
    return Wire(name=name, namespace=namespace)


def many(name: str, least: int = 0, most: int | None = None, *, form: Form | None = None) -> Wire:
    """A tuple of records (or of values of one form), ``least`` to ``most`` of them; ``None`` is no limit."""
    return Wire(name=name, form=form, least=least, most=most)


def attribute(name: str, form: Form) -> Wire:
    """An attribute of the element itself."""
    return Wire(name=name, form=form, is_attribute=True)


def markup(name: str, check: Markup, *, namespace: str | None = None, least: int = 0) -> Wire:
    """An element kept as canonical XML (bytes); ``least`` 1 where a draft may lack what the wire wants."""
    return Wire(name=name, markup=check, namespace=namespace, least=least)


def remainder() -> Wire:
    """Every element that is not described, as canonical XML: kept, never read, written again at the end."""
    return Wire(name="", is_remainder=True)


def extras() -> Wire:
    """Elements of later editions, as (name, text): read, kept and written again at the end."""
    return Wire(name="", is_extras=True)


_marks: dict[type[Record], Mapping[str, Wire]] = {}


def marks_of(record: type[Record]) -> Mapping[str, Wire]:
    """What each field of a record is on the wire, by the field's name."""
    if record not in _marks:
        hints = get_type_hints(record, include_extras=True)
        _marks[record] = {
            each.name: next(mark for mark in get_args(hints[each.name])[1:] if isinstance(mark, Wire))
            for each in fields(record)  # type: ignore[arg-type]
        }
    return _marks[record]


def personal_attributes(record: type[Record]) -> frozenset[str]:
    """The fields of a record that hold personal data."""
    return frozenset(name for name, mark in marks_of(record).items() if mark.personal)


@dataclass(frozen=True, kw_only=True)
class Change:
    """What one edition does otherwise with one element; ``None`` leaves the description as it is."""

    form: Form | None = None
    name: str | None = None
    required: bool | None = None
    least: int | None = None
    most: int | None = None
    is_unbounded: bool = False
    is_absent: bool = False


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One record in one edition: its elements and their order, where these differ from the fields."""

    order: tuple[str, ...] | None = None
    changes: Mapping[str, Change] = field(default_factory=dict)
    model: Model | None = None
    translate: Callable[[Form], Form] | None = None
    """Applied to every form that no change replaces."""
    is_complete: bool = False
    """Every single value must be there unless a change says otherwise, empty or nil if need be."""
    nillable: Collection[str] | None = None
    """Names of the elements that may be nil."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Edition:
    """A named edition of the message forms; records without a layout stand as they are described."""

    name: str
    layouts: Mapping[type[Record], Layout] = field(default_factory=dict)
    namespace: str | None = None
    """Overrides every record's namespace."""
    model: Model | None = None


@dataclass(frozen=True, kw_only=True)
class Item:
    """A field compiled for one edition: everything checker, reader and writer ask."""

    name: str
    tag: str
    attr: str
    form: Form | None
    markup: Markup | None
    shape: "Shape | None"
    least: int
    most: int | None
    repeated: bool
    empty_is_missing: bool
    must_be_known: bool
    """Without it the record cannot be made, whatever the edition's schema says."""
    blank: bool
    nillable: bool
    also: str | None

    @property
    def required(self) -> bool:
        return self.least > 0

    def is_left_empty(self, text: str | None) -> bool:
        """Whether a loose model takes this text as no value at all."""
        if self.form is None or self.required:
            return False
        return not text or (not isinstance(self.form, Text) and not text.strip())


@dataclass(frozen=True, kw_only=True)
class Shape:
    """A record compiled for one edition."""

    record: type[Record]
    model: Model
    items: tuple[Item, ...]
    attributes: tuple[Item, ...]
    position: Mapping[str, int]
    extras_attr: str | None
    remainder_attr: str | None


_compiled: dict[tuple[type[Record], str], Shape] = {}


def shape_of(record: type[Record], edition: Edition) -> Shape:
    """The record as this edition has it; compiled once."""
    key = (record, edition.name)
    if key not in _compiled:
        _compiled[key] = _compile(record, edition)
    return _compiled[key]


def _compile(record: type[Record], edition: Edition) -> Shape:
    layout = edition.layouts.get(record, Layout())
    namespace = record.namespace if edition.namespace is None else edition.namespace
    model = layout.model or edition.model or record.model
    items: list[Item] = []
    attributes: list[Item] = []
    extras_attr = remainder_attr = None
    hints = get_type_hints(record, include_extras=True)
    for dataclass_field in fields(record):  # type: ignore[arg-type]
        hint = hints[dataclass_field.name]
        mark = marks_of(record)[dataclass_field.name]
        if mark.is_extras:
            extras_attr = dataclass_field.name
            continue
        if mark.is_remainder:
            remainder_attr = dataclass_field.name
            continue
        has_default = dataclass_field.default is not MISSING
        item = _item(dataclass_field.name, hint, mark, namespace, edition)
        if not item.repeated:
            least = mark.least if has_default else 1
            item = replace(item, least=least, must_be_known=not has_default)
        item = replace(item, empty_is_missing=has_default and dataclass_field.default == "")
        change = layout.changes.get(mark.name)
        if change is not None and change.is_absent:
            continue
        item = _changed(_laid_out(item, layout), change)
        (attributes if mark.is_attribute else items).append(item)
    if layout.order is not None:
        by_name = {item.name: item for item in items}
        items = [by_name[name] for name in layout.order]
    return Shape(
        record=record,
        model=model,
        items=tuple(items),
        attributes=tuple(attributes),
        position=_positions(items, model),
        extras_attr=extras_attr if model is Model.LOOSE else None,
        remainder_attr=remainder_attr if model is Model.LOOSE else None,
    )


def _positions(items: list[Item], model: Model) -> dict[str, int]:
    """Where each element stands: by local name (in either spelling) in a loose record, else by tag."""
    if model is not Model.LOOSE:
        return {item.tag: place for place, item in enumerate(items)}
    spelled = {item.also: place for place, item in enumerate(items) if item.also is not None}
    return spelled | {item.name: place for place, item in enumerate(items)}


def _item(attr: str, hint: object, mark: Wire, namespace: str, edition: Edition) -> Item:
    inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    repeated = get_origin(inner) is tuple
    if repeated:
        inner = get_args(inner)[0]
    elif get_origin(inner) in (Union, types.UnionType):
        inner = next(kind for kind in get_args(inner) if kind is not type(None))
    shape = shape_of(inner, edition) if isinstance(inner, type) and issubclass(inner, Record) else None
    assert (shape is None) == (mark.form is not None or mark.markup is not None), f"{attr} needs one form"
    own = mark.namespace if mark.namespace is not None else namespace
    return Item(
        name=mark.name,
        tag=f"{{{own}}}{mark.name}" if own and own != ANY_NAMESPACE and not mark.is_attribute else mark.name,
        attr=attr,
        form=mark.form,
        markup=mark.markup,
        shape=shape,
        least=mark.least,
        most=mark.most,
        repeated=repeated,
        empty_is_missing=False,
        must_be_known=False,
        blank=mark.blank,
        nillable=False,
        also=mark.also,
    )


def _laid_out(item: Item, layout: Layout) -> Item:
    if item.form is not None and layout.translate is not None:
        item = replace(item, form=layout.translate(item.form))
    if layout.is_complete and item.form is not None and not item.repeated:
        item = replace(item, least=1)
    return replace(item, nillable=item.name in layout.nillable) if layout.nillable is not None else item


def _changed(item: Item, change: Change | None) -> Item:
    if change is None:
        return item
    least = item.least if change.required is None else int(change.required)
    name = change.name or item.name
    return replace(
        item,
        name=name,
        tag=f"{item.tag.rpartition('}')[0]}}}{name}" if item.tag.startswith("{") else name,
        form=change.form or item.form,
        least=least if change.least is None else change.least,
        most=None if change.is_unbounded else (item.most if change.most is None else change.most),
    )
