"""The inspection lane's question: may this parcel go, must it be inspected, or is it unknown.

Asked of the warehouse, answered within the second; while the warehouse is silent, from the released list it gave
last, as long as that is valid. Unknown means hold: silence, an old list and a code nobody knows never let a
parcel pass. The list is kept on disk, so that a restart without network does not forget it.
"""

import hashlib
import http.client
import json
import os
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from devices.codes import ParcelCode, parse_code

ANSWER_SECONDS_MAX = 0.7
LIST_BYTES_MAX = 32 * 1024 * 1024


class Verdict(StrEnum):
    RELEASED = "released"
    INSPECT = "inspect"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`by_list` is the moment the list was made when the warehouse did not answer itself, else None."""

    verdict: Verdict
    parcel: str | None
    reason: str
    by_list: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ReleasedList:
    """What customs had decided at `made_at`; not to be used at or after `valid_until`."""

    made_at: datetime
    valid_until: datetime
    released: frozenset[str]
    inspect: frozenset[str]
    #: SHA-256 of the canonical JSON of the other four fields; a list whose digest does not fit is no list.
    digest: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the list is the one that was made: a copy that lost a line would let the wrong parcel pass."""
        if self.digest is None:
            return True
        content = {
            "made_at": self.made_at.isoformat(),
            "valid_until": self.valid_until.isoformat(),
            "released": sorted(self.released),
            "inspect": sorted(self.inspect),
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest() == self.digest


@dataclass(frozen=True, kw_only=True)
class _Said:
    verdict: Verdict
    parcel: str | None = None
    reason: str = ""


_LIST = TypeAdapter(ReleasedList)
_SAID = TypeAdapter(_Said)


def judge_by_list(text: str, released: ReleasedList | None, *, at: datetime) -> Answer:
    """The verdict of a list alone; pure. Inspection goes before release when a list names a parcel in both."""
    code = parse_code(text, expect=(ParcelCode,))
    parcel = code.waybill if isinstance(code, ParcelCode) else code.text
    if released is None:
        return Answer(
            verdict=Verdict.UNKNOWN, parcel=parcel, reason="The warehouse is silent; there is no list."
        )
    if not released.made_at <= at < released.valid_until:
        reason = "The warehouse is silent and the list is out of date."
        return Answer(verdict=Verdict.UNKNOWN, parcel=parcel, reason=reason, by_list=released.made_at)
    if parcel in released.inspect:
        verdict, reason = Verdict.INSPECT, "To be inspected, by the list."
    elif parcel in released.released:
        verdict, reason = Verdict.RELEASED, "Released, by the list."
    else:
        verdict, reason = Verdict.UNKNOWN, "Not on the list."
    return Answer(verdict=verdict, parcel=parcel, reason=reason, by_list=released.made_at)


class Lane:
    """Asks for one lane. `ask` never raises and never takes longer than 0.7 s."""

    def __init__(
        self, *, base_url: str, source: str, device: str, list_file: Path, token_file: Path | None = None
    ) -> None:
        self._url = urlsplit(base_url)
        self._source = source
        self._device = device
        self._list_file = list_file
        self._token_file = token_file
        self._released = _read_list(list_file)

    def ask(self, text: str, *, at: datetime) -> Answer:
        """The verdict on one scanned parcel."""
        question = {
            "source": self._source,
            "device": self._device,
            "text": text,
            "happened_at": at.isoformat(),
        }
        said: list[bytes] = []
        # A thread, because a socket's timeout is for one read only: a server that drips would outlast it.
        asking = threading.Thread(
            target=self._try_exchange,
            args=("POST", "/api/lane/verdicts", json.dumps(question).encode(), said.append),
            daemon=True,
        )
        asking.start()
        asking.join(ANSWER_SECONDS_MAX)
        try:
            answer = _SAID.validate_json(said[0])
        except (IndexError, ValidationError):
            return judge_by_list(text, self._released, at=at)
        return Answer(verdict=answer.verdict, parcel=answer.parcel, reason=answer.reason)

    def fetch_list(self) -> bool:
        """Takes the warehouse's present list; False when there was none to have, and the old one stays."""
        said: list[bytes] = []
        self._try_exchange("GET", "/api/lane/released-list", None, said.append, seconds=10)
        try:
            fetched = _LIST.validate_json(said[0])
        except (IndexError, ValidationError):
            return False
        if not fetched.is_whole:
            return False
        self._released = fetched
        half = self._list_file.with_name(self._list_file.name + ".new")
        with half.open("wb") as file:
            file.write(said[0])
            file.flush()
            os.fsync(file.fileno())
        half.replace(self._list_file)
        return True

    def _try_exchange(
        self,
        method: str,
        path: str,
        body: bytes | None,
        take: Callable[[bytes], None],
        seconds: float = ANSWER_SECONDS_MAX,
    ) -> None:
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=seconds)
        try:
            connection.request(method, path, body=body, headers=self._headers())
            response = connection.getresponse()
            answer = response.read(LIST_BYTES_MAX)
            if response.status == 200:
                take(answer)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def _headers(self) -> dict[str, str]:
        # Each question is a request of its own: asking again after a silence is asking anew.
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        if self._token_file is not None:
            headers["Authorization"] = f"Bearer {self._token_file.read_text().strip()}"
        return headers


def _read_list(file: Path) -> ReleasedList | None:
    try:
        kept = _LIST.validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None
    return kept if kept.is_whole else None
