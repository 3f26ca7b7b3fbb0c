"""An officer's morning, so that its pages have something to show: a draw made, a batch to be inspected."""

from typing import Final

from tests.screens.camera import Visit

BATCH: Final = "ILM-BLK/ILM2600"


def draw_and_order(visit: Visit) -> None:
    """Prepares a draw, publishes its seed, and orders a quality inspection of one batch."""
    page = visit.page
    visit.go("/customs/draws/")
    page.click("form[action$='/draws/prepare'] button")
    page.wait_for_load_state("load")
    page.click("form[action$='/reveal'] button")
    page.wait_for_load_state("load")
    visit.go("/customs/inspections/")
    form = page.locator("form[action$='/inspections/order']")
    form.locator("[name=kind]").select_option("BATCH")
    form.locator("[name=number]").fill(BATCH)
    form.locator("[name=reason]").fill("季度质量抽检")
    form.locator("button").click()
    page.wait_for_load_state("load")
