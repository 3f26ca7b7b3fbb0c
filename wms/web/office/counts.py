"""Counts in the office: begin one, see how far it is and who counted what, take a file in, close it."""

from dataclasses import dataclass, field

from flask import flash, redirect, render_template, request, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from wms.auth.permissions import Permission
from wms.auth.users import User
from wms.customs.cases import Discrepancy, spots_of
from wms.customs.count_cases import close_count
from wms.errors import Refusal
from wms.floor.count_file import read_count_file, take_file
from wms.floor.tally import places_done
from wms.i18n import N_, Sentence, say
from wms.ledger.counts import Count, CountClosing, CountLine, begin_count, find_count
from wms.ledger.places import Warehouse
from wms.numbering import next_number
from wms.web.doors import Menu, Pages
from wms.web.house import now, person, run_action, session
from wms.web.language import t
from wms.web.requests import label, parse_form

pages = Pages("counts", "/counts")


class NoFile(Refusal):
    """The form came without its file."""

    message = N_("Choose a file first.")
    status = 422


@dataclass(frozen=True, kw_only=True)
class Begin:
    """A warehouse that is counted whole."""

    warehouse: str = field(metadata=label(N_("Warehouse")))


@pages.page("/", title=N_("Counts"), menu=Menu.WAREHOUSE, permission=Permission.COUNT_STOCK)
def all_counts() -> str:
    """Every count, the newest first, with how far it is."""
    query = (
        select(Count, CountClosing)
        .outerjoin(CountClosing, CountClosing.count_id == Count.id)
        .order_by(Count.id.desc())
        .limit(100)
    )
    found = [(row[0], row[1], places_done(session(), row[0])) for row in session().execute(query)]
    return render_template(
        "office/counts.html",
        counts=found,
        warehouse_choices=[
            (each.code, each.code) for each in session().scalars(select(Warehouse).order_by(Warehouse.code))
        ],
        cases=_cases_by_count(),
    )


def _cases_by_count() -> dict[int | None, int]:
    counted = select(Discrepancy.count_id, func.count()).group_by(Discrepancy.count_id)
    return {row[0]: row[1] for row in session().execute(counted)}


@pages.page("/<number>", permission=Permission.COUNT_STOCK)
def one_count(number: str) -> str:
    """One count: progress, who counted how much, and what it differs in once it is closed."""
    count = find_count(session(), number)
    closing = session().get(CountClosing, count.id)
    done, places = places_done(session(), count)
    by_person = (
        select(
            User.display_name,
            func.count(CountLine.location_id.distinct()),
            func.count(CountLine.id),
            func.max(CountLine.counted_at),
        )
        .join(User, User.id == CountLine.by_id)
        .where(CountLine.count_id == count.id, CountLine.takes_back_id.is_(None))
        .group_by(User.display_name)
        .order_by(User.display_name)
    )
    cases = (
        session()
        .scalars(select(Discrepancy).where(Discrepancy.count_id == count.id).order_by(Discrepancy.id))
        .all()
    )
    return render_template(
        "office/count.html",
        count=count,
        closing=closing,
        done=done,
        places=places,
        people=session().execute(by_person).all(),
        cases=cases,
        spots=spots_of(session(), cases),
    )


@pages.action("/begin", permission=Permission.COUNT_STOCK)
def begin() -> Response:
    """Begin a full count of a warehouse."""
    form, by_id, at = parse_form(Begin), person().id, now()

    def work(database: Session) -> str:
        number = next_number(database, "P", day=at.date())
        begin_count(database, number=number, warehouses=[form.warehouse], at=at, by_id=by_id)
        return number

    return _to(run_action(work, action="count.begin"), say(N_("The count has begun.")))


@pages.action("/<number>/close", permission=Permission.COUNT_STOCK)
def close(number: str) -> Response:
    """Close a count: what nobody counted is none, and each difference becomes a case."""
    by_id, at = person().id, now()
    cases = run_action(
        lambda database: len(close_count(database, number, at=at, by_id=by_id)), action="count.close"
    )
    return _to(number, say(N_("Closed; {cases} cases."), cases=cases))


@pages.action("/<number>/file", permission=Permission.COUNT_STOCK)
def take(number: str) -> Response:
    """Take a count from a file, all of it or nothing."""
    sent = request.files.get("file")
    content = b"" if sent is None else sent.read()
    if not content:
        raise NoFile
    rows, by_id, at = read_count_file(content), person().id, now()
    taken = run_action(
        lambda database: take_file(database, find_count(database, number), rows, by_id=by_id, at=at),
        action="count.file",
    )
    return _to(number, say(N_("{rows} rows taken."), rows=taken))


def _to(number: str, sentence: Sentence) -> Response:
    flash(t(sentence))
    return redirect(url_for("counts.one_count", number=number), 303)
