"""A folder of exported threads that later exports bring up to date: names stay, only what changed is written again."""

from __future__ import annotations

import html
import json
from pathlib import Path

from chat_tui.domain.errors import StorageError, UsageError
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr
from chat_tui.storage.files.atomic import safe_read, write_atomic
from chat_tui.storage.files.strict_json import CodecError, parse
from chat_tui.storage.threads.codec import EXPORT_FORMAT

INDEX = "index.json"
_VERSION = 1


class ExportFolder:
    """One folder with exports of one format, and its index. All methods block."""

    def __init__(self, folder: Path, suffix: str, kind: str) -> None:
        """Reads the index.

        Args:
            folder: made where it is missing.
            suffix: of the files.
            kind: the format's name; an index of another one is not taken for this one's.

        Raises:
            UsageError: it is no folder, or one with an index that is not this program's.
            StorageError: it can't be read or made.
        """
        self._folder = folder
        self._suffix = suffix
        self._kind = kind
        shown = clean(str(folder), multiline=False)
        if folder.exists() and not folder.is_dir():
            raise UsageError(tr("{folder} is not a folder.", folder=shown))
        self._entries: dict[str, JsonObject] = {}
        try:
            known = parse(safe_read(folder / INDEX)[0])
        except FileNotFoundError:
            return
        except CodecError as error:
            raise UsageError(
                tr("{folder} has an {file} of another program. Choose another folder.", folder=shown, file=INDEX)
            ) from error
        threads = known.get("threads")
        if known.get("format") != EXPORT_FORMAT or known.get("version") != _VERSION or not isinstance(threads, dict):
            raise UsageError(
                tr("{folder} has an {file} of another program. Choose another folder.", folder=shown, file=INDEX)
            )
        if known.get("to") != kind:
            raise UsageError(
                tr(
                    "{folder} has exports in another format ({format}). Choose another folder.",
                    folder=shown,
                    format=known.get("to"),
                )
            )
        self._entries = {name: each for name, each in threads.items() if isinstance(each, dict)}

    def is_current(self, thread_id: str, state: str) -> bool:
        """Whether a thread was exported as it is.

        Args:
            thread_id: the thread.
            state: changes when the thread's file does.
        """
        entry = self._entries.get(thread_id, {})
        return entry.get("state") == state and self._path(entry).is_file()

    def put(self, thread_id: str, state: str, title: str, updated: str, stem: str, data: bytes) -> None:
        """Writes a thread's export, under the name that it has, or a new one that is free.

        Args:
            thread_id: the thread.
            state: see `is_current`.
            title: as the index shows it.
            updated: when the thread last changed.
            stem: of a new file's name.
            data: the content.

        Raises:
            StorageError: it can't be written.
        """
        entry = self._entries.get(thread_id, {})
        path = self._path(entry)
        if path == self._folder or path.is_dir():  # there is no name, or none that may be
            path = self._free(stem)
        write_atomic(path, data)
        self._entries[thread_id] = {"file": path.name, "title": title, "updated": updated, "state": state}

    def finish(self, there: set[str]) -> None:
        """Writes the index; threads that are gone keep their files and their places in it.

        Args:
            there: the ids of all threads.

        Raises:
            StorageError: it can't be written.
        """
        for name, each in self._entries.items():
            if name in there:
                each.pop("deleted", None)
            else:
                each["deleted"] = True
        threads: JsonObject = dict(sorted(self._entries.items()))
        known: JsonObject = {"format": EXPORT_FORMAT, "version": _VERSION, "to": self._kind, "threads": threads}
        write_atomic(self._folder / INDEX, (json.dumps(known, ensure_ascii=False, indent=1) + "\n").encode())
        if page := self._page():
            write_atomic(self._folder / f"index.{self._suffix}", page.encode())

    def _page(self) -> str:
        """An index to read, of formats that are read."""
        rows = sorted(self._entries.values(), key=lambda each: str(each.get("updated")), reverse=True)
        listed = [(_text(each, "updated")[:10], _text(each, "title"), _text(each, "file")) for each in rows]
        if self._suffix == "md":
            lines = [f"- {day} [{_escaped(title)}](<{file}>)" for day, title, file in listed]
            return "\n".join(["# Threads", "", *lines, ""])
        if self._suffix == "html":
            from urllib.parse import quote

            items = [
                f'<li>{html.escape(day)} <a href="{quote(file)}">{html.escape(title)}</a></li>'
                for day, title, file in listed
            ]
            return '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>Threads</title></head>\n<body><ul>\n' + (
                "\n".join([*items, "</ul></body></html>", ""])
            )
        return ""

    def _path(self, entry: JsonObject) -> Path:
        """The file of an entry; the index is a file that others may have changed: no name of it leads elsewhere."""
        name = entry.get("file")
        is_plain = isinstance(name, str) and name == Path(name).name and name.endswith(f".{self._suffix}")
        return self._folder / (name if is_plain and isinstance(name, str) else "")

    def _free(self, stem: str) -> Path:
        taken = {each.get("file") for each in self._entries.values()}
        for number in range(1, 10_000):
            more = f" {number}" if number > 1 else ""
            path = self._folder / f"{stem}{more}.{self._suffix}"
            is_index = path.name in (INDEX, f"index.{self._suffix}")
            if path.name not in taken and not is_index and not path.exists() and not path.is_symlink():
                return path
        raise StorageError(tr("No free name for {name} in {folder}.", name=stem, folder=self._folder))


def _text(entry: JsonObject, name: str) -> str:
    value: Json = entry.get(name)
    return clean(value, multiline=False) if isinstance(value, str) else ""


def _escaped(title: str) -> str:
    return "".join(f"\\{each}" if each in "\\`*_[]<>#" else each for each in title)
