"""Verify an evidence pack without the system that made it.

    python verify_evidence.py PACK.zip [--fingerprint HEX]

Needs Python 3.8 or newer and the package `cryptography`, and no network. Found out is: any changed, added or missing
byte of the file, a manifest signed by another key, a file that is not what the manifest says, an audit entry that is
not what its seal says, and a chain of seals that was cut. Ends with 0 when nothing is wrong, with 1 otherwise, and says
each fault in a sentence. The signature may also be checked with openssl alone:

    openssl pkeyutl -verify -pubin -inkey public-key.pem -rawin -in manifest.json -sigfile manifest.sig
"""

import argparse
import hashlib
import io
import json
import sys
import zipfile
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

FORMAT = "wms-evidence/1"
MANIFEST, SIGNATURE, KEY = "manifest.json", "manifest.sig", "public-key.pem"
#: More than any pack holds; a file that unpacks to more is refused before it is read.
BYTES_MAX = 2_000_000_000


def packed(files: "list[tuple[str, bytes]]") -> bytes:
    """The one way these files are packed: no compression, no dates, in this order. So every byte is known."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, content)
    return target.getvalue()


def fingerprint_of(key: Ed25519PublicKey) -> str:
    """SHA-256 of the public key (SubjectPublicKeyInfo, DER), hexadecimal."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def verify(raw: bytes, fingerprint: str = "") -> "list[str]":
    """Every fault in a sentence; an empty list says the pack is whole and signed by the key of the fingerprint."""
    try:
        files = _unpacked(raw)
    except Exception as broken:
        return [f"The file cannot be unpacked: {broken}"]
    names = [name for name, _ in files]
    contents = dict(files)
    missing = [name for name in (MANIFEST, SIGNATURE, KEY) if name not in contents]
    if missing:
        return [f"{name} is missing." for name in missing]
    if len(contents) != len(files):
        return ["A file is in the pack twice."]
    faults = _signature_faults(contents, fingerprint.replace(":", "").replace(" ", "").lower())
    if packed(files) != raw:
        faults.append("The file is not byte for byte what was packed.")
    try:
        manifest = json.loads(contents[MANIFEST].decode("utf-8"))
        faults += _file_faults(manifest, names, contents)
        faults += _seal_faults(contents)
    except (ValueError, KeyError, TypeError, AttributeError) as broken:
        faults.append(f"A file of the pack cannot be read: {broken!r}")
    return faults


def _unpacked(raw: bytes) -> "list[tuple[str, bytes]]":
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > BYTES_MAX:
            raise ValueError("it is larger than any pack")
        return [(entry.filename, archive.read(entry)) for entry in entries]


def _signature_faults(contents: "dict[str, bytes]", fingerprint: str) -> "list[str]":
    try:
        key = load_pem_public_key(contents[KEY])
    except ValueError as broken:
        return [f"{KEY} is no public key: {broken}"]
    if not isinstance(key, Ed25519PublicKey):
        return [f"{KEY} is no Ed25519 key."]
    faults = []
    found = fingerprint_of(key)
    if fingerprint and found != fingerprint:
        faults.append(f"The pack is signed with another key: {found}.")
    try:
        key.verify(contents[SIGNATURE], contents[MANIFEST])
    except InvalidSignature:
        faults.append("The signature is not true: the manifest or the signature was changed.")
    return faults


def _file_faults(manifest: "dict[str, Any]", names: "list[str]", contents: "dict[str, bytes]") -> "list[str]":
    faults = []
    if manifest["format"] != FORMAT:
        faults.append(f"The format is {manifest['format']}, not {FORMAT}.")
    listed = {each["name"]: each for each in manifest["files"]}
    faults += [f"{name} is missing." for name in listed if name not in contents]
    faults += [
        f"{name} is not in the manifest." for name in names if name not in {*listed, MANIFEST, SIGNATURE, KEY}
    ]
    for name, each in listed.items():
        content = contents.get(name)
        if content is None:
            continue
        if len(content) != each["bytes"] or hashlib.sha256(content).hexdigest() != each["sha256"]:
            faults.append(f"{name} was changed.")
    return faults


def _seal_faults(contents: "dict[str, bytes]") -> "list[str]":
    """Audit entries against their seals, and the seals against each other."""
    faults, sealed = [], {}
    for name in sorted(contents):
        if not name.startswith("audit/seal-"):
            continue
        seal = json.loads(contents[name].decode("utf-8"))
        digest = hashlib.sha256(seal["previous_digest"].encode())
        for entry in seal["entries"]:
            digest.update(
                json.dumps(entry, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
            )
        if digest.hexdigest() != seal["digest"]:
            faults.append(f"{name}: an entry is not what was sealed.")
        sealed[seal["id"]] = seal["digest"]
    chain = json.loads(contents["audit/chain.json"].decode("utf-8")) if "audit/chain.json" in contents else []
    for number in range(1, len(chain)):
        before, after = chain[number - 1], chain[number]
        if after["previous_digest"] != before["digest"]:
            faults.append(f"audit/chain.json: seal {after['id']} does not follow seal {before['id']}.")
    known = {link["id"]: link["digest"] for link in chain}
    faults += [
        f"Seal {number} is not in the chain." for number in sealed if known.get(number) != sealed[number]
    ]
    return faults


def main() -> int:
    """0 when nothing is wrong."""
    parser = argparse.ArgumentParser(description="Verify an evidence pack offline.")
    parser.add_argument("pack", help="the zip file")
    parser.add_argument(
        "--fingerprint", default="", help="SHA-256 of the public key, as published by the zone"
    )
    words = parser.parse_args()
    with open(words.pack, "rb") as file:  # noqa: PTH123 - plain, for whoever reads this script
        raw = file.read()
    faults = verify(raw, words.fingerprint)
    for fault in faults:
        print(fault)
    if faults:
        print(f"NOT WHOLE: {len(faults)} faults.")
        return 1
    contents = dict(_unpacked(raw))
    manifest = json.loads(contents[MANIFEST].decode("utf-8"))
    key = load_pem_public_key(contents[KEY])
    assert isinstance(key, Ed25519PublicKey)
    print(f"WHOLE: {manifest['subject']}, {len(manifest['files'])} files, made {manifest['made_at']}.")
    print(f"Signed by the key {fingerprint_of(key)}.")
    if not words.fingerprint:
        print("Compare that with the fingerprint the zone has published.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
