"""The planner's command line, from problem to picture."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from routing.__main__ import main


@pytest.fixture
def file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A generated problem, written by the command itself."""
    assert main(["generate", "--consignments", "20", "--seed", "4"]) == 0
    path = tmp_path / "problem.json"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    return path


def test_plan_prints_what_is_promised_and_check_agrees(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", str(file), "--iterations", "300", "--seed", "2", "--json"]) == 0
    text = capsys.readouterr().out
    plan = json.loads(text)
    assert {"cost", "bound", "gap_global", "gap_pool", "late", "refused"} <= set(plan)
    assert isinstance(plan["late"], list)
    assert isinstance(plan["refused"], list)
    assert plan["bound"] <= plan["pool_bound"] <= plan["cost"]

    path = tmp_path / "plan.json"
    path.write_text(text, encoding="utf-8")
    assert main(["check", str(file), str(path)]) == 0

    plan["cost"] -= 1
    path.write_text(json.dumps(plan), encoding="utf-8")
    assert main(["check", str(file), str(path)]) == 1
    assert "The cost is" in capsys.readouterr().out


def test_replan_explain_and_stress_answer_in_json(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan, disruption = tmp_path / "plan.json", tmp_path / "disruption.json"
    main(["plan", str(file), "--iterations", "300", "--json"])
    plan.write_text(capsys.readouterr().out, encoding="utf-8")
    disruption.write_text(json.dumps({"known_at": "2026-08-08T00:00:00Z", "closures": []}), encoding="utf-8")

    assert main(["replan", str(file), str(plan), str(disruption), "--iterations", "100", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)["points"]) == {"keep", "balanced", "reoptimise"}
    assert main(["explain", str(file), str(plan), "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"bottlenecks", "refusals"}
    assert main(["explain", str(file), str(plan), "--consignment", "C00001", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["consignment"] == "C00001"
    assert main(["stress", str(file), str(plan), "--iterations", "30", "--json"]) == 0
    assert {row["port"] for row in json.loads(capsys.readouterr().out)} == {"GYI", "ZHM", "YAD"}


def test_pictures_are_svg_with_every_place_and_load(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gantt, network = tmp_path / "plan.svg", tmp_path / "network.svg"
    assert main(["plan", str(file), "--iterations", "50", "--gantt", str(gantt)]) == 0
    assert main(["network", "--picture", str(network)]) == 0
    assert "to be confirmed" in capsys.readouterr().out
    assert main(["network", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert len({row["table"] for row in rows}) == 7
    assert all(row["source"] and row["as_of"] and row["confidence"] for row in rows)

    assert ET.fromstring(gantt.read_text(encoding="utf-8")).tag.endswith("svg")
    assert "吉隆口岸" in network.read_text(encoding="utf-8")


def test_the_schema_of_each_file_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    fields = {"problem": "consignments", "plan": "gap_global", "disruption": "known_at", "rounds": "stops"}
    for name, field in fields.items():
        assert main(["schema", name]) == 0
        assert field in json.loads(capsys.readouterr().out)["properties"]


def test_reach_tells_the_earliest_arrival_of_each_or_the_rule(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reach", str(file), "--json"]) == 0
    assert all(one["earliest_at"] for one in json.loads(capsys.readouterr().out))

    document = json.loads(file.read_text(encoding="utf-8"))
    document["departures"] = []
    file.write_text(json.dumps(document), encoding="utf-8")
    assert main(["reach", str(file)]) == 1
    assert "never             blocked by service: no chain of departures" in capsys.readouterr().out


def test_a_plan_that_breaks_a_promise_is_not_built_on(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["plan", str(file), "--iterations", "50", "--json"])
    plan = json.loads(capsys.readouterr().out)
    plan["itineraries"][0]["legs"][0]["departure"] = "NEVER"
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")

    assert main(["explain", str(file), str(path), "--consignment", "C00001"]) == 2
    assert "the plan breaks a promise: C00001 boards NEVER" in capsys.readouterr().err


def test_explain_plans_first_when_no_plan_is_given(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(file), "--iterations", "50", "--consignment", "C00001"]) == 0
    assert "consignment: C00001" in capsys.readouterr().out


def test_seeds_share_the_seconds_and_workers_change_nothing(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = []
    for workers in ("1", "2"):
        more = ["--seeds", "2", "--workers", workers, "--json"]
        assert main(["plan", str(file), "--iterations", "50", *more]) == 0
        told.append(capsys.readouterr().out)
    assert told[0] == told[1]

    assert main(["plan", str(file), "--seeds", "2", "--cpu-seconds", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cpu_seconds"] < 1.3


def test_unknown_verbs_and_missing_files_get_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fly"]) == 2
    assert main(["plan", str(tmp_path / "none.json")]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2
    assert said[1].endswith("No such file or directory.")
