"""devices.toml: every fault is told at once, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from devices.registry import RegistryError, Scanner, load_registry

GOOD = """\
[gateway]
id = "gw-1"
spool = "spool.db"

[warehouse]
url = "http://127.0.0.1:5000/api/readings"

[[device]]
type = "scanner"
id = "lane-1"
port = "/dev/serial/by-id/x"

[[device]]
type = "broker"
id = "broker"
host = "127.0.0.1"

[[device]]
type = "sensor"
id = "cool-1"
broker = "broker"
topic = "t/cool-1"
"""


def faults_of(tmp_path: Path, text: str) -> list[str]:
    file = tmp_path / "devices.toml"
    file.write_text(text)
    with pytest.raises(RegistryError) as caught:
        load_registry(file)
    return caught.value.faults


def test_the_shipped_site_is_right() -> None:
    registry = load_registry(Path("config/devices.toml"))

    assert {type(device).__name__ for device in registry.device} == {
        "Scanner",
        "Scale",
        "Broker",
        "Sensor",
        "Gate",
        "Lane",
        "Printer",
    }


def test_another_data_folder_and_warehouse_stand_in_for_the_files(tmp_path: Path) -> None:
    """One file serves the demonstration wherever its data lies."""
    registry = load_registry(
        Path("config/devices.toml"), data_dir=tmp_path, warehouse_url="http://10.0.0.1:9/api/readings"
    )

    assert registry.gateway.spool == tmp_path / "gateway" / "spool.db"
    assert registry.warehouse.token_file == tmp_path / "secrets" / "gateway.token"
    assert registry.warehouse.url == "http://10.0.0.1:9/api/readings"
    assert registry.find("lane-1").port == str(tmp_path / "site" / "lane-1")  # type: ignore[union-attr]


def test_a_lane_names_a_scanner_and_a_scale_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(
        '[gateway]\nid = "gw"\nspool = "s.db"\n[warehouse]\nurl = "http://w/"\n'
        '[[device]]\ntype = "lane"\nid = "lane"\nscanner = "nobody"\nscale = "lane"\n'
    )

    with pytest.raises(RegistryError) as refused:
        load_registry(file)

    assert refused.value.faults == [
        "9: there is no scanner nobody for the lane.",
        "10: there is no scale lane for the lane.",
    ]


def test_paths_are_taken_from_the_files_own_folder(tmp_path: Path) -> None:
    file = tmp_path / "devices.toml"
    file.write_text(GOOD.replace("/dev/serial/by-id/x", "./site/lane"))

    registry = load_registry(file)

    assert registry.gateway.spool == tmp_path / "spool.db"
    lane = registry.find("lane-1")
    assert isinstance(lane, Scanner)
    assert lane.port == str(tmp_path / "site/lane")


@pytest.mark.parametrize(
    ("wrong", "right", "line", "word"),
    [
        ('port = "/dev/serial/by-id/x"', 'prot = "/dev/x"\nport = "/dev/serial/by-id/x"', 11, "no known key"),
        ('port = "/dev/serial/by-id/x"', 'port = "COM3"', 11, "port"),
        ('port = "/dev/serial/by-id/x"', "", 8, "port"),
        ('port = "/dev/serial/by-id/x"', 'port = "/dev/x"\nbaud = "fast"', 12, "baud"),
        ('id = "lane-1"', 'id = "Lane 1"', 10, "id"),
        ('id = "cool-1"', 'id = "lane-1"', 10, "more than once"),
        ('broker = "broker"', 'broker = "nowhere"', 21, "no broker nowhere"),
        ('topic = "t/cool-1"', 'topic = "t/#"', 22, "topic"),
        ('type = "broker"', 'type = "toaster"', 13, "toaster"),
        ('url = "http://127.0.0.1:5000/api/readings"', 'url = "ftp://x"', 6, "url"),
        ("[warehouse]", "[wharehouse]", 1, "warehouse"),
        ('id = "gw-1"', 'id = "gw-1', 2, "no TOML"),
    ],
)
def test_a_fault_is_told_with_its_line(tmp_path: Path, wrong: str, right: str, line: int, word: str) -> None:
    faults = faults_of(tmp_path, GOOD.replace(wrong, right))

    assert any(fault.startswith(f"{line}:") and word in fault for fault in faults), faults


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('id = "gw-1"', 'id = "GW"').replace('host = "127.0.0.1"', "")

    assert len(faults_of(tmp_path, text)) == 2


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="cannot be read"):
        load_registry(tmp_path / "none.toml")


SCALE = """
[[device]]
type = "scale"
id = "bridge"
port = "/dev/x"
format = "{format}"
division_kg = "20"
rearm_below_kg = "100"
{more}
"""


@pytest.mark.parametrize(
    ("format_name", "more", "word"),
    [
        ("yahoua", "", "is none of"),
        ("yaohua_command", "", "address"),
        ("yaohua", 'address = "A"', "address"),
        ("yaohua", "frames_needed = 1", "frames_needed"),
    ],
)
def test_a_scale_that_cannot_be_is_refused(tmp_path: Path, format_name: str, more: str, word: str) -> None:
    faults = faults_of(tmp_path, GOOD + SCALE.format(format=format_name, more=more))

    assert any(word in fault for fault in faults), faults
