"""Thermal printers: what is sent, what they answer, and that trouble is named."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from devices.adapter import Unavailable
from devices.bitmap import draw_text
from devices.labels import Label
from devices.own_labels import LabelKind, UnprintableLabel, encode_label
from devices.printers import PrinterAdapter, read_tspl_status, read_zpl_status, to_tspl, to_zpl
from devices.registry import Printer
from tests.devices.code_corpus import with_check
from tests.devices.conftest import until

PAYLOADS = Path(__file__).parent.parent / "payloads" / "printer"
SSCC = with_check("06901234000000001")
UNIT = Label(kind=LabelKind.HANDLING_UNIT, number=SSCC, lines=("尼泊尔红茶",))
LOT = Label(kind=LabelKind.LOT, number="LWIN02540")


class Paper:
    """A printer that keeps what it receives and answers as told."""

    def __init__(self) -> None:
        self.answer = b""
        self.jobs: list[bytes] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with client:
                client.settimeout(0.3)
                job = b""
                try:
                    while chunk := client.recv(65536):
                        job += chunk
                        if self.answer and job[:3] in {b"~HS", b"\x1b!?"}:
                            client.sendall(self.answer)
                            break
                except TimeoutError:
                    pass
                self.jobs.append(job)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self._thread.join()


@pytest.fixture
def paper() -> Iterator[Paper]:
    made = Paper()
    yield made
    made.close()


def adapter(paper: Paper, language: str) -> PrinterAdapter:
    return PrinterAdapter(
        Printer(type="printer", id="p", host="127.0.0.1", port=paper.port, language=language)
    )


def test_zpl_draws_whole_dot_bars_and_a_gs1_code() -> None:
    zpl = to_zpl(UNIT, dpi=203)

    assert zpl.startswith("^XA")
    assert zpl.endswith("^XZ\n")
    assert "^BY3" in zpl
    assert f"^BCN,256,N,N,N,D^FD(00){SSCC}^FS" in zpl
    assert f"^FDMA,{encode_label(LabelKind.HANDLING_UNIT, SSCC)}^FS" in zpl
    assert "^BY4" in to_zpl(UNIT, dpi=300)


def test_zpl_pictures_have_the_size_they_claim() -> None:
    for total, used, width, data in re.findall(
        r"\^GFA,(\d+),(\d+),(\d+),([0-9A-F]+)\^FS", to_zpl(UNIT, dpi=203)
    ):
        assert int(total) == int(used) == len(data) // 2
        assert int(total) % int(width) == 0


def test_tspl_draws_the_same_label() -> None:
    tspl = to_tspl(UNIT, dpi=203)

    assert tspl.startswith(b"SIZE 100 mm,150 mm\r\n")
    assert tspl.endswith(b"PRINT 1,1\r\n")
    assert f'"128M",256,0,0,3,3,"!105!10200{SSCC}"'.encode() in tspl
    assert encode_label(LabelKind.LOT, "LWIN02540").encode() in to_tspl(LOT, dpi=300)


def test_chinese_text_becomes_a_picture_with_ink_in_it() -> None:
    picture = draw_text("尼泊尔红茶", height_dots=32)

    assert len(picture.rows) == picture.bytes_per_row * 32
    ink = sum(byte.bit_count() for byte in picture.rows)
    assert 0.02 < ink / (picture.width * 32) < 0.6
    assert picture.rows != draw_text("尼泊尔绿茶", height_dots=32).rows


def test_the_printers_own_word_is_understood() -> None:
    assert read_zpl_status((PAYLOADS / "zpl-ready.bin").read_bytes()) == ()
    assert read_zpl_status((PAYLOADS / "zpl-paper-out.bin").read_bytes()) == (
        "out of paper",
        "paused",
        "head open",
        "out of ribbon",
    )
    assert read_tspl_status(b"\x00") == ()
    assert read_tspl_status(b"\x20") == ()
    assert read_tspl_status(b"\x05") == ("head open", "out of paper")


@pytest.mark.parametrize("answer", [b"", b"hello", b"\x02\x03\x02\x03", b"\x02a,b\x03"])
def test_an_answer_that_is_none_is_told(answer: bytes) -> None:
    with pytest.raises(ValueError, match="no status"):
        read_zpl_status(answer)


def test_a_printer_without_paper_is_not_ready(paper: Paper) -> None:
    paper.answer = (PAYLOADS / "zpl-paper-out.bin").read_bytes()

    with pytest.raises(Unavailable, match="out of paper"):
        adapter(paper, "zpl").open()


@pytest.mark.parametrize(("language", "answer"), [("zpl", "zpl-ready.bin"), ("tspl", "")])
def test_a_ready_printer_takes_a_label(paper: Paper, language: str, answer: str) -> None:
    paper.answer = (PAYLOADS / answer).read_bytes() if answer else b"\x00"
    printer = adapter(paper, language)

    assert printer.probe().good
    printer.print_label(LOT)

    said = encode_label(LabelKind.LOT, "LWIN02540").encode()
    until(lambda: any(said in job for job in paper.jobs))


def test_a_printer_that_is_not_there_is_named() -> None:
    gone = PrinterAdapter(Printer(type="printer", id="p", host="127.0.0.1", port=1, language="zpl"))

    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1"):
        gone.open()


@pytest.mark.parametrize("number", ["A^XZ~JA1", "A~JA1", 'A",1\\1'])
def test_a_number_that_a_printer_would_obey_is_not_printed(number: str) -> None:
    """A carrier's waybill number is whatever a message says."""
    label = Label(kind=LabelKind.PARCEL, number=number)

    for write in (to_zpl, to_tspl):
        with pytest.raises(UnprintableLabel):
            write(label, dpi=203)
