"""What the lane saw of a parcel: its answers there, and the weight and pictures its gateway bound to the scan.

Pictures stay at the site under their SHA-256; the page names them, so that a file fetched there can be shown to be
the one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from wms.customs.lane import LaneVerdict, LaneWord, verdicts_on
from wms.i18n import N_
from wms.sensing.readings import Reading

#: A gateway's event about one parcel: verdict, weight and pictures (docs/gateway-contract.md).
SEEN: Final = "parcel.seen"
LANE_WORDS: Final = {
    LaneWord.RELEASED: N_("Released"),
    LaneWord.INSPECT: N_("Inspect"),
    LaneWord.UNKNOWN: N_("Hold"),
}


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """One passage of a parcel through a lane, as its gateway tells it."""

    happened_at: datetime
    lane: str
    verdict: str
    by_list: bool
    mass_kg: str | None
    images: tuple[tuple[str, int], ...]
    """(SHA-256, bytes)"""


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What is known of a parcel from lanes, the newest first."""

    verdicts: list[LaneVerdict]
    sightings: list[Sighting]


def evidence_of(session: Session, waybill: str, *, since: datetime) -> Evidence:
    """Answers and sightings of one parcel."""
    query = select(Reading).where(
        Reading.kind == SEEN, Reading.happened_at >= since, Reading.data["parcel"].as_string() == waybill
    )
    seen = session.scalars(query.order_by(Reading.happened_at.desc()).limit(50))
    return Evidence(
        verdicts=verdicts_on(session, waybill),
        sightings=[_sighting(each.happened_at, each.device, each.data or {}) for each in seen],
    )


def _sighting(happened_at: datetime, device: str, data: Mapping[str, Any]) -> Sighting:
    """What the event says; fields it lacks or garbles are left out, the event itself stays as it came."""
    images = data.get("images")
    mass = data.get("mass_kg")
    return Sighting(
        happened_at=happened_at,
        lane=device,
        verdict=str(data.get("verdict", "")),
        by_list=data.get("by_list") is not None,
        mass_kg=None if mass is None else str(mass),
        images=tuple(
            (str(each.get("sha256", "")), each.get("bytes", 0))
            for each in (images if isinstance(images, list) else [])
            if isinstance(each, dict)
        ),
    )
