"""Pages for declarants, the gate and customs officers."""

from typing import Final

from wms.web.customs import (
    book,
    cases,
    controls,
    documents,
    draws,
    exits,
    guarantees,
    holds,
    inspections,
    officer_desk,
    outgoing,
    permits,
    place_map,
    reconcile,
    time_machine,
)
from wms.web.doors import Pages

PAGES: Final[tuple[Pages, ...]] = (
    book.pages,
    reconcile.pages,
    cases.pages,
    time_machine.pages,
    place_map.pages,
    documents.lists,
    documents.passes,
    exits.pages,
    exits.gate,
    documents.messages,
    officer_desk.readings,
    outgoing.pages,
    inspections.pages,
    draws.pages,
    controls.pages,
    holds.pages,
    permits.pages,
    guarantees.pages,
)
