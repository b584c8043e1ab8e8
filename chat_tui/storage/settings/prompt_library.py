"""The system-prompt library: config/prompts/NAME.toml."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from chat_tui.domain.errors import StorageError
from chat_tui.domain.settings import PromptTemplate
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import remove, write_atomic
from chat_tui.storage.files.toml_file import read_toml
from chat_tui.storage.files.writer import Writer
from chat_tui.storage.paths import Paths

SUFFIX = ".toml"
MAX_NAME = 200
"""Bytes of a file's name without its suffix."""
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"%*/:<>?\\|]|^[. ]|[. ]$')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def file_stem(name: str) -> str:
    """The file name of a prompt's name: the same where that is safe everywhere, else with %XX in it.

    Raises:
        StorageError: the name is empty or too long.
    """
    name = name.strip()
    stem = _UNSAFE.sub(lambda match: f"%{ord(match[0]):02X}", name)
    if _RESERVED.fullmatch(stem):  # Windows' devices
        stem = f"%{ord(stem[0]):02X}{stem[1:]}"
    if not stem or len(stem.encode(errors="replace")) > MAX_NAME:
        raise StorageError(tr("A prompt's name has 1 to {n} characters. Use another one.", n=MAX_NAME))
    return stem


def name_of(path: Path) -> str:
    """The name of the prompt in a file."""
    return unquote(path.stem)


class FilePrompts:
    """Implements `PromptLibrary`."""

    def __init__(self, paths: Paths) -> None:
        self._folder = paths.prompts
        self._writer = Writer("prompts")
        self.writers = (self._writer,)

    async def prompts(self) -> list[PromptTemplate]:
        """See `PromptLibrary.prompts`."""
        return await self._writer.run(self._read_all)

    async def named(self, name: str) -> PromptTemplate | None:
        """See `PromptLibrary.named`."""
        return next((each for each in await self.prompts() if each.name == name), None) if name else None

    async def save(self, template: PromptTemplate) -> None:
        """See `PromptLibrary.save`. What else a person wrote into the file stays."""
        await self._writer.run(lambda: self._write(template))

    async def delete(self, name: str) -> None:
        """See `PromptLibrary.delete`."""
        path = self._path(name)
        await self._writer.run(lambda: remove(path))

    def _read_all(self) -> list[PromptTemplate]:
        try:
            files = sorted(each for each in self._folder.iterdir() if each.suffix == SUFFIX and each.name[0] != ".")
        except OSError:  # none yet, or not to be read
            return []
        found = (_read(each) for each in files)
        return sorted((each for each in found if each), key=lambda each: each.name.casefold())

    def _write(self, template: PromptTemplate) -> None:
        import tomli_w  # late: seldom used

        path = self._path(template.name)
        table = read_toml(path).table | {"prompt": template.prompt}
        optional = {
            "description": template.description,
            "model": template.model,
            "parameters": template.parameters,
            "tools": list(template.tools),
            "fallback": list(template.fallback),
            "budget": template.budget,
        }
        for key, value in optional.items():
            table.pop(key, None)
            if value:
                table[key] = value
        try:
            text = tomli_w.dumps(table, multiline_strings=True)
        except (TypeError, ValueError) as error:
            raise StorageError(tr("Could not write {path}: {error}.", path=path, error=error)) from error
        if read_back(text).get("prompt") != template.prompt:  # a "\r" does not survive a multi-line string
            text = tomli_w.dumps(table)
        write_atomic(path, text.encode(), follow=True)

    def _path(self, name: str) -> Path:
        return self._folder / (file_stem(name) + SUFFIX)


def read_back(text: str) -> dict[str, Any]:
    """Reads what is about to be written."""
    import tomllib

    return tomllib.loads(text)


def _read(path: Path) -> PromptTemplate | None:
    table = read_toml(path).table
    prompt, model = table.get("prompt"), table.get("model")
    description, parameters = table.get("description", ""), table.get("parameters", {})
    if not isinstance(prompt, str):
        return None
    return PromptTemplate(
        name=name_of(path),
        prompt=prompt,
        description=description if isinstance(description, str) else "",
        model=model if isinstance(model, str) else None,
        parameters=parameters if isinstance(parameters, dict) else {},
        tools=_texts(table.get("tools")),
        fallback=_texts(table.get("fallback")),
        budget=_amount(table.get("budget")),
    )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _amount(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and value >= 0 else None  # type: ignore[arg-type, operator]
