"""Secrets of an installation: made once, kept beside the data, readable by their owner only."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path


def kept_key(data_dir: Path, name: str) -> bytes:
    """The 32 bytes of `secrets/NAME.key`; every process gets the same, whoever starts first."""
    return kept_secret(data_dir, f"{name}.key", lambda: secrets.token_bytes(32))


def kept_secret(data_dir: Path, file_name: str, make: Callable[[], bytes]) -> bytes:
    """The content of a file among the secrets; made when it is not there yet, once for all processes."""
    folder = data_dir / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / file_name
    if not path.exists():
        draft = folder / f"{file_name}.{os.getpid()}.{secrets.token_hex(4)}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        try:
            # a link never replaces what another process put there a moment ago
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_bytes()
