"""Settings are read once, checked, and say what is wrong in one sentence."""

import dataclasses
import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from config.settings import DEFAULT, BadSettings, Settings


def test_the_default_file_and_the_settings_name_the_same_keys() -> None:
    """A key in one without the other would be dead or without a default."""
    keys = set(tomllib.loads(DEFAULT.read_text("utf-8")))

    assert keys == {field.name for field in dataclasses.fields(Settings)}


def test_every_default_has_its_reason() -> None:
    """The line above a key, or above its group, is a comment."""
    lines = DEFAULT.read_text("utf-8").splitlines()
    bare = [
        line
        for before, line in zip(["", *lines], lines, strict=False)
        if re.match(r"\w+ =", line) and not before.startswith("#") and not re.match(r"\w+ =", before)
    ]

    assert bare == []


def test_the_defaults_are_of_their_types() -> None:
    """The file alone makes settings: exact decimals, paths, lists as tuples."""
    settings = Settings.load({})

    assert settings.port == 8000
    assert settings.data_dir == Path("var")
    assert settings.gate_weight_tolerance_rate == Decimal("0.03")
    assert settings.exit_booked_by == ("INV211", "INV201")


def test_a_variable_wins_over_the_sites_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    """Three places, one order."""
    site = tmp_path / "site.toml"
    site.write_text('port = 8100\nhost = "0.0.0.0"\n')

    settings = Settings.load({"WMS_CONFIG": str(site), "WMS_PORT": "8200"})

    assert (settings.host, settings.port) == ("0.0.0.0", 8200)
    assert settings.web_threads == Settings.load({}).web_threads


def test_a_list_is_given_with_commas() -> None:
    """As a variable; the file has brackets."""
    assert Settings.load({"WMS_EXIT_BOOKED_BY": "INV211"}).exit_booked_by == ("INV211",)
    assert Settings.load({"WMS_EXIT_BOOKED_BY": "INV201,INV211"}).exit_booked_by == ("INV201", "INV211")


def test_a_value_of_the_wrong_kind_is_refused_by_name() -> None:
    """The sentence has key and value."""
    with pytest.raises(BadSettings, match=r"setting port: .*\(got 'many'\)"):
        Settings.load({"WMS_PORT": "many"})


def test_an_unknown_key_in_the_sites_file_is_refused(tmp_path: Path) -> None:
    """A misspelt key must not be taken for a default."""
    site = tmp_path / "site.toml"
    site.write_text("prot = 8100\n")

    with pytest.raises(BadSettings, match="no such setting: prot"):
        Settings.load({"WMS_CONFIG": str(site)})


@pytest.mark.parametrize("text", [None, "port = \n"])
def test_a_sites_file_that_cannot_be_read_is_refused(tmp_path: Path, text: str | None) -> None:
    """Missing or malformed: the sentence names the file."""
    site = tmp_path / "site.toml"
    if text is not None:
        site.write_text(text)

    with pytest.raises(BadSettings, match=re.escape(str(site))):
        Settings.load({"WMS_CONFIG": str(site)})


def test_the_clock_is_only_for_tests() -> None:
    """A site whose clock stood still would book at the wrong time."""
    with pytest.raises(BadSettings, match="setting clock"):
        Settings.load({"WMS_CLOCK": "/tmp/clock"})

    assert Settings.load({"WMS_CLOCK": "/tmp/clock", "WMS_TESTING": "true"}).clock == "/tmp/clock"
