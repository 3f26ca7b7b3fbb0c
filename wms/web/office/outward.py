"""The way out at a desk: pick waves with their progress, parcels, and the label of each."""

from flask import Response, flash, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from devices.labels import Label, draw_label
from devices.own_labels import LabelKind, UnprintableLabel
from wms.auth.permissions import Permission
from wms.customs.parcels import Parcel, ParcelState, PickWave
from wms.errors import Refusal
from wms.floor.lookup import waybill_in
from wms.floor.overview import parcels, waves
from wms.floor.packing import STATES
from wms.floor.waves import open_wave, waiting_declarations
from wms.i18n import N_
from wms.web.doors import Menu, Pages
from wms.web.house import house, now, person, run_once, session
from wms.web.language import t
from wms.web.refusals import NoSuchPage, answer_refusal
from wms.web.requests import page_number, request_id


class NoBars(Refusal):
    """Signs no bar code of ours holds, or more of them than fit."""

    message = N_("Waybill {waybill} does not fit on our label. Use the carrier's own label.")
    status = 422


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
    """Parcels, the newest first; narrowed by where they stand, or by part of waybill or order."""
    asked, search = request.args.get("state", ""), waybill_in(request.args.get("number", ""))[:60]
    state = ParcelState(asked) if asked in set(ParcelState) else None
    page = page_number()
    rows = parcels(session(), state=state, search=search, limit=PAGE + 1, offset=(page - 1) * PAGE)
    return render_template(
        "office/parcels.html",
        parcels=rows[:PAGE],
        states=STATES,
        chosen=state,
        search=search,
        page=page,
        more=len(rows) > PAGE,
    )


@parcel_pages.page("/<int:parcel_id>/label", permission=Permission.PICK)
def label_sheet(parcel_id: int) -> str:
    """The label as it will be printed, with the button that prints it alone."""
    parcel = session().get(Parcel, parcel_id)
    if parcel is None:
        raise NoSuchPage
    _drawn(parcel)
    return render_template("office/label.html", parcel=parcel)


@parcel_pages.page("/<int:parcel_id>/label.svg", permission=Permission.PICK, recorded=False)
def label(parcel_id: int) -> Response:
    """The parcel's own label for the printer: the carrier's waybill in bars, ours in the square."""
    parcel = session().get(Parcel, parcel_id)
    if parcel is None:
        raise NoSuchPage
    return Response(_drawn(parcel), content_type="image/svg+xml")


def _drawn(parcel: Parcel) -> str:
    weight_g = parcel.weight_g or parcel.expected_g
    lines = (parcel.declaration.list_no, f"{weight_g / 1000:.3f} kg")
    try:
        return draw_label(
            Label(kind=LabelKind.PARCEL, number=parcel.waybill_no, lines=tuple(filter(None, lines)))
        )
    except UnprintableLabel:
        raise NoBars(waybill=parcel.waybill_no) from None
