"""What a scanned text can turn out to be: one frozen value per meaning, for `match`.

A code says what the text *is*; whether such a lot or document exists is for whoever looks it up.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from devices.document_numbers import DocumentKind


class Doubt(StrEnum):
    """Why a text is not understood, or not to be trusted without a second look."""

    EMPTY = "empty"
    TOO_LONG = "too_long"
    UNRECOGNISED = "unrecognised"
    CONTROL_CHARACTER = "control_character"
    MALFORMED_SYMBOLOGY = "malformed_symbology"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    WRONG_LABEL_CHECK = "wrong_label_check"
    NEWER_LABEL = "newer_label"
    WRONG_DATE = "wrong_date"
    MALFORMED_GS1 = "malformed_gs1"
    CONFLICTING_VALUES = "conflicting_values"
    #: A lot or serial ends in what reads as a further field: the scanner swallowed a separator.
    GLUED_FIELDS = "glued_fields"


@dataclass(frozen=True, kw_only=True)
class Code:
    """`text` is what was read, folded and trimmed; `symbology` the AIM identifier, such as `]C1`, if sent."""

    text: str
    symbology: str | None = None


@dataclass(frozen=True, kw_only=True)
class LotCode(Code):
    """A lot, from a label of ours."""

    lot: str


@dataclass(frozen=True, kw_only=True)
class LocationCode(Code):
    """A bin or place, such as WB01-A-05-07-2."""

    location: str


@dataclass(frozen=True, kw_only=True)
class ProductCode(Code):
    """An item number of ours (料号), such as NP-TEA-001."""

    item_no: str


@dataclass(frozen=True, kw_only=True)
class DocumentCode(Code):
    number: str
    kind: DocumentKind


@dataclass(frozen=True, kw_only=True)
class ParcelCode(Code):
    """A waybill number of a parcel (运单)."""

    waybill: str


@dataclass(frozen=True, kw_only=True)
class PlateCode(Code):
    """A vehicle's number plate, without spaces and middle dots."""

    plate: str


@dataclass(frozen=True, kw_only=True)
class ContainerCode(Code):
    """A freight container's number (ISO 6346), check digit right."""

    container: str


@dataclass(frozen=True, kw_only=True)
class PersonCode(Code):
    """The badge of a person."""

    badge: str


@dataclass(frozen=True, kw_only=True)
class ControlCode(Code):
    """A command printed on a card, such as UNDO or CONFIRM."""

    command: str


@dataclass(frozen=True, kw_only=True)
class Traits(Code):
    """What GS1 fields say about goods. None means "not said", never "none": keep what is already known."""

    lot: str | None = None
    serial: str | None = None
    expires_on: date | None = None
    best_before_on: date | None = None
    produced_on: date | None = None
    #: Pieces inside (AI 30 or 37).
    count: int | None = None
    net_mass_g: Decimal | None = None
    #: ISO 3166 numeric, three digits (AI 422).
    origin: str | None = None
    #: Every field as read: (application identifier, value), in printed order.
    elements: tuple[tuple[str, str], ...] = ()
    #: Not empty: ask a person to confirm before anything is written.
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, kw_only=True)
class GtinCode(Traits):
    """A trade item; `gtin` always has 14 digits, filled up with zeros on the left."""

    gtin: str

    @property
    def forms(self) -> tuple[str, ...]:
        """Every form the same number may be filed under, longest first: 14, 13, 12 and 8 digits."""
        lengths = [length for length in (14, 13, 12, 8) if not self.gtin[: 14 - length].strip("0")]
        return tuple(self.gtin[14 - length :] for length in lengths)


@dataclass(frozen=True, kw_only=True)
class BatchCode(Traits):
    """The second bar code of a pack: lot, expiry or serial; joins the GTIN scanned beside it."""


@dataclass(frozen=True, kw_only=True)
class HandlingUnitCode(Traits):
    """A pallet or box: an SSCC of 18 digits, or a number of ours."""

    number: str
    is_sscc: bool
    #: The trade item inside (AI 02), 14 digits.
    content_gtin: str | None = None


@dataclass(frozen=True, kw_only=True)
class UnknownCode(Code):
    """Not understood: `doubt` for programs, `detail` one English sentence for people."""

    doubt: Doubt
    detail: str


AnyCode = (
    LotCode
    | LocationCode
    | ProductCode
    | DocumentCode
    | ParcelCode
    | PlateCode
    | ContainerCode
    | PersonCode
    | ControlCode
    | GtinCode
    | BatchCode
    | HandlingUnitCode
    | UnknownCode
)
