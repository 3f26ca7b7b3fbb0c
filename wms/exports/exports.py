"""Export: a file somebody asked for, from asking to the finished bytes.

Asked for in a transaction (which is its audit entry), made by the worker, kept with its digest. Which rows it holds is
`sheets`' business, how they are written `excel`'s and `pdf`'s.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from wms.audit import UNAUDITED
from wms.auth.permissions import Permission
from wms.db import Base, words
from wms.errors import Refusal
from wms.i18n import N_, Sentence, restore, store
from wms.jobs import defer
from wms.sealed import SealedBytes

#: The worker's name for making one.
JOB: Final = "export.make"


class ExportKind(StrEnum):
    """What may be asked for."""

    BOOK = "BOOK"
    RECONCILIATION = "RECONCILIATION"
    STOCK = "STOCK"
    BONDED_LIST = "BONDED_LIST"
    CASE = "CASE"
    EVIDENCE = "EVIDENCE"
    """the whole story of a document or lot, signed"""


class ExportFormat(StrEnum):
    """How it is written."""

    XLSX = "XLSX"
    PDF = "PDF"
    ZIP = "ZIP"
    """evidence packs only"""


class ExportState(StrEnum):
    """Where it stands."""

    ASKED = "ASKED"
    RUNNING = "RUNNING"
    DONE = "DONE"
    REFUSED = "REFUSED"


#: Whoever asks must be allowed to read the same on a page. Only evidence holds personal data.
READS: Final = {
    ExportKind.BOOK: Permission.READ_BOOK,
    ExportKind.RECONCILIATION: Permission.READ_BOOK,
    ExportKind.STOCK: Permission.READ_BOOK,
    ExportKind.BONDED_LIST: Permission.READ_DOCUMENTS,
    ExportKind.CASE: Permission.READ_BOOK,
    ExportKind.EVIDENCE: Permission.READ_AUDIT,
}
_ABOUT_ONE: Final = frozenset({ExportKind.BONDED_LIST, ExportKind.CASE, ExportKind.EVIDENCE})
#: Files deleted in one transaction; the next round takes the rest.
_DELETED_AT_ONCE: Final = 500
EXTENSIONS: Final = {ExportFormat.XLSX: "xlsx", ExportFormat.PDF: "pdf", ExportFormat.ZIP: "zip"}
MEDIA_TYPES: Final = {
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.PDF: "application/pdf",
    ExportFormat.ZIP: "application/zip",
}


class NumberNeeded(Refusal):
    """A list or case must be named."""

    message = N_("Say which one: its number is missing.")
    status = 422


class Export(Base):
    """A file somebody asked for."""

    __tablename__ = "export"
    __table_args__ = ({"comment": "Files people asked for, and how far they are"},)

    id: Mapped[int] = mapped_column(primary_key=True, comment="key inside the system")
    kind: Mapped[ExportKind] = mapped_column(words(ExportKind), comment="what was asked for")
    format: Mapped[ExportFormat] = mapped_column(words(ExportFormat), comment="XLSX, PDF (PDF/A) or ZIP")
    number: Mapped[str] = mapped_column(
        String(64), comment="list, case, document or lot it is about; empty if none"
    )
    as_of: Mapped[datetime | None] = mapped_column(comment="instant of the ledgers it shows; none: when made")
    in_clear: Mapped[bool] = mapped_column(comment="personal data in clear, as asked for; else sealed")
    locale: Mapped[str] = mapped_column(String(10), comment="language of its words")
    asked_by_id: Mapped[int] = mapped_column(index=True, comment="who asked, and who alone may fetch it")
    asked_at: Mapped[datetime] = mapped_column(comment="when it was asked for")
    state: Mapped[ExportState] = mapped_column(words(ExportState), comment="where it stands")
    rows_done: Mapped[int] = mapped_column(comment="rows written so far")
    rows_total: Mapped[int | None] = mapped_column(comment="rows it will have; none until they are counted")
    finished_at: Mapped[datetime | None] = mapped_column(comment="when it was done or refused")
    file_name: Mapped[str] = mapped_column(String(120), comment="name to save it under; empty until done")
    digest: Mapped[str] = mapped_column(
        String(64), comment="SHA-256 of the file, hexadecimal; empty until done"
    )
    bytes_total: Mapped[int] = mapped_column(comment="size of the file; 0 until done")
    deleted_at: Mapped[datetime | None] = mapped_column(
        comment="when its bytes were deleted, their term being over"
    )
    sentence: Mapped[str] = mapped_column(
        String(500), comment="marked sentence why there is no file; else empty"
    )
    facts: Mapped[dict[str, Any]] = mapped_column(comment="facts of the sentence")

    @property
    def said(self) -> Sentence:
        """Why there is no file, ready to be translated."""
        return Sentence(text=self.sentence, facts=restore(self.facts))

    @property
    def percent(self) -> int:
        """How far it is; 100 only when it is done."""
        if self.state is ExportState.DONE:
            return 100
        return min(99, 100 * self.rows_done // self.rows_total) if self.rows_total else 0


class ExportFile(Base):
    """The bytes of an export, apart so that a list of exports never reads them."""

    __tablename__ = "export_file"
    __table_args__ = ({"comment": "Bytes of finished exports", "info": UNAUDITED},)

    export_id: Mapped[int] = mapped_column(
        ForeignKey("export.id"), primary_key=True, autoincrement=False, comment="its export"
    )
    content: Mapped[bytes] = mapped_column(
        SealedBytes, comment="the file as written, packed and sealed: evidence may name persons"
    )


def ask(
    session: Session,
    *,
    kind: ExportKind,
    form: ExportFormat,
    number: str,
    as_of: datetime | None,
    locale: str,
    by_id: int,
    at: datetime,
    in_clear: bool = False,
) -> Export:
    """Ask for a file; the worker makes it. `in_clear` is for evidence only. Raises NumberNeeded."""
    if kind in _ABOUT_ONE and not number:
        raise NumberNeeded
    export = Export(
        kind=kind,
        format=form,
        number=number if kind in _ABOUT_ONE else "",
        as_of=None if kind in _ABOUT_ONE else as_of,
        in_clear=in_clear and kind is ExportKind.EVIDENCE,
        locale=locale,
        asked_by_id=by_id,
        asked_at=at,
        state=ExportState.ASKED,
        rows_done=0,
        file_name="",
        digest="",
        bytes_total=0,
        sentence="",
        facts={},
    )
    session.add(export)
    session.flush()
    defer(session, JOB, export_id=export.id)
    return export


def refuse(export: Export, refusal: Refusal, *, at: datetime) -> None:
    """Say why there will be no file."""
    export.state = ExportState.REFUSED
    export.sentence = refusal.message
    export.facts = store(refusal.facts)
    export.finished_at = at


def delete_old(session: Session, *, made_before: datetime, at: datetime) -> int:
    """Delete the bytes of files made before an instant; the list keeps what they were, with their digest."""
    query = (
        select(Export)
        .where(
            Export.state == ExportState.DONE, Export.deleted_at.is_(None), Export.finished_at < made_before
        )
        .order_by(Export.id)
        .limit(_DELETED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    old = list(session.scalars(query))
    for export in old:
        export.deleted_at = at
    ids = [export.id for export in old]
    session.execute(delete(ExportFile).where(ExportFile.export_id.in_(ids)))
    return len(ids)


def exports_of(session: Session, *, by_id: int, limit: int = 50) -> list[Export]:
    """What a person asked for, the newest first."""
    query = select(Export).where(Export.asked_by_id == by_id).order_by(Export.id.desc()).limit(limit)
    return list(session.scalars(query))


def find_export(session: Session, export_id: int, *, by_id: int) -> Export | None:
    """An export of this person; another's is as if it were not there."""
    query = select(Export).where(Export.id == export_id, Export.asked_by_id == by_id)
    return session.scalars(query).one_or_none()


def content_of(session: Session, export: Export) -> bytes | None:
    """The finished file, or none while there is none."""
    found = session.get(ExportFile, export.id)
    return None if found is None else found.content
