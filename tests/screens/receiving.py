"""A keeper's first lorry, photographed screen by screen: a wrong scan, then one item received."""

from typing import Final

from tests.screens.camera import Visit

WRONG: Final = "Z8890I261124000000000999"
PASS: Final = "Z8890I261124000000000911"


def take_receiving(visit: Visit) -> None:
    """The demonstration zone's pass, as a scanner would type it; the keys of the pad are pressed."""
    page = visit.page

    def scan(code: str) -> None:
        page.keyboard.type(code, delay=4)
        page.keyboard.press("Enter")

    def press(digits: str) -> None:
        for digit in digits:
            page.click(f'[data-digit="{digit}"]')
        page.click(".pad-send")

    def step(version: int, kind: str, name: str) -> None:
        page.wait_for_selector(f"#screen[data-kind={kind}][data-version='{version}']")
        visit.photograph(f"h-receiving-{name}")

    visit.go("/h/")
    page.click("form[action$='/receiving/start'] button")
    page.wait_for_selector("#screen[data-kind=WantsScan]")
    scan(WRONG)
    page.wait_for_selector(".alarm")
    visit.photograph("h-receiving-refused")
    page.click("[data-acknowledge]")
    scan(PASS)
    step(2, "WantsScan", "item")
    scan("ILM-BLK")
    step(3, "WantsScan", "lot")
    scan("LOT2611A")
    step(4, "WantsDate", "expiry")
    press("20281031")
    step(5, "WantsNumber", "good")
    press("48")
    step(6, "WantsNumber", "damaged")
    press("0")
    step(7, "WantsScan", "place")
    scan("LS1-A01-01-1")
    step(8, "WantsScan", "taken")
    # the longest name of the zone, and a digit too many
    scan("NPL-NDL")
    step(9, "WantsScan", "long-lot")
    scan("LOT2611B")
    step(10, "WantsDate", "long-expiry")
    press("20281031")
    step(11, "WantsNumber", "long-good")
    press("1200")
    step(12, "WantsNumber", "over")
    press("0")
    step(13, "WantsScan", "over-place")
    page.click("button:has-text('输错')")
    step(14, "WantsScan", "again")
    scan("NPL-NDL")
    page.wait_for_selector("#screen[data-version='15']")
    scan("LOT2611B")
    page.wait_for_selector("#screen[data-version='16']")
    press("20281031")
    page.wait_for_selector("#screen[data-version='17']")
    press("120")
    page.wait_for_selector("#screen[data-version='18']")
    press("0")
    page.wait_for_selector("#screen[data-version='19']")
    scan("LS1-R01-01-1")
    step(20, "WantsScan", "next")
