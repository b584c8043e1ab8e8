"""The model's server, and homes for the programs that are measured."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from chat_tui.storage.paths import Paths
from tests.benchmarks.run import Run


class Bench:
    """The server, and homes for the programs."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._serial = 0
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.server"], stdout=subprocess.PIPE, text=True
        )
        assert self._server.stdout is not None
        self._said = self._server.stdout
        self.url = self._said.readline().strip()

    def close(self) -> None:
        self._server.terminate()
        self._server.wait()
        self._said.close()

    def prompt(self, number: int, rate: int) -> str:
        """A prompt for so many tokens, at so many a second."""
        self._serial += 1
        return f"{number} {rate} {self._serial}"

    def heard(self, word: str) -> float:
        """When the server was asked the last prompt (`asked`), or had sent all its tokens (`sent`)."""
        while True:
            said, serial, moment = self._said.readline().split()
            if (said, int(serial)) == (word, self._serial):
                return float(moment)

    def run(self, app: str, home: str = "empty", *argv: str) -> Run:
        folder = self._root / home
        named = {f"CHAT_TUI_{each}_DIR": str(folder / each.lower()) for each in ("CONFIG", "DATA", "CACHE")}
        environ = {**os.environ, **named, "TERM": "xterm-256color", "COLORTERM": "truecolor", "FLOOR_URL": self.url}
        config = folder / "config" / "config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            f'default_model = "bench/m"\n[providers.bench]\nbase_url = "{self.url}/v1"\nauth = "none"\nmodels = ["m"]\n'
            "models_paths = []\n"
        )
        module = "tests.benchmarks.floor" if app == "floor" else "chat_tui"
        return Run([sys.executable, "-m", module, *argv], environ)

    def fill(self, home: str, threads: int, messages: int) -> Paths:
        """Writes threads, the last of them with the last message `LASTMARK`, and returns where."""
        paths = Paths(*(self._root / home / each for each in ("config", "data", "cache")))
        folder = paths.threads
        if folder.exists():
            return paths
        folder.mkdir(parents=True)
        for number in range(threads):
            turns = []
            for at in range(messages):
                role, parent = ("user", "assistant")[at % 2], f"{at - 1:08x}" if at else None
                text = "LASTMARK" if at == messages - 1 else f"Message {at} with **some** words. " * 8
                turns.append({"id": f"{at:08x}", "parent": parent, "role": role, "content": text})
            name, when = f"20260101-000000-{number:05}", f"2026-01-01T{number // 3600:02}:00:00Z"
            head = {"format": "chat-tui.thread", "version": 1, "id": name, "title": f"Thread {number}"}
            thread = {**head, "created": when, "updated": when, "head": f"{messages - 1:08x}", "messages": turns}
            (folder / f"{name}.json").write_text(json.dumps(thread))
        return paths
