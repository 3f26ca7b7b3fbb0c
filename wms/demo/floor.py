"""The floor's work of the demonstration, done on the same screens as a worker's: what a screen asks for is answered."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy.orm import Session, sessionmaker

from wms.db import run
from wms.floor import flows
from wms.floor.flows import Flow, FlowRun
from wms.floor.screens import Answer, Counted, Pressed, Scanned, Screen, WantsConfirm, WantsNumber
from wms.scans import record_scan

DEVICE: Final = "演示终端"


@dataclass(kw_only=True)
class Hand:
    """A handheld in the hand of one worker."""

    sessions: sessionmaker[Session]
    flow: Flow
    by_id: int
    at: datetime

    def __post_init__(self) -> None:
        self.run_id, self.screen = run(
            self.sessions,
            self._begin,
            by_id=self.by_id,
            action=f"{self.flow.name}.start",
            device=DEVICE,
        )

    def scan(self, text: str) -> None:
        """Scan a label."""
        self.give(Scanned(text=text))

    def give(self, *answers: Answer) -> None:
        """Answer one screen after the other: what no screen can know, such as how goods look."""
        for answer in answers:
            self._give(answer)

    def follow(self, *, answers_max: int) -> None:
        """Answer what the screens ask until they ask nothing more, or so often."""
        for _ in range(answers_max):
            answer = _asked(self.screen)
            if answer is None:
                return
            self._give(answer)

    def _begin(self, session: Session) -> tuple[UUID, Screen]:
        begun, screen = flows.begin(session, self.flow, by_id=self.by_id, at=self.at)
        return begun.id, screen

    def _give(self, answer: Answer) -> None:
        def work(session: Session) -> Screen:
            found = session.get_one(FlowRun, self.run_id)
            step = flows.step_of(self.flow, found)
            screen = self.flow.answer(session, step, answer, by_id=self.by_id, at=self.at)
            flows.keep(found, screen, at=self.at)
            if isinstance(answer, Scanned):
                record_scan(
                    session,
                    answer.text,
                    verdict=screen.tone.value,
                    sentence=None if screen.verdict is None else screen.verdict.sentence,
                    flow=self.flow.name,
                    flow_id=self.run_id,
                )
            return screen

        verb = "scan" if isinstance(answer, Scanned) else "count"
        self.screen = run(
            self.sessions, work, by_id=self.by_id, action=f"{self.flow.name}.{verb}", device=DEVICE
        )


def _asked(screen: Screen) -> Answer | None:
    """What the screen asks for, or none when it asks nothing."""
    if screen.step is None:
        return None
    if screen.asks is not None:
        number = isinstance(screen.wants, WantsNumber)
        return Counted(number=Decimal(screen.asks)) if number else Scanned(text=screen.asks)
    if isinstance(screen.wants, WantsConfirm) and screen.main is not None:
        return Pressed(key=screen.main.key)
    return None
