"""Uplink: batches to the warehouse by HTTP, released only by its receipt (docs/gateway-contract.md).

One batch is under way at a time, in order. A receipt is the answer to the POST, given after the warehouse's
commit; without one the same batch goes again, and its numbers make that harmless. Nothing the warehouse
answers can make this module drop a fact: what it refuses for good is set aside in the spool and shown.
"""

import http.client
import json
import random
import ssl
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from devices.facts import now
from devices.spool import Spool, Spooled

BACKOFF_SECONDS_MIN = 0.5
BACKOFF_SECONDS_MAX = 30.0
RETRY_AFTER_SECONDS_MAX = 60.0
RESPONSE_BYTES_MAX = 1024 * 1024

_log = structlog.get_logger("devices.uplink")


class NoReceipt(Exception):
    """The batch may or may not have arrived: send it again later. `retry_after` in seconds if asked for."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class BatchRefused(Exception):
    """The warehouse will never take this batch as it is."""


class KeyConflict(Exception):
    """The warehouse holds another fact under one of our numbers: the spool was put back from a copy."""


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """`committed` is the last seq the warehouse holds for good; everything up to it may be forgotten here."""

    committed: int
    stored: int
    duplicates: int
    #: The warehouse's clock when it answered, if it said so.
    answered_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class UplinkSettings:
    """Where the warehouse is. `token_file` holds the gateway's API token; secrets are never in the TOML."""

    url: str
    token_file: Path | None = None
    ca_file: Path | None = None
    cert_file: Path | None = None
    key_file: Path | None = None
    batch_facts_max: int = 500
    timeout_seconds: float = 10.0


class WarehouseClient:
    """One kept-alive connection; `post` returns the receipt or raises one of the three above."""

    def __init__(self, settings: UplinkSettings, *, source: str) -> None:
        self._settings = settings
        self._source = source
        self._url = urlsplit(settings.url)
        self._connection: http.client.HTTPConnection | None = None

    def post(self, batch: Sequence[Spooled], *, epoch: str) -> Receipt:
        items = ",".join(f'{{"seq":{item.seq},{item.body[1:]}' for item in batch)
        head = json.dumps({"source": self._source, "epoch": epoch})[:-1]
        body = f'{head},"items":[{items}]}}'.encode()
        status, headers, answer = self._exchange(body)
        return _judge_answer(status, headers, answer, batch=batch, source=self._source, epoch=epoch)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _exchange(self, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Asks again at once when the kept-alive connection had been closed meanwhile: numbers make it harmless."""
        try:
            headers = self._headers()
            is_kept = self._connection is not None
            try:
                return self._ask(body, headers)
            except (ConnectionError, http.client.RemoteDisconnected):
                if not is_kept:
                    raise
                self.close()
                return self._ask(body, headers)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise NoReceipt(f"The warehouse at {self._settings.url} does not answer: {error!r}") from error

    def _ask(self, body: bytes, headers: dict[str, str]) -> tuple[int, http.client.HTTPMessage, bytes]:
        connection = self._connection = self._connection or self._connect()
        connection.request("POST", self._url.path or "/", body=body, headers=headers)
        response = connection.getresponse()
        answer = response.read(RESPONSE_BYTES_MAX)
        if response.will_close:
            self.close()
        return response.status, response.headers, answer

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "User-Agent": "lhasa-gateway/1"}
        if self._settings.token_file is not None:
            headers["Authorization"] = f"Bearer {self._settings.token_file.read_text().strip()}"
        return headers

    def _connect(self) -> http.client.HTTPConnection:
        host, timeout = self._url.hostname or "", self._settings.timeout_seconds
        if self._url.scheme != "https":
            return http.client.HTTPConnection(host, self._url.port, timeout=timeout)
        context = ssl.create_default_context(cafile=self._settings.ca_file)
        if self._settings.cert_file is not None:
            context.load_cert_chain(self._settings.cert_file, self._settings.key_file)
        return http.client.HTTPSConnection(host, self._url.port, timeout=timeout, context=context)


def _judge_answer(
    status: int,
    headers: http.client.HTTPMessage,
    answer: bytes,
    *,
    batch: Sequence[Spooled],
    source: str,
    epoch: str,
) -> Receipt:
    """The receipt in an answer; whatever is not surely a receipt for this batch raises."""
    said = _object(answer)
    if status == 409 and said.get("code") == "key_conflict":
        raise KeyConflict(str(said.get("detail", "")))
    if status == 413 or (status == 422 and said.get("code") == "items_refused"):
        raise BatchRefused(f"{status}: {said.get('detail') or answer[:200].decode('latin-1')}")
    if status != 200:
        raise NoReceipt(f"The warehouse answered {status}.", retry_after=_retry_after(headers))
    committed = said.get("committed")
    fits = said.get("source") == source and said.get("epoch") == epoch
    if not fits or type(committed) is not int:
        raise NoReceipt("The warehouse answered 200, but its answer is no receipt for this gateway.")
    if not batch[0].seq - 1 <= committed <= batch[-1].seq:
        raise NoReceipt(f"The receipt for {batch[0].seq} to {batch[-1].seq} says {committed}.")
    return Receipt(
        committed=committed,
        stored=_count(said.get("stored")),
        duplicates=_count(said.get("duplicates")),
        answered_at=_date(headers),
    )


def _object(answer: bytes) -> dict[str, object]:
    try:
        said = json.loads(answer)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _count(value: object) -> int:
    return value if isinstance(value, int) else 0


def _retry_after(headers: http.client.HTTPMessage) -> float | None:
    asked = headers.get("Retry-After", "")
    return min(float(asked), RETRY_AFTER_SECONDS_MAX) if asked.isdigit() else None


def _date(headers: http.client.HTTPMessage) -> datetime | None:
    try:
        return parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None


class Uplink(threading.Thread):
    """Sends while there is something to send; `wake` after a commit of the spool."""

    def __init__(self, spool: Spool, settings: UplinkSettings, *, source: str) -> None:
        super().__init__(name="uplink", daemon=True)
        self._spool = spool
        self._settings = settings
        self._client = WarehouseClient(settings, source=source)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._backoff = BACKOFF_SECONDS_MIN
        self._batch_max = settings.batch_facts_max
        self.trouble: str | None = None
        self.delivered = 0
        self.duplicates = 0
        self.resent = 0
        self.last_receipt_at: datetime | None = None
        #: Warehouse minus gateway; told by whole seconds of the answer's Date.
        self.clock_offset_seconds: float | None = None

    def wake(self) -> None:
        self._wake.set()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self.is_alive():
            self.join()
        self._client.close()

    def run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            batch = self._spool.take(limit=self._batch_max)
            if not batch:
                self._wake.wait(timeout=1.0)
                continue
            try:
                pause = self.deliver(batch)
            except Exception as error:  # whatever it is, the facts stay and the line must not end here
                _log.exception("delivery failed")
                self._client.close()
                pause = self._troubled(f"internal error: {error!r}")
            self._wait(pause)

    def deliver(self, batch: Sequence[Spooled]) -> float:
        """Sends one batch; returns how many seconds to wait before the next try."""
        try:
            receipt = self._client.post(batch, epoch=self._spool.epoch)
        except NoReceipt as error:
            self.resent += len(batch)
            return self._troubled(str(error), wait=error.retry_after)
        except KeyConflict as error:
            epoch = self._spool.renew_epoch()
            _log.error("epoch renewed", epoch=epoch, reason=str(error))
            return 0.0
        except BatchRefused as error:
            return self._refused(batch, str(error))
        self._receipted(receipt)
        return 0.0 if receipt.committed >= batch[0].seq else self._troubled("The receipt moved nothing.")

    def _receipted(self, receipt: Receipt) -> None:
        self._spool.release(receipt.committed)
        self.delivered += receipt.stored
        self.duplicates += receipt.duplicates
        self.last_receipt_at = now()
        if receipt.answered_at is not None:
            self.clock_offset_seconds = (receipt.answered_at - self.last_receipt_at).total_seconds()
        self._backoff = BACKOFF_SECONDS_MIN
        self._batch_max = min(self._batch_max * 2, self._settings.batch_facts_max)
        if self.trouble is not None:
            _log.info("warehouse takes again", waited_for=self.trouble)
            self.trouble = None

    def _refused(self, batch: Sequence[Spooled], reason: str) -> float:
        """Halves the batch until the one fact that is refused stands alone; only that is set aside."""
        if len(batch) == 1:
            self._spool.refuse(batch[0].seq, reason=reason)
            _log.error("fact refused for good", seq=batch[0].seq, reason=reason)
        self._batch_max = max(1, len(batch) // 2)
        return 0.0

    def _troubled(self, reason: str, *, wait: float | None = None) -> float:
        if self.trouble is None:
            _log.warning("warehouse takes nothing", reason=reason)
        self.trouble = reason
        pause = wait if wait is not None else self._backoff * random.uniform(0.5, 1.0)
        self._backoff = min(self._backoff * 2, BACKOFF_SECONDS_MAX)
        return pause

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := deadline - time.monotonic()) > 0:
            self._stopping.wait(timeout=left)
