"""Pages for declarants, the gate and customs officers."""

from typing import Final

from wms.web.customs import book, documents, outgoing, place_map, time_machine
from wms.web.doors import Pages

PAGES: Final[tuple[Pages, ...]] = (
    book.pages,
    book.reconcile_pages,
    time_machine.pages,
    place_map.pages,
    documents.lists,
    documents.passes,
    documents.messages,
    outgoing.pages,
)
