"""Timetables: alternation at the bridge, seasons, holidays, closures, limits of height and weight."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from routing.calendars import in_season, next_entry
from routing.errors import BadInput
from routing.network import Closure, Holiday, Network
from routing.timetable import Departure, Rule, expand

BEIJING = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def network() -> Network:
    """The tables of config/network, as shipped."""
    return Network.load()


def runs(network: Network, line: str, *, starts: datetime, days: int = 7) -> list[Departure]:
    found = expand(network, starts_at=starts, ends_at=starts + timedelta(days=days))
    return [row for row in found if row.line == line]


WINTER = datetime(2026, 11, 22, 16, tzinfo=UTC)
SUMMER = datetime(2026, 7, 5, 16, tzinfo=UTC)


def test_the_gyirong_bridge_alternates_in_beijing_time(network: Network) -> None:
    """Out 14:00-19:00 and in 09:00-13:00, told in Beijing time on both banks."""
    for row in runs(network, "GYI-RSW-T", starts=WINTER):
        assert 14 <= row.departs_at.astimezone(BEIJING).hour < 19
    inward = runs(network, "RSW-GYI-T", starts=WINTER)
    assert inward
    for row in inward:
        assert 9 <= row.departs_at.astimezone(BEIJING).hour < 13


def test_a_truck_that_comes_in_the_wrong_hours_waits_for_its_turn(network: Network) -> None:
    bridge = next(link for link in network.links if link.code == "GYI-RSW")
    noon = datetime(2026, 11, 23, 12, tzinfo=BEIJING)
    night = datetime(2026, 11, 23, 19, tzinfo=BEIJING)

    assert next_entry(bridge, noon) == datetime(2026, 11, 23, 14, tzinfo=BEIJING)
    assert next_entry(bridge, night) == datetime(2026, 11, 24, 14, tzinfo=BEIJING)


def test_nathu_la_stays_shut_until_the_operator_opens_it(network: Network) -> None:
    assert all(row.barred_by is Rule.CLOSURE for row in runs(network, "YAD-NTL-T", starts=SUMMER))

    opened = replace(
        network,
        links=tuple(
            replace(link, is_open=True) if link.code == "YAD-NTL" else link for link in network.links
        ),
    )
    assert all(row.barred_by is None for row in runs(opened, "YAD-NTL-T", starts=SUMMER))
    january = datetime(2027, 1, 10, 16, tzinfo=UTC)
    assert all(row.barred_by is Rule.SEASON for row in runs(opened, "YAD-NTL-T", starts=january))


def test_a_season_holds_both_its_ends_and_may_run_over_new_year() -> None:
    assert in_season("05-01..11-30", datetime(2026, 5, 1, tzinfo=UTC).date())
    assert in_season("05-01..11-30", datetime(2026, 11, 30, tzinfo=UTC).date())
    assert not in_season("05-01..11-30", datetime(2026, 12, 1, tzinfo=UTC).date())
    assert in_season("12-01..02-28", datetime(2027, 1, 5, tzinfo=UTC).date())


def test_monsoon_makes_the_road_below_the_bridge_slower(network: Network) -> None:
    dry = runs(network, "RSW-KTM-T", starts=WINTER)[0]
    wet = runs(network, "RSW-KTM-T", starts=SUMMER)[0]

    assert wet.arrives_at - wet.departs_at > dry.arrives_at - dry.departs_at


def test_a_high_or_heavy_vehicle_does_not_pass_the_bridge(network: Network) -> None:
    high = tuple(
        replace(vehicle, height_cm=460) if vehicle.code == "N3A" else vehicle for vehicle in network.vehicles
    )
    row = runs(replace(network, vehicles=high), "GYI-RSW-T", starts=WINTER)[0]
    assert row.barred_by is Rule.VEHICLE_LIMIT
    assert row.barred_note == "N3A stands 460 cm, GYI-RSW allows 450"

    heavy = tuple(
        replace(vehicle, gross_kg=55_000) if vehicle.code == "N3A" else vehicle
        for vehicle in network.vehicles
    )
    assert (
        runs(replace(network, vehicles=heavy), "GYI-RSW-T", starts=WINTER)[0].barred_by is Rule.VEHICLE_LIMIT
    )


def test_the_operators_table_stands_over_the_public_holidays(network: Network) -> None:
    day = "2026-11-24"
    rest = replace(network, holidays=(Holiday(country="CN", date=day, works=False),))
    row = next(row for row in runs(rest, "GYI-RSW-T", starts=WINTER) if row.code.endswith("20261124"))
    assert row.barred_by is Rule.HOLIDAY

    october = datetime(2026, 9, 30, 16, tzinfo=UTC)
    national = next(row for row in runs(network, "GYI-RSW-T", starts=october) if row.code.endswith("1001"))
    assert national.barred_by is Rule.HOLIDAY
    works = replace(network, holidays=(Holiday(country="CN", date="2026-10-01", works=True),))
    worked = next(row for row in runs(works, "GYI-RSW-T", starts=october) if row.code.endswith("1001"))
    assert worked.barred_by is None


def test_a_closure_bars_exactly_the_runs_it_meets(network: Network) -> None:
    start = datetime(2026, 11, 25, tzinfo=BEIJING)
    shut = Closure(code="SLIDE", what="GYI", starts_at=start, ends_at=start + timedelta(days=2))
    closed = replace(network, closures=(*network.closures, shut))
    barred = {row.code for row in runs(closed, "GYI-RSW-T", starts=WINTER) if row.barred_by is Rule.CLOSURE}

    assert barred == {"GYI-RSW-T@20261125", "GYI-RSW-T@20261126"}


def test_every_shipped_row_says_where_it_comes_from(network: Network) -> None:
    for row in (*network.places, *network.links, *network.vehicles, *network.lines):
        assert row.source != "problem file"
        assert row.as_of
        assert row.confidence in ("press", "to be confirmed")


def test_a_bad_cell_is_named_by_file_row_and_field(tmp_path: Path, network: Network) -> None:
    for table in ("places", "links", "vehicles", "lines"):
        (tmp_path / f"{table}.csv").write_text("code\n", encoding="utf-8")
    head = "code,name,mode,capacity_kg,capacity_l\n"
    (tmp_path / "vehicles.csv").write_text(head + "V,van,road,-3,10\n", encoding="utf-8")

    with pytest.raises(BadInput, match=r"vehicles\.csv: row 2: field capacity_kg"):
        Network.load(tmp_path)
