"""Which way a copy goes, and that what is said of it is true."""

from __future__ import annotations

import base64
import re
import time
from pathlib import Path

import pytest

from chat_tui.domain.errors import StorageError
from chat_tui.ui.terminal.clipboard import LIMIT, Copied, deliver

TEXT = "naïve  中文\n\n\tcode  "
CONFIRMED = "Copied to the clipboard."
TMUX = "Copied (tmux and terminal clipboard, unconfirmed)."
SENT = "Copied (terminal clipboard, unconfirmed)."


class Machine:
    """A machine with the tools that a test puts on it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.environ = {"PATH": str(root), "TERM": "xterm-256color"}
        self.written = ""
        self.kept = ""

    def tool(self, name: str, body: str = "") -> None:
        """A command that keeps what it is given, with its arguments beside it."""
        path = self.root / name
        out = self.root / f"{name}.got"
        path.write_text(f"#!/bin/sh\n{body or f'/bin/cat > {out}; echo $@ > {out}.args'}\n")
        path.chmod(0o755)

    def got(self, name: str) -> bytes:
        return (self.root / f"{name}.got").read_bytes()

    def write(self, sequence: str) -> None:
        self.written += sequence

    async def keep(self, text: str) -> Path:
        self.kept = text
        return self.root / "copied.txt"

    async def copy(self, text: str = TEXT, platform: str = "linux") -> str:
        return (await deliver(text, self.environ, self.write, self.keep, platform)).message


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def osc52(sequence: str) -> str:
    """The text that a terminal takes for its clipboard."""
    found = re.fullmatch(r"\x1b\]52;c;([A-Za-z0-9+/=]*)\x07", sequence)
    assert found is not None, sequence
    return base64.b64decode(found[1]).decode()


@pytest.mark.parametrize(
    ("tool", "display", "platform"),
    [
        ("wl-copy", "WAYLAND_DISPLAY", "linux"),
        ("xclip", "DISPLAY", "linux"),
        ("xsel", "DISPLAY", "linux"),
        ("pbcopy", "", "darwin"),
    ],
)
async def test_a_tool_of_the_system_gets_the_text_and_confirms(
    machine: Machine, tool: str, display: str, platform: str
) -> None:
    machine.tool(tool)
    machine.environ[display or "UNUSED"] = ":0"
    assert await machine.copy(platform=platform) == CONFIRMED
    assert machine.got(tool) == TEXT.encode()
    assert machine.written == ""


async def test_windows_gets_what_its_tool_understands(machine: Machine) -> None:
    machine.tool("clip.exe")
    machine.environ["WSL_DISTRO_NAME"] = "Debian"
    assert await machine.copy() == CONFIRMED
    assert machine.got("clip.exe") == TEXT.encode("utf-16-le")


async def test_a_tool_that_fails_is_followed_by_the_next(machine: Machine) -> None:
    machine.environ |= {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
    machine.tool("wl-copy", "exit 1")
    machine.tool("xclip")
    assert await machine.copy() == CONFIRMED
    assert machine.got("xclip") == TEXT.encode()


async def test_without_a_display_no_tool_is_asked(machine: Machine) -> None:
    machine.tool("xclip")
    assert await machine.copy() == SENT
    assert osc52(machine.written) == TEXT


async def test_over_ssh_the_terminal_is_asked_not_the_far_machine(machine: Machine) -> None:
    machine.tool("xclip")
    machine.environ |= {"DISPLAY": ":0", "SSH_CONNECTION": "10.0.0.1 22 10.0.0.2 22"}
    assert await machine.copy() == SENT
    assert osc52(machine.written) == TEXT


async def test_a_tool_that_hangs_is_given_up(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chat_tui.ui.terminal.clipboard.PATIENCE", 0.1)
    machine.tool("xclip", "exec /bin/sleep 30")
    machine.environ["DISPLAY"] = ":0"
    begun = time.monotonic()
    assert await machine.copy() == SENT
    assert time.monotonic() - begun < 10


async def test_tmux_gets_the_buffer_and_passes_it_on(machine: Machine) -> None:
    machine.tool("tmux")
    machine.environ["TMUX"] = "/tmp/tmux-0/default,1,0"
    assert await machine.copy() == TMUX
    assert machine.got("tmux") == TEXT.encode()
    assert (machine.root / "tmux.got.args").read_text().split() == ["load-buffer", "-w", "-"]
    assert machine.written == ""


async def test_an_old_tmux_gets_the_buffer_and_the_terminal_a_sequence_through_it(machine: Machine) -> None:
    machine.tool("tmux", f'[ "$2" = -w ] && exit 1; /bin/cat > {machine.root}/tmux.got')
    machine.environ["TMUX"] = "/tmp/tmux-0/default,1,0"
    assert await machine.copy() == TMUX
    assert machine.got("tmux") == TEXT.encode()
    passed = re.fullmatch(r"\x1bPtmux;(.*)\x1b\\", machine.written, re.DOTALL)
    assert passed is not None
    assert osc52(passed[1].replace("\x1b\x1b", "\x1b")) == TEXT


async def test_screen_passes_the_sequence_on_in_pieces(machine: Machine) -> None:
    machine.environ["STY"] = "1.tty"
    text = "long " * 400
    assert await machine.copy(text) == SENT
    pieces = re.findall(r"\x1bP(.*?)\x1b\\", machine.written, re.DOTALL)
    assert len(pieces) > 1
    assert osc52("".join(pieces)) == text


async def test_what_no_terminal_takes_is_kept_in_a_file(machine: Machine) -> None:
    text = "x" * (LIMIT + 1)
    assert await machine.copy(text) == f"Too long for the terminal clipboard; saved to {machine.root}/copied.txt."
    assert (machine.kept, machine.written) == (text, "")
    machine.environ["TERM"] = "linux"
    assert await machine.copy() == f"No clipboard found; saved to {machine.root}/copied.txt."
    assert (machine.kept, machine.written) == (TEXT, "")


async def test_where_not_even_a_file_can_be_written_that_is_said(machine: Machine) -> None:
    async def keep(text: str) -> Path:
        raise StorageError("The disk is full.")

    copied = await deliver(TEXT, {"TERM": "dumb"}, machine.write, keep, "linux")
    assert copied == Copied("No clipboard found. The disk is full.", arrived=False)
