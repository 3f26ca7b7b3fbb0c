"""Published instance files are told apart by their heading, read whole, or refused with one sentence."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from routing import design_command, rounds_command
from routing.benchmarks import Format, Objective, read_rounds
from routing.design_file import read_design
from routing.instance_files import UnreadableInstance
from routing.rounds import Break
from routing.rounds_file import SCHEMA, read_problem
from routing.rounds_limits import Limit
from routing.rounds_plan import plan_rounds

Write = Callable[..., Path]

DATA = Path(os.environ.get("WMS_REFERENCE_DATA", "../shared/data")) / "routing"

VRPTW = """toy

VEHICLE
NUMBER     CAPACITY
  2         20

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0       100          0
    1      1         1         10          0        90          5
    2      3         4         10         20        90          5
"""

PDPTW = """2 20 1
0 0 0 0 0 100 0 0 0
1 1 1 7 0 90 5 0 2
2 3 4 -7 20 90 5 1 0
"""

CVRP = """NAME : toy
TYPE : CVRP
DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 12
NODE_COORD_SECTION
1 0 0
2 1 1
3 3 4
DEMAND_SECTION
1 0
2 5
3 9
DEPOT_SECTION
1
-1
EOF
"""

HVRP = """ //comment
 2 2 999.0 0.0 0 0
 1 10 100.5 1.0
 2 20 0 1.25
 0 0
 1 1 5
 3 4 9
"""


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str, name: str = "toy.txt") -> Path:
        path = tmp_path / name
        path.write_text(text)
        return path

    return write


def test_least_distance_cuts_distances_and_times_to_tenths(write: Write) -> None:
    problem = read_rounds(write(VRPTW), objective=Objective.DISTANCE)

    assert problem.distance[0].tolist() == [[0, 14, 50], [14, 0, 36], [50, 36, 0]]
    assert problem.cost_units == 10
    assert (problem.stops[1].opens_at, problem.stops[1].service) == (200, 50)
    assert not problem.fewest_vehicles


def test_fewest_vehicles_keeps_full_precision_and_never_rounds_a_journey_down(write: Write) -> None:
    problem = read_rounds(write(VRPTW), objective=Objective.VEHICLES)

    assert problem.fewest_vehicles
    assert problem.shown_distance is not None
    assert problem.shown_distance[0, 1] == pytest.approx(2**0.5)
    assert problem.distance[0, 0, 1] == 1415
    assert problem.distance[0, 0, 2] == 5000


def test_pickup_and_delivery_files_pair_their_ends(write: Write) -> None:
    problem = read_rounds(write(PDPTW))

    assert problem.pairs == ((0, 1),)
    assert (problem.stops[0].collected, problem.stops[1].delivered) == ((7,), (7,))
    assert problem.fewest_vehicles


def test_cvrplib_files_are_measured_as_they_say(write: Write) -> None:
    nearest = read_rounds(write(CVRP))
    upward = read_rounds(write(CVRP.replace("EUC_2D", "CEIL_2D")))

    assert nearest.distance[0, 0].tolist() == [0, 1, 5]
    assert upward.distance[0, 0].tolist() == [0, 2, 5]
    assert [stop.number for stop in nearest.stops] == [1, 2]


def test_mixed_fleets_keep_their_own_costs(write: Write) -> None:
    problem = read_rounds(write(HVRP), objective=Objective.DISTANCE)

    small, large = problem.vehicles
    assert small.fixed_cost / problem.cost_units == 100.5
    assert large.cost_per_distance / small.cost_per_distance == 1.25


@pytest.mark.parametrize(
    ("text", "old", "new", "sentence"),
    [
        (VRPTW, "10          0        90", "-10          0        90", r"row 11, demand: -10 is less than 0"),
        (
            VRPTW,
            "1         1         10",
            "nan         1         10",
            r"row 11, x: “nan” is not a finite number",
        ),
        (VRPTW, "20        90", "95        90", r"row 12, due date: due at 90, before it is ready at 95"),
        (VRPTW, "    2      3 ", "    1      3 ", r"customer 1 is there twice"),
        (VRPTW, "  2         20\n", "  two         20\n", r"row 5, vehicles: “two” is not a number"),
        (PDPTW, "5 1 0", "5 9 0", r"row 3, partner: customer 2 does not name 1 back"),
        (PDPTW, "-7", "-6", r"demand: the two ends of a pair must carry the same amount"),
        (PDPTW, "5 0 2", "5 0 0", r"row 3, partner: a customer is either a pickup or a delivery"),
        (CVRP, "EUC_2D", "GEO", r"EDGE_WEIGHT_TYPE is “GEO”"),
        (CVRP, "3 9\n", "", r"node 3 has no demand"),
        (CVRP, "CAPACITY : 12\n", "", r"CAPACITY is missing"),
        (HVRP, " 3 4 9\n", "", r"2 customers and 2 types need 6 rows"),
        ("hello\n", "x", "y", r"the heading is not VRPTW, CVRP"),
        ("", "x", "y", r"the file is empty"),
    ],
)
def test_a_broken_file_is_refused_with_one_sentence(
    write: Write, text: str, old: str, new: str, sentence: str
) -> None:
    with pytest.raises(UnreadableInstance, match=sentence):
        read_rounds(write(text.replace(old, new, 1)))


def test_the_command_prints_the_answer_as_documented(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        rounds_command.main([str(write(VRPTW)), "--objective", "distance", "--iterations", "50", "--json"])
        == 0
    )

    answer = json.loads(capsys.readouterr().out)
    assert answer["cost"] == 10.0
    assert answer["vehicles"] == 1
    assert answer["routes"] in ([[1, 2]], [[2, 1]])
    assert (answer["engine"], answer["accepted_by"], answer["refused"]) == ("pyvrp", "ortools", [])


def test_the_command_says_no_in_one_line(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert rounds_command.main([str(write("hello\n"))]) == 2
    assert design_command.main([str(write("hello\n"))]) == 2

    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(("rounds: ", "design: ")) for line in lines)


OURS = {
    "places": ["Lhasa", "Doilung", "Gonggar"],
    "profiles": [
        {
            "distance": [[0, 20, 60], [20, 0, 50], [60, 50, 0]],
            "duration": [[0, 30, 60], [30, 0, 55], [60, 55, 0]],
        }
    ],
    "vehicles": [
        {
            "name": "truck",
            "count": 2,
            "capacity": [10],
            "start": "Lhasa",
            "end": "Lhasa",
            "breaks": [{"earliest": 60, "latest": 90, "duration": 30}],
        }
    ],
    "stops": [
        {"number": 7, "place": "Doilung", "delivered": [4], "goods": "food"},
        {"number": 9, "place": "Gonggar", "delivered": [4], "goods": "dangerous"},
    ],
    "apart": [["food", "dangerous"]],
}


def test_our_own_problem_carries_every_rule(write: Write) -> None:
    problem = read_problem(write(json.dumps(OURS), "ours.json"))

    plan = plan_rounds(problem, limit=Limit(cpu_seconds=0.5))

    assert problem.vehicles[0].breaks == (Break(earliest=60, latest=90, duration=30),)
    assert sorted(problem.stops[each.stops[0]].number for each in plan.rounds) == [7, 9]
    assert plan.cost == 160
    assert SCHEMA["type"] == "object"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"stops": [{"number": 7, "place": "Nowhere"}]}, r"stops.0: there is no place “Nowhere”"),
        ({"stops": [{"number": 7, "place": "Lhasa", "delivered": [-1]}]}, r"stops.0.delivered.0: .*greater"),
        (
            {"stops": [{"number": 7, "place": "Lhasa", "opens_at": 9, "closes_at": 8}]},
            r"closes at 8, before it opens",
        ),
        ({"stops": [{"number": 7, "place": "Lhasa", "delivered": [1, 1]}]}, r"more amounts than the 1"),
        ({"pairs": [[7, 9]]}, r"stop 9 must deliver exactly what stop 7 collects"),
        ({"places": ["Lhasa", "Lhasa", "Gonggar"]}, r"“Lhasa” is there twice"),
        ({"vehicle": []}, r"vehicle: Unexpected keyword"),
    ],
)
def test_our_own_problem_is_refused_by_field(write: Write, change: dict[str, object], sentence: str) -> None:
    with pytest.raises(UnreadableInstance, match=sentence):
        read_problem(write(json.dumps(OURS | change), "ours.json"))


@pytest.mark.reference
@pytest.mark.skipif(not (DATA / "bks.csv").exists(), reason="The published instances are not there.")
def test_every_published_file_is_read_whole() -> None:
    """Solutions published for the files fit: their number of customers, and a known optimum's lower bound."""
    seen = set()
    for path in sorted(p for kind in ("vrptw", "cvrp", "pdptw", "hvrp") for p in (DATA / kind).rglob("*.*")):
        problem = read_rounds(path)
        seen.add(path.parts[len(DATA.parts)])
        assert len(problem.stops) >= 20
        assert problem.distance.shape == (1, len(problem.stops) + 1, len(problem.stops) + 1)
        assert np.array_equal(problem.distance[0], problem.distance[0].T)
        assert len(problem.pairs) * 2 == (len(problem.stops) if "pdptw" in path.parts else 0)
    assert seen == {"vrptw", "cvrp", "pdptw", "hvrp"}
    assert read_design(DATA / "cfnd" / "C" / "c33.dow").commodities == 39


def test_the_heading_can_be_overruled(write: Write) -> None:
    with pytest.raises(UnreadableInstance, match="the number and capacity of vehicles are missing"):
        read_rounds(write(PDPTW), kind=Format.VRPTW)
