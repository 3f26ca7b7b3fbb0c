"""Making an export, as the worker does it: read, write with progress, keep the bytes with their digest.

A killed worker leaves an export running; the job is taken up again and made from the beginning. Done once is done.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, sessionmaker

from wms.db import run
from wms.errors import Refusal
from wms.exports.excel import write_excel
from wms.exports.exports import EXTENSIONS, Export, ExportFile, ExportFormat, ExportState, refuse
from wms.exports.pdf import must_fit, write_pdf
from wms.exports.sheets import Sheet, Wording, sheet_of
from wms.i18n import N_

#: How often progress is told, in seconds; each telling is a transaction.
_TELL_S: Final = 0.5


def make_export(
    sessions: sessionmaker[Session],
    *,
    export_id: int,
    time_zone: str,
    now: Callable[[], datetime],
    house: str,
) -> None:
    """Make one export that was asked for; a refusal is its result and is shown to whoever asked."""
    zone = ZoneInfo(time_zone)
    with sessions() as session:
        export = session.get_one(Export, export_id)
        if export.state in {ExportState.DONE, ExportState.REFUSED}:
            return
        by_id = export.asked_by_id

    def change(work: Callable[[Session, Export], None], action: str) -> None:
        run(sessions, lambda s: work(s, s.get_one(Export, export_id)), by_id=by_id, action=action)

    try:
        with sessions() as session:
            sheet = sheet_of(session, session.get_one(Export, export_id), zone=zone)
        if export.format is ExportFormat.PDF:
            must_fit(sheet)
        change(lambda _, e: _begin(e, rows=len(sheet.rows)), "export.begin")
        content = _write(
            sheet,
            export,
            wording=Wording(locale=export.locale, zone=zone),
            house=house,
            at=now(),
            tell=change,
        )
    except Refusal as refusal:
        change(lambda _, e, said=refusal: refuse(e, said, at=now()), "export.refuse")  # type: ignore[misc]
        return
    change(lambda s, e: _finish(s, e, content, at=now()), "export.make")


def _begin(export: Export, *, rows: int) -> None:
    export.state = ExportState.RUNNING
    export.rows_total, export.rows_done = rows, 0


def _write(
    sheet: Sheet,
    export: Export,
    *,
    wording: Wording,
    house: str,
    at: datetime,
    tell: Callable[[Callable[[Session, Export], None], str], None],
) -> bytes:
    if export.format is ExportFormat.PDF:
        made = wording.say(N_("Made {at} on request {number}"), at=wording.moment(at), number=export.id)
        return write_pdf(sheet, house=wording.say(house), made=made, at=at, locale=export.locale)
    told = time.monotonic()

    def on_row(rows: int) -> None:
        nonlocal told
        if time.monotonic() - told > _TELL_S:
            tell(lambda _, e: _tell(e, rows), "export.progress")
            told = time.monotonic()

    return write_excel(sheet, on_row=on_row)


def _tell(export: Export, rows: int) -> None:
    export.rows_done = rows


def _finish(session: Session, export: Export, content: bytes, *, at: datetime) -> None:
    export.state = ExportState.DONE
    export.rows_done = export.rows_total or 0
    export.finished_at = at
    export.file_name = f"{export.kind.value.lower()}-{export.id}.{EXTENSIONS[export.format]}"
    export.digest = hashlib.sha256(content).hexdigest()
    export.bytes_total = len(content)
    session.add(ExportFile(export_id=export.id, content=content))
