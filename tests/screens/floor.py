"""The floor's work photographed screen by screen, as a scanner would type it and a glove would press it."""

import re
from dataclasses import dataclass, field
from typing import Final

from tests.screens.camera import Visit

#: The pass of the demonstration's vehicle that waits to be loaded, and a parcel of another.
WAITING_PASS: Final = "Z8890E261125000000000702"
OTHER_PARCEL: Final = "MN261100588"
#: The parcel that came back, and the lot of it that waits to be sorted.
RETURNED_PARCEL: Final = "MN261100188"
RETURNED_LOT: Final = "ILM2605"
#: A bin where the first pick is not, and where received goods stand.
OTHER_BIN: Final = "LS1-F01-01-1"
RECEIVING: Final = "LS1-R01-01-1"
#: More answers than any task of the demonstration zone has.
ANSWERS_MAX: Final = 60


@dataclass(kw_only=True)
class Floor:
    """One task on the handheld; every kind of screen it shows is photographed once."""

    visit: Visit
    flow: str
    _seen: set[str] = field(default_factory=set)

    def begin(self) -> "Floor":
        """From the menu."""
        self.visit.go("/h/")
        self.visit.page.click(f"form[action$='/{self.flow}/start'] button")
        self.visit.page.wait_for_selector("#screen[data-version]")
        self.look()
        return self

    def look(self, name: str = "") -> None:
        """Photograph what is shown, named by the question it asks, unless such a screen was seen before."""
        question = self.visit.page.locator("#screen .question").inner_text()
        kind = re.sub(r"[\d.,A-Z-]+", "#", question) + name
        if kind in self._seen:
            return
        self._seen.add(kind)
        number = len(self._seen)
        self.visit.photograph(
            f"h-{self.flow}-{number}{name and '-'}{name}" if number > 1 else f"h-{self.flow}"
        )

    def scan(self, text: str) -> None:
        """Scan; the next screen is photographed."""
        version = self._read("data-version")
        self.visit.page.keyboard.type(text, delay=4)
        self.visit.page.keyboard.press("Enter")
        self._after(version)

    def press(self, digits: str) -> None:
        """Type a number on the pad and send it."""
        version = self._read("data-version")
        page = self.visit.page
        if page.locator(".pad-field").input_value() != digits:
            page.locator(".pad-field").fill("")
            for digit in digits:
                page.click(f'[data-digit="{digit}"]')
        page.click(".pad-send")
        self._after(version)

    def choose(self, label: str) -> None:
        """Press a button by its words, twice where it asks again."""
        version = self._read("data-version")
        button = self.visit.page.locator(".bottom button", has_text=label).first
        again = button.get_attribute("data-again") is not None
        button.click()
        if again:
            self.visit.page.locator(".bottom button.armed").click()
        self._after(version)

    def refused(self, text: str, name: str) -> None:
        """Scan something wrong, photograph the red screen and acknowledge it."""
        self.visit.page.keyboard.type(text, delay=4)
        self.visit.page.keyboard.press("Enter")
        self.visit.page.wait_for_selector(".alarm")
        self.visit.photograph(f"h-{self.flow}-{name}")
        self.visit.page.click("[data-acknowledge]")
        self.visit.page.wait_for_selector("#screen:not(:has(.alarm))")

    def follow(self, *, answers: int = ANSWERS_MAX) -> None:
        """Answer what the screens ask, so often or until they ask nothing."""
        for _ in range(answers):
            asks = self._read("data-asks")
            if asks is None:
                return
            (self.press if self._read("data-kind") == "WantsNumber" else self.scan)(asks)

    def offline(self, text: str) -> None:
        """Scan without a network, photograph, and get it back."""
        context = self.visit.page.context
        context.set_offline(True)
        version = self._read("data-version")
        self.visit.page.keyboard.type(text, delay=4)
        self.visit.page.keyboard.press("Enter")
        self.visit.page.wait_for_selector("#net:not([hidden])")
        self.visit.photograph("h-offline", forgive="ERR_INTERNET_DISCONNECTED")
        context.set_offline(False)
        self._after(version)

    def _after(self, version: str | None) -> None:
        self.visit.page.wait_for_selector(f"#screen[data-version]:not([data-version='{version}'])")
        self.look()

    def _read(self, attribute: str) -> str | None:
        return self.visit.page.locator("#screen").get_attribute(attribute)


def take_outward(visit: Visit) -> None:
    """The way out: picked, packed, a withdrawn parcel pulled, the vehicle loaded."""
    picking = Floor(visit=visit, flow="picking").begin()
    picking.refused(OTHER_BIN, "refused")
    bin_code = visit.page.locator("#screen").get_attribute("data-asks")
    assert bin_code is not None
    picking.offline(bin_code)
    picking.follow()
    packing = Floor(visit=visit, flow="packing").begin()
    packing.press("9")
    packing.choose("重新称重")
    packing.follow()
    Floor(visit=visit, flow="pulling").begin().follow()
    loading = Floor(visit=visit, flow="loading").begin()
    loading.scan(WAITING_PASS)
    loading.refused(OTHER_PARCEL, "refused")
    loading.follow()
    loading.choose("装车完毕")


def take_sorting(visit: Visit) -> None:
    """What came back and looks good is refused its shelf until the book has it again; a stranger's parcel is none."""
    Floor(visit=visit, flow="returns").begin().refused(OTHER_PARCEL, "refused")
    sorting = Floor(visit=visit, flow="sorting").begin()
    sorting.scan(RETURNED_PARCEL)
    sorting.scan(RETURNED_LOT)
    sorting.press("1")
    sorting.choose("完好")
    sorting.refused(OTHER_BIN, "refused")


def take_put_away(visit: Visit) -> None:
    """What was received is put away where the system proposes."""
    putaway = Floor(visit=visit, flow="putaway").begin()
    putaway.refused(OTHER_PARCEL, "refused")
    putaway.scan(RECEIVING)
    putaway.scan("NPL-NDL")
    putaway.press("120")
    proposed = visit.page.locator(".loud dd").first.inner_text()
    putaway.scan(proposed)


def take_count(visit: Visit) -> None:
    """One place is counted blind."""
    counting = Floor(visit=visit, flow="counting").begin()
    counting.scan("LS1-A01-01-1")
    counting.scan("ILM-BLK")
    counting.scan("ILM2600")
    counting.press("20270101")
    counting.press("6")
    counting.choose("本库位盘完")
