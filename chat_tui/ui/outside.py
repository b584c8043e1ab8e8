"""Other programs that the app starts: an editor, a browser. They get an environment without our keys (SAFETY.md K6)."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from chat_tui.domain.clean import clean
from chat_tui.domain.settings import Settings
from chat_tui.ui.guard import SAFE_LINK


def child_environment(settings: Settings) -> dict[str, str]:
    """Our environment without any provider's key."""
    names = {provider.api_key_env for provider in settings.providers.values()}
    return {name: value for name, value in os.environ.items() if name not in names}


def edit(text: str, environment: Mapping[str, str]) -> str:
    """Lets the user write in $VISUAL or $EDITOR; the terminal must be theirs. Blocks until the editor ends.

    Returns:
        The text as the editor left it, cleaned, without the newline that editors put at the end.

    Raises:
        OSError: no editor is set or it can't be started; the message says what to do.
    """
    command = environment.get("VISUAL") or environment.get("EDITOR")
    if not command:
        raise OSError("No editor is set. Set VISUAL or EDITOR, for example: export EDITOR=nano")
    descriptor, name = tempfile.mkstemp(prefix="chat-tui-", suffix=".md")
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        ended = subprocess.run([*shlex.split(command), name], env=dict(environment), check=False)
        if ended.returncode:
            raise OSError(f"{command} ended with code {ended.returncode}; the prompt is as it was.")
        return clean(path.read_text("utf-8", errors="replace")).removesuffix("\n")
    finally:
        path.unlink(missing_ok=True)


def open_in_browser(url: str, environment: Mapping[str, str]) -> bool:
    """Opens a link that the user has confirmed; False where it is none that may be opened (SAFETY.md R4)."""
    if not SAFE_LINK.fullmatch(url):
        return False
    subprocess.Popen(
        [sys.executable, "-m", "webbrowser", "-t", url],
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    return True
