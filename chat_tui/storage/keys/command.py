"""Runs the user's `api_key_command`: an argument list, no shell, ten seconds."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from chat_tui.domain.errors import StorageError
from chat_tui.domain.models.provider import Provider
from chat_tui.domain.text.clean import clean
from chat_tui.domain.text.secrets import redact
from chat_tui.i18n import tr

TIME_LIMIT = 10.0
"""Seconds that the command may take."""
GOOD_FOR = 300.0
"""Seconds for which its key is used again: some ask for a fingerprint, some give keys that end within the hour."""
OUTPUT_LIMIT = 64 * 1024


def child_environment(environ: Mapping[str, str], key_names: tuple[str, ...] = ()) -> dict[str, str]:
    """The environment without API keys; a password manager's own token stays, it needs that."""
    return {name: value for name, value in environ.items() if name not in key_names and not name.endswith("_API_KEY")}


class KeyCommand:
    """Runs commands, and remembers their keys for a while."""

    def __init__(self, environ: Mapping[str, str], key_names: tuple[str, ...] = ()) -> None:
        self._environ = environ
        self._names = key_names
        self._known: dict[tuple[str, ...], tuple[float, str]] = {}

    async def run(self, provider: Provider) -> str:
        """Returns the first line that the provider's command prints.

        Raises:
            StorageError: it can't be started, fails, prints nothing or takes too long.
        """
        command = provider.api_key_command
        when, key = self._known.get(command, (0.0, ""))
        if not key or time.monotonic() - when > GOOD_FOR:
            key = await self._ask(command, (*self._names, *provider.key_variables))
            self._known[command] = (time.monotonic(), key)
        return key

    async def _ask(self, command: tuple[str, ...], names: tuple[str, ...]) -> str:
        said = tr("The api_key_command {command!r}", command=clean(command[0], multiline=False))
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=child_environment(self._environ, names),
            )
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or tr("it can't be started")
            raise StorageError(
                tr("{program} could not be run: {why}. Check the configuration.", program=said, why=why)
            ) from None
        try:
            out, err = await asyncio.wait_for(process.communicate(), TIME_LIMIT)
        except TimeoutError:
            raise StorageError(
                tr(
                    "{program} took longer than {n:g} s. Run it by hand to see why.",
                    program=said,
                    n=TIME_LIMIT,
                )
            ) from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            reason = redact(clean(err.decode(errors="replace"), multiline=False)).strip()[:200]
            ended = tr("{program} failed with exit code {code}", program=said, code=process.returncode)
            raise StorageError(
                f"{ended}: {reason}" if reason else tr("{problem}. Run it by hand to see why.", problem=ended)
            )
        line = out[:OUTPUT_LIMIT].decode(errors="replace").strip().partition("\n")[0].strip()
        if not line:
            raise StorageError(tr("{program} printed nothing. Run it by hand to see why.", program=said))
        return line
