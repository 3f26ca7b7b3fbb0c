"""What scanners read is kept whole and shown as far as the reader's role goes."""

import pytest

from tests.web.site import BASE, Site, secure
from wms.auth.permissions import Role
from wms.db import run
from wms.i18n import plain, say
from wms.scans import record_scan

IDENTITY, PHONE, NAME = "110101199003078515", "13800138000", "扎西多吉"
REFUSED = "This is {found}. Scan the label of a place."


def keep(site: Site, raw: str, *, verdict: str) -> None:
    """A scan as the handheld keeps it."""
    sentence = say(REFUSED, found=plain(raw)) if verdict == "NotAPlace" else say("Lot {lot}.", lot=raw)
    run(
        site.sessions,
        lambda session: record_scan(session, raw, verdict=verdict, sentence=sentence, flow="putaway"),
        by_id=1,
        action="test.scan",
    )


@pytest.mark.parametrize("text", [IDENTITY, PHONE, NAME])
def test_a_scan_that_may_name_a_person_is_masked(site: Site, text: str) -> None:
    """An administrator sees that something was scanned, not whose number it was; nor does a search tell."""
    keep(site, text, verdict="NotAPlace")
    client = site.signed_in(Role.ADMIN)

    page = client.get("/scans/", base_url=BASE).text
    searched = client.get(f"/scans/?text={text}&clear=1", base_url=BASE).text

    assert text not in page
    assert "•••" in page
    assert "•••" not in searched


def test_who_may_read_persons_asks_to_and_sees_the_scan(site: Site) -> None:
    """Masked first; in clear when asked for."""
    keep(site, IDENTITY, verdict="NotAPlace")
    client = site.signed_in(Role.OFFICER)

    assert IDENTITY not in client.get("/scans/", base_url=BASE).text
    assert IDENTITY in client.get("/scans/?clear=1", base_url=BASE).text


def test_a_code_of_ours_is_shown_whatever_came_of_it(site: Site) -> None:
    """A wrong bin is what a supervisor looks for; a lot that was taken may look like anything."""
    keep(site, "LS1-A01-02-1", verdict="NotAPlace")
    keep(site, IDENTITY, verdict="ok")

    page = site.signed_in(Role.ADMIN).get("/scans/", base_url=BASE).text

    assert "LS1-A01-02-1" in page
    assert IDENTITY in page


def test_what_was_said_is_told_in_the_readers_language(site: Site) -> None:
    """The page of a Chinese reader has no English sentence, no English task and no English verdict."""
    keep(site, "L1", verdict="ok")

    page = site.signed_in(Role.ADMIN).get("/scans/", base_url=BASE).text

    assert "批号 L1" in page
    assert "已接受" in page


def test_the_trail_does_not_show_what_the_page_of_scans_hides(site: Site) -> None:
    """A refusal repeats what was typed. Administrators read the trail and no names; an officer asks for them."""
    declarant = site.signed_in(Role.DECLARANT)
    letter = {"number": "G1", "amount": "扎西平措540102199001011234", "valid_until": "2027-01-01"}
    assert declarant.post("/customs/guarantees/file", data=letter, **secure(declarant)).status_code == 422
    refused = next(entry for entry in site.audit() if entry.refusal == "FieldUnreadable")

    def told(role: Role, clear: str) -> bool:
        page = site.signed_in(role).get(f"/audit/{refused.id}", query_string={"clear": clear}, base_url=BASE)
        assert page.status_code == 200
        return "西平措" in page.text or "199001011234" in page.text

    assert [told(Role.ADMIN, ""), told(Role.ADMIN, "1"), told(Role.OFFICER, "")] == [False] * 3
    assert told(Role.OFFICER, "1")
    assert [entry.marks.get("in_clear") for entry in site.audit() if entry.action == "personal.read"] == [
        True
    ]
