"""What procedures work with and give back: the desk with its rules and clock, and the effect of one message."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from config.customs_rules import CustomsRules
from config.settings import Settings
from wms.customs.inbox import Outcome
from wms.customs.inspectors import MerchantsOf
from wms.i18n import N_, Sentence, say


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What a procedure made of a message; `brings` are the keys of documents others may wait for."""

    outcome: Outcome
    said: Sentence
    document_number: str = ""
    waits_for: str = ""
    brings: tuple[str, ...] = ()


def _nobody(_session: Session, _orders: Sequence[str], /) -> Mapping[str, str]:
    """Merchants of orders where nobody keeps orders."""
    return {}


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What every procedure needs besides its message.

    `procedures` are those of packages above this one, by the record they take; `merchants_of` asks the orders who sold
    what; `message_id` is the message at hand.
    """

    settings: Settings
    rules: CustomsRules
    by_id: int
    at: datetime
    procedures: Mapping[type[object], Callable[..., "Effect"]] = field(default_factory=dict)
    merchants_of: MerchantsOf = _nobody
    message_id: int = 0

    @property
    def day(self) -> date:
        """The zone's calendar day."""
        return self.at.astimezone(ZoneInfo(self.settings.time_zone)).date()


class Procedure(Protocol):
    """Takes one kind of message."""

    def __call__(self, session: Session, body: Any, /, *, desk: Desk) -> Effect: ...


TAKEN = N_("Taken in.")
KNOWN = N_("Known already; nothing changed.")
WAITS = N_("Kept: it belongs to {number}, which is not here yet.")
NO_PROCEDURE = N_("Kept: this kind of message is read, but nothing here acts on it yet.")
PARKED = N_("Result {result} of {number} is not known here; a person decides.")


def taken(number: str, *brings: str) -> Effect:
    """The document is taken in; `brings` are the keys others may wait for."""
    return Effect(
        outcome=Outcome.ACCEPTED, said=say(TAKEN), document_number=number, brings=tuple(filter(None, brings))
    )


def repeated(number: str) -> Effect:
    """The same paper again."""
    return Effect(outcome=Outcome.REPEATED, said=say(KNOWN), document_number=number)


def waits(number: str, key: str) -> Effect:
    """Kept until the document with this key comes."""
    return Effect(
        outcome=Outcome.WAITING, said=say(WAITS, number=number), document_number=number, waits_for=key
    )


def parked(number: str, result: str) -> Effect:
    """A result nobody here knows: a person decides."""
    return Effect(
        outcome=Outcome.PARKED, said=say(PARKED, number=number, result=result), document_number=number
    )


def inner(number: str) -> str:
    """Key of a document by our own number."""
    return f"inner:{number}"


def pre_entry(number: str) -> str:
    """Key of a document by the number its answer gave."""
    return f"pre_entry:{number}"


def declaration_key(number: str) -> str:
    """Key of a customs declaration by its number."""
    return f"declaration:{number}" if number else ""


def list_key(number: str) -> str:
    """Key of a list or bill by customs' number."""
    return f"list:{number}"
