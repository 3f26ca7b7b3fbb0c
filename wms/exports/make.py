"""Making an export, as the worker does it: read, write with progress, keep the bytes with their digest.

A killed worker leaves an export running; the job is taken up again and made from the beginning. Done once is done.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, sessionmaker

from wms import audit
from wms.auth.users import User
from wms.db import run
from wms.errors import Refusal
from wms.exports.evidence import Made, make_pack
from wms.exports.evidence_key import EvidenceKey
from wms.exports.excel import write_excel
from wms.exports.exports import EXTENSIONS, Export, ExportFile, ExportFormat, ExportKind, ExportState, refuse
from wms.exports.pdf import must_fit, write_pdf
from wms.exports.sheets import Sheet, Wording, sheet_of
from wms.exports.story import story_for
from wms.i18n import N_

#: How often progress is told, in seconds; each telling is a transaction.
_TELL_S: Final = 0.5


@dataclass(frozen=True, kw_only=True)
class Office:
    """What making files needs of the installation: its zone and name, its clock, and where its keys lie."""

    sessions: sessionmaker[Session]
    time_zone: str
    house: str
    data_dir: Path
    now: Callable[[], datetime]


def make_export(office: Office, *, export_id: int) -> None:
    """Make one export that was asked for; a refusal is its result and is shown to whoever asked."""
    with office.sessions() as session:
        export = session.get_one(Export, export_id)
    if export.state in {ExportState.DONE, ExportState.REFUSED}:
        return
    change = partial(_change, office, export)
    try:
        if export.kind is ExportKind.EVIDENCE:
            content, rows = _evidence(office, export)
        else:
            content, rows = _table(office, export)
    except Refusal as refusal:
        said, at = refusal, office.now()
        change(lambda _, found: refuse(found, said, at=at), action="export.refuse")
        return
    at = office.now()
    change(lambda session, found: _finish(session, found, content, rows=rows, at=at), action="export.make")


def _change(office: Office, export: Export, work: Callable[[Session, Export], None], *, action: str) -> None:
    run(
        office.sessions,
        lambda session: work(session, session.get_one(Export, export.id)),
        by_id=export.asked_by_id,
        action=action,
    )


def _evidence(office: Office, export: Export) -> tuple[bytes, int]:
    """The pack and how many postings it holds; the trail is sealed first, so that every entry has its seal."""
    _change(office, export, lambda _, found: _begin(found, rows=None), action="export.begin")
    while run(office.sessions, audit.seal, by_id=export.asked_by_id, action="audit.seal") is not None:
        pass
    with office.sessions() as session:
        story = story_for(session, export.number)
        made = Made(
            at=office.now(),
            by=session.get_one(User, export.asked_by_id).name,
            house=Wording(locale=export.locale, zone=ZoneInfo(office.time_zone)).say(office.house),
            in_clear=export.in_clear,
        )
        pack = make_pack(session, story, made=made, key=EvidenceKey.of(office.data_dir))
    return pack, len(story.posting_ids)


def _table(office: Office, export: Export) -> tuple[bytes, int]:
    zone = ZoneInfo(office.time_zone)
    with office.sessions() as session:
        sheet = sheet_of(session, export, zone=zone)
    if export.format is ExportFormat.PDF:
        must_fit(sheet)
    rows = len(sheet.rows)
    _change(office, export, lambda _, found: _begin(found, rows=rows), action="export.begin")
    if export.format is ExportFormat.PDF:
        wording, at = Wording(locale=export.locale, zone=zone), office.now()
        made = wording.say(N_("Made {at} on request {number}"), at=wording.moment(at), number=export.id)
        house = wording.say(office.house)
        return write_pdf(sheet, house=house, made=made, at=at, locale=export.locale), rows
    return _excel(office, export, sheet), rows


def _excel(office: Office, export: Export, sheet: Sheet) -> bytes:
    told = time.monotonic()

    def on_row(rows: int) -> None:
        nonlocal told
        if time.monotonic() - told > _TELL_S:
            _change(office, export, lambda _, found: _tell(found, rows), action="export.progress")
            told = time.monotonic()

    return write_excel(sheet, on_row=on_row)


def _begin(export: Export, *, rows: int | None) -> None:
    export.state = ExportState.RUNNING
    export.rows_total, export.rows_done = rows, 0


def _tell(export: Export, rows: int) -> None:
    export.rows_done = rows


def _finish(session: Session, export: Export, content: bytes, *, rows: int, at: datetime) -> None:
    export.state = ExportState.DONE
    export.rows_total = export.rows_done = rows
    export.finished_at = at
    export.file_name = f"{export.kind.value.lower()}-{export.id}.{EXTENSIONS[export.format]}"
    export.digest = hashlib.sha256(content).hexdigest()
    export.bytes_total = len(content)
    session.add(ExportFile(export_id=export.id, content=content))
