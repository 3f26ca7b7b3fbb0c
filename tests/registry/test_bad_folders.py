"""Whatever stands in the files, reading says faults or gives rows; it never breaks."""

import json
import random
from pathlib import Path

import pytest

from tests.registry.folders import FILES, write_folder
from tests.registry.test_demo import DEMO
from wms.registry.files import RegistryFiles, read_registry

SCRAPS = [
    b"", b"\x00", b"\xff", b"\n", b"\r", b'"', b",", b";", b"{", b"}", b"[", b"null", b"-", b"0", b"9" * 40, b"1e9",
    b"0.00001", "\u202e".encode(), "＋".encode(), b"NaN", b"true", b"\\u0000", b"2027-02-29", b"A" * 200_000,
]  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_a_spoilt_folder_is_told_in_sentences(tmp_path: Path, seed: int) -> None:
    """Bytes cut out, put in and turned over anywhere: 25 folders a seed, each read to its end."""
    dice = random.Random(seed)
    for number in range(25):
        folder = write_folder(tmp_path / str(number))
        (folder / "rules.json").write_bytes((DEMO / "rules.json").read_bytes())
        for name in dice.sample([*FILES, "rules.json"], k=2):
            content = bytearray((folder / name).read_bytes())
            for _ in range(dice.randint(1, 4)):
                at = dice.randrange(len(content))
                content[at : at + dice.randint(0, 3)] = dice.choice(SCRAPS)
            (folder / name).write_bytes(bytes(content))

        found = read_registry(folder)

        if not isinstance(found, RegistryFiles):
            assert found
            assert all(str(fault).startswith(fault.file) and fault.sentence("zh_Hans") for fault in found)


@pytest.mark.parametrize("value", [None, True, 0, -1, 1.5, 10**30, "", "x", [], {}, [[]], {"lines": 1}])
@pytest.mark.parametrize("name", ["account_book.json", "rules.json"])
def test_any_json_in_place_of_any_value_is_told(tmp_path: Path, name: str, value: object) -> None:
    folder = write_folder(tmp_path)
    content = json.loads(FILES.get(name) or (DEMO / name).read_text("utf-8"))
    for key in content:
        (folder / name).write_text(json.dumps(content | {key: value}), "utf-8")
        read_registry(folder)
    (folder / name).write_text(json.dumps(value), "utf-8")

    assert not isinstance(read_registry(folder), RegistryFiles)
