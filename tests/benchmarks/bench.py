"""The model's server, and homes for the programs that are measured."""

from __future__ import annotations

import compileall
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import chat_tui
from chat_tui.domain.json import Json, JsonObject
from chat_tui.storage.paths import Paths
from chat_tui.storage.threads.codec import encode, thread_from_json
from tests.benchmarks.run import GaveUp, Run
from tests.benchmarks.server import END

FOUR = ("m1", "m2", "m3", "m4")
"""Models that are asked at once."""


class Bench:
    """The server, and homes for the programs."""

    def __init__(self, root: Path) -> None:
        self._root = root
        # As installing does: a program that is compiled at each start is none that a user has.
        compileall.compile_dir(Path(chat_tui.__file__).parent, quiet=1)
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

    @property
    def end(self) -> str:
        """What the answer to the last prompt ends with."""
        return f"{END}{self._serial}."

    def heard(self, word: str) -> float:
        """When the server was asked the last prompt (`asked`), or had sent all its tokens (`sent`)."""
        while True:
            said, serial, moment = self._said.readline().split()
            if (said, int(serial)) == (word, self._serial):
                return float(moment)

    def run(self, app: str, home: str = "empty", *argv: str, size: tuple[int, int] = (120, 40)) -> Run:
        """Starts a program in a terminal of some columns and rows."""
        module = "tests.benchmarks.floor" if app == "floor" else "chat_tui"
        return Run([sys.executable, "-m", module, *argv], self._environ(home), size)

    def ask(self, prompt: str) -> float:
        """Runs `ask` into a pipe; returns when the answer's last token came out of it."""
        command = [sys.executable, "-m", "chat_tui", "ask", prompt]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=self._environ("asked")) as process:
            assert process.stdout is not None
            tail = b""
            while END.encode() not in tail:
                data = os.read(process.stdout.fileno(), 65536)
                if not data:
                    raise GaveUp
                tail = tail[-len(END) :] + data
            return time.monotonic()

    def _environ(self, home: str) -> dict[str, str]:
        """The environment of a program whose model is this server's."""
        folder = self._root / home
        named = {f"CHAT_TUI_{each}_DIR": str(folder / each.lower()) for each in ("CONFIG", "DATA", "CACHE")}
        config = folder / "config" / "config.toml"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(
            f'default_model = "bench/m"\n[providers.bench]\nbase_url = "{self.url}/v1"\nauth = "none"\n'
            f"models = {json.dumps(['m', *FOUR])}\nmodels_paths = []\n"
            f"[model_sets]\nfour = {json.dumps([f'bench/{each}' for each in FOUR])}\n"
        )
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {**inherited, **named, "TERM": "xterm-256color", "COLORTERM": "truecolor", "FLOOR_URL": self.url}

    def forget(self, home: str) -> None:
        """Removes a home."""
        shutil.rmtree(self._root / home, ignore_errors=True)

    def fill(self, home: str, threads: int, messages: int) -> Paths:
        """Writes threads, the last of them with the last message `LASTMARK`, and returns where."""
        paths = Paths(*(self._root / home / each for each in ("config", "data", "cache")))
        folder = paths.threads
        if folder.exists():
            return paths
        folder.mkdir(parents=True)
        for number in range(threads):
            turns: list[Json] = []
            for at in range(messages):
                role, parent = ("user", "assistant")[at % 2], f"{at - 1:08x}" if at else None
                text = "LASTMARK" if at == messages - 1 else f"Message {at} with **some** words. " * 8
                turns.append({"id": f"{at:08x}", "parent": parent, "role": role, "content": text})
            name, when = f"20260101-000000-{number:05}", f"2026-01-01T{number // 3600:02}:00:00Z"
            head: JsonObject = {"format": "chat-tui.thread", "version": 1, "id": name, "title": f"Thread {number}"}
            thread = {**head, "created": when, "updated": when, "head": f"{messages - 1:08x}", "messages": turns}
            (folder / f"{name}.json").write_bytes(encode(thread_from_json(thread)))
        return paths
