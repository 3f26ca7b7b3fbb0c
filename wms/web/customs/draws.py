"""双随机: prepare a draw, make it, publish it so that anybody can draw again; and who stays away from whom."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask import flash, redirect, render_template, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission, Role
from wms.auth.users import User
from wms.customs.double_random import load_population, population_hash, rate_of, verify, write_published
from wms.customs.draw import Draw, draws, find_draw, prepare, published, reveal
from wms.customs.inspection import Inspection, OrderedBy
from wms.customs.inspectors import conflicts_in_force, declare_conflict, end_conflict, inspectors
from wms.i18n import N_
from wms.orders.merchants import merchants_of
from wms.web.customs.desk import rules
from wms.web.customs.inspections import KINDS, RESULTS, STATES, TONES
from wms.web.customs.people import names_of
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, person, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form

pages = Pages("draws", "/customs/draws")


@pages.page("/", title=N_("Random draws"), menu=Menu.CUSTOMS, permission=Permission.READ_DOCUMENTS)
def everything() -> str:
    """Every draw, the officers who may be drawn, and their conflicts of interest."""
    made = draws(session())
    register = inspectors(session(), at=now())
    declared = conflicts_in_force(session())
    people = [*(each.officer_id for each in register), *(each.prepared_by_id for each in made)]
    people += [each.officer_id for each in declared]
    accounts = session().execute(
        select(User.name, User.display_name)
        .where(User.role == Role.OFFICER.value, User.active)
        .order_by(User.name)
    )
    return render_template(
        "customs/draws.html",
        draws=[(each, len(each.population["subjects"]), _drawn(session(), each)) for each in made],
        register=register,
        conflicts=declared,
        accounts=[(row.name, row.display_name) for row in accounts],
        names=names_of(session(), people),
    )


def _drawn(database: Session, made: Draw) -> list[Inspection]:
    query = select(Inspection).where(
        Inspection.ordered_by == OrderedBy.DRAW, Inspection.order_number == made.number
    )
    return list(database.scalars(query.order_by(Inspection.subject_kind, Inspection.subject_number)))


@pages.page("/<number>", permission=Permission.READ_DOCUMENTS)
def one(number: str) -> str:
    """One draw: its commitment, its seed once it is out, what was drawn with its rate, and whether it recomputes."""
    found = find_draw(session(), number)
    population = load_population(found.population)
    rates = {
        (each.kind, each.number): rate_of(each, population.weights) * 100 for each in population.subjects
    }
    drawn = _drawn(session(), found)
    faults = verify(published(session(), number)) if found.drawn_at else []
    people = [each.officer_id for one in drawn for each in one.officers]
    expected = sum(rates.values()) / 100
    return render_template(
        "customs/draw.html",
        draw=found,
        population=population,
        whole=population_hash(population) == found.population_hash,
        drawn=[(each, f"{float(rates[each.subject_kind, each.subject_number]):.1f} %") for each in drawn],
        expected=f"{float(expected):.2f}",
        faults=faults,
        names=names_of(session(), [*people, found.prepared_by_id, found.drawn_by_id or 0]),
        kinds=KINDS,
        states=STATES,
        tones=TONES,
        results=RESULTS,
    )


@pages.page("/<number>/file", permission=Permission.READ_DOCUMENTS)
def publish(number: str) -> Response:
    """The file with which anybody draws again."""
    answer = Response(write_published(published(session(), number)), content_type="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{number}.json"'
    return answer


@pages.action("/prepare", permission=Permission.DECIDE_INSPECTION)
def make_ready() -> Response:
    """Freeze who may be drawn and publish the commitment."""
    by_id, at = person().id, now()
    day = at.astimezone(ZoneInfo(house().settings.time_zone)).date()
    made = run_action(
        lambda database: prepare(database, rules().inspection, merchants_of, day=day, by_id=by_id, at=at),
        action="draw.prepare",
    )
    flash(t(N_("The commitment is published. The draw can be made now.")))
    return redirect(url_for("draws.one", number=made.number), 303)


@pages.action("/<number>/reveal", permission=Permission.DECIDE_INSPECTION)
def make(number: str) -> Response:
    """Publish the seed, draw, and order the inspections."""
    draw_id, by_id, at = find_draw(session(), number).id, person().id, now()
    made = run_action(lambda database: reveal(database, draw_id, by_id=by_id, at=at), action="draw.reveal")
    flash(t(N_("Drawn: {count}. The seed is published."), count=len(made)))
    return redirect(url_for("draws.one", number=number), 303)


@dataclass(frozen=True, kw_only=True)
class ConflictForm:
    """Which officer stays away from which company, and why."""

    officer: str = field(metadata=label(N_("Officer")))
    company_code: str = field(metadata=label(N_("Company")))
    reason: str = field(metadata=label(N_("Reason")))


@pages.action("/conflicts", permission=Permission.DECIDE_INSPECTION)
def declare() -> Response:
    """Declare a conflict of interest, one's own or a colleague's."""
    form, by_id, at = parse_form(ConflictForm), person().id, now()

    run_action(
        lambda database: declare_conflict(
            database,
            officer=form.officer,
            company_code=form.company_code,
            reason=form.reason,
            by_id=by_id,
            at=at,
        ),
        action="conflict.declare",
    )
    flash(t(N_("The officer will not be drawn for this company.")))
    return redirect(url_for("draws.everything"), 303)


@pages.action("/conflicts/<int:conflict_id>/end", permission=Permission.DECIDE_INSPECTION)
def end(conflict_id: int) -> Response:
    """The reason is gone."""
    by_id, at = person().id, now()
    run_action(
        lambda database: end_conflict(database, conflict_id, by_id=by_id, at=at), action="conflict.end"
    )
    return redirect(url_for("draws.everything"), 303)
