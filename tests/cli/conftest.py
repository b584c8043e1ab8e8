"""A command line with directories of its own, and a server on loopback that answers as it is told."""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chat_tui.__main__ import main
from tests.saved import Saved

DIRECTORIES = ("CONFIG", "DATA", "CACHE")


@dataclass
class Script:
    """What the server does, and what it saw."""

    pieces: list[str] = field(default_factory=lambda: ["Hello", " there", "."])
    later: list[list[str]] = field(default_factory=list)
    """The pieces of the answers after the first one."""
    writes: str = "content"
    """The field of the delta in which they stand."""
    beside: dict[str, Any] = field(default_factory=dict)
    """What stands beside the choices in each event."""
    listed: list[dict[str, Any]] = field(default_factory=lambda: [{"id": "listed-1"}, {"id": "listed-2"}])
    status: int = 200
    error: str = "no such thing"
    complete: bool = True
    """Whether the stream ends as it should."""
    refuses: str = ""
    """A request field that it does not accept."""
    calls: list[dict[str, dict[str, Any]]] = field(default_factory=list)
    """For each answer that calls tools, before those with text: names and arguments."""
    hold: threading.Event | None = None
    """Waited for after the pieces."""
    sent: threading.Event = field(default_factory=threading.Event)
    """Set once the pieces are sent."""
    bodies: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    script: Script

    def handle(self) -> None:
        with contextlib.suppress(OSError):  # the client has gone
            super().handle()

    def log_message(self, format: str, *args: Any) -> None:
        """Is silent."""

    def do_GET(self) -> None:
        if self.script.status != 200:
            self._json(self.script.status, {"error": {"message": self.script.error}})
        else:
            self._json(200, {"data": self.script.listed})

    def do_POST(self) -> None:
        script = self.script
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if script.bodies and script.later:
            script.pieces = script.later.pop(0)
        script.bodies.append(body)
        if script.status != 200:
            self._json(script.status, {"error": {"message": script.error}})
        elif script.refuses in body:
            self._json(400, {"error": {"message": f"Unknown parameter: '{script.refuses}'", "param": script.refuses}})
        elif not body.get("stream"):
            message = {"role": "assistant", "content": "".join(script.pieces)}
            self._json(200, {"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})
        else:
            self._stream()

    def _stream(self) -> None:
        script = self.script
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            if script.calls:
                self._call(script.calls.pop(0))
                return
            for piece in script.pieces:
                self._event({"choices": [{"index": 0, "delta": {script.writes: piece}}], **script.beside})
            script.sent.set()
            if script.hold is not None:
                script.hold.wait(20)
            if script.complete:
                self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
                self._chunk(b"data: [DONE]\n\n")
                self._chunk(b"")
            else:
                self.close_connection = True
        except OSError:  # the client has gone
            return

    def _call(self, tools: dict[str, dict[str, Any]]) -> None:
        for number, (name, arguments) in enumerate(tools.items()):
            call = {"index": number, "id": f"call_{number}", "type": "function"}
            call["function"] = {"name": name, "arguments": json.dumps(arguments)}
            self._event({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
        usage = {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}
        self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": "tool_calls"}], "usage": usage})
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _event(self, value: Any) -> None:
        self._chunk(b"data: " + json.dumps(value).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        """An HTTP chunk; of nothing, the end of the body."""
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def _json(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@pytest.fixture
def server() -> Iterator[Script]:
    script = Script()
    handler = type("Handler", (_Handler,), {"script": script})
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    script.url = f"http://127.0.0.1:{http.server_address[1]}/v1"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield script
    if script.hold is not None:
        script.hold.set()
    http.shutdown()
    http.server_close()
    thread.join()


@dataclass
class Home(Saved):
    """The three directories."""

    root: Path
    environ: dict[str, str]

    @property
    def config(self) -> Path:
        return self.root / "config"

    @property
    def cache(self) -> Path:
        return self.root / "cache"

    def configure(self, text: str) -> None:
        self.config.mkdir(exist_ok=True)
        (self.config / "config.toml").write_text(text)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in [each for each in os.environ if each.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    named = {f"CHAT_TUI_{each}_DIR": str(tmp_path / each.lower()) for each in DIRECTORIES}
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("chat_tui.storage.keys.keyring_access._open", lambda: None)
    return Home(tmp_path, named)


@pytest.fixture
def acme(home: Home, server: Script) -> Script:
    """The server, set up as the provider `acme` with two models and made the default."""
    home.configure(
        f'default_model = "acme/small"\n[providers.acme]\nbase_url = "{server.url}"\nauth = "none"\n'
        'models = ["small", "org/large"]\n'
    )
    return server


@pytest.fixture
def evil(home: Home) -> str:
    """A text that would steer a terminal: the title and the only message of the thread `evil`."""
    folder = home.root / "data" / "threads"
    folder.mkdir(parents=True)
    evil = "a\x1b]52;c;eA==\x07\u202eb"
    message = {"id": "1", "role": "user", "content": evil}
    thread = {"format": "chat-tui.thread", "version": 1, "title": evil, "head": "1", "messages": [message]}
    (folder / "evil.json").write_text(json.dumps(thread))
    return evil


@dataclass
class Result:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


Chat = Callable[..., Result]


@pytest.fixture
def chat(home: Home, monkeypatch: pytest.MonkeyPatch) -> Chat:
    """Runs a command: `chat("ask", "Hi", stdin="…", terminal=True)`.

    `stdin` is text, bytes or a stream; a `stdout` of None is a closed one.
    """

    def run(*argv: str, stdin: Any = None, stdout: Any = "", terminal: bool = False) -> Result:
        out, err = (Terminal(), Terminal()) if terminal else (io.StringIO(), io.StringIO())
        data = stdin.encode() if isinstance(stdin, str) else stdin
        stream = io.TextIOWrapper(io.BytesIO(data)) if isinstance(data, bytes) else data
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", Terminal() if stream is None else stream)
            patch.setattr(sys, "stdout", out if stdout == "" else stdout)
            patch.setattr(sys, "stderr", err)
            code = main(argv)
        assert "Traceback" not in err.getvalue()
        return Result(code, out.getvalue(), err.getvalue())

    return run


def typed(command: list[str], environ: dict[str, str], text: str, end: str, folder: Path, begin: str = "") -> str:
    """What a terminal shows of a program that is typed at once `begin` has come, until `end` comes."""
    master, slave = pty.openpty()
    with subprocess.Popen(
        command, stdin=slave, stdout=slave, stderr=slave, env=environ, cwd=folder, start_new_session=True
    ) as process:
        os.close(slave)
        seen, is_typed, deadline = "", False, time.monotonic() + 20
        while end not in seen and time.monotonic() < deadline:
            if not is_typed and begin in seen:
                os.write(master, text.encode())
                is_typed = True
            if select.select([master], [], [], 1.0)[0]:
                seen += os.read(master, 65536).decode(errors="replace")
        process.kill()
    os.close(master)
    return seen
