"""The camera sees what a person would stumble over."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.screens.camera import Album, Visit, picture_name
from tests.screens.running import Running

CHROMIUM = shutil.which("chromium")
RULES = frozenset(
    {"/", "/customs/lists/", "/customs/lists/<int:list_id>", "/h/sign-in", "/h/<name>/<uuid:run_id>"}
)


@pytest.fixture
def handheld(tmp_path: Path) -> Iterator[tuple[Visit, Album]]:
    """A window of the handheld's size, on no system."""
    from playwright.sync_api import sync_playwright

    album = Album(into=tmp_path)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        visit = Visit(
            browser, Running(address="http://127.0.0.1:1", people={}, rules=RULES), album, handheld=True
        )
        yield visit, album
        visit.close()
        browser.close()


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_page_too_wide_or_too_small_is_a_fault(handheld: tuple[Visit, Album], tmp_path: Path) -> None:
    """And a page that is neither is not."""
    visit, album = handheld

    visit.page.set_content("<p style='font-size: 18px'>够大</p>")
    visit.photograph("good")
    assert album.faults == []
    visit.page.set_content(
        "<p style='font-size: 17px'>太小</p><p style='width: 500px; font-size: 20px'>太宽</p>"
    )
    visit.photograph("bad")

    assert album.faults == ["bad: 148 px wider than its window", "bad: text under 18 px: 17px 太小"]
    assert (tmp_path / "bad.png").exists()


def test_an_address_is_recognised_by_the_rule_behind_it(tmp_path: Path) -> None:
    """Plain rules come first; what no rule knows is a broken link."""
    album = Album(into=tmp_path)

    assert album.rule_of("/customs/lists/", RULES) == "/customs/lists/"
    assert album.rule_of("/customs/lists/7", RULES) == "/customs/lists/<int:list_id>"
    assert album.rule_of("/h/sign-in", RULES) == "/h/sign-in"
    assert album.rule_of("/nowhere", RULES) is None


def test_pictures_are_named_for_their_page() -> None:
    """So that a diff of the folder reads like a list of pages."""
    assert picture_name("/") == "start"
    assert picture_name("/customs/lists/<int:list_id>") == "customs-lists-list_id"
