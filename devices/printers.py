"""Thermal label printers on TCP: ZPL and TSPL text, and the printer's own word about its state.

The printer draws the bars, from whole-dot module widths. Text of any script goes as a 1-bit picture, because
fonts in printers differ. Port 9100 confirms nothing: ask `status`, and call a label printed only when it was
scanned. Commands are written from the makers' language guides and were not tried on a real printer.

Reconnects: the runner asks again. Malformed answer: counted, told as such. Clock: none. Duplicate: asking has
none. Long silence: no answer in three seconds is "gone". Recorded payloads: tests/payloads/printer.
"""

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence

from devices.adapter import ProbeReport, Unavailable
from devices.bitmap import Bitmap, draw_text
from devices.facts import Delivery
from devices.labels import DOTS_PER_MODULE_MIN, TEMPLATES, Label, Symbols, symbols_of
from devices.own_labels import UnprintableLabel
from devices.registry import Printer

ASK_SECONDS = 30.0
ANSWER_SECONDS = 3.0
_MARGIN_DOTS = 24
#: What begins a command of ZPL or ends a text of TSPL.
_COMMAND_SIGNS = frozenset('^~"\\')


def to_zpl(label: Label, *, dpi: int) -> str:
    """One label in ZPL II."""
    template, symbols = TEMPLATES[label.kind], _harmless(symbols_of(label))
    dots, qr = DOTS_PER_MODULE_MIN[dpi], _qr_magnification(template.qr_dots, dpi)
    parts = ["^XA", "^CI28", f"^PW{_dots(template.width_mm, dpi)}", f"^LL{_dots(template.height_mm, dpi)}"]
    top = _MARGIN_DOTS
    if symbols.bars is not None:
        height = _dots(template.bars_height_mm, dpi)
        # Mode D puts FNC1 first and reads the brackets; ">:" starts a plain Code 128 in subset B.
        data = f"(00){symbols.bars[2:]}" if symbols.bars_are_gs1 else symbols.bars
        mode = "D" if symbols.bars_are_gs1 else "A"
        parts += [f"^BY{dots}", f"^FO{_MARGIN_DOTS * 2},{top}^BCN,{height},N,N,N,{mode}^FD{data}^FS"]
        top += height + _MARGIN_DOTS
    parts.append(f"^FO{_MARGIN_DOTS},{top}^BQN,2,{qr}^FDMA,{symbols.qr}^FS")
    left = _MARGIN_DOTS + 33 * qr
    for line in (template.heading, symbols.human, *label.lines[:6]):
        picture = draw_text(line, height_dots=_dots(4, dpi))
        parts.append(f"^FO{left},{top}{_graphic_field(picture)}^FS")
        top += picture.height + 4
    return "".join([*parts, "^XZ\n"])


def _harmless(symbols: Symbols) -> Symbols:
    """The same, unless a sign in it would end the field: a waybill's number is a stranger's text, a printer obeys."""
    signs = _COMMAND_SIGNS & {*symbols.qr, *(symbols.bars or "")}
    if signs:
        said = "".join(sorted(signs))
        raise UnprintableLabel(f"{symbols.human} holds {said}, which a label printer takes for a command.")
    return symbols


def _graphic_field(picture: Bitmap) -> str:
    size = len(picture.rows)
    return f"^GFA,{size},{size},{picture.bytes_per_row},{picture.rows.hex().upper()}"


def to_tspl(label: Label, *, dpi: int) -> bytes:
    """One label in TSPL."""
    template, symbols = TEMPLATES[label.kind], _harmless(symbols_of(label))
    dots, qr = DOTS_PER_MODULE_MIN[dpi], _qr_magnification(template.qr_dots, dpi)
    lines = [
        f"SIZE {template.width_mm:g} mm,{template.height_mm:g} mm".encode(),
        b"GAP 2 mm,0 mm",
        b"CODEPAGE UTF-8",
        b"CLS",
    ]
    top = _MARGIN_DOTS
    if symbols.bars is not None:
        height = _dots(template.bars_height_mm, dpi)
        # In "128M" `!102` is FNC1; start in subset C (`!105`) for the SSCC's pairs of digits.
        data = f"!105!102{symbols.bars}" if symbols.bars_are_gs1 else symbols.bars
        kind = "128M" if symbols.bars_are_gs1 else "128"
        bars = f'BARCODE {_MARGIN_DOTS * 2},{top},"{kind}",{height},0,0,{dots},{dots},"{data}"'
        lines.append(bars.encode())
        top += height + _MARGIN_DOTS
    lines.append(f'QRCODE {_MARGIN_DOTS},{top},M,{qr},A,0,"{symbols.qr}"'.encode())
    left = _MARGIN_DOTS + 33 * qr
    for line in (template.heading, symbols.human, *label.lines[:6]):
        picture = draw_text(line, height_dots=_dots(4, dpi))
        head = f"BITMAP {left},{top},{picture.bytes_per_row},{picture.height},0,".encode()
        # TSPL prints a dot for a 0 bit, ZPL for a 1.
        lines.append(head + bytes(byte ^ 0xFF for byte in picture.rows))
        top += picture.height + 4
    return b"\r\n".join([*lines, b"PRINT 1,1", b""])


def _dots(length_mm: float, dpi: int) -> int:
    return round(length_mm * dpi / 25.4)


def _qr_magnification(dots: int, dpi: int) -> int:
    return max(1, min(10, round(dots * dpi / 203)))


def read_zpl_status(answer: bytes) -> tuple[str, ...]:
    """What is wrong, from the answer to ~HS; empty when ready. Raises ValueError for no such answer."""
    lines = [line.split(b",") for line in re.findall(rb"\x02([^\x02\x03]*)\x03", answer)]
    if len(lines) < 2 or len(lines[0]) < 3 or len(lines[1]) < 4:
        raise ValueError("The printer's answer is no status.")
    flags = {
        "out of paper": lines[0][1],
        "paused": lines[0][2],
        "head open": lines[1][2],
        "out of ribbon": lines[1][3],
    }
    return tuple(trouble for trouble, flag in flags.items() if flag.strip() == b"1")


def read_tspl_status(answer: bytes) -> tuple[str, ...]:
    """What is wrong, from the answer byte to ESC!?; empty when ready or printing."""
    if len(answer) != 1:
        raise ValueError("The printer's answer is no status.")
    troubles = (
        "head open",
        "paper jam",
        "out of paper",
        "out of ribbon",
        "paused",
        "",
        "cover open",
        "error",
    )
    return tuple(name for bit, name in enumerate(troubles) if name and answer[0] & (1 << bit))


class PrinterAdapter:
    """Asks the printer's state every 30 s; paper out or no answer makes the device lost, with the reason."""

    def __init__(self, settings: Printer) -> None:
        self._settings = settings
        self.names: tuple[str, ...] = (settings.id,)
        self.errors = 0
        self._ask_at = 0.0

    def open(self) -> None:
        troubles = self.status()
        if troubles:
            raise Unavailable(f"The printer is not ready: {', '.join(troubles)}.")
        self._ask_at = time.monotonic() + ASK_SECONDS

    def read(self, stop: threading.Event) -> Iterator[Sequence[Delivery]]:
        while not stop.is_set():
            if time.monotonic() >= self._ask_at:
                self.open()
            stop.wait(0.2)
            yield []

    def close(self) -> None:
        """Every question has a connection of its own, because others print too."""

    def probe(self) -> ProbeReport:
        try:
            troubles = self.status()
        except Unavailable as error:
            return ProbeReport(good=False, findings=(str(error),))
        return ProbeReport(good=not troubles, findings=troubles or ("Ready.",))

    def status(self) -> tuple[str, ...]:
        """What is wrong at present; raises Unavailable when the printer does not answer."""
        is_zpl = self._settings.language == "zpl"
        answer = self._exchange(b"~HS\r\n" if is_zpl else b"\x1b!?", ends=b"\x03" if is_zpl else b"", count=3)
        try:
            return read_zpl_status(answer) if is_zpl else read_tspl_status(answer)
        except ValueError as error:
            self.errors += 1
            raise Unavailable(str(error)) from error

    def print_label(self, label: Label) -> None:
        """Sends one label; raises Unavailable, or UnprintableLabel before anything is sent."""
        dpi = self._settings.dpi
        job = to_zpl(label, dpi=dpi).encode() if self._settings.language == "zpl" else to_tspl(label, dpi=dpi)
        with contextlib.closing(self._connect()) as connection:
            try:
                connection.sendall(job)
            except OSError as error:
                raise Unavailable(f"The printer {self._settings.id} broke off: {error}") from error

    def _connect(self) -> socket.socket:
        address = (self._settings.host, self._settings.port)
        try:
            return socket.create_connection(address, timeout=ANSWER_SECONDS)
        except OSError as error:
            said = f"The printer at {self._settings.host}:{self._settings.port} cannot be reached: {error}"
            raise Unavailable(said) from error

    def _exchange(self, question: bytes, *, ends: bytes, count: int) -> bytes:
        """Sends, then reads one byte, or until `ends` came `count` times."""
        answer = b""
        with contextlib.closing(self._connect()) as connection:
            try:
                connection.sendall(question)
                while not answer or (ends and answer.count(ends) < count and len(answer) < 4096):
                    chunk = connection.recv(1024)
                    if not chunk:
                        break
                    answer += chunk
            except OSError as error:
                raise Unavailable(f"The printer {self._settings.id} does not answer: {error}") from error
        return answer
