"""The key declarations are signed with: the site's file, or a trial key made once."""

from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import Settings
from wms.customs.messages.signing.software import UnusableKey
from wms.customs.signing_key import signing_key


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return replace(Settings.load({}), data_dir=tmp_path_factory.mktemp("keys"))


def test_a_trial_key_is_made_once_and_kept_for_its_owner_only(settings: Settings) -> None:
    first = signing_key(settings)
    kept = settings.data_dir / "secrets" / "signing.pem"

    assert signing_key(settings) == first
    assert kept.stat().st_mode & 0o077 == 0


def test_the_sites_own_file_is_used_where_one_is_named(settings: Settings, tmp_path: Path) -> None:
    signing_key(settings)
    own = tmp_path / "own.pem"
    own.write_bytes((settings.data_dir / "secrets" / "signing.pem").read_bytes())

    found = signing_key(replace(settings, signing_key_file=str(own), data_dir=tmp_path))

    assert found.certificate == signing_key(settings).certificate
    assert not (tmp_path / "secrets").exists()


@pytest.mark.parametrize("content", [None, b"no key at all"])
def test_a_file_that_is_no_key_is_refused_in_one_sentence(
    settings: Settings, tmp_path: Path, content: bytes | None
) -> None:
    """Nothing is signed with a key nobody meant: the trial key does not step in."""
    file = tmp_path / "wrong.pem"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(UnusableKey):
        signing_key(replace(settings, signing_key_file=str(file)))
