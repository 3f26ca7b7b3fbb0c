"""A record as the texts it had on the wire: for telling a repeated element from a conflicting one."""

from collections.abc import Iterator

from wms.customs.messages.wire.record import Edition, Record, Shape, shape_of


def texts_of(record: Record, edition: Edition) -> tuple[tuple[str, str], ...]:
    """Every (path, text) of a record in order; two elements are the same when these are.

    Prefixes and white space between elements do not count; 12.5 and 12.50 are different texts.
    """
    return tuple(_texts(record, shape_of(type(record), edition), ""))


def _texts(record: Record, shape: Shape, path: str) -> Iterator[tuple[str, str]]:
    for item in (*shape.attributes, *shape.items):
        value = getattr(record, item.attr)
        for one in value if item.repeated else (value,):
            here = f"{path}/{item.name}"
            if one is None:
                continue
            if item.shape is not None:
                yield from _texts(one, item.shape, here)
            elif item.markup is not None:
                yield here, one.decode()
            else:
                assert item.form is not None
                yield here, item.form.write(one)
    if shape.extras_attr is not None:
        for name, text in getattr(record, shape.extras_attr):
            yield f"{path}/{name}", text
    if shape.remainder_attr is not None:
        for markup in getattr(record, shape.remainder_attr):
            yield f"{path}/…", markup.decode()
