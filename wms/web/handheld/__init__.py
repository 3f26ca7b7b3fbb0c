"""The handheld: a menu of flows, and one address per run that shows a screen and takes an answer.

A flow is put on the menu by handing it to `make_app`; nothing else is needed (see `wms.floor.screens`).
"""

from typing import Final
from uuid import UUID

from flask import current_app, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission, may, require
from wms.errors import Refusal
from wms.floor import codec, flows
from wms.floor.flows import Flow, FlowRun, RunEnded
from wms.floor.screens import Scanned, Screen, Tone, Verdict
from wms.i18n import N_, Sentence, say
from wms.scans import record_scan
from wms.web.doors import Pages
from wms.web.handheld.answers import Given, read_answer
from wms.web.house import now, person, run_action, run_once, session
from wms.web.refusals import NoSuchPage, wants_fragment
from wms.web.requests import request_id

pages = Pages("handheld", "/h")
OLD_SCREEN: Final = say(N_("That button was on an older screen. Look again."))


@pages.page("/", permission=Permission.USE)
def tasks() -> str:
    """What this person may do here."""
    offered = [
        (flow, None if flow.open_tasks is None else flow.open_tasks(session()))
        for flow in _flows().values()
        if may(person().role, flow.permission)
    ]
    return render_template("handheld/menu.html", tasks=offered)


@pages.action("/<name>/start", permission=Permission.USE)
def start(name: str) -> Response:
    """Begin a run of a flow."""
    flow = _flow(name)
    by_id, at = person().id, now()

    def begin(database: Session) -> UUID:
        run, _screen = flows.begin(database, flow, by_id=by_id, at=at)
        return run.id

    run_id = run_action(begin, action=f"{flow.name}.start")
    return redirect(url_for("handheld.show", name=name, run_id=run_id), 303)


@pages.page("/<name>/<uuid:run_id>", permission=Permission.USE)
def show(name: str, run_id: UUID) -> str | Response:
    """Where a run stands; an ended one leads back to the menu."""
    flow = _flow(name)
    try:
        run = flows.resume(session(), flow, run_id, by_id=person().id)
    except RunEnded:
        return redirect(url_for("handheld.tasks"))
    screen = flow.show(session(), flows.step_of(flow, run), at=now())
    return _page(flow, run_id, run.version, screen)


@pages.action("/<name>/<uuid:run_id>", permission=Permission.USE)
def answer(name: str, run_id: UUID) -> str:
    """Take an answer once, and give the screen that follows it."""
    flow = _flow(name)
    by_id, at = person().id, now()
    try:
        given = read_answer(request.form)
    except Refusal as unreadable:
        sentence = Sentence(text=unreadable.message, facts=unreadable.facts)
        return _page(flow, run_id, *_refused_screen(flow, run_id, None, sentence))

    def work(database: Session) -> dict[str, object]:
        run = flows.resume(database, flow, run_id, by_id=by_id, for_update=True)
        step = flows.step_of(flow, run)
        if isinstance(given.answer, Scanned) or given.version == run.version:
            screen = flow.answer(database, step, given.answer, by_id=by_id, at=at)
        else:
            screen = flow.show(database, step, at=at).saying(OLD_SCREEN, tone=Tone.QUIET)
        flows.keep(run, screen, at=at)
        _keep_scan(database, flow, run, given, screen.verdict, tone=screen.tone.value)
        return {
            "screen": codec.to_json(screen),
            "version": run.version,
            "is_over": screen.step is None,
        }

    answered = run_once(
        work, action=f"{flow.name}.{given.verb}", request_id=request_id(), content=f"{run_id} {given.content}"
    )
    if answered.refused is None:
        version, screen = int(answered.answer["version"]), codec.from_json(answered.answer["screen"])
        return _page(flow, run_id, version, screen, is_over=bool(answered.answer["is_over"]))
    version, screen = _refused_screen(flow, run_id, given.scanned, answered.refused.sentence)
    if not answered.repeated:
        _keep_refused_scan(flow, run_id, given, answered.refused.code, answered.refused.sentence)
    return _page(flow, run_id, version, screen)


def _refused_screen(flow: Flow, run_id: UUID, scanned: str | None, sentence: Sentence) -> tuple[int, Screen]:
    run = flows.resume(session(), flow, run_id, by_id=person().id)
    screen = flow.show(session(), flows.step_of(flow, run), at=now())
    return run.version, screen.refusing(sentence, scanned=scanned)


def _keep_scan(
    database: Session, flow: Flow, run: FlowRun, given: Given, verdict: Verdict | None, *, tone: str
) -> None:
    if given.scanned is not None:
        record_scan(
            database,
            given.scanned,
            verdict=tone,
            sentence=None if verdict is None else verdict.sentence,
            flow=flow.name,
            flow_id=run.id,
            device_at=given.device_at,
        )


def _keep_refused_scan(flow: Flow, run_id: UUID, given: Given, code: str, sentence: Sentence) -> None:
    scanned = given.scanned
    if scanned is None:
        return
    run_action(
        lambda database: record_scan(
            database,
            scanned,
            verdict=code,
            sentence=sentence,
            flow=flow.name,
            flow_id=run_id,
            device_at=given.device_at,
        ),
        action=f"{flow.name}.scan",
        request_id=request_id(),
    )


def _page(flow: Flow, run_id: UUID, version: int, screen: Screen, *, is_over: bool = False) -> str:
    template = "handheld/fragment.html" if wants_fragment() else "handheld/screen.html"
    return render_template(
        template,
        flow=flow,
        run_id=run_id,
        version=version,
        screen=screen,
        is_over=is_over,
        kind=type(screen.wants).__name__,
    )


def _flows() -> dict[str, Flow]:
    found: dict[str, Flow] = current_app.extensions["wms_flows"]
    return found


def _flow(name: str) -> Flow:
    flow = _flows().get(name)
    if flow is None:
        raise NoSuchPage
    require(person().role, flow.permission)
    return flow
