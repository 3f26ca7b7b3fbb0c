"""A key and what the system says, section by section. Pure: mappings in, verdicts out.

A section is made into rows by name, so that a missing, an extra and a differing row each count once. What the key
says for reports only (what was planted, names of cases) is left out of the comparison and gives the parts.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

Row = Mapping[str, Any]
Name = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How a section falls into rows.

    `named` gives a row's name, `part` its part (none: it belongs to no part), `spoken` the fields that are for
    reports only, `sets` the fields whose order means nothing.
    """

    named: Callable[[Row], Name]
    part: Callable[[Row], str | None] = lambda _row: None
    spoken: frozenset[str] = frozenset()
    sets: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """How far a section or a part of it agrees; `why` says why nothing could be read."""

    name: str
    agreed: int
    total: int
    differences: tuple[str, ...] = ()
    why: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether everything agrees; a section without a row is not whole."""
        return self.total > 0 and self.agreed == self.total


def by(*fields: str) -> Callable[[Row], Name]:
    """A row named by these fields."""
    return lambda row: tuple(str(row.get(field) or "") for field in fields)


def part_of(field: str) -> Callable[[Row], str | None]:
    """A row's part is what this field says."""
    return lambda row: None if row.get(field) is None else str(row[field])


SHAPES: Final[Mapping[str, Shape]] = {
    "meta": Shape(named=by("fact")),
    "files": Shape(named=by("file"), part=part_of("outcome")),
    "elements": Shape(named=by("file", "doc", "guid"), part=part_of("outcome")),
    "inbound_lists": Shape(named=by("list_no"), part=part_of("state")),
    "receiving": Shape(named=by("pass_no", "list_no", "item_no"), part=part_of("pass_no")),
    "gate": Shape(named=by("pass_no"), part=part_of("direction"), sets=frozenset({"lists"})),
    "exit_lists": Shape(named=by("list_no"), part=part_of("state")),
    "ledger_stages": Shape(named=by("stage", "item_no"), part=part_of("stage")),
    "orders": Shape(
        named=by("order_no"),
        part=part_of("planted"),
        spoken=frozenset({"planted"}),
        sets=frozenset({"faults", "missing"}),
    ),
    "lists": Shape(named=by("cop_no"), part=part_of("final_state")),
    "allocation": Shape(named=by("order_no"), sets=frozenset({"picks"})),
    "cancels": Shape(named=by("cop_no"), part=part_of("outcome")),
    "returns": Shape(named=by("invt_no"), part=part_of("case"), spoken=frozenset({"case"})),
    "yearly_after": Shape(named=by("buyer_id")),
    "reconciliation": Shape(named=by("item_no")),
    "discrepancies": Shape(
        named=by("kind", "item_no", "location", "lot", "other_location", "other_lot"), part=part_of("kind")
    ),
}
_ANY: Final = Shape(named=lambda row: (repr(sorted(row.items())),))


def rows_of(section: str, content: Any) -> list[Row]:
    """A section of the key as rows, whatever form it has there."""
    if section == "meta":
        return _meta_rows(content)
    if section == "ledger_stages":
        return [
            {"stage": stage["stage"], "item_no": item_no, **figures}
            for stage in content
            for item_no, figures in stage["items"].items()
        ]
    if section == "orders":
        return [{"order_no": order_no, **order} for order_no, order in content.items()]
    if section == "lists":
        return [{"cop_no": cop_no, **found} for cop_no, found in content.items()]
    if section == "allocation":
        return [{"order_no": order_no, "picks": picks} for order_no, picks in content.items()]
    if section == "yearly_after":
        return [{"buyer_id": buyer_id, "cny": cny} for buyer_id, cny in content.items()]
    return list(content.values()) if isinstance(content, Mapping) else list(content)


def _meta_rows(meta: Mapping[str, Any]) -> list[Row]:
    """Counts of the key as rows; the seed made the day and cannot be seen in it."""
    rows: list[Row] = []
    for fact, value in meta.items():
        if isinstance(value, Mapping):
            rows += [{"fact": f"{fact}.{word}", "value": str(number)} for word, number in value.items()]
        elif fact != "seed":
            rows.append({"fact": fact, "value": str(value)})
    return rows


def compare(section: str, key: Iterable[Row], ours: Iterable[Row]) -> tuple[Verdict, dict[str, Verdict]]:
    """The verdict of a section and of each of its parts. Rows that only we have count too."""
    shape = SHAPES.get(section, _ANY)
    wanted, found = _by_name(shape, key), _by_name(shape, ours)
    verdicts: list[tuple[str | None, list[str]]] = []
    for name in [*wanted, *(name for name in found if name not in wanted)]:
        known = wanted.get(name)
        part = shape.part(known if known is not None else found[name])
        verdicts.append((part, _row_differences(section, shape, name, known, found.get(name))))
    parts = {part for part, _ in verdicts if part is not None}
    return _sum(section, (lines for _, lines in verdicts)), {
        part: _sum(f"{section}:{part}", (lines for other, lines in verdicts if other == part))
        for part in sorted(parts)
    }


def _sum(name: str, rows: Iterable[list[str]]) -> Verdict:
    listed = list(rows)
    return Verdict(
        name=name,
        agreed=sum(not lines for lines in listed),
        total=len(listed),
        differences=tuple(line for lines in listed for line in lines),
    )


def _by_name(shape: Shape, rows: Iterable[Row]) -> dict[Name, Row]:
    """Rows by their name; the second of two with one name gets a number, so that none is lost."""
    named: dict[Name, Row] = {}
    for row in rows:
        name = shape.named(row)
        number = 1
        while name in named:
            number += 1
            name = (*shape.named(row), f"#{number}")
        named[name] = row
    return named


def _row_differences(section: str, shape: Shape, name: Name, key: Row | None, ours: Row | None) -> list[str]:
    called = f"{section} {' '.join(part for part in name if part)}"
    if ours is None:
        return [f"{called}: missing"]
    if key is None:
        return [f"{called}: not in the key"]
    lines = []
    for field in sorted({*key, *ours} - shape.spoken):
        wanted, found = _plain(key.get(field)), _plain(ours.get(field))
        if field in shape.sets:
            wanted, found = _as_set(wanted), _as_set(found)
        lines += [
            f"{called} {field}{path}: key {_said(one)}, ours {_said(other)}"
            for path, one, other in _leaves(wanted, found)
        ]
    return lines


def _plain(value: Any) -> Any:
    """Values that mean the same are the same: a number and its text, an empty text and none, 12.50 and 12.5."""
    if isinstance(value, bool):
        return value
    if value is None or value == "":
        return None
    if isinstance(value, Mapping):
        return {field: plain for field, one in value.items() if (plain := _plain(one)) is not None}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, int | Decimal):
        return _number(str(value))
    return _number(value) if isinstance(value, str) else value


def _number(text: str) -> str:
    """Plain decimals without trailing zeros; anything else, and codes with leading zeros, as it stands.

    Done on the text: numbers of documents are longer than a float and than a decimal context.
    """
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, point, fraction = digits.partition(".")
    if not digits.isascii() or not whole.isdigit() or (len(whole) > 1 and whole.startswith("0")):
        return text
    if point and not fraction.isdigit():
        return text
    plain = f"{whole}.{fraction}".rstrip("0").rstrip(".") if point else whole
    return plain if plain == "0" else sign + plain


def _as_set(value: Any) -> Any:
    return sorted(value, key=repr) if isinstance(value, list) else value


def _leaves(key: Any, ours: Any, path: str = "") -> Iterable[tuple[str, Any, Any]]:
    """The places where two values differ, as deep as both have the same form."""
    if isinstance(key, dict) and isinstance(ours, dict):
        for field in [*key, *(field for field in ours if field not in key)]:
            yield from _leaves(key.get(field), ours.get(field), f"{path}.{field}")
    elif isinstance(key, list) and isinstance(ours, list) and len(key) == len(ours):
        for place, (one, other) in enumerate(zip(key, ours, strict=True)):
            yield from _leaves(one, other, f"{path}[{place}]")
    elif key != ours or type(key) is not type(ours):
        yield path, key, ours


def _said(value: Any) -> str:
    return "nothing" if value is None else str(value)
