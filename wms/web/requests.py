"""Reading what came in: forms into dataclasses, request ids, page numbers."""

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from typing import Any, ClassVar, Final, Protocol, TypeVar
from uuid import UUID, uuid4

from flask import request
from pydantic import TypeAdapter, ValidationError
from werkzeug.routing import IntegerConverter, Map

from wms.errors import Refusal
from wms.i18n import N_, Sentence, plain, say


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


F = TypeVar("F", bound=_Dataclass)
PAGE_ROWS: Final = 50
#: The greatest key of a row.
KEY_MAX: Final = 2**63 - 1
_WHOLE_DIGITS_MAX: Final = 12
_DECIMALS_MAX: Final = 15
#: A character no text of PostgreSQL can hold, and the sign that shows it.
NUL: Final = "\x00"
NUL_SIGN: Final = "\u2400"


class FieldMissing(Refusal):
    """A field that must be filled in is empty."""

    message = N_("Please fill in: {field}.")
    status = 422


class FieldUnreadable(Refusal):
    """A field holds something else than it should."""

    message = N_("{field}: {value} cannot be read. Please correct it.")
    status = 422


class BadRequestId(Refusal):
    """The request number is missing or no UUID."""

    message = N_("The request number is missing or damaged. Reload the page and try again.")
    status = 400


def parse_form(kind: type[F], values: Mapping[str, str] | None = None) -> F:
    """The form of this request as a frozen dataclass; empty fields count as not given.

    A field's label comes from its metadata: ``name: str = field(metadata=label(N_("Name")))``. Raises
    FieldMissing and FieldUnreadable.
    """
    given = request.form if values is None else values
    names = {field.name for field in fields(kind)}
    for name in names & given.keys():
        if NUL in given[name]:
            raise FieldUnreadable(field=_label(kind, name), value=given[name].replace(NUL, NUL_SIGN)[:80])
    filled = {name: text.strip() for name, text in given.items() if name in names and text.strip()}
    try:
        read = TypeAdapter(kind).validate_python(filled)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else ""
        if first["type"] in {"missing", "missing_argument", "missing_keyword_only_argument"}:
            raise FieldMissing(field=_label(kind, name)) from None
        raise FieldUnreadable(field=_label(kind, name), value=filled.get(name, "")[:80]) from None
    for name, text in filled.items():
        number = getattr(read, name)
        if isinstance(number, Decimal | int) and not is_plain(Decimal(number)):
            raise FieldUnreadable(field=_label(kind, name), value=text[:80])
    return read


def is_plain(number: Decimal) -> bool:
    """Whether a number has at most 12 digits before its point and 15 after it.

    1e-999999999 is a number too, and written out it fills the memory.
    """
    exponent = number.as_tuple().exponent
    return isinstance(exponent, int) and exponent >= -_DECIMALS_MAX and number.adjusted() < _WHOLE_DIGITS_MAX


def label(sentence: str) -> dict[str, Sentence]:
    """Metadata of a form's field: its marked label."""
    return {"label": say(sentence)}


def _label(kind: type[F], name: str) -> Sentence:
    for field in fields(kind):
        if field.name == name and "label" in field.metadata:
            found = field.metadata["label"]
            assert isinstance(found, Sentence)
            return found
    return plain(name)


def request_id() -> UUID:
    """The number of this request: header Idempotency-Key, or the form's hidden field; raises BadRequestId."""
    text = request.headers.get("Idempotency-Key") or request.form.get("request_id") or ""
    try:
        return UUID(text)
    except ValueError:
        raise BadRequestId from None


def new_request_id() -> str:
    """For a form's hidden field."""
    return str(uuid4())


def is_key(text: str) -> bool:
    """Whether a text is a whole number that a table can hold."""
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= KEY_MAX


class KeyConverter(IntegerConverter):
    """The key of a row in an address; a number no table can hold is an address of nothing."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=KEY_MAX)


def page_number() -> int:
    """Which page of a list is wanted, from 1; nonsense counts as 1."""
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1
