"""The floor of a day: what hands do at a handheld, flow by flow. The order of the questions is the tables here."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.acceptance.handheld import Handheld, Screen
from tests.acceptance.web import NotThere

Row = Mapping[str, str]
#: Buttons that say yes to a screen that wants a person to decide, the first it has.
YES: Final = ("accept", "keep", "yes", "confirm", "main", "done", "ok")
#: A screen that says the same and asks for the same so often goes round in a circle; a long day only goes on.
SAME_SCREEN_MAX: Final = 25


@dataclass(frozen=True, kw_only=True)
class Question:
    """One question of a flow: what it is about, and what of a row answers it (none: not asked for this row)."""

    about: str
    answer: Callable[[Row], str | None]


def _of(column: str) -> Callable[[Row], str | None]:
    return lambda row: row[column]


def _expiry(row: Row) -> str:
    return row["expiry"] or "none"


def _damaged_place(row: Row) -> str | None:
    return row["damaged_location"] if int(row["qty_damaged"]) else None


def _good_place(row: Row) -> str | None:
    return row["location"] if int(row["qty_good"]) else None


#: receiving: the pass is scanned first; then, for each row, these; then the next row's item.
RECEIVING: Final = (
    Question(about="item", answer=_of("item_no")),
    Question(about="lot", answer=_of("lot")),
    Question(about="expiry", answer=_expiry),
    Question(about="good quantity", answer=_of("qty_good")),
    Question(about="damaged quantity", answer=_of("qty_damaged")),
    Question(about="place of the damaged", answer=_damaged_place),
    Question(about="place", answer=_good_place),
)
#: returns: the parcel is scanned first.
RETURNS: Final = (
    Question(about="item", answer=_of("item_no")),
    Question(about="lot", answer=_of("lot")),
    Question(about="expiry", answer=_expiry),
    Question(about="quantity", answer=_of("qty")),
    Question(about="condition", answer=_of("condition")),
    Question(about="place", answer=_of("location")),
)
#: counting: the place is scanned first.
COUNTING: Final = (
    Question(about="item", answer=_of("item_no")),
    Question(about="lot", answer=_of("lot")),
    Question(about="expiry", answer=_expiry),
    Question(about="quantity", answer=_of("counted_qty")),
)


class Stuck(Exception):
    """A flow did not go on; the sentence says where."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A flow that works through rows: what opens it, what is asked for each row, what closes it."""

    name: str
    """As on the menu."""
    opens_with: str
    """Column whose value is scanned first."""
    questions: tuple[Question, ...]
    closes_with: tuple[str, ...]
    """Keys of the button that ends it, the first it has."""


RECEIVE: Final = Flow(
    name="receiving",
    opens_with="pass_no",
    questions=RECEIVING,
    closes_with=("close",),
)
TAKE_BACK: Final = Flow(
    name="returns", opens_with="logistics_no", questions=RETURNS, closes_with=("close", "done")
)
COUNT: Final = Flow(name="counting", opens_with="location", questions=COUNTING, closes_with=("close", "done"))


def work_through(person: Handheld, flow: Flow, rows: Iterable[Row], *, close: bool) -> list[str]:
    """Work through rows that open with the same scan; gives what did not go, one sentence a row.

    A row that is refused is left, and the flow is begun anew for the next one, as a person would.
    """
    troubles: list[str] = []
    screen: Screen | None = None
    opening = ""
    for row in rows:
        opening = row[flow.opens_with]
        try:
            if screen is None:
                screen = _answered(person, person.begin(flow.name), opening, about=flow.opens_with)
            screen = _one_row(person, flow, screen, row)
        except (Stuck, NotThere) as trouble:
            troubles.append(f"{flow.name} {opening} {row['item_no']} {row['lot']}: {trouble}")
            screen = None
    if close:
        try:
            if screen is None:
                screen = _answered(person, person.begin(flow.name), opening, about=flow.opens_with)
            screen = _going_on(person.press(screen, *flow.closes_with), about="closing")
            while screen.wants == "WantsConfirm" and not screen.is_over:
                screen = _going_on(person.press(screen, *flow.closes_with, *YES), about="closing")
        except (Stuck, NotThere) as trouble:
            troubles.append(f"{flow.name} {opening}: closing it: {trouble}")
    return troubles


def _one_row(person: Handheld, flow: Flow, screen: Screen, row: Row) -> Screen:
    for question in flow.questions:
        answer = question.answer(row)
        if answer is not None:
            screen = _answered(person, screen, answer, about=question.about)
    return screen


def _answered(person: Handheld, screen: Screen, answer: str, *, about: str) -> Screen:
    """Give an answer; where a person must decide or confirm, say yes to what is really there."""
    screen = _going_on(person.give(screen, answer), about=about)
    while screen.wants == "WantsConfirm" and not screen.is_over:
        screen = _going_on(person.press(screen, *YES), about=f"confirming {about}")
    while screen.wants == "WantsChoice" and screen.tone == "decision":
        screen = _going_on(person.press(screen, answer, *YES), about=f"deciding about {about}")
    return screen


def _going_on(screen: Screen, *, about: str) -> Screen:
    if screen.tone == "error":
        raise Stuck(f"{about}: {screen.says}")
    return screen


def follow(person: Handheld, flow: str, *, first: str | None = None) -> int:
    """Do what a flow asks until it asks no more: scan what the screen names, press what it wants pressed.

    `first` is scanned before (a pass, a vehicle). Gives how many answers were wanted; raises Stuck.
    """
    screen = person.begin(flow)
    answers, seen = 0, Counter[tuple[str, ...]]()
    if first is not None:
        screen = _going_on(person.give(screen, first), about=first)
    while not screen.is_over:
        sight = (screen.wants, screen.asks, *screen.words)
        seen[sight] += 1
        if seen[sight] > SAME_SCREEN_MAX:
            raise Stuck(f"{flow} goes round in a circle: {screen.says}")
        if screen.asks:
            screen = _going_on(person.give(screen, screen.asks), about=f"{flow} {screen.asks}")
        elif screen.wants == "WantsConfirm":
            screen = _going_on(person.press(screen, *YES), about=flow)
        else:
            return answers
        answers += 1
    return answers
