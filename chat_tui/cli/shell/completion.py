"""Answers a shell that completes a command line: options, models, threads, providers, prompts, tool servers, files."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path

from argcomplete.completers import SuppressCompleter
from argcomplete.finders import CompletionFinder

from chat_tui.cli.choose import is_in_use
from chat_tui.cli.container import Container
from chat_tui.cli.parser import MEASURE, build_parser
from chat_tui.domain.conversation.thread import ThreadSummary
from chat_tui.domain.errors import StorageError
from chat_tui.domain.text.clean import clean
from chat_tui.domain.tools import BUILT_IN
from chat_tui.i18n import tr
from chat_tui.storage.settings.prompt_library import SUFFIX, name_of

MOST = 500
"""Threads that are offered, the last used first."""
_TWO_WORDS = " ".join(MEASURE), "\\ ".join(MEASURE)
"""The command of two words as it is typed, and as one word."""
Values = Mapping[str, str]
"""What can be written, and what it means."""
_Completer = Callable[..., Values]


def run(args: object, container: Container, out: object) -> int:
    """Writes the completions of the line in the environment to where the shell's script reads them; returns 0."""
    _join_words(os.environ)
    parser = build_parser()
    _attach(parser, _Completers(container))
    with suppress(SystemExit):
        CompletionFinder()(
            parser,
            always_complete_options="long",
            exit_method=sys.exit,
            exclude=[" ".join(MEASURE)],
            default_completer=SuppressCompleter(),
        )
    return 0


def _join_words(environ: MutableMapping[str, str]) -> None:
    """Makes one word of the two of a command, once both are written; the cursor moves along."""
    line, point = environ.get("COMP_LINE", ""), environ.get("COMP_POINT", "")
    two, one = _TWO_WORDS
    at = line.find(f" {two} ")
    if at >= 0 and point.isdecimal() and int(point) > at + 1 + len(two):
        environ["COMP_LINE"] = line.replace(two, one, 1)
        environ["COMP_POINT"] = str(int(point) + len(one) - len(two))


def _attach(parser: argparse.ArgumentParser, completers: _Completers) -> None:
    """Gives each argument that takes a name of something what completes it."""
    for action in parser._actions:  # noqa: SLF001 - argparse has no public way to its arguments
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for each in action.choices.values():
                _attach(each, completers)
        elif (found := completers.of(parser.prog, action)) is not None:
            action.completer = found  # type: ignore[attr-defined]


class _Completers:
    """What completes each kind of argument."""

    def __init__(self, container: Container) -> None:
        self._container = container

    def of(self, command: str, action: argparse.Action) -> _Completer | None:
        """The completer of an argument of a command, or None where there is nothing to complete it with."""
        of_command: dict[tuple[str, str], _Completer] = {
            ("chat-tui models", "PROVIDER"): self._providers_or_measure,
            ("chat-tui threads restore", "ID"): self._trashed,
            ("chat-tui threads salvage", "NAME"): self._damaged,
            ("chat-tui mcp test", "NAME"): self._servers,
        }
        of_kind: dict[str, _Completer] = {
            "MODEL": self._models,
            "ID": self._threads,
            "PROVIDER": self._providers,
            "TAG": self._tags,
            "NAME": self._prompts,
            "SERVER[:TOOL]": self._servers,
            "FILE": _files,
            "FILE|FIELDS": _files,
            "FOLDER": _folders,
        }
        kind = str(action.metavar)
        return of_command.get((command, kind)) or of_kind.get(kind)

    def _models(self, **_: object) -> Values:
        container = self._container
        providers = container.settings.providers
        used = {key for key, each in providers.items() if is_in_use(each, container.keys.has)}
        lists = [each for each in container.backend.known_models() if each.provider in used]
        return _cleaned((str(each.ref), each.name) for listed in lists for each in listed.models)

    def _threads(self, **_: object) -> Values:
        return _cleaned(map(_thread, asyncio.run(self._container.store.recent(MOST))))

    def _tags(self, **_: object) -> Values:
        return _cleaned((tag, "") for each in asyncio.run(self._container.store.recent(MOST)) for tag in each.tags)

    def _trashed(self, **_: object) -> Values:
        return _cleaned((each.summary.id, each.summary.title) for each in asyncio.run(self._container.store.trashed()))

    def _damaged(self, **_: object) -> Values:
        return _cleaned((each.name, "") for each in asyncio.run(self._container.store.damaged()))

    def _providers(self, **_: object) -> Values:
        return _cleaned((each.key, each.name) for each in self._container.settings.providers.values())

    def _providers_or_measure(self, **_: object) -> Values:
        return {MEASURE[-1]: tr("measure the speed of models"), **self._providers()}

    def _prompts(self, **_: object) -> Values:
        try:
            files = sorted(self._container.paths.prompts.iterdir())
        except OSError:
            return {}
        return _cleaned((name_of(each), "") for each in files if each.suffix == SUFFIX)

    def _servers(self, **_: object) -> Values:
        return _cleaned(
            [(BUILT_IN, tr("built-in tools")), *((each, "") for each in self._container.settings.tool_servers)]
        )


def _thread(it: ThreadSummary) -> tuple[str, str]:
    return it.id, it.title or tr("(untitled)")


def _cleaned(pairs: Iterable[tuple[str, str]]) -> Values:
    """Without what would steer a terminal; what can't be typed as it is, is not offered."""
    found: dict[str, str] = {}
    with suppress(StorageError):
        for value, description in pairs:
            if value and clean(value, multiline=False) == value:
                found[value] = clean(description, multiline=False)
    return found


def _files(prefix: str, **_: object) -> Values:
    return dict.fromkeys(_entries(prefix, folders_only=False), "")


def _folders(prefix: str, **_: object) -> Values:
    return dict.fromkeys(_entries(prefix, folders_only=True), "")


def _entries(prefix: str, *, folders_only: bool) -> Iterator[str]:
    """The files and folders that begin with what is written; hidden ones where it begins with a dot."""
    folder, _, start = prefix.rpartition("/")
    folder += "/" * ("/" in prefix)
    try:
        with os.scandir(Path(folder).expanduser() if folder else ".") as entries:
            for each in sorted(entries, key=lambda entry: entry.name):
                if not each.name.startswith(start) or (each.name[0] == "." and not start):
                    continue
                is_folder = each.is_dir()
                if (is_folder or not folders_only) and clean(each.name, multiline=False) == each.name:
                    yield folder + each.name + "/" * is_folder
    except (OSError, RuntimeError):  # RuntimeError: nobody knows this user's home
        return
