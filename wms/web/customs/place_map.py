"""The location map: every place of the zone, coloured by what customs would call the goods in it."""

from collections import Counter
from itertools import groupby
from typing import Final

from flask import render_template, request, url_for
from markupsafe import Markup
from sqlalchemy import select

from wms.auth.permissions import Permission
from wms.customs.place_status import GoodsStatus, MappedPlace, map_places
from wms.i18n import N_
from wms.ledger.past import ledger_now
from wms.ledger.places import Purpose, Warehouse
from wms.web.customs.place_drawing import SIGNS, Shown, draw_area, draw_others, split
from wms.web.doors import Menu, Pages
from wms.web.house import session
from wms.web.language import locale, t

pages = Pages("place_map", "/customs/map")

STATUSES: Final = {
    GoodsStatus.NON_BONDED: N_("not bonded"),
    GoodsStatus.BONDED: N_("bonded"),
    GoodsStatus.LIST_PENDING: N_("list asked for"),
    GoodsStatus.PASS_PENDING: N_("pass asked for"),
    GoodsStatus.WRITTEN_OFF: N_("written off, not gone"),
}
PURPOSES: Final = {
    Purpose.STORE: N_("bin"),
    Purpose.RECEIVING: N_("receiving"),
    Purpose.STAGING: N_("staging"),
    Purpose.INSPECTION: N_("inspection"),
    Purpose.RETURNS: N_("returns"),
    Purpose.RETURNS_DOMESTIC: N_("domestic returns"),
    Purpose.QUARANTINE: N_("quarantine"),
    Purpose.PROCESSING: N_("processing"),
    Purpose.SHORTAGE: N_("shortage"),
    Purpose.TRANSIT: N_("in transit"),
}


@pages.page("/", title=N_("Location map"), menu=Menu.CUSTOMS, permission=Permission.READ_BOOK)
def drawn() -> str:
    """Warehouse by warehouse; a click on a place shows what lies there."""
    warehouse = request.args.get("warehouse", "").strip() or None
    chosen = request.args.get("place", "")
    places = map_places(session(), warehouse=warehouse)
    shown = {each.id: _shown(each, warehouse=warehouse, chosen=str(each.id) == chosen) for each in places}
    counts = Counter(each.status for each in places)
    return render_template(
        "customs/place_map.html",
        at=ledger_now(session()),
        warehouse=warehouse,
        warehouses=session().scalars(select(Warehouse).order_by(Warehouse.code)).all(),
        drawings=_drawings(places, shown),
        legend=[(status, SIGNS[status], STATUSES[status], counts[status]) for status in GoodsStatus],
        empty=counts[None],
        place=next((each for each in places if str(each.id) == chosen), None),
        status_names=STATUSES,
        purpose_names=PURPOSES,
    )


def _shown(place: MappedPlace, *, warehouse: str | None, chosen: bool) -> Shown:
    status = place.status
    lots = "; ".join(
        f"{each.item_no} {each.name_en if locale() == 'en' else each.name_zh} {each.lot}: {each.quantity}"
        for each in place.goods[:4]
    )
    words = [place.code, t(N_("empty")) if status is None else t(STATUSES[status])]
    address = url_for("place_map.drawn", warehouse=warehouse, place=place.id, _anchor="place")
    return Shown(
        href=address,
        title=" · ".join([*words, lots] if lots else words),
        purpose=t(PURPOSES[Purpose(place.purpose)]),
        chosen=chosen,
    )


def _drawings(
    places: list[MappedPlace], shown: dict[int, Shown]
) -> list[tuple[str, str, list[tuple[str, Markup]]]]:
    """(code, name, its drawings with their titles) of each warehouse that has places."""
    found = []
    for code, its in groupby(places, key=lambda each: each.warehouse):
        own = list(its)
        bins, others = split(own)
        drawings = []
        for area, cells in groupby(bins, key=lambda each: each.area):
            title = t(N_("Area {area}"), area=area or "–")
            drawing = draw_area(
                list(cells), shown, label=f"{own[0].warehouse_name} {title}", aisle=t(N_("Aisle"))
            )
            drawings.append((title, drawing))
        if others:
            title = t(N_("Other places"))
            drawings.append((title, draw_others(others, shown, label=title)))
        found.append((code, own[0].warehouse_name, drawings))
    return found
