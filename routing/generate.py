"""A seeded generator of intermodal problems: invented prices, real shape.

Twenty places from Guangzhou to Kolkata, 26 lines (10 rail, 15 road, 1 air) with weekday timetables,
about 435 departures in 24 days; consignments of 0.04 to 9 t in three classes. Capacity grows with the
number of consignments, so that popular departures fill up. Cost levels mean nothing; gaps and times do.
"""

from datetime import UTC, datetime, timedelta

import numpy as np

from routing.cost import Weights
from routing.demand import RouteSpec
from routing.errors import BadInput
from routing.network import Line, Link, Mode, Network, Place, PlaceKind, Vehicle
from routing.problem import MOST_CONSIGNMENTS, Problem
from routing.timetable import expand
from routing.values import GoodsClass

STARTS_AT = datetime(2026, 8, 2, 16, tzinfo=UTC)  # Monday 3 August, midnight in Beijing
DAYS = 24
RELEASE_DAYS = 9
NORMAL_UNITS_AT = 1_000  # the number of consignments for which the units below are meant

# code, name, kind, country, zone, latitude, longitude, altitude
_PLACES = """
CAN Guangzhou rail_yard CN 23.1 113.3 20 广州
CTU Chengdu rail_yard CN 30.7 104.1 500 成都
CKG Chongqing rail_yard CN 29.6 106.5 250 重庆
LZH Lanzhou rail_yard CN 36.1 103.8 1520 兰州
XNN Xining rail_yard CN 36.6 101.8 2280 西宁
GOQ Golmud rail_yard CN 36.4 94.9 2800 格尔木
LXA Lhasa depot CN 29.65 91.1 3650 拉萨
LHZ Lhasa-bonded-zone warehouse CN 29.6 90.95 3650 拉萨综保区
SHG Shigatse rail_yard CN 29.25 88.9 3840 日喀则
GYI Gyirong port CN 28.4 85.3 2800 吉隆
RSW Rasuwagadhi far_port NP 28.3 85.4 1800 热索瓦
ZHM Zhangmu port CN 28.0 86.0 2300 樟木
TAT Tatopani far_port NP 27.9 85.9 1500 塔托帕尼
YAD Yadong port CN 27.5 88.9 2900 亚东
NLA Nathu-La far_port IN 27.4 88.8 4310 乃堆拉
KTM Kathmandu depot NP 27.7 85.3 1350 加德满都
PKR Pokhara city NP 28.2 84.0 820 博卡拉
BRG Birgunj depot NP 27.0 84.9 80 比尔根杰
SGU Siliguri city IN 26.7 88.4 120 西里古里
CCU Kolkata city IN 22.6 88.4 10 加尔各答
"""

# origin destination mode km hours weekdays leaves units unit-CNY CNY-per-t vehicle
_LINES = """
CAN CTU rail 2200 52 135 08:00 4 5200 260 C40
CTU XNN rail 1050 20 1246 20:00 4 3300 130 C40
CKG LZH rail 1000 20 1357 19:00 4 3200 125 C40
CAN LZH rail 2600 56 26 09:00 4 6400 300 C40
LZH XNN rail 190 4 1234567 10:00 4 900 40 C40
XNN GOQ rail 814 12 123456 18:00 5 2300 90 C40
GOQ LXA rail 1142 15 123457 16:00 5 3600 140 C40
CTU LXA rail 3360 88 25 21:00 4 8200 340 C40
LXA SHG rail 253 4 1234567 09:30 6 1100 45 C40
LZH SHG rail 2431 72 47 12:00 4 7400 300 C40
LXA LHZ road 15 1 1234567 08:00 6 350 12 T13
LHZ GYI road 800 22 12456 06:00 5 4900 190 T13
SHG GYI road 540 15 1234567 06:00 6 3300 130 T13
LHZ ZHM road 815 23 1357 06:00 4 5100 195 T13
SHG ZHM road 457 13 123456 06:00 5 2900 120 T13
LHZ YAD road 460 11 24 07:00 3 3000 120 T13
GYI RSW road 3 2 1234567 14:00 12 500 30 N3A
ZHM TAT road 3 2 123456 10:00 12 480 30 N3A
YAD NLA road 50 4 1234 09:00 5 700 40 N3A
RSW KTM road 125 9 1234567 06:00 14 1150 70 N3A
TAT KTM road 115 7 1234567 06:00 14 1050 65 N3A
KTM BRG road 160 10 123567 06:00 9 1100 60 N3A
KTM PKR road 200 9 12457 06:00 7 1050 60 N3A
LXA KTM air 600 2 15 11:00 2 6000 6500 ULD
NLA SGU road 170 8 1234 13:00 5 1100 60 N3A
SGU CCU road 590 16 123456 07:00 6 2300 90 N3A
"""

_VEHICLES = (
    Vehicle(code="C40", name="40-ft container", mode=Mode.RAIL, capacity_kg=26_700, capacity_l=67_000,
            co2_g_per_tkm=22),
    Vehicle(code="T13", name="13-m truck", mode=Mode.ROAD, capacity_kg=22_000, capacity_l=76_000,
            co2_g_per_tkm=85, height_cm=410, gross_kg=40_000),
    Vehicle(code="N3A", name="Nepali 3-axle truck", mode=Mode.ROAD, capacity_kg=14_000, capacity_l=45_000,
            co2_g_per_tkm=140, height_cm=380, gross_kg=25_000),
    Vehicle(code="ULD", name="belly ULD", mode=Mode.AIR, capacity_kg=1_500, capacity_l=4_300,
            co2_g_per_tkm=800, classes=(GoodsClass.GENERAL, GoodsClass.REEFER)),
)  # fmt: skip

# origin, destination, consignments in a hundred
_TRADES = (
    ("LHZ", "KTM", 18), ("LHZ", "PKR", 6), ("LHZ", "BRG", 6), ("LHZ", "SGU", 2), ("LHZ", "CCU", 3),
    ("CTU", "LHZ", 8), ("CAN", "LHZ", 6), ("XNN", "LHZ", 4), ("CTU", "KTM", 10), ("CAN", "KTM", 9),
    ("CKG", "KTM", 7), ("LZH", "KTM", 6), ("CKG", "PKR", 3), ("CTU", "BRG", 4), ("SHG", "KTM", 5),
    ("GOQ", "SHG", 3),
)  # fmt: skip
_CLASSES = ((GoodsClass.GENERAL, 80), (GoodsClass.REEFER, 12), (GoodsClass.DANGEROUS, 8))


def generate(*, consignments: int, seed: int, tightness: int = 100) -> Problem:
    """A problem with so many consignments; the same seed gives the same problem.

    ``tightness`` in per cent divides the units of each departure: 200 halves them.
    Raises BadInput for a size nobody can plan.
    """
    if not 1 <= consignments <= MOST_CONSIGNMENTS:
        raise BadInput(f"A generated problem has 1 to {MOST_CONSIGNMENTS} consignments, not {consignments}.")
    random = np.random.Generator(np.random.PCG64(seed))
    network = _network(consignments * 100 / (NORMAL_UNITS_AT * tightness))
    ends_at = STARTS_AT + timedelta(days=DAYS)
    specs = tuple(_consignment(number, random) for number in range(1, consignments + 1))
    return Problem(
        name=f"generated {consignments} seed {seed}",
        starts_at=STARTS_AT,
        ends_at=ends_at,
        network=network,
        departures=expand(network, starts_at=STARTS_AT, ends_at=ends_at),
        consignments=specs,
        weights=Weights(),
        previous={},
    )


def _network(scale: float) -> Network:
    places, links, lines = [], [], []
    for row in _PLACES.strip().splitlines():
        code, name, kind, country, latitude, longitude, altitude, name_zh = row.split()
        places.append(
            Place(
                code=code,
                name=name.replace("-", " "),
                name_zh=name_zh,
                kind=PlaceKind(kind),
                country=country,
                zone={"CN": "Asia/Shanghai", "NP": "Asia/Kathmandu", "IN": "Asia/Kolkata"}[country],
                latitude=float(latitude),
                longitude=float(longitude),
                altitude_m=int(altitude),
                handling_minutes=90 if kind in ("port", "far_port") else 150,
                handling_fen_per_t=2_500,
                storage_fen_per_t_day=1_500 if kind in ("port", "far_port") else 800,
            )
        )
    for row in _LINES.strip().splitlines():
        tail, head, mode, km, hours, weekdays, leaves, units, unit, per_t, vehicle = row.split()
        links.append(
            Link(
                origin=tail,
                destination=head,
                mode=Mode(mode),
                km=int(km),
                minutes=int(hours) * 60,
                crosses_border={place.code: place.country for place in places}[tail]
                != {place.code: place.country for place in places}[head],
            )
        )
        lines.append(
            Line(
                code=f"{tail}-{head}-{mode}",
                vehicle=vehicle,
                stops=(tail, head),
                weekdays=weekdays,
                departs_at=leaves,
                cutoff_minutes=240 if mode == "rail" else 60,
                units=max(1, round(int(units) * scale)),
                unit_fen=int(unit) * 100,
                fen_per_t=int(per_t) * 100,
                delay_minutes=int(hours) * 6,
            )
        )
    return Network(places=tuple(places), links=tuple(links), vehicles=_VEHICLES, lines=tuple(lines))


def _consignment(number: int, random: np.random.Generator) -> RouteSpec:
    shares = np.array([share for *_, share in _TRADES], float)
    origin, destination, _ = _TRADES[int(random.choice(len(_TRADES), p=shares / shares.sum()))]
    kinds = np.array([share for _, share in _CLASSES], float)
    goods = _CLASSES[int(random.choice(len(_CLASSES), p=kinds / kinds.sum()))][0]
    mass_kg = int(np.clip(random.lognormal(6.75, 1.1), 40, 9_000))
    release_at = STARTS_AT + timedelta(minutes=int(random.integers(0, RELEASE_DAYS * 24 * 60)))
    days = _USUAL_DAYS[origin] + _USUAL_DAYS[destination] + float(random.uniform(0.5, 5))
    due_at = release_at + timedelta(minutes=int(days * 24 * 60))
    return RouteSpec(
        code=f"C{number:05d}",
        origin=origin,
        destination=destination,
        release_at=release_at,
        due_at=due_at,
        latest_at=due_at + timedelta(days=6),
        mass_kg=mass_kg,
        volume_l=int(mass_kg * random.uniform(1.8, 6.0)),
        goods=goods,
        value_fen=int(mass_kg * random.uniform(20, 200)) * 100,
        late_fen_per_day=20_000 + mass_kg * 20,
        refusal_fen=1_000_000 + mass_kg * 800,
    )


# days from (or to) Lhasa with normal waiting, both added for a trade through it
_USUAL_DAYS = {
    "CAN": 7.5, "CTU": 5.0, "CKG": 6.0, "LZH": 4.5, "XNN": 3.5, "GOQ": 2.0, "LHZ": 0.5, "SHG": 0.5,
    "KTM": 3.5, "PKR": 5.0, "BRG": 5.0, "SGU": 4.0, "CCU": 5.5,
}  # fmt: skip
