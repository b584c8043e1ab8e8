"""Finds the prompts in a file or a folder, whichever program wrote them: name and content say what it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.settings import PromptTemplate
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import safe_read
from chat_tui.storage.files.strict_json import CodecError, parse_value
from chat_tui.storage.imports.foreign import Findings, UnreadableFileError, as_line
from chat_tui.storage.prompt_formats import cards
from chat_tui.storage.prompt_formats.templates import read_role, read_yaml_prompts

PATTERN = "system.md"
"""The prompt of one of fabric's patterns; its folder has the name."""
MAX_NAME = 80
"""Characters of a prompt's name."""
_LARGEST_TEXT = 4 * 1024 * 1024
_LARGEST_PICTURE = 64 * 1024 * 1024
_MOST_FILES = 20_000
_YAML = (".yaml", ".yml")
_CARDS = (".json", ".png")
_TEXTS = (".md", *_YAML)
_ABOUT = ("readme", "license", "changelog", "contributing", "security", "code_of_conduct")
"""Texts about a folder that are no prompts."""


def prompts_in(path: Path, findings: Findings) -> Iterator[PromptTemplate]:
    """Reads the prompts of a file or a folder; links in folders are not followed.

    Cards and patterns are looked for below a folder, too; other texts only in itself: most texts are no prompts.

    Args:
        path: a character card (JSON or PNG), a role (Markdown, text), a template or a list of roles (YAML); a folder
            of such, or of fabric's patterns.
        findings: gets what can't be read.

    Returns:
        Prompts whose models are named as their programs do.

    Raises:
        UsageError: there is no such file.
    """
    if path.is_dir():
        yield from _in_folder(path, findings)
        return
    shown = clean(str(path), multiline=False)
    if not path.exists():
        raise UsageError(tr("No such file: {path}.", path=shown))
    if not path.is_file():
        raise UsageError(tr("{path} is not a regular file, so it is not opened.", path=shown))
    try:
        yield from _in_file(path, findings, follow=True)
    except (UnreadableFileError, StorageError) as error:
        findings.add(str(error), path.name)


def _in_folder(folder: Path, findings: Findings) -> Iterator[PromptTemplate]:
    files = list(_files(folder))
    patterns = [each for each in files if each.name == PATTERN]
    for each in patterns or files:
        try:
            yield from _in_file(each, findings, follow=False)
        except (UnreadableFileError, StorageError) as error:
            if each.suffix.lower() not in _CARDS:  # most are something else
                findings.add(str(error), each.name)


def _files(folder: Path) -> Iterator[Path]:
    count = 0
    for base, below, names in os.walk(folder):
        below[:] = sorted(each for each in below if not each.startswith(".") and each != "node_modules")
        for name in sorted(names):
            path = Path(base, name)
            is_text = path.suffix.lower() in _TEXTS and path.stem.lower() not in _ABOUT and path.parent == folder
            is_known = is_text or name == PATTERN or path.suffix.lower() in _CARDS
            if name.startswith(".") or not is_known or path.is_symlink():
                continue
            count += 1
            if count > _MOST_FILES:
                return
            yield path


def _in_file(path: Path, findings: Findings, *, follow: bool) -> Iterator[PromptTemplate]:
    suffix = path.suffix.lower()
    name = path.parent.absolute().name if path.name == PATTERN else path.stem
    data, _ = safe_read(path, _LARGEST_PICTURE if suffix == ".png" else _LARGEST_TEXT, follow=follow)
    for each in _prompts(data, suffix, as_line(name), findings):
        if found := each.name[:MAX_NAME].strip():
            yield PromptTemplate(found, each.prompt, each.description, each.model, each.parameters)


def _prompts(data: bytes, suffix: str, name: str, findings: Findings) -> Iterator[PromptTemplate]:
    if data.startswith(cards.PNG):
        yield cards.read(cards.card_in(data), findings)
        return
    if suffix == ".json":
        yield _card(data, findings)
        return
    try:
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UnreadableFileError(tr("it is not UTF-8 text")) from None
    if suffix in _YAML:
        yield from read_yaml_prompts(text, name, findings)
    else:
        yield read_role(text, name, findings)


def _card(data: bytes, findings: Findings) -> PromptTemplate:
    try:
        value = parse_value(data)
    except CodecError as error:
        raise UnreadableFileError(str(error)) from None
    if not cards.is_card(value):
        raise UnreadableFileError(tr("JSON, but no character card"))
    return cards.read(value, findings)
