"""A flow that asks every kind of question, as receiving against a pass would; it moves nothing."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from wms.auth.permissions import Permission
from wms.errors import Refusal
from wms.floor.flows import Flow
from wms.floor.screens import (
    PROBLEM,
    UNDO,
    Action,
    Answer,
    Band,
    Chosen,
    Counted,
    Dated,
    Option,
    Pressed,
    Progress,
    Scanned,
    Screen,
    Step,
    WantsChoice,
    WantsConfirm,
    WantsDate,
    WantsNumber,
    WantsScan,
    big,
    small,
    warning,
)
from wms.i18n import plain, say
from wms.outbox import tell

EXPECTED = Decimal(120)


@dataclass(frozen=True, kw_only=True)
class AskLot(Step):
    done: int = 0


@dataclass(frozen=True, kw_only=True)
class AskQuantity(Step):
    lot: str
    done: int


@dataclass(frozen=True, kw_only=True)
class AskMore(Step):
    lot: str
    quantity: Decimal
    done: int


@dataclass(frozen=True, kw_only=True)
class AskExpiry(Step):
    lot: str
    done: int


@dataclass(frozen=True, kw_only=True)
class AskProblem(Step):
    done: int


@dataclass(frozen=True, kw_only=True)
class AskDone(Step):
    done: int


class NotOnPass(Refusal):
    message = "{lot} is not on this gate pass. Expected: {wanted}."


def show(_session: Session, step: Any, /, *, at: datetime) -> Screen:
    shared: dict[str, Any] = {
        "flow": "sample",
        "title": say("Receiving"),
        "step": step,
        "band": Band.BONDED,
        "progress": Progress(done=step.done, total=3, unit=say("cartons")),
        "actions": (PROBLEM, UNDO),
    }
    where = big("Vehicle", "藏A·12345")
    match step:
        case AskLot():
            return Screen(
                question=say("Scan the lot label."),
                wants=WantsScan(),
                facts=(big("Product", "奶粉 2 段 800 g"), where, small("Gate pass", "Z9999I261124000001")),
                **shared,
            )
        case AskQuantity(lot=lot):
            return Screen(
                question=say("How many are there?"),
                wants=WantsNumber(unit=say("cartons"), expected=EXPECTED),
                facts=(big("Lot", lot),),
                **shared,
            )
        case AskMore(quantity=quantity):
            return Screen(
                question=say("More than declared. Is that right?"),
                wants=WantsConfirm(),
                facts=(big("Counted", quantity), big("Declared", EXPECTED)),
                main=Action(key="more", label=say("Yes, more came"), asks_again=True),
                **shared,
            )
        case AskExpiry(lot=lot):
            return Screen(
                question=say("What expiry is printed?"),
                wants=WantsDate(earliest=date(2026, 1, 1)),
                facts=(big("Lot", lot), warning("Shelf life", plain("31 d"))),
                **shared,
            )
        case AskProblem():
            options = tuple(
                Option(key=key, label=say(text))
                for key, text in (("damaged", "Damaged"), ("wrong", "Wrong item"), ("unreadable", "No label"))
            )
            return Screen(question=say("What is wrong?"), wants=WantsChoice(options=options), **shared)
        case AskDone():
            shared |= {"band": Band.DOMESTIC, "actions": ()}
            finish = Action(key="finish", label=say("Done"))
            return Screen(question=say("Everything is in."), wants=WantsConfirm(), main=finish, **shared)
    raise AssertionError(step)


def start(session: Session, /, *, by_id: int, at: datetime) -> Screen:
    return show(session, AskLot(), at=at)


def answer(session: Session, step: Any, given: Answer, /, *, by_id: int, at: datetime) -> Screen:
    match step, given:
        case _, Pressed(key="problem"):
            return show(session, AskProblem(done=step.done), at=at).deciding(say("Choose what is wrong."))
        case AskLot(done=done), Scanned(text=text) if text.startswith("L"):
            return show(session, AskQuantity(lot=text, done=done), at=at).saying(
                say("Lot {lot} is right.", lot=text), scanned=text
            )
        case AskLot(), Scanned(text=text):
            tell(session, destination="nobody", kind="sample", payload=b"", at=at)
            raise NotOnPass(lot=text, wanted="L1LWIN02540K8")
        case AskQuantity(lot=lot, done=done), Counted(number=number) if number > EXPECTED:
            return show(session, AskMore(lot=lot, quantity=number, done=done), at=at).deciding(
                say("{extra} more than declared.", extra=number - EXPECTED)
            )
        case (AskQuantity(lot=lot, done=done), Counted()) | (
            AskMore(lot=lot, done=done),
            Pressed(key="more"),
        ):
            tell(session, destination="nobody", kind="sample", payload=lot.encode(), at=at)
            return show(session, AskExpiry(lot=lot, done=done), at=at).saying(say("Counted."))
        case AskExpiry(done=done), Dated(day=day) if day > at.date() + timedelta(days=30):
            following: Step = AskLot(done=done + 1) if done < 2 else AskDone(done=3)
            return show(session, following, at=at).saying(say("Taken in."))
        case AskProblem(done=done), Chosen(key=key):
            return show(session, AskLot(done=done), at=at).saying(say("Noted: {key}.", key=key))
        case AskDone(), Pressed(key="finish"):
            return Screen(
                flow="sample",
                title=say("Receiving"),
                question=say("The vehicle is unloaded."),
                wants=WantsConfirm(),
                step=None,
            )
    return show(session, step, at=at).refusing(say("That does not answer the question."))


SAMPLE = Flow(
    name="sample",
    title="Receiving",
    permission=Permission.RECEIVE,
    steps=(AskLot, AskQuantity, AskMore, AskExpiry, AskProblem, AskDone),
    start=start,
    show=show,
    answer=answer,
    open_tasks=lambda _session: 3,
)
