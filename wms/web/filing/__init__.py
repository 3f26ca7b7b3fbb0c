"""The filing portal: a company files itself and its products; staff approve or return; everybody reads the registry."""

from typing import Final

from wms.web.doors import Pages
from wms.web.filing import portal, review

PAGES: Final[tuple[Pages, ...]] = (portal.pages, review.registry, review.pages)
