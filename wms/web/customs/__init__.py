"""Pages for declarants, the gate and customs officers."""

from typing import Final

from wms.web.customs import book, cases, documents, outgoing, place_map, reconcile, time_machine
from wms.web.doors import Pages

PAGES: Final[tuple[Pages, ...]] = (
    book.pages,
    reconcile.pages,
    cases.pages,
    time_machine.pages,
    place_map.pages,
    documents.lists,
    documents.passes,
    documents.messages,
    outgoing.pages,
)
