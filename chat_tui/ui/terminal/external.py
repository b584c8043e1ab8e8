"""Other programs that the app starts: an editor, a browser. Their environment is without API keys."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chat_tui.domain.settings import Settings
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.ui.terminal.served import is_served, show
from chat_tui.ui.text.links import SAFE_LINK

USUAL_EDITORS = ("sensible-editor", "nano", "vim", "vi", "notepad.exe")
"""Tried in this order where neither VISUAL nor EDITOR is set."""


def child_environment(settings: Settings) -> dict[str, str]:
    """The environment of child processes: without API keys."""
    names = {name for provider in settings.providers.values() for name in provider.key_variables}
    return {name: value for name, value in os.environ.items() if name not in names}


def edit(text: str, environment: Mapping[str, str]) -> str:
    """Edits a text in $VISUAL or $EDITOR; the terminal must be released. Blocks until the editor exits.

    Returns:
        The text as the editor left it, cleaned, without the newline that editors put at the end.

    Raises:
        EditorError: there is no editor, it could not be started, or it failed.
    """
    with _in_editor(text, "prompt.md", environment) as path:
        return clean(path.read_text("utf-8", errors="replace")).removesuffix("\n")


def view(text: str, name: str, environment: Mapping[str, str]) -> None:
    """Shows a copy of a text in $VISUAL or $EDITOR; the copy is deleted afterwards. Blocks until the editor exits.

    Args:
        text: the text.
        name: a file name, whose suffix tells the editor what it is.
        environment: of the editor.

    Raises:
        EditorError: there is no editor, it could not be started, or it failed.
    """
    with _in_editor(text, name, environment):
        pass


def edit_file(path: Path, environment: Mapping[str, str]) -> None:
    """Opens a file in $VISUAL or $EDITOR. Blocks until the editor exits.

    Args:
        path: the file, absolute, so that no editor reads it as an option.
        environment: of the editor.

    Raises:
        EditorError: there is no editor, it could not be started, or it failed.
    """
    _run_editor(editor_command(environment), str(path), environment)


class EditorError(Exception):
    """The editor failed; the message says why, and what to do."""


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """The editor's command: the configured one, else an installed one."""
    named = environment.get("VISUAL") or environment.get("EDITOR")
    if named:
        try:
            return shlex.split(named) if os.name == "posix" else [named]
        except ValueError as error:
            raise EditorError(
                tr("VISUAL or EDITOR is not a valid command: {named} ({error})", named=named, error=error)
            ) from error
    for name in USUAL_EDITORS:
        if command := shutil.which(name, path=environment.get("PATH")):
            return [command]
    raise EditorError(tr("No editor found. Set VISUAL or EDITOR, for example: export EDITOR=nano"))


@contextmanager
def _in_editor(text: str, name: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """Runs the editor on a private file; yields the file once the editor has exited without an error."""
    command = editor_command(environment)
    descriptor, path_name = tempfile.mkstemp(prefix="chat-tui-", suffix=f"-{name}")
    path = Path(path_name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        _run_editor(command, path_name, environment)
        yield path
    finally:
        path.unlink(missing_ok=True)


def _run_editor(command: list[str], path: str, environment: Mapping[str, str]) -> None:
    try:
        code = subprocess.run([*command, path], env=dict(environment), check=False).returncode
    except OSError as error:
        raise EditorError(
            tr(
                "Could not start {command}: {strerror}. Set VISUAL or EDITOR.",
                command=command[0],
                strerror=error.strerror,
            )
        ) from error
    if code:
        raise EditorError(tr("{command} exited with code {code}. Nothing was changed.", command=command[0], code=code))


def open_in_browser(url: str, environment: Mapping[str, str]) -> bool:
    """Opens a link that the user has confirmed; False if its scheme is not allowed."""
    if SAFE_LINK.fullmatch(url):
        _browse(url, environment)
        return True
    return False


def has_browser(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Whether a file of this machine can be shown to the user in a browser: there is a screen, and it is theirs."""
    if is_served(environment):
        return True
    if environment.get("SSH_CONNECTION") or environment.get("SSH_TTY"):
        return False
    return platform in ("darwin", "win32") or any(map(environment.get, ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")))


def open_page(path: Path, environment: Mapping[str, str]) -> None:
    """Opens a web page in a file that this program has written."""
    _browse(path.as_uri(), environment)


async def hand_over(path: Path, environment: Mapping[str, str]) -> None:
    """Offers a file that was written to a user whose browser is elsewhere, as a download; else does nothing."""
    if is_served(environment):
        await asyncio.to_thread(show, path.as_uri(), environment)


def _browse(url: str, environment: Mapping[str, str]) -> None:
    if show(url, environment):
        return
    subprocess.Popen(
        [sys.executable, "-P", "-m", "webbrowser", "-t", url],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
