"""One user's directories, and the environment that a program in them gets: nothing of the machine's own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.terminal import Terminal, until
from tests.saved import Saved

KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV")


@dataclass
class Home(Saved):
    """The directories of a user who talks to `work/model-a`."""

    root: Path

    @property
    def environ(self) -> dict[str, str]:
        named = {f"CHAT_TUI_{each}_DIR": str(self.root / each.lower()) for each in ("CONFIG", "DATA", "CACHE")}
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        own = {"HOME": str(self.root), "TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"}
        return {**kept, **named, **own, "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}

    def use_server(self, url: str, auth: str = "none", more: str = "") -> None:
        self.write(
            "config/config.toml",
            f'default_model = "work/model-a"\n[providers.work]\nname = "Work"\nbase_url = "{url}/v1"\nauth = "{auth}"\n'
            f'api_key_env = "WORK_API_KEY"\nmodels = ["model-a"]\nmodels_paths = []\n{more}',
        )

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    def terminal(self, *argv: str, patch: str = "", **environ: str) -> Terminal:
        return Terminal({**self.environ, **environ}, *argv, patch=patch)

    def files(self) -> list[Path]:
        """Every file of the user's."""
        return [each for each in self.root.rglob("*") if each.is_file()]

    def answer(self) -> dict[str, Any]:
        """The last message of the only thread."""
        last: dict[str, Any] = self.thread()["messages"][-1]
        return last

    async def has_saved(self, text: str) -> None:
        """Waits until a text is on disk."""
        await until(lambda: self.is_on_disk(text))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)
