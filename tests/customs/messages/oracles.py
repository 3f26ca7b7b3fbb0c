"""The official schemas, used as oracles only: nothing of them is in the product."""

from functools import cache
from pathlib import Path

from lxml import etree

from tests.customs.messages.support import CEB, JG2, reference
from wms.customs.messages.ceb.editions import CEB_2018_113, CEB_2022_05
from wms.customs.messages.wire.record import Edition

FOLDERS = {CEB_2022_05.name: "2022-05", CEB_2018_113.name: "2018-113"}


@cache
def retail_schemas(folder: str) -> tuple[etree.XMLSchema, etree.XMLSchema]:
    """The import and the export schema of an edition."""
    files = sorted(reference(CEB, folder, "xsd").glob("*业务节点报文*.xsd"))
    by_side = {"进口" in file.name: etree.XMLSchema(etree.parse(file)) for file in files}
    return by_side[True], by_side[False]


def retail_schema(code: str, edition: Edition) -> etree.XMLSchema:
    """The official schema of one kind of retail message."""
    imports, exports = retail_schemas(FOLDERS[edition.name])
    return imports if int(code[3:]) in IMPORTS else exports


IMPORTS = {311, 312, 411, 412, 511, 512, 513, 514, *range(621, 627), 711, 712, 816, 818, 900}


def retail_samples(edition: Edition) -> list[Path]:
    """The official sample messages of an edition, valid and bad."""
    folder = reference(CEB, FOLDERS[edition.name])
    return sorted(folder.glob("samples-*/CEB*.xml"))


@cache
def zone_schema(name: str) -> etree.XMLSchema:
    """The 2017 schema of one kind of zone document."""
    folder = "EMS" if name.startswith(("INV", "BWS")) else "SAS"
    return etree.XMLSchema(etree.parse(reference(JG2, "xsd", folder, f"{name}.xsd")))
