"""The way out at a desk: pick waves with their progress, parcels, and the label of each."""

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from devices.labels import Label, draw_label
from devices.own_labels import LabelKind
from wms.auth.permissions import Permission
from wms.customs.parcels import Parcel, ParcelState, PickWave
from wms.floor.overview import parcels, waves
from wms.floor.packing import STATES
from wms.floor.waves import open_wave, waiting_declarations
from wms.i18n import N_
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, person, run_once, session
from wms.web.language import t
from wms.web.refusals import NoSuchPage, answer_refusal
from wms.web.requests import page_number, request_id

wave_pages = Pages("waves", "/waves")
parcel_pages = Pages("parcels", "/parcels")
PAGE = 100


@wave_pages.page("/", title=N_("Pick waves"), menu=Menu.WAREHOUSE, permission=Permission.READ_FLOOR)
def all_waves() -> str:
    """Waves with their progress, and how many released orders wait for the next."""
    return render_template(
        "office/waves.html", waves=waves(session()), waiting=len(waiting_declarations(session()))
    )


@wave_pages.action("/open", permission=Permission.PICK)
def open_next() -> BaseResponse:
    """Open a wave of every released order that waits."""
    by_id, at = person().id, now()
    day = house().day_of(at)

    def work(database: Session) -> dict[str, object]:
        return {"number": open_wave(database, day=day, by_id=by_id, at=at).number}

    answered = run_once(work, action="wave.open", request_id=request_id(), content="wave.open")
    if answered.refused is not None:
        return answer_refusal(answered.refused)
    flash(t(N_("Wave {number} is open to pickers."), number=answered.answer["number"]))
    return redirect(url_for("waves.all_waves"), 303)


@wave_pages.page("/<int:wave_id>", permission=Permission.READ_FLOOR)
def one_wave(wave_id: int) -> str:
    """The parcels of a wave."""
    found = session().get(PickWave, wave_id)
    if found is None:
        raise NoSuchPage
    page = page_number()
    rows = parcels(session(), wave_id=wave_id, limit=PAGE + 1, offset=(page - 1) * PAGE)
    return render_template(
        "office/wave.html",
        wave=found,
        parcels=rows[:PAGE],
        states=STATES,
        page=page,
        more=len(rows) > PAGE,
    )


@parcel_pages.page("/", title=N_("Parcels"), menu=Menu.WAREHOUSE, permission=Permission.READ_FLOOR)
def all_parcels() -> str:
    """Parcels, the newest first; narrowed by where they stand."""
    asked = request.args.get("state", "")
    state = ParcelState(asked) if asked in set(ParcelState) else None
    page = page_number()
    rows = parcels(session(), state=state, limit=PAGE + 1, offset=(page - 1) * PAGE)
    return render_template(
        "office/parcels.html",
        parcels=rows[:PAGE],
        states=STATES,
        chosen=state,
        page=page,
        more=len(rows) > PAGE,
    )


@parcel_pages.page("/<int:parcel_id>/label", permission=Permission.PICK)
def label_sheet(parcel_id: int) -> str:
    """The label as it will be printed, with the button that prints it alone."""
    parcel = session().get(Parcel, parcel_id)
    if parcel is None:
        raise NoSuchPage
    return render_template("office/label.html", parcel=parcel)


@parcel_pages.page("/<int:parcel_id>/label.svg", permission=Permission.PICK, recorded=False)
def label(parcel_id: int) -> Response:
    """The parcel's own label for the printer: the carrier's waybill in bars, ours in the square."""
    parcel = session().get(Parcel, parcel_id)
    if parcel is None:
        raise NoSuchPage
    weight_g = parcel.weight_g or parcel.expected_g
    lines = (parcel.declaration.list_no, f"{weight_g / 1000:.3f} kg")
    drawn = draw_label(
        Label(kind=LabelKind.PARCEL, number=parcel.waybill_no, lines=tuple(filter(None, lines)))
    )
    return Response(drawn, content_type="image/svg+xml")
