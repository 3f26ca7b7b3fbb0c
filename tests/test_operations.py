"""What docs/operations.md tells an administrator to type exists, and forgetting does what it says."""

import re
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from click import Command, Group
from sqlalchemy import select

from tests.customs.filings import order, payment
from tests.databases import Database
from tests.web.site import BASE, Site, make_site
from wms.audit import AuditEntry
from wms.auth.permissions import Role
from wms.orders.documents import Order
from wms.orders.verdicts import Match
from wms.sealed import Forgotten, Keyring, hang_keyring

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "config" / "demo"
TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")


@pytest.fixture
def site(fresh_database: Database, tmp_path: Path) -> Iterator[Site]:
    with make_site(fresh_database, tmp_path, flows=None) as site:
        # keys of this test alone: it destroys them
        house = site.app.extensions["wms"]
        hang_keyring(house.engine, Keyring(tmp_path, house.clock.month))
        yield site


def commands() -> list[list[str]]:
    """Every `flask` command of the page, in words."""
    found = re.findall(r"(?:^|`)flask --app wsgi ([^`\n#]+)", TEXT, re.MULTILINE)
    return [shlex.split(line) for line in found]


def test_every_command_of_the_page_exists_with_its_options(site: Site) -> None:
    asked = commands()
    assert len(asked) > 12
    for words in asked:
        command: Command = site.app.cli
        while isinstance(command, Group):
            name = words.pop(0)
            assert name in command.commands, name
            command = command.commands[name]
        if command.context_settings.get("ignore_unknown_options"):
            # its options are those of PostgreSQL's programs; the drill of the backups types them
            continue
        options = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_every_make_command_and_setting_of_the_page_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    settings = (ROOT / "config" / "default.toml").read_text("utf-8")
    rules = (DEMO / "rules.json").read_text("utf-8")

    assert set(re.findall(r"make ([a-z-]+)", TEXT)) <= targets
    named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+)`", TEXT)) - {"read_personal"}
    assert {name for name in named if f"\n{name} = " not in settings and f'"{name}"' not in rules} == set()


def test_a_migrated_site_is_migrated_again_without_harm(site: Site) -> None:
    told = site.app.test_cli_runner().invoke(args=["migrate"])

    assert (told.exit_code, told.output.strip()) == (0, "The tables are at the newest revision.")


def test_after_forgetting_the_rows_work_on_and_say_that_they_are_gone(site: Site) -> None:
    """A key within its term stays; past it names are gone, verdicts and lists are not, and the act is recorded."""
    runner = site.app.test_cli_runner()
    assert runner.invoke(args=["registry", "load", str(DEMO)]).exit_code == 0
    headers = site.token(Role.DECLARANT) | {"X-File-Name": "x.xml"}
    for raw in (order(1), payment(1)):
        assert (
            site.client().post("/api/messages", data=raw, headers=headers, base_url=BASE).status_code == 201
        )
    assert runner.invoke(args=["orders", "match"]).exit_code == 0

    early = runner.invoke(args=["personal", "forget", "--before", "2026-12"])
    assert early.exit_code == 1
    assert "36 months" in early.output
    site.set_clock(datetime.fromisoformat("2029-12-01T12:00:00+08:00"))
    done = runner.invoke(args=["personal", "forget", "--before", "2026-12"])

    assert done.output.strip() == "Forgotten: 2026-11."
    with site.sessions() as session:
        kept = session.scalars(select(Order)).one()
        verdict = session.scalars(select(Match)).one()
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "personal.forget")).one()
    assert (kept.order_no, verdict.order_no) == ("N00000001", "N00000001")
    assert isinstance(kept.buyer_name, Forgotten)
    assert entry.marks == {"months": ["2026-11"]}
    token = site.token(Role.DECLARANT)
    assert site.client().get("/api/orders", headers=token, base_url=BASE).status_code == 200
    messages = site.client().get("/api/messages", headers=token, base_url=BASE).json["items"]
    assert len(messages) == 2
    assert runner.invoke(args=["verify"]).exit_code == 0
