"""The one answer of every handheld flow: a `Screen`, one question on it.

A flow is three functions and a few steps. A `Step` is what the server remembers between two screens; it is
kept by `wms.floor.flows` under the flow's id and never leaves the server, so a flow may trust it. A worker's
`Answer` comes in, a `Screen` goes out, and the screen carries the step that waits for the next answer.

Sentences are `Sentence` values, made by ``say(N_("Scan lot {lot}."), lot=lot.number)``; the template
translates them. A flow says no by raising a `Refusal`: all it did is rolled back, the worker sees the red
screen with the refusal's sentence, acknowledges it, and stands at the same step as before.

An example, whole::

    @dataclass(frozen=True, kw_only=True)
    class AskBin(Step):
        lot_id: int


    def show(session: Session, step: Step, *, at: datetime) -> Screen:
        match step:
            case AskBin(lot_id=lot_id):
                lot = session.get_one(Lot, lot_id)
                return Screen(
                    flow="putaway",
                    title=say(N_("Put away")),
                    question=say(N_("Scan the bin.")),
                    wants=WantsScan(),
                    facts=(big(N_("Lot"), lot.number), small(N_("Expiry"), lot.expires_on)),
                    band=Band.BONDED,
                    actions=(PROBLEM, UNDO),
                    step=step,
                )


    def answer(session: Session, step: Step, given: Answer, *, by_id: int, at: datetime) -> Screen:
        match step, given:
            case AskBin(lot_id=lot_id), Scanned(text=text):
                match parse_code(text):
                    case LocationCode(code=code):
                        ...
                        done = say(N_("{lot} is in {bin}."), lot=lot.number, bin=code)
                        return show(session, AskLot(), at=at).saying(done, scanned=text)
                    case other:
                        return show(session, step, at=at).refusing(messages.not_a_bin(other), scanned=text)


    PUTAWAY = Flow(
        name="putaway",
        title=N_("Put away"),
        permission=Permission.PUT_AWAY,
        steps=(AskLot, AskBin),
        start=start,  # (session, *, by_id, at) -> Screen
        show=show,
        answer=answer,
    )
"""

import dataclasses
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final, Self

from wms.errors import Refusal
from wms.i18n import N_, Sentence, plain, say


class Tone(StrEnum):
    """How a screen sounds, buzzes and looks; always colour, word and shape together."""

    OK = "ok"
    """The last answer was right: green edge, tick, one high beep."""
    ERROR = "error"
    """The last answer was refused: full red screen that must be acknowledged, two low beeps."""
    DECISION = "decision"
    """A person must decide: amber, diamond, two-tone beep."""
    QUIET = "quiet"
    """Nothing happened yet, or the same scan came again: no colour, a soft tick at most."""


class Band(StrEnum):
    """The customs regime of the goods in hand, a fixed colour and word through the whole system."""

    BONDED = "bonded"
    DOMESTIC = "domestic"


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where a flow stands and what it must remember; subclasses add plain fields.

    Fields are what pydantic reads back from JSON unchanged: int, str, Decimal, date, datetime, UUID, StrEnum,
    tuples and frozen dataclasses of them. Class names are unique within a flow.
    """


# ---------------------------------------------------------------- what a screen waits for


@dataclass(frozen=True, kw_only=True)
class WantsScan:
    """A barcode. `typed` offers a field for a label that cannot be read."""

    typed: bool = True


@dataclass(frozen=True, kw_only=True)
class WantsNumber:
    """A count or weight from the big keypad; a scan is taken too, for flows where a scan means +1."""

    unit: Sentence
    expected: Decimal | None = None
    """Filled in beforehand; none leaves the field empty."""
    decimals: int = 0
    """Digits after the point that are allowed; 0 for pieces."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """One button of a choice; `key` comes back in `Chosen`."""

    key: str
    label: Sentence
    hint: Sentence | None = None


@dataclass(frozen=True, kw_only=True)
class WantsChoice:
    """One of a few buttons, at most six."""

    options: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class WantsDate:
    """A day, such as an expiry printed on a carton."""

    earliest: date | None = None
    latest: date | None = None


@dataclass(frozen=True, kw_only=True)
class WantsConfirm:
    """The main action's button, and nothing else; also the last screen of a flow."""


Wants = WantsScan | WantsNumber | WantsChoice | WantsDate | WantsConfirm


# ---------------------------------------------------------------- what comes back


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """Raw text of a scan or of a typed label, unchanged."""

    text: str


@dataclass(frozen=True, kw_only=True)
class Counted:
    """A number from the keypad."""

    number: Decimal


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Key of the option pressed."""

    key: str


@dataclass(frozen=True, kw_only=True)
class Dated:
    """A day."""

    day: date


@dataclass(frozen=True, kw_only=True)
class Pressed:
    """Key of the action pressed: the main one, Problem, Undo, or a flow's own."""

    key: str


Answer = Scanned | Counted | Chosen | Dated | Pressed


class NotWhole(Refusal):
    """Pieces are counted; half of one was said."""

    message = N_("{number} is no whole number. Count in pieces.")
    status = 422


def pieces(number: Decimal) -> int:
    """A count of pieces; raises NotWhole rather than drop a fraction."""
    if number != number.to_integral_value():
        raise NotWhole(number=f"{number:f}")
    return int(number)


# ---------------------------------------------------------------- what a screen shows


class Emphasis(StrEnum):
    """How loud a fact is."""

    BIG = "big"
    """At least 36 px: where, what, how many. At most three on a screen."""
    PLAIN = "plain"
    """At least 18 px: lot, expiry, owner."""
    WARNING = "warning"
    """Plain size with a warning shape and colour: a short expiry, a hold."""


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One label and its value."""

    label: Sentence
    value: Sentence
    emphasis: Emphasis = Emphasis.PLAIN


def big(label: str, value: object) -> Fact:
    """A loud fact from a marked label and a code or number: ``big(N_("Bin"), "A-01-02")``."""
    return Fact(label=say(label), value=_value(value), emphasis=Emphasis.BIG)


def small(label: str, value: object) -> Fact:
    """A plain fact from a marked label and a code or number."""
    return Fact(label=say(label), value=_value(value))


def warning(label: str, value: object) -> Fact:
    """A fact to be careful about."""
    return Fact(label=say(label), value=_value(value), emphasis=Emphasis.WARNING)


def _value(value: object) -> Sentence:
    return value if isinstance(value, Sentence) else plain(value)


@dataclass(frozen=True, kw_only=True)
class Progress:
    """n of m; `done` may pass `total`, which the screen shows as more than full."""

    done: Decimal | int
    total: Decimal | int
    unit: Sentence


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The last scan as the worker knows it, and what was said to it."""

    sentence: Sentence
    scanned: str | None = None


@dataclass(frozen=True, kw_only=True)
class Action:
    """A button; `key` comes back in `Pressed`."""

    key: str
    label: Sentence
    asks_again: bool = False
    """The button must be pressed twice: what it does is not undone easily."""


PROBLEM: Final = Action(key="problem", label=say(N_("Problem")))
UNDO: Final = Action(key="undo", label=say(N_("Undo")))


@dataclass(frozen=True, kw_only=True)
class Screen:
    """One question, and what the worker needs to answer it."""

    flow: str
    """Name of the flow, as in its address."""
    title: Sentence
    question: Sentence
    wants: Wants
    step: Step | None
    """What waits for the next answer; None ends the flow, and any answer goes back to the menu."""
    facts: tuple[Fact, ...] = ()
    """In reading order: where, what, how many, then the rest."""
    progress: Progress | None = None
    verdict: Verdict | None = None
    tone: Tone = Tone.QUIET
    band: Band | None = None
    asks: str | None = None
    """The very code, number or day that is wanted, where there is one; programs that test read it."""
    main: Action | None = None
    """The one big button at the bottom; none where a scan is the answer."""
    actions: tuple[Action, ...] = ()
    """Small buttons beside it: Problem, Undo."""

    def saying(self, sentence: Sentence, *, scanned: str | None = None, tone: Tone = Tone.OK) -> Self:
        """The same screen after a right answer."""
        return dataclasses.replace(self, verdict=Verdict(sentence=sentence, scanned=scanned), tone=tone)

    def refusing(self, sentence: Sentence, *, scanned: str | None = None) -> Self:
        """The same screen after a wrong one; for a refusal that must also undo work, raise a Refusal."""
        return self.saying(sentence, scanned=scanned, tone=Tone.ERROR)

    def deciding(self, sentence: Sentence, *, scanned: str | None = None) -> Self:
        """The same screen asking a person to decide."""
        return self.saying(sentence, scanned=scanned, tone=Tone.DECISION)


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What all screens of one flow have in common."""

    flow: str
    title: Sentence
    band: Band | None = None

    def ask(
        self,
        step: Step | None,
        question: Sentence,
        wants: Wants,
        *,
        facts: tuple[Fact, ...] = (),
        asks: str | None = None,
        progress: Progress | None = None,
        main: Action | None = None,
        actions: tuple[Action, ...] = (),
    ) -> Screen:
        """The screen that puts this question."""
        return Screen(
            flow=self.flow,
            title=self.title,
            question=question,
            wants=wants,
            step=step,
            facts=facts,
            asks=asks,
            progress=progress,
            main=main,
            actions=actions,
            band=self.band,
        )
