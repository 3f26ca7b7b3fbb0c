"""A company's filing that waits, so that its pages and its review have something to show."""

from tests.screens.camera import Visit


def file_company(visit: Visit) -> None:
    """The declarant's company files itself again, as it stands."""
    visit.go("/filing/")
    visit.page.click("form[action$='/filing/company'] button")
    visit.page.wait_for_selector(".notice")
