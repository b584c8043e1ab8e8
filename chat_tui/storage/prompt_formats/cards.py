"""Reads character cards (versions 1 to 3): JSON, or JSON within a PNG picture."""

from __future__ import annotations

import re
import zlib
from base64 import b64decode
from collections.abc import Iterator

from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.settings import PromptTemplate
from chat_tui.i18n import tr
from chat_tui.storage.files.strict_json import CodecError, parse_value
from chat_tui.storage.imports.foreign import Findings, UnreadableFileError, as_line, as_list, as_object, as_text

PNG = b"\x89PNG\r\n\x1a\n"
USER = "{{user=User}}", "{{user}}"
"""The variable for who talks with the character: with its default, and where it comes again."""
_KEYWORDS = (b"ccv3", b"chara")
"""Where a picture has the card, the newer version first."""
_LARGEST = 8 * 1024 * 1024
"""Bytes of the JSON in a picture."""
_MOST_CHUNKS = 100_000
_SPEC = "chara_card_v"
_MACRO = re.compile(r"\{\{\s*([^{}\n]{1,80}?)\s*\}\}|<(BOT|CHAR|USER)>", re.IGNORECASE)


def is_card(value: Json) -> bool:
    """Whether it is a character card."""
    source = as_object(value)
    if as_line(source.get("spec")).startswith(_SPEC):
        return isinstance(source.get("data"), dict)
    return "name" in source and "first_mes" in source and ("description" in source or "personality" in source)


def read(value: Json, findings: Findings) -> PromptTemplate:
    """Makes a saved prompt of a card; what a system prompt can't hold goes to the findings.

    Raises:
        UnreadableFileError: the card says nothing.
    """
    source = as_object(value)
    data = as_object(source.get("data")) if "data" in source else source
    name = as_line(data.get("name")) or "Character"
    text = _Text(name)
    lead = text.of(data.get("system_prompt"))
    parts = [
        lead or f"You are {name}. Stay in this role in every answer to {USER[1]}.",
        text.of(data.get("description")),
        _under("Personality", text.of(data.get("personality"))),
        _under("Scenario", text.of(data.get("scenario"))),
        *(text.of(each) for each in _lore(as_object(data.get("character_book")), name, findings)),
        _under(f"How {name} talks", text.of(data.get("mes_example"))),
        _under(f"How {name} begins", text.of(data.get("first_mes"))),
        text.of(data.get("post_history_instructions")),
    ]
    if not any(parts[1:]) and not lead:
        raise UnreadableFileError(tr("a character card without a text"))
    if as_list(data.get("alternate_greetings")):
        findings.add(tr("other greetings of characters were left out"), name)
    if text.unknown:
        findings.add(tr("placeholders stay as they are"), name)
    prompt = "\n\n".join(filter(None, parts)).replace(USER[1], USER[0], 1)
    return PromptTemplate(name, prompt, description=_about(text.of(data.get("creator_notes")), data))


class _Text:
    """Texts of one card, with names in the places of its placeholders."""

    def __init__(self, name: str) -> None:
        self.unknown = False
        """Whether there was a placeholder that means nothing here."""
        self._name = name

    def of(self, value: Json) -> str:
        lines = _MACRO.sub(self._put, as_text(value)).split("\n")
        return "\n".join("" if each.strip().upper() == "<START>" else each.rstrip() for each in lines).strip()

    def _put(self, found: re.Match[str]) -> str:
        what = (found[1] or found[2]).lower()
        if what in ("char", "bot"):
            return self._name
        if what == "user":
            return USER[1]
        if what == "original" or what.startswith("//"):  # the program's own prompt; a comment
            return ""
        self.unknown = True
        return found[0]


def _under(heading: str, text: str) -> str:
    return f"{heading}:\n{text}" if text else ""


def _about(notes: str, data: JsonObject) -> str:
    first = next((each for each in notes.split("\n") if each.strip()), "")
    maker = as_line(data.get("creator"))
    return as_line(first)[:200] or (f"Character by {maker}" if maker else "")


def _lore(book: JsonObject, name: str, findings: Findings) -> Iterator[Json]:
    """The entries of a character's book that always hold; those for certain words go to the findings."""
    for each in map(as_object, as_list(book.get("entries"))):
        if each.get("enabled") is False:
            continue
        if each.get("constant") is True:
            yield each.get("content")
        else:
            findings.add(tr("entries of a character's book that wait for certain words were left out"), name)


def card_in(png: bytes) -> Json:
    """The card in a picture.

    Raises:
        UnreadableFileError: there is none in it, or it can't be read.
    """
    texts = dict(_texts(png))
    data = next((texts[each] for each in _KEYWORDS if each in texts), None)
    if data is None:
        raise UnreadableFileError(tr("a picture without a character card"))
    try:
        return parse_value(data if data.lstrip()[:1] == b"{" else b64decode(data))
    except (ValueError, CodecError) as error:  # ValueError: no base64
        raise UnreadableFileError(tr("a picture with a damaged character card: {error}", error=error)) from None


def _texts(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The texts of a picture by their keywords."""
    at = len(PNG)
    for _ in range(_MOST_CHUNKS):
        length, kind = int.from_bytes(png[at : at + 4]), png[at + 4 : at + 8]
        if len(kind) < 4 or kind == b"IEND":
            return
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            keyword, end, rest = png[at + 8 : at + 8 + length].partition(b"\0")
            if end and keyword in _KEYWORDS:
                yield keyword, _unpacked(kind, rest)
        at += length + 12


def _unpacked(kind: bytes, rest: bytes) -> bytes:
    is_packed = kind == b"zTXt"
    if kind == b"iTXt":
        is_packed, rest = rest[:1] == b"\1", rest[2:]
        rest = rest.split(b"\0", 2)[-1]  # behind a language and a translated keyword
    elif is_packed:
        rest = rest[1:]
    if is_packed:
        try:
            rest = zlib.decompressobj().decompress(rest, _LARGEST + 1)
        except zlib.error:
            raise UnreadableFileError(tr("a picture with a damaged character card")) from None
    if len(rest) > _LARGEST:
        raise UnreadableFileError(tr("its character card is larger than {n} MiB", n=_LARGEST // 1024 // 1024))
    return rest
