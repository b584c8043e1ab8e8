"""Checks of the terminal, tmux, the clipboard and the editor."""

from __future__ import annotations

import locale
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping

from chat_tui.cli.doctor.findings import Finding, Findings, Grade
from chat_tui.i18n import tr

AREA = "Terminal"
TERMINAL = "/dev/tty"
TMUX_PATIENCE = 2.0
"""Seconds."""
_TMUX_WANTED = {
    "allow-passthrough": (("on", "all"), tr("pictures: set -g allow-passthrough on")),
    "extended-keys": (("on", "always"), tr("shift+enter and other keys: set -s extended-keys on")),
    "focus-events": (("on",), tr("notices while you look elsewhere: set -g focus-events on")),
    "set-clipboard": (("on", "external"), tr("copying: set -g set-clipboard on")),
}
"""Options of tmux that the app makes use of: good values, and what for."""


def environment(environ: Mapping[str, str]) -> Findings:
    """What the environment says of the terminal."""
    names = ("TERM", "COLORTERM", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "NO_COLOR", "STY", "SSH_TTY")
    said = ", ".join(f"{name}={environ[name]}" for name in names if environ.get(name))
    term = environ.get("TERM", "")
    is_dumb = sys.platform != "win32" and term in ("", "dumb", "unknown")
    found = [Finding(AREA, "environment", Grade.PROBLEM if is_dumb else Grade.OK, said or tr("TERM is not set"))]
    encoding = locale.getpreferredencoding(do_setlocale=False)
    is_utf8 = encoding.lower().replace("-", "") == "utf8"
    advice = "" if is_utf8 else tr("Set LANG to a UTF-8 locale, such as C.UTF-8.")
    found.append(Finding(AREA, "encoding", Grade.OK if is_utf8 else Grade.PROBLEM, encoding, advice))
    if sys.__stdout__ is not None and sys.__stdout__.isatty():
        size = shutil.get_terminal_size()
        small = size.columns < 60 or size.lines < 20
        text = tr("{columns} columns, {lines} rows", columns=size.columns, lines=size.lines)
        advice = tr("The app is designed for at least 60 columns and 20 rows.") if small else ""
        found.append(Finding(AREA, "size", Grade.NOTE if small else Grade.OK, text, advice))
    colours = environ.get("COLORTERM", "") in ("truecolor", "24bit")
    text = (
        tr("none (NO_COLOR)")
        if environ.get("NO_COLOR")
        else tr("16 million")
        if colours
        else "256"
        if "256" in term
        else "16"
    )
    advice = (
        "" if colours or environ.get("NO_COLOR") else tr("If the terminal has 16 million, set COLORTERM=truecolor.")
    )
    found.append(Finding(AREA, "colours", Grade.OK if colours else Grade.NOTE, text, advice))
    return found


def answers(environ: Mapping[str, str]) -> Findings:
    """What the terminal says when it is asked; nothing without one."""
    from chat_tui.ui.terminal.report import SAMPLES, ask_terminal  # late: what it needs takes a moment to load

    try:
        file = os.open(TERMINAL, os.O_RDWR | getattr(os, "O_NOCTTY", 0))
    except OSError:
        return [Finding(AREA, "answers", Grade.NOTE, tr("No terminal to query."))]
    try:
        report = ask_terminal(file, environ)
    finally:
        os.close(file)
    if not report.answered:
        return [Finding(AREA, "answers", Grade.NOTE, tr("The terminal does not answer."))]
    said = report.said
    sixel = "4" in said["attributes"].split(";")
    kitty = said.get("kitty") == "OK"
    pictures = tr("kitty's protocol") if kitty else "sixel" if sixel else tr("half blocks")
    found = [
        _has("keys", "keys" in said, tr("shift+enter and all modifiers (kitty's protocol)"), tr("basic keys only")),
        Finding(AREA, "pictures", Grade.OK, pictures),
        _has("synchronised output", said.get("sync", "0") in ("1", "2"), tr("yes (mode 2026)"), tr("no")),
        _has("light or dark", said.get("dark", "0") in ("1", "2"), tr("reported (mode 2031)"), tr("not reported")),
    ]
    if differing := report.differing:
        each = ", ".join(_width_text(name, *report.widths[name]) for name in differing)
        text = tr(
            "{n} of {total} samples are drawn with other widths ({cells} cells)",
            n=len(differing),
            total=len(SAMPLES),
            cells=each,
        )
        return [*found, Finding(AREA, "widths", Grade.NOTE, text, tr("Rows with such characters may be out of line."))]
    if report.widths:
        found.append(Finding(AREA, "widths", Grade.OK, tr("as expected")))
    return found


def _width_text(sample: str, drawn: int, counted: int) -> str:
    return tr("{sample}: {drawn} not {counted}", sample=sample, drawn=drawn, counted=counted)


def _has(name: str, has: bool, yes: str, no: str) -> Finding:
    return Finding(AREA, name, Grade.OK if has else Grade.NOTE, yes if has else no)


def tmux(environ: Mapping[str, str]) -> Findings:
    """The settings of tmux, where the terminal is one of its panes."""
    program = shutil.which("tmux", path=environ.get("PATH", ""))
    if not environ.get("TMUX") or program is None:
        return []
    found = [Finding(AREA, "tmux", Grade.OK, _run([program, "-V"], environ))]
    for option, (good, why) in _TMUX_WANTED.items():
        value = _run([program, "show-options", "-gqv", option], environ) or _run(
            [program, "show-options", "-sqv", option], environ
        )
        is_good = value in good
        found.append(
            Finding(
                AREA,
                f"tmux {option}",
                Grade.OK if is_good else Grade.NOTE,
                value or tr("off"),
                "" if is_good else tr("For {why}", why=why),
            )
        )
    return found


def _run(command: list[str], environ: Mapping[str, str]) -> str:
    try:
        done = subprocess.run(
            command,
            env=dict(environ),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TMUX_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace").strip()


def clipboard(environ: Mapping[str, str]) -> Findings:
    """How texts get to the clipboard. Nothing is copied."""
    from chat_tui.ui.terminal.clipboard import clipboard_tools

    if tools := clipboard_tools(environ):
        return [Finding(AREA, "clipboard", Grade.OK, os.path.basename(tools[0][0]))]  # noqa: PTH119 - a name
    over = "tmux" if environ.get("TMUX") else tr("the terminal (OSC 52)")
    if environ.get("TERM", "") in ("linux", "dumb"):
        return [Finding(AREA, "clipboard", Grade.PROBLEM, tr("none: copies are saved to a file"))]
    advice = "" if environ.get("SSH_TTY") else tr("Install wl-clipboard or xclip for confirmed copies.")
    return [Finding(AREA, "clipboard", Grade.NOTE, tr("by {over}, which confirms nothing", over=over), advice)]


def editor(environ: Mapping[str, str]) -> Findings:
    """The editor of ctrl+g."""
    from chat_tui.ui.terminal.external import EditorError, editor_command

    try:
        command = editor_command(environ)
    except EditorError as error:
        return [Finding(AREA, "editor", Grade.PROBLEM, str(error))]
    if shutil.which(command[0], path=environ.get("PATH", "")) is None:
        return [
            Finding(
                AREA,
                "editor",
                Grade.PROBLEM,
                tr("{command} is not found.", command=command[0]),
                tr("Correct VISUAL or EDITOR."),
            )
        ]
    return [Finding(AREA, "editor", Grade.OK, command[0])]
