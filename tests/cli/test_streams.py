"""Standard input, output and error as a shell hands them over: silent, endless, closed, full, binary, a pipe."""

from __future__ import annotations

import errno
import io
import json
import os
import subprocess
import sys
import threading
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from chat_tui.cli import standard_input
from chat_tui.cli.output import Output
from chat_tui.storage.attachments.reader import IMAGE_LIMIT, TEXT_LIMIT
from tests.cli.conftest import Chat, Home, Script
from tests.storage.documents import pdf
from tests.storage.exchange import samples

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


class FullDisk(io.StringIO):
    """A stream that takes nothing."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


class Endless(io.RawIOBase):
    """A stream that never ends; `count` bytes were read of it."""

    def __init__(self, start: bytes = b"") -> None:
        self._start = start
        self.count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = (self._start + b"y" * len(buffer))[: len(buffer)]
        self._start = b""
        buffer[:] = piece
        self.count += len(piece)
        return len(piece)


def text_stream(raw: io.RawIOBase) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BufferedReader(raw))


def content(server: Script) -> Any:
    return server.bodies[-1]["messages"][-1]["content"]


# Standard input


def test_input_that_does_not_end_is_spoken_of(
    chat: Chat, acme: Script, monkeypatch: pytest.MonkeyPatch, home: Home
) -> None:
    spoken = threading.Event()
    note = Output.note

    def heard(self: Output, words: str) -> None:
        note(self, words)
        spoken.set()

    class Silent(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            assert spoken.wait(20), "nothing was said"
            return 0

    monkeypatch.setattr(standard_input, "PATIENCE", 0.0)
    monkeypatch.setattr(Output, "note", heard)
    result = chat("ask", "hi", stdin=text_stream(Silent()))
    assert (result.code, result.out) == (0, "Hello there.")
    assert "standard input" in result.err
    assert "--no-stdin" in result.err
    spoken.clear()
    monkeypatch.setenv("OPENAI_API_KEY", "")
    assert "the key on standard input" in chat("keys", "set", "openai", stdin=text_stream(Silent())).err


def test_no_stdin_does_not_look_at_it(chat: Chat, acme: Script) -> None:
    stream = Endless()
    assert chat("ask", "hi", "--no-stdin", stdin=text_stream(stream)).out == "Hello there."
    assert (stream.count, content(acme)) == (0, "hi")


@pytest.mark.parametrize(("start", "limit"), [(b"", TEXT_LIMIT), (PNG, IMAGE_LIMIT)])
def test_endless_input_is_refused_while_it_is_read(
    chat: Chat, acme: Script, home: Home, start: bytes, limit: int
) -> None:
    stream = Endless(start)
    result = chat("ask", "hi", stdin=text_stream(stream))
    assert (result.code, result.out, acme.bodies) == (2, "", [])
    assert result.err == f"chat-tui: Standard input is too large: more than {limit >> 20} MB. The rest was not read.\n"
    assert limit < stream.count < limit + 256 * 1024


def test_an_endless_key_is_refused(chat: Chat, home: Home) -> None:
    stream = Endless()
    result = chat("keys", "set", "openai", stdin=text_stream(stream))
    assert (result.code, stream.count < 256 * 1024) == (2, True)
    assert "is longer than" in result.err


@pytest.mark.parametrize(
    ("data", "sent"),
    [
        ("Grüße, 世界".encode("utf-16"), "Grüße, 世界"),
        ("Grüße".encode("utf-16-be").join([b"\xfe\xff", b""]), "Grüße"),
        ("Grüße".encode("utf-32"), "Grüße"),
        (b"\xef\xbb\xbfa\r\nb\r\n", "a\r\nb"),
    ],
)
def test_a_byte_order_mark_is_obeyed(chat: Chat, acme: Script, tmp_path: Path, data: bytes, sent: str) -> None:
    assert chat("ask", stdin=data).code == 0
    assert content(acme) == sent
    file = tmp_path / "a.txt"
    file.write_bytes(data)
    assert chat("ask", "x", "-f", str(file)).code == 0
    assert content(acme).replace("\r\n```", "\n```") == f"x\n\n```txt a.txt\n{sent}\n```"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("caf\xe9".encode("latin-1"), "is not UTF-8 text (byte 4 is 0xe9). Convert it first: iconv"),
        (b"\x7fELF\0\1", "is not a text file, nor an image (PNG"),
        (b"\xff\xfea", "begins like UTF-16 text but is not valid"),
    ],
)
def test_what_is_no_text_is_refused_alike_from_input_and_files(
    chat: Chat, acme: Script, home: Home, tmp_path: Path, data: bytes, words: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    for name, result in (
        ("Standard input", chat("ask", "x", stdin=data)),
        ("stdin", chat("ask", "x", "-f", "-", stdin=data)),
        ("file", chat("ask", "x", "-f", str(file))),
    ):
        assert (result.code, result.out) == (2, "")
        assert f"chat-tui: {name} {words}" in result.err
    assert (home.threads(), acme.bodies) == ([], [])


def test_an_image_on_standard_input_is_an_attachment(chat: Chat, acme: Script) -> None:
    url = f"data:image/png;base64,{b64encode(PNG).decode()}"
    for more in ([], ["-f", "-"]):
        assert chat("ask", "What is it?", *more, stdin=PNG).code == 0
        assert "What is it?\n\n[image: stdin.png]" in chat("threads", "show", "").out
        assert content(acme) == [
            {"type": "text", "text": "What is it?"},
            {"type": "image_url", "image_url": {"url": url}},
        ]


def test_a_pdf_is_read_from_input_files_and_pipes_alike(chat: Chat, acme: Script, tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(pdf(["Said in a PDF"]))
    for argv, stdin in (([], file.read_bytes()), (["-f", "-"], file.read_bytes()), (["-f", str(file)], None)):
        result = chat("ask", "x", *argv, stdin=stdin)
        assert (result.code, result.err) == (0, "")
        assert "[page 1 of 1]\nSaid in a PDF" in content(acme)


def test_a_page_of_the_web_is_attached_by_its_address(chat: Chat, acme: Script) -> None:
    url = acme.url.replace("/v1", "/page")
    assert chat("ask", "x", "-f", url).code == 0
    assert content(acme).startswith(f"x\n\n```text {url}\n")
    assert '"listed-1"' in content(acme)
    assert chat("ask", f"Read @{url}").code == 0
    assert content(acme) == f"Read @{url}"  # never fetched unasked


def test_pipes_are_files_too(chat: Chat, acme: Script, tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, b"diff\n")
    os.close(write)
    try:
        assert chat("ask", "Why?", "-f", f"/dev/fd/{read}", "-f", "-", stdin="log\n").code == 0
    finally:
        os.close(read)
    assert content(acme) == f"Why?\n\n```text pipe-{read}\ndiff\n```\n\n```text stdin\nlog\n```"
    assert chat("ask", "x", "-f", str(tmp_path / "gone")).code == 2


def test_closed_input_is_no_obstacle_and_no_crash(chat: Chat, acme: Script) -> None:
    closed = io.StringIO()
    closed.close()
    assert chat("ask", "hi", stdin=closed).out == "Hello there."
    for argv in (["ask", "hi", "-f", "-"], ["keys", "set", "openai"], ["threads", "import", "-"]):
        result = chat(*argv, stdin=closed)
        assert (result.code, "Standard input is closed" in result.err) == (2, True), argv


# Threads through pipes


def test_a_thread_goes_out_and_in_through_pipes(chat: Chat, acme: Script, home: Home) -> None:
    chat("ask", "hi")
    name = home.thread()["id"]
    exported = chat("threads", "export", name, "--to", "json", "-o", "-")
    assert exported.out == chat("threads", "export", name, "--to", "json").out
    read, write = os.pipe()
    assert chat("threads", "export", name, "--to", "md", "-o", f"/dev/fd/{write}").code == 0
    os.close(write)
    with os.fdopen(read) as stream:
        assert "Hello there." in stream.read()
    (home.root / "data/threads" / f"{name}.json").unlink()
    result = chat("threads", "import", "-", stdin=exported.out)
    assert (result.code, name in result.out) == (0, True)
    assert home.thread()["messages"][1]["content"] == "Hello there."


def test_an_archive_comes_through_a_pipe_and_leaves_no_copy(
    chat: Chat, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("conversations.json", json.dumps([samples.chatgpt_export()]))
    assert chat("threads", "import", "-", stdin=file.getvalue()).code == 0
    assert len(home.threads()) == 1
    assert list((tmp_path / "tmp").iterdir()) == []
    result = chat("threads", "import", "-", stdin=b"PK\x03\x04")
    assert (result.code, "stdin: a damaged archive" in result.err) == (1, True)


def test_what_somebody_sent_does_not_steer_the_terminal_behind_a_pipe(chat: Chat, evil: str) -> None:
    for argv in (["threads", "show", "evil"], ["threads", "export", "evil", "--to", "md"], ["threads", "list"]):
        out = chat(*argv).out
        assert "\u241b]52;c;eA==" in out
        assert not {"\x1b", "\x07", "\u202e"} & set(out), argv
    assert evil in chat("threads", "show", "evil", "--raw").out
    shown = chat("threads", "show", "evil", "--json")
    exported = chat("threads", "export", "evil", "--to", "json")
    for each in (shown, exported):
        assert not {"\x1b", "\x07", "\u202e"} & set(each.out)
        assert each.json["messages"][0]["content"] == evil


# Standard output and error


@pytest.mark.parametrize("stdout", [None, FullDisk()], ids=["closed", "full"])
@pytest.mark.parametrize("argv", ["ask hi", "ask hi --json", "ask hi --no-stream"])
def test_an_answer_that_can_not_be_printed_is_saved(
    chat: Chat, acme: Script, home: Home, stdout: Any, argv: str
) -> None:
    result = chat(*argv.split(), stdout=stdout)
    message = home.thread()["messages"][1]
    assert (result.code, message["status"], message["content"]) == (1, "complete", "Hello there.")
    assert result.err.startswith("chat-tui: Could not write to standard output: ")
    assert result.err.endswith(f"The answer is saved: chat-tui threads show {home.thread()['id']}\n")
    assert result.err.count("\n") == 1
    assert not home.cache.exists() or not list(home.cache.glob("crash-*"))


@pytest.mark.parametrize("stdout", [None, FullDisk()], ids=["closed", "full"])
@pytest.mark.parametrize("argv", ["threads list", "models acme", "providers", "config path", "ask hi --no-save"])
def test_standard_output_that_takes_nothing_is_a_line_and_code_1(
    chat: Chat, acme: Script, home: Home, stdout: Any, argv: str
) -> None:
    chat("ask", "hi")
    result = chat(*argv.split(), stdout=stdout)
    assert (result.code, result.err.count("\n")) == (1, 1)
    assert "Could not write to standard output" in result.err
    assert not list(home.cache.glob("crash-*"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="it needs /dev/full")
@pytest.mark.parametrize(("stream", "code"), [("stdout", 1), ("stderr", 2)])
def test_python_does_not_fail_once_more_at_its_end(home: Home, stream: str, code: int) -> None:
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"} | home.environ
    argv = ["--version"] if stream == "stdout" else ["ask"]
    with Path("/dev/full").open("w") as full:
        streams: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: full}
        done = subprocess.run(
            [sys.executable, "-m", "chat_tui", *argv], stdin=subprocess.DEVNULL, env=environ, text=True, **streams
        )
    assert done.returncode == code
    assert (done.stderr or "").count("\n") == (1 if stream == "stdout" else 0)


@pytest.mark.skipif(os.name != "posix", reason="descriptors are POSIX")
def test_no_file_becomes_a_standard_stream_that_was_closed(home: Home) -> None:
    code = (
        "import os, sys; os.closerange(0, 3); from chat_tui.__main__ import main; main(['threads', 'list']);"
        "file = os.open(os.devnull, os.O_RDONLY); os._exit(file)"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, **home.environ})
    assert done.returncode == 3


# Directories


def test_a_directory_that_can_not_be_told_is_a_line(
    chat: Chat, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> str:
        raise FileNotFoundError(errno.ENOENT, "No such file or directory")

    with monkeypatch.context() as patch:
        patch.setenv("CHAT_TUI_DATA_DIR", "relative")
        patch.setattr(os, "getcwd", gone)
        result = chat("threads", "list")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "CHAT_TUI_DATA_DIR is a relative path" in result.err


def test_a_user_without_a_home_is_told_which_variable_to_set(
    chat: Chat, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHAT_TUI_DATA_DIR")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    monkeypatch.setattr(os, "environ", {k: v for k, v in os.environ.items() if not k.startswith("XDG_")})
    result = chat("threads", "list")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "Set HOME, or CHAT_TUI_DATA_DIR." in result.err


def test_an_error_of_the_machine_is_no_defect(chat: Chat, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error", "/some/file")

    monkeypatch.setattr("chat_tui.cli.commands.models._providers", broken)
    result = chat("providers")
    assert (result.code, result.err) == (1, "chat-tui: Could not continue: input/output error (/some/file).\n")
    assert not home.cache.exists()


def test_a_key_in_quotes_is_stored_without_them_and_that_is_said(chat: Chat, home: Home) -> None:
    result = chat("keys", "set", "openai", stdin='"sk-abcdefghijklmnop"\n')
    assert (result.code, "without the quotes around it" in result.err) == (0, True)
    assert 'openai = "sk-abcdefghijklmnop"' in (home.config / "credentials.toml").read_text()
