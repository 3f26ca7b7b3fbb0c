"""Office pages on a telephone: a wide table scrolls in its box, the page itself does not."""

import shutil
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from tests.databases import Database
from tests.web.site import PASSWORD, make_site

CHROMIUM = shutil.which("chromium")
WIDER = "e => e.scrollWidth - e.clientWidth"


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed; no page was measured")
def test_a_wide_table_does_not_widen_the_page(fresh_database: Database, tmp_path: Path) -> None:
    from playwright.sync_api import sync_playwright

    with make_site(fresh_database, tmp_path, secure_cookies="false") as site, sync_playwright() as playwright:
        server = make_server("127.0.0.1", 0, site.app, threaded=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 640})
        page.set_default_timeout(90_000)
        page.goto(f"http://127.0.0.1:{server.server_port}/sign-in?next=/audit/")
        page.fill("input[name=name]", "officer")
        page.fill("input[name=password]", PASSWORD)
        page.press("input[name=password]", "Enter")
        page.wait_for_selector(".table-box")

        assert page.eval_on_selector(".table-box", WIDER) > 0
        assert page.eval_on_selector("html", WIDER) == 0

        browser.close()
        server.shutdown()
        server.server_close()
