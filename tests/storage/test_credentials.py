"""Keys: where they are looked for, in which order, and what they are never seen in."""

from __future__ import annotations

import asyncio
import stat
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.provider import Auth, Provider
from chat_tui.domain.text.secrets import Secret
from chat_tui.storage.files.lock import locked
from chat_tui.storage.keys import command, keyring_access
from chat_tui.storage.keys.store import Keys
from chat_tui.storage.paths import Paths

ACME = Provider("acme", "Acme", "https://acme.example/v1", api_key_env="ACME_KEY")


class FakeKeyring:
    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        assert service == "chat-tui"
        return self.kept.get(name)

    def set_password(self, service: str, name: str, key: str) -> None:
        self.kept[name] = key

    def delete_password(self, service: str, name: str) -> None:
        del self.kept[name]


@pytest.fixture(autouse=True)
def no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_access, "_open", lambda: None)


def printing(text: str) -> Provider:
    return replace(ACME, api_key_command=(sys.executable, "-c", f"import sys; sys.stdout.write({text!r})"))


async def revealed(keys: Keys, provider: Provider = ACME) -> str | None:
    key = await keys.get(provider)
    return key.reveal() if key else None


async def test_a_stored_key_is_private_and_comes_back(paths: Paths) -> None:
    keys = Keys(paths, {})
    assert (await revealed(keys), keys.has(ACME)) == (None, False)
    where = await keys.set("acme", Secret("sk-abcdefgh"))
    assert str(paths.credentials_file) in where
    assert stat.S_IMODE(paths.credentials_file.stat().st_mode) == 0o600
    assert (await revealed(Keys(paths, {})), keys.has(ACME)) == ("sk-abcdefgh", True)
    assert await keys.delete("acme")
    assert not await keys.delete("acme")
    assert not paths.credentials_file.exists()


def install(monkeypatch: pytest.MonkeyPatch, opened: Callable[[], Any]) -> None:
    """Makes it as if the package `keyring` were installed."""
    monkeypatch.setattr(keyring_access, "_is_installed", lambda: True)
    monkeypatch.setattr(keyring_access, "_open", opened)


async def test_the_order_environment_keyring_command_file(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    await Keys(paths, {}).set("acme", Secret("from-file"))
    assert await revealed(Keys(paths, {}), printing("from-command\nnotes\n")) == "from-command"
    ring = FakeKeyring()
    install(monkeypatch, lambda: ring)
    ring.kept["acme"] = "from-keyring"
    assert await revealed(Keys(paths, {}), printing("from-command")) == "from-keyring"
    assert await revealed(Keys(paths, {"ACME_KEY": " from-env\n"}), printing("from-command")) == "from-env"
    assert await revealed(Keys(paths, {"ACME_KEY": "x"}), replace(ACME, auth=Auth.parse("none"))) is None


async def test_a_keyring_is_used_where_there_is_one(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    ring = FakeKeyring()
    install(monkeypatch, lambda: ring)
    keys = Keys(paths, {})
    assert "keyring" in await keys.set("acme", Secret("sk-abcdefgh"))
    assert ring.kept == {"acme": "sk-abcdefgh"}
    assert b"sk-abc" not in paths.credentials_file.read_bytes()
    assert keys.has(ACME)
    assert await keys.delete("acme")
    assert (ring.kept, keys.has(ACME)) == ({}, False)


async def test_a_keyring_that_hangs_or_fails_is_given_up(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    release, calls = threading.Event(), []

    def hang() -> Any:
        calls.append(1)
        release.wait(30)

    monkeypatch.setattr(keyring_access, "TIME_LIMIT", 0.05)
    install(monkeypatch, hang)
    keys = Keys(paths, {})
    assert await revealed(keys) is None
    assert await revealed(keys) is None
    assert calls == [1]
    release.set()

    def broken() -> Any:
        raise RuntimeError("no bus")

    install(monkeypatch, broken)
    assert str(paths.credentials_file) in await Keys(paths, {}).set("acme", Secret("sk-abcdefgh"))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
async def test_a_file_that_others_may_read_is_refused(paths: Paths, mode: int) -> None:
    keys = Keys(paths, {})
    await keys.set("acme", Secret("sk-abcdefgh"))
    paths.credentials_file.chmod(mode)
    with pytest.raises(StorageError, match="chmod 600") as caught:
        await keys.get(ACME)
    assert "sk-abc" not in str(caught.value)
    assert not keys.has(ACME)


async def test_a_broken_file_is_said_without_its_words(paths: Paths) -> None:
    paths.config.mkdir()
    paths.credentials_file.write_text("[keys]\nacme = sk-abcdefgh")
    paths.credentials_file.chmod(0o600)
    with pytest.raises(StorageError, match="not TOML") as caught:
        await Keys(paths, {}).get(ACME)
    assert "sk-abc" not in str(caught.value)


@pytest.mark.parametrize("bad", ["two words", "schlüssel", "a\tb"])
async def test_what_is_no_key_is_refused_without_showing_it(paths: Paths, bad: str) -> None:
    with pytest.raises(StorageError, match="ACME_KEY gives no usable key") as caught:
        await Keys(paths, {"ACME_KEY": bad}).get(ACME)
    assert bad not in str(caught.value)


async def test_the_command_sees_no_keys_and_no_shell(paths: Paths) -> None:
    code = "import os, sys; print('+'.join(sorted(k for k in os.environ if 'K' in k)) + ':' + sys.argv[1])"
    provider = replace(ACME, api_key_command=(sys.executable, "-c", code, "$HOME;x"))
    environ = {"ACME_KEY": "", "WORK_KEY": "b", "OPENAI_API_KEY": "c", "VAULT_TOKEN": "d"}
    assert await revealed(Keys(paths, environ, ("WORK_KEY",)), provider) == "VAULT_TOKEN:$HOME;x"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "printed nothing"),
        ("import sys; sys.exit('locked: sk-abcdefghijkl')", r"failed with exit code 1: locked: \*\*\*"),
        ("print('two words')", "no usable key"),
    ],
)
async def test_a_failing_command_is_said_in_words(paths: Paths, code: str, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        await Keys(paths, {}).get(replace(ACME, api_key_command=(sys.executable, "-c", code)))


async def test_a_command_that_is_not_there_or_takes_too_long(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StorageError, match="could not be run: No such file"):
        await Keys(paths, {}).get(replace(ACME, api_key_command=("no-such-program",)))
    monkeypatch.setattr(command, "TIME_LIMIT", 0.05)
    with pytest.raises(StorageError, match="took longer"):
        await asyncio.wait_for(Keys(paths, {}).get(replace(ACME, api_key_command=("sleep", "30"))), 10)


async def test_the_loop_goes_on_while_another_program_holds_the_lock(paths: Paths) -> None:
    keys, beats = Keys(paths, {}), 0
    with locked(paths.lock_file):
        storing = asyncio.create_task(keys.set("acme", Secret("sk-abcdefgh")))
        while beats < 20:
            await asyncio.sleep(0.005)
            beats += 1
        assert not storing.done()
    assert str(paths.credentials_file) in await storing
    assert await revealed(keys) == "sk-abcdefgh"


async def test_several_variables_hold_keys_that_take_turns(paths: Paths) -> None:
    provider = replace(ACME, api_keys_env=("ONE", "TWO"))
    environ = {"ACME_KEY": "key-acme", "TWO": " key-two ", "ONE": "", "OTHER": "key-other"}
    keys = Keys(paths, environ)
    assert [each.reveal() for each in await keys.all(provider)] == ["key-two", "key-acme"]
    assert await keys.get(provider) == Secret("key-two")
    assert keys.has(replace(provider, api_key_env=""))


async def test_without_any_in_the_environment_there_is_the_stored_key(paths: Paths) -> None:
    provider = replace(ACME, api_keys_env=("ONE", "TWO"))
    keys = Keys(paths, {})
    assert (await keys.all(provider), keys.has(provider)) == ([], False)
    await keys.set("acme", Secret("sk-abcdefgh"))
    assert await keys.all(provider) == [Secret("sk-abcdefgh")]


async def test_no_command_sees_any_of_several_keys(paths: Paths) -> None:
    command = (sys.executable, "-c", "import os; print(os.environ.get('ONE', 'none'))")
    provider = replace(ACME, api_keys_env=("ONE",), api_key_command=command)
    environ = {"ONE": " ", "PATH": "/usr/bin:/bin"}
    assert await Keys(paths, environ).get(provider) == Secret("none")
