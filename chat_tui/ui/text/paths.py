"""Finds the names of files in texts: in prose, in inline code, at the head of a block of code."""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_PATH = 300
"""Characters of a path."""
_WORD = re.compile(r"[\w@+.~/-]+(?::\d+)*")
_ASCII_WORD = re.compile(_WORD.pattern, re.ASCII)
_LINE = re.compile(r"(?::\d+)+$|#L\d+.*$")
_SUFFIX = re.compile(r"[^./~][^/]*\.[A-Za-z][A-Za-z0-9]{0,9}")
"""A name with a suffix."""
_COMMENT = re.compile(
    r"\s*(?:#|//|--|;+|%|/\*+|<!--)\s*(?:file(?:name)?\s*:)?\s*(\S+)\s*(?:\*/|-->)?\s*", re.IGNORECASE
)
_TITLE = re.compile(r"""(?:title|file|filename|path)=["']?([^"'\s]+)""")
_QUOTED = re.compile(r"`([^`\n]{1,300})`|\*\*([^*\n]{1,300})\*\*")
_USUAL = frozenset(
    """
    bash c cc cfg conf cpp cs css csv dart env ex exs fish go h hpp htm html ini ipynb java jpeg jpg js json jsx kt lock
    log lua md mjs patch pdf php pl png ps1 py pyi r rb rs rst scala scss sh sql svg swift tex tf toml ts tsx txt vue
    webp xml yaml yml zig zsh
    """.split()  # noqa: SIM905 - sixty words, not sixty lines
)
"""Suffixes by which a name without a folder is a file's."""


def paths(text: str) -> Iterator[tuple[int, int, str]]:
    """The paths in prose: begin, end, and the path without a line number.

    Only what has a folder: a word with a dot is as often a product, a module or a domain.
    """
    for word in _WORD.finditer(text):
        if "/" not in word[0]:
            continue
        found = list(_path_in(word))
        if not found and not word[0].isascii():  # Chinese has no spaces around a path
            parts = _ASCII_WORD.finditer(text, *word.span())
            found = [path for part in parts if part[0][0] != "/" for path in _path_in(part)]
        yield from found


def _path_in(word: re.Match[str]) -> Iterator[tuple[int, int, str]]:
    written = word[0].rstrip(".")
    if "/" in written and (path := path_of(written)):
        yield word.start(), word.start() + len(written), path


def path_of(text: str) -> str:
    """The path that a whole piece of inline code is; empty if it is none."""
    path = _LINE.sub("", text.strip())
    if not path or len(path) > MOST_PATH or "://" in path or re.search(r"\s|//|[`'\"<>|*?$(){}=,;:\\\[\]]", path):
        return ""
    name = path.rpartition("/")[2]
    if "/" not in path:
        return path if _SUFFIX.fullmatch(name) and name.rpartition(".")[2].lower() in _USUAL else ""
    is_rooted = path.startswith(("/", "~/", "./", "../"))
    folders = [each for each in path.split("/") if each.strip(".~")]
    if _SUFFIX.fullmatch(name) or (is_rooted and (len(folders) > 1 or not path.startswith("/"))):
        return path if folders else ""
    return ""


def path_of_code(info: str, code: str, before: str) -> str:
    """The file that a block of code is a version of, as far as the text says; empty if it says nothing.

    Args:
        info: what is written behind the fence: `python src/app.py`, `js title="app.js"`.
        code: the code, whose first line may be a comment with the name.
        before: the heading or paragraph above the block.
    """
    if title := _TITLE.search(info):
        return path_of(title[1])
    for word in info.split()[:4]:
        if found := path_of(word.partition(":")[2]) or path_of(word):
            return found
    first = code[: MOST_PATH + 50].partition("\n")[0]
    if (comment := _COMMENT.fullmatch(first)) and (found := path_of(comment[1])):
        return found
    above = before.strip()[-MOST_PATH:]
    quoted = [path_of((match[1] or match[2]).strip("`:")) for match in _QUOTED.finditer(above)]
    plain = path_of(above.lstrip("#").strip().rstrip(":")) if "\n" not in above else ""
    return next(filter(None, reversed(quoted)), "") or plain or next((each for _, _, each in paths(above)), "")
