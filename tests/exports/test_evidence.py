"""Evidence packs: whole when made, verified by a stranger offline, and any changed byte is found."""

import hashlib
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import text

import wms.exports.verify_evidence as stranger
from tests.databases import TestServer
from tests.exports.test_exports import do_jobs
from tests.stories.test_goods_come_in import DEMO, MESSAGES, PASS, Handheld, hand_in, place
from tests.web.site import BASE, Site, make_site, secure
from wms.auth.permissions import Role
from wms.exports.evidence_key import EvidenceKey
from wms.exports.exports import EXTENSIONS
from wms.exports.verify_evidence import KEY, MANIFEST, SIGNATURE, packed, verify

Files = list[tuple[str, bytes]]


@pytest.fixture(scope="module")
def site(database_server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demonstration zone with one item of its first lorry received."""
    folder = tmp_path_factory.mktemp("site")
    with database_server.clone() as database, make_site(database, folder, flows=None) as site:
        loaded = site.app.test_cli_runner().invoke(args=["registry", "load", str(DEMO)])
        assert loaded.exit_code == 0, loaded.output
        for path in MESSAGES:
            hand_in(site, path.read_bytes(), path.name)
        hand = Handheld(site)
        hand.begin("receiving")
        hand.scan(PASS)
        hand.receive("ILM-BLK", "B-1", "2028-01-31", 48, place(site, "ILM-BLK"))
        assert hand.tone == "ok", hand.page
        yield site


def ask(site: Site, number: str, *, role: Role = Role.OFFICER, in_clear: bool = False) -> tuple[int, bytes]:
    """Ask as a person, let the worker work, fetch what came."""
    client = site.signed_in(role)
    form = {"number": number} | ({"in_clear": "true"} if in_clear else {})
    status = client.post("/customs/evidence/ask", data=form, **secure(client)).status_code
    do_jobs(site)
    page = client.get("/customs/evidence/", base_url=BASE).text
    found = re.search(r'href="(/exports/\d+/file)"', page)
    return status, client.get(found[1], base_url=BASE).data if found and status == 303 else b""


@pytest.fixture(scope="module")
def pack(site: Site) -> bytes:
    """The pack of the lorry's gate pass, personal data sealed."""
    status, content = ask(site, PASS)
    assert status == 303
    return content


@pytest.fixture(scope="module")
def fingerprint(site: Site) -> str:
    return EvidenceKey.of(site.app.extensions["wms"].settings.data_dir).fingerprint


def opened(raw: bytes) -> Files:
    return stranger._unpacked(raw)


def test_a_pack_tells_the_whole_story(pack: bytes, fingerprint: str) -> None:
    files = dict(opened(pack))
    postings = json.loads(files["postings.json"])
    scans = json.loads(files["scans.json"])
    messages = json.loads(files["messages.json"])
    entries = json.loads(files["audit/entries.json"])

    assert verify(pack, fingerprint) == []
    assert any(move["target_lot"] == "B-1" for posting in postings for move in posting["moves"])
    assert {scan["by"] for scan in scans} == {"keeper"}
    assert len(scans) == 4, "pass, item, lot and place; days and quantities are typed"
    assert {message["kind"] for message in messages} >= {"SAS121", "SAS221"}
    assert all(entry["seal"] is not None for entry in entries)
    assert len([name for name in files if name.startswith("audit/seal-")]) >= 1


def test_who_may_not_or_did_not_ask_for_names_gets_ciphertext(
    site: Site, pack: bytes, fingerprint: str
) -> None:
    """Sealed, the pack holds no message in clear; asked for in clear by an officer, it holds the bytes as they came."""
    status, clear = ask(site, PASS, in_clear=True)
    assert status == 303
    sent = {path.name: path.read_bytes() for path in MESSAGES}

    sealed_files, clear_files = dict(opened(pack)), dict(opened(clear))

    assert not any(content[:400] in pack for content in sent.values())
    assert all(b'"raw"' not in content for content in (sealed_files["scans.json"],))
    index = json.loads(clear_files["messages.json"])
    assert index
    assert all(clear_files[each["file"]] == sent[each["file_name"]] for each in index)
    assert {scan["raw"] for scan in json.loads(clear_files["scans.json"])} >= {"ILM-BLK", "B-1"}
    assert verify(clear, fingerprint) == []
    assert json.loads(clear_files[MANIFEST])["personal_data"] == "clear"
    with site.sessions() as session:
        kept = session.connection().exec_driver_sql("select content from export_file").scalars().all()
    assert not any(b"PK" in content[:2] for content in kept), "a dump of the database names nobody"


def test_a_role_that_may_not_read_names_cannot_ask_for_them(site: Site) -> None:
    assert ask(site, PASS, role=Role.ADMIN, in_clear=True)[0] == 403
    assert ask(site, PASS, role=Role.KEEPER)[0] == 403


def test_a_lot_has_its_pack_too_and_nothing_has_none(site: Site, fingerprint: str) -> None:
    with site.sessions() as session:
        lot_id = session.connection().exec_driver_sql("select id from lot where code = 'B-1'").scalar_one()

    _, pack = ask(site, f"LOT/{lot_id}")

    files = dict(opened(pack))
    assert verify(pack, fingerprint) == []
    assert any("messages/" in name for name in files), "the list's messages belong to the lot"
    ask(site, "LOT/notanumber")
    page = site.signed_in(Role.OFFICER).get("/customs/evidence/", base_url=BASE).text
    assert "LOT/notanumber" in page


def test_a_changed_byte_in_any_file_is_found_by_name(pack: bytes, fingerprint: str) -> None:
    """One byte of each file, at a place of chance; packed again as if nothing had happened."""
    rng, files = random.Random(5), opened(pack)

    for number, (name, content) in enumerate(files):
        place = rng.randrange(len(content))
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        faults = verify(packed([*files[:number], (name, changed), *files[number + 1 :]]), fingerprint)
        assert faults, name
        if name not in {MANIFEST, SIGNATURE, KEY}:
            assert f"{name} was changed." in faults


def test_a_changed_byte_anywhere_is_found(pack: bytes) -> None:
    """Also in what only the packing says: names, dates, sizes, the directory at the end."""
    rng = random.Random(6)
    places = {*rng.sample(range(len(pack)), 120), *range(60), *range(len(pack) - 120, len(pack))}

    unnoticed = [
        place
        for place in places
        if not verify(pack[:place] + bytes([pack[place] ^ 0x20]) + pack[place + 1 :])
    ]

    assert unnoticed == []
    assert verify(pack + b"\n")
    assert verify(pack[:-1])
    assert verify(b"")


def test_a_file_taken_out_or_slipped_in_is_found(pack: bytes, fingerprint: str) -> None:
    files = opened(pack)

    without = [each for each in files if each[0] != "scans.json"]
    assert "scans.json is missing." in verify(packed(without), fingerprint)
    assert "more.txt is not in the manifest." in verify(packed([*files, ("more.txt", b"x")]), fingerprint)
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = packed([*files, files[-1]])
    assert verify(twice, fingerprint) == ["A file is in the pack twice."]


def signed_by_another(files: Files) -> bytes:
    """A forger's pack: digests and signature made anew, with a key of their own."""
    key = Ed25519PrivateKey.generate()
    rest = [each for each in files if each[0] not in {MANIFEST, SIGNATURE, KEY}]
    manifest = json.loads(dict(files)[MANIFEST])
    manifest["files"] = [
        {"name": name, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        for name, content in rest
    ]
    octets = json.dumps(manifest).encode()
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return packed([(MANIFEST, octets), (SIGNATURE, key.sign(octets)), (KEY, public), *rest])


def test_a_pack_signed_with_another_key_is_not_ours(pack: bytes, fingerprint: str) -> None:
    forged = signed_by_another(opened(pack))

    assert verify(forged) == [], "whole in itself: only the published fingerprint tells"
    assert any("another key" in fault for fault in verify(forged, fingerprint))


def test_even_our_own_key_cannot_make_a_changed_trail_agree_with_its_seals(pack: bytes) -> None:
    """Whoever holds the key and rewrites an audit entry still contradicts the seal it was closed under."""
    files = opened(pack)
    name = next(name for name, _ in files if name.startswith("audit/seal-"))
    seal = json.loads(dict(files)[name])
    seal["entries"][0]["by_id"] += 1
    changed = [(each, json.dumps(seal).encode() if each == name else content) for each, content in files]

    assert verify(signed_by_another(changed)) == [f"{name}: an entry is not what was sealed."]


def test_the_script_works_alone_and_so_does_openssl(
    site: Site, pack: bytes, fingerprint: str, tmp_path: Path
) -> None:
    """Saved from the page into an empty folder, run apart from our code; exit code and words say it."""
    officer = site.signed_in(Role.OFFICER)
    script, file = tmp_path / "verify_evidence.py", tmp_path / "pack.zip"
    script.write_bytes(officer.get("/customs/evidence/verify_evidence.py/file", base_url=BASE).data)
    shown = officer.get("/customs/evidence/", base_url=BASE).text
    file.write_bytes(pack)

    def run(*more: str) -> subprocess.CompletedProcess[str]:
        argv = [sys.executable, "-I", str(script), str(file), *more]
        return subprocess.run(argv, cwd=tmp_path, capture_output=True, text=True, check=False)

    good = run("--fingerprint", fingerprint)
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.startswith("WHOLE")
    assert fingerprint in shown.replace(" ", "")
    assert run("--fingerprint", "00" * 32).returncode == 1
    file.write_bytes(pack[:-40] + b"x" + pack[-39:])
    assert run().returncode == 1

    if shutil.which("openssl"):
        for name, content in opened(pack)[:3]:
            (tmp_path / name).write_bytes(content)
        told = subprocess.run(
            [
                *["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "public-key.pem", "-rawin"],
                *("-in", MANIFEST),
                *("-sigfile", SIGNATURE),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr


def test_every_format_has_its_extension() -> None:
    assert set(EXTENSIONS.values()) == {"xlsx", "pdf", "zip"}


def test_who_has_another_role_by_now_does_not_fetch_names(site: Site) -> None:
    """A file stays for a month, and a person may not stay what they were."""
    assert ask(site, PASS, in_clear=True)[0] == 303
    client = site.signed_in(Role.OFFICER)
    where = re.findall(r'href="(/exports/\d+/file)"', client.get("/customs/evidence/", base_url=BASE).text)[0]
    assert client.get(where, base_url=BASE).status_code == 200

    becomes(site, "admin")
    try:
        assert client.get(where, base_url=BASE).status_code == 403
    finally:
        becomes(site, "officer")


def becomes(site: Site, role: str) -> None:
    with site.sessions.begin() as session:
        session.info["acting"] = None
        session.execute(text("update user_account set role = :role where name = 'officer'"), {"role": role})
