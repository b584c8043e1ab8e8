"""Whatever the umask, and whatever lay there before, files are the user's alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Chat, Home, Script

pytestmark = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX's")


@pytest.fixture(params=[0o000, 0o022, 0o002, 0o077], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def loose(root: Path, *, but: set[Path]) -> dict[str, str]:
    """Everything below that others may read, write or enter."""
    found = [path for path in root.rglob("*") if path not in but and stat.S_IMODE(path.lstat().st_mode) & 0o077]
    return {str(path.relative_to(root)): oct(path.lstat().st_mode) for path in found}


def test_all_that_commands_write_is_private(umask: int, chat: Chat, home: Home, server: Script) -> None:
    home.configure(f'default_model = "acme/small"\n[providers.acme]\nbase_url = "{server.url}"\n')
    theirs = {home.config, home.config / "config.toml"}
    assert chat("keys", "set", "acme", stdin="sk-canary-123456\n").code == 0
    assert chat("ask", "Hi").code == 0
    assert chat("models", "acme", "--refresh").code == 0
    assert (home.config / "credentials.toml").exists()
    assert list(home.cache.rglob("*.json"))
    assert home.threads()
    assert loose(home.root, but=theirs) == {}


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o640, 0o644, 0o660, 0o666, 0o602, 0o601, 0o610])
def test_loose_credentials_are_refused_and_not_widened(mode: int, chat: Chat, home: Home, server: Script) -> None:
    home.configure(f'default_model = "acme/small"\n[providers.acme]\nbase_url = "{server.url}"\n')
    chat("keys", "set", "acme", stdin="sk-canary-123456\n")
    file = home.config / "credentials.toml"
    file.chmod(mode)
    result = chat("ask", "Hi")
    assert (result.code, server.bodies) == (2, [])
    assert "chmod 600" in result.err
    assert "sk-canary" not in result.err
    assert stat.S_IMODE(file.stat().st_mode) == mode


def test_a_link_in_the_place_of_the_credentials_is_not_followed(chat: Chat, home: Home, tmp_path: Path) -> None:
    home.configure("")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text('[keys]\nopenai = "sk-canary-123456"\n')
    elsewhere.chmod(0o600)
    (home.config / "credentials.toml").symlink_to(elsewhere)
    result = chat("ask", "Hi", "-m", "openai/x")
    assert result.code == 2
    assert "sk-canary" not in result.out + result.err
    chat("keys", "set", "openai", stdin="sk-other-123456\n")
    assert "sk-other" not in elsewhere.read_text()


def test_directories_that_are_links_are_used_and_stay_private(chat: Chat, home: Home, acme: Script) -> None:
    real = home.root / "real"
    real.mkdir(mode=0o700)
    (home.root / "data").symlink_to(real)
    before = os.umask(0)
    try:
        assert chat("ask", "Hi").code == 0
    finally:
        os.umask(before)
    assert home.threads()
    assert loose(real, but=set()) == {}
