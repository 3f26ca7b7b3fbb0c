"""Flows: what the menu offers, and where each run of one stands.

The step of a run is kept here under a random number; the handheld holds only that number. Steps go in and out
as JSON through pydantic, by the step's class name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.auth.permissions import Permission
from wms.db import Base
from wms.errors import Refusal
from wms.floor.screens import Answer, Screen, Step
from wms.i18n import N_
from wms.sealed import SealedJson


class RunEnded(Refusal):
    """The run was finished or belongs to somebody else."""

    message = N_("This task is finished. Start again from the menu.")
    status = 410


class Start(Protocol):
    """Gives the first screen."""

    def __call__(self, session: Session, /, *, by_id: int, at: datetime) -> Screen: ...


class Show(Protocol):
    """Draws the screen of a step again, changing nothing; also after a refusal and on reload."""

    def __call__(self, session: Session, step: Any, /, *, at: datetime) -> Screen: ...


class Take(Protocol):
    """Takes an answer at a step, does the work and gives the next screen; raises a Refusal to undo it."""

    def __call__(
        self, session: Session, step: Any, given: Answer, /, *, by_id: int, at: datetime
    ) -> Screen: ...


@dataclass(frozen=True, kw_only=True)
class Flow:
    """One kind of work on the handheld."""

    name: str
    """As in its address: small letters and dashes."""
    title: str
    """Marked sentence for the menu."""
    permission: Permission
    steps: tuple[type[Step], ...]
    start: Start
    show: Show
    answer: Take
    open_tasks: Callable[[Session], int] | None = None
    """How many tasks wait, for the menu; none where nobody counts them."""


class FlowRun(Base):
    """One run of a flow by one person."""

    __tablename__ = "flow_run"
    __table_args__ = {"comment": "Where one run of a handheld flow stands", "info": UNAUDITED}  # noqa: RUF012

    id: Mapped[UUID] = mapped_column(primary_key=True, comment="Random number in the handheld's address")
    flow: Mapped[str] = mapped_column(comment="Name of the flow")
    by_id: Mapped[int] = mapped_column(index=True, comment="Whose run it is")
    began_at: Mapped[datetime] = mapped_column(comment="When it began")
    seen_at: Mapped[datetime] = mapped_column(comment="Last answer")
    ended_at: Mapped[datetime | None] = mapped_column(
        comment="When its last screen was answered or it was left"
    )
    version: Mapped[int] = mapped_column(comment="Counts answers; a button on an older screen does nothing")
    step: Mapped[str | None] = mapped_column(comment="Class of the step that waits")
    state: Mapped[dict[str, Any]] = mapped_column(SealedJson, comment="Fields of that step, sealed")


def begin(session: Session, flow: Flow, *, by_id: int, at: datetime) -> tuple[FlowRun, Screen]:
    """Start a run and give its first screen."""
    screen = flow.start(session, by_id=by_id, at=at)
    run = FlowRun(id=uuid4(), flow=flow.name, by_id=by_id, began_at=at, seen_at=at, version=0, state={})
    keep(run, screen, at=at)
    session.add(run)
    session.flush()
    return run, screen


def resume(session: Session, flow: Flow, run_id: UUID, *, by_id: int, for_update: bool = False) -> FlowRun:
    """The person's own open run; raises RunEnded. Locked `for_update` while an answer is worked on."""
    statement = select(FlowRun).where(FlowRun.id == run_id, FlowRun.flow == flow.name, FlowRun.by_id == by_id)
    if for_update:
        statement = statement.with_for_update()
    run = session.scalars(statement.execution_options(populate_existing=True)).first()
    if run is None or run.ended_at is not None or run.step is None:
        raise RunEnded
    return run


def step_of(flow: Flow, run: FlowRun) -> Step:
    """The step that waits."""
    kind = next((step for step in flow.steps if step.__name__ == run.step), None)
    if kind is None:
        # a release took this step away while the run was open
        raise RunEnded
    try:
        return _adapter(kind).validate_python(run.state)
    except ValidationError:
        # its month's key was destroyed, or a release gave the step other fields
        raise RunEnded from None


def keep(run: FlowRun, screen: Screen, *, at: datetime) -> None:
    """Remember where the run stands after a screen."""
    run.seen_at = at
    run.version += 1
    if screen.step is None:
        run.ended_at, run.step, run.state = at, None, {}
    else:
        kind = type(screen.step)
        run.step, run.state = kind.__name__, _adapter(kind).dump_python(screen.step, mode="json")


_ADAPTERS: dict[type[Step], TypeAdapter[Step]] = {}


def _adapter(kind: type[Step]) -> TypeAdapter[Step]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]
