"""See the package: photographs of every page."""

import argparse
import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.screens.camera import Album, Visit
from tests.screens.filing import file_company
from tests.screens.floor import take_count, take_outward, take_put_away, take_sorting
from tests.screens.inspecting import draw_and_order
from tests.screens.receiving import take_receiving
from tests.screens.running import ROOT, CannotStart, Running, running

#: Who walks the office, in this order; the first to reach a page is photographed there.
WALKERS = ("supervisor", "officer", "declarant", "admin", "quality", "gate")
#: Who draws and orders inspections before the walk.
INSPECTS = "officer"
#: Who tries the handheld's menu.
FLOOR = ("keeper", "supervisor")
#: Whose company files itself before the walk, so that a filing waits for the administrator.
FILES = "declarant"
#: Who begins at a desk of their own.
DESK = "officer"


def main() -> int:
    """0 when every page is there and none has a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.screens", description="Photograph every page.")
    parser.add_argument("--into", type=Path, default=ROOT / "docs" / "screens")
    parser.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser"))
    arguments = parser.parse_args()
    if arguments.chromium is None:
        print("no Chromium was found: install it, or name it with --chromium", file=sys.stderr)
        return 2
    arguments.into.mkdir(parents=True, exist_ok=True)
    for old in arguments.into.glob("*.png"):
        old.unlink()
    album = Album(into=arguments.into)
    try:
        with running() as system, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=arguments.chromium, args=["--no-sandbox"])
            take_all(browser, system, album)
            browser.close()
    except CannotStart as said:
        print(said, file=sys.stderr)
        return 2
    album.faults += [f"{rule}: nobody could reach it" for rule in sorted(system.rules - album.taken)]
    print(f"{len(list(arguments.into.glob('*.png')))} photographs in {arguments.into}")
    for fault in album.faults:
        print(f"  {fault}")
    return 1 if album.faults else 0


def take_all(browser: Browser, system: Running, album: Album) -> None:
    """The doors, then the office as several people, then the handheld with the first screen of each task."""
    for path, handheld in (("/sign-in", False), ("/h/sign-in", True)):
        visit = Visit(browser, system, album, handheld=handheld)
        visit.go(path)
        visit.photograph(path.strip("/").replace("/", "-"))
        album.taken.add(path)
        visit.close()
    for role in WALKERS:
        visit = Visit(browser, system, album, handheld=False)
        visit.sign_in(system.people[role])
        if role == FILES:
            file_company(visit)
        if role == INSPECTS:
            draw_and_order(visit)
        if role == DESK:
            visit.go("/")
            visit.photograph(f"start-{role}")
        visit.walk("/", role=role)
        if role == FLOOR[1]:
            begin_count(visit)
        visit.close()
    for role in FLOOR:
        visit = Visit(browser, system, album, handheld=True)
        visit.sign_in(system.people[role])
        visit.walk("/h/", role=role)
        take_flows(visit, album)
        if role == FLOOR[0]:
            take_receiving(visit)
            take_put_away(visit)
            take_count(visit)
            take_outward(visit)
            take_sorting(visit)
        visit.close()


def begin_count(visit: Visit) -> None:
    """A count of the bonded warehouse, so that the floor has something to count."""
    visit.go("/counts/")
    form = visit.page.locator("form[action$='/counts/begin']")
    form.locator("[name=warehouse]").select_option("LS1")
    form.locator("button").click()
    visit.page.wait_for_load_state("load")


def take_flows(visit: Visit, album: Album) -> None:
    """The first screen of every task on the menu."""
    visit.go("/h/")
    starts = visit.page.locator("form[action$='/start']")
    for number in range(starts.count()):
        visit.go("/h/")
        form = visit.page.locator("form[action$='/start']").nth(number)
        name = (form.get_attribute("action") or "").split("/")[-2]
        form.locator("button").click()
        visit.page.wait_for_url("**/h/*/*")
        if f"flow {name}" not in album.taken:
            album.taken.add(f"flow {name}")
            visit.photograph(f"h-{name}")
        album.taken.add("/h/<name>/<uuid:run_id>")


if __name__ == "__main__":
    sys.exit(main())
