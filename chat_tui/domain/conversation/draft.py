"""A prompt as it is written: text, and in it what is shown as chips: folded pastes, files, images."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from chat_tui.domain.conversation.message import Message
from chat_tui.domain.json import Json, JsonObject
from chat_tui.domain.models.model import Model
from chat_tui.domain.text.clean import clean
from chat_tui.i18n import tr

FOLD_LINES = 20
FOLD_CHARACTERS = 2_000
"""A paste with more of either is folded."""
_LONG = 10
"""How many times as much a stored draft has before it is folded: much of it may have been typed."""
_EDGE = 200
"""Characters of a first or last line that stays out of the fold of a stored draft."""
CHIPS = "chips"
"""In a message's `extra`: what of its text was pasted (`pastes`, offsets) and what its images are called (`images`)."""
_MENTION = re.compile(r'(?<!\S)@"((?:[^"\\\n]|\\.)+)"')
_OPENING = re.compile(r"(`{3,})\S+ (\S[^\n]*)")


@dataclass(frozen=True, slots=True)
class Paste:
    """A long text that is shown as one chip and sent whole."""

    text: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as it was when it was attached."""

    name: str
    path: str
    """Absolute; empty of one that was sent before."""
    size: int
    """Bytes."""
    block: str = ""
    """A text file as a fenced block with its name; empty of an image."""
    url: str = ""
    """An image as a data URL; empty of a text file."""
    note: str = ""
    """What else a reader should know: how much of a document it is."""


InputPiece = str | Paste | Attachment


@dataclass(frozen=True, slots=True)
class Draft:
    """What the user wrote, piece by piece."""

    pieces: tuple[InputPiece, ...] = ()

    @classmethod
    def of(cls, written: Draft | str) -> Draft:
        """A draft of what is one already, or of plain text."""
        return written if isinstance(written, Draft) else cls((written,) if written else ())

    @classmethod
    def of_stored(cls, stored: str) -> Draft:
        """The draft of a thread file; what is far too long to have been typed is folded, but for its outer lines."""
        if not is_long(stored, _LONG):
            return cls.of(stored)
        first, last = stored.find("\n") + 1, stored.rfind("\n")
        begin = first if 0 < first <= _EDGE else 0
        end = last if last > begin and len(stored) - last <= _EDGE else len(stored)
        return cls(tuple(each for each in (stored[:begin], Paste(stored[begin:end]), stored[end:]) if each))

    @classmethod
    def of_message(cls, message: Message) -> Draft:
        """A prompt that was sent, to be sent again: its pastes are chips again, its files are at the end."""
        text, files = split_files(message.content)
        pieces: list[InputPiece] = list(folded(message, text))
        if len(pieces) == 1 and is_long(text):
            pieces = [Paste(text)]
        for each in (*files, *images_of(message)):
            pieces += ["\n", each] if pieces else [each]
        return cls(tuple(pieces))

    @property
    def is_blank(self) -> bool:
        """Whether there is nothing to send."""
        return all(isinstance(each, str) and not each.strip() for each in self.pieces)

    @property
    def stored(self) -> str:
        """As the thread file and an editor have it: pastes whole, attachments as `@"path"`."""
        return "".join(_stored(each) for each in self.pieces)

    @property
    def attachments(self) -> list[Attachment]:
        """Its files and images."""
        return [each for each in self.pieces if isinstance(each, Attachment)]

    @property
    def has_images(self) -> bool:
        """Whether any of them is an image."""
        return any(each.url for each in self.attachments)

    @property
    def text(self) -> str:
        """What is sent as text: each attachment's name where it stands, unless alone in its line; files below."""
        return "\n\n".join([*([body] if (body := self.words) else []), *(a.block for a in self.attachments if a.block)])

    @property
    def parts(self) -> list[Json] | None:
        """The content in OpenAI's parts, text first; None where the text is all there is."""
        if not self.has_images:
            return None
        images: list[Json] = [
            {"type": "image_url", "image_url": {"url": each.url}} for each in self.attachments if each.url
        ]
        return [{"type": "text", "text": self.text}, *images]

    def refusal(self, model: Model | None) -> str:
        """Why a model can't answer it, in words; empty where it can, and where that is not known."""
        if not self.has_images or model is None or not model.is_reading_sure:
            return ""
        if not model.modalities or "image" in model.modalities:
            return ""
        return tr("{id} does not read images. Remove it, or choose a model that does.", id=model.ref.id)

    def joined(self, other: Draft) -> Draft:
        """Both, a blank line between them; blank ones are left out."""
        filled = [each for each in (self, other) if not each.is_blank]
        between: tuple[InputPiece, ...] = ("\n\n",) if len(filled) == 2 else ()
        return Draft((*filled[0].pieces, *between, *filled[-1].pieces)) if between else (filled or [Draft()])[0]

    def since(self, before: Draft) -> Draft:
        """What was written at the end since it was `before`; blank where it was changed anywhere else."""
        count = len(before.pieces)
        if self.pieces[:count] == before.pieces:
            return Draft(self.pieces[count:])
        last, now = before.pieces[-1], (*self.pieces, "")[count - 1]
        if self.pieces[: count - 1] != before.pieces[:-1] or not (isinstance(last, str) and isinstance(now, str)):
            return Draft()
        return Draft((now.removeprefix(last), *self.pieces[count:])) if now.startswith(last) else Draft()

    def refolded(self, text: str) -> Draft:
        """A stored form of this draft that was edited, with the chips of this one where they are still in it."""
        pieces: list[InputPiece] = []
        rest = text
        for chip in self.pieces:
            before, found, after = (rest, "", "") if isinstance(chip, str) else rest.partition(_stored(chip))
            if found:
                pieces += [before, chip]
                rest = after
        return Draft(tuple(each for each in [*pieces, rest] if each))

    @property
    def words(self) -> str:
        """What is sent as text, without the files below it."""
        return self._words()[0]

    @property
    def typed(self) -> str:
        """What the user wrote in their own words; where that is nothing, the names of the files, else the pastes."""
        typed = " ".join(each for each in self.pieces if isinstance(each, str) and each.strip())
        return typed or " ".join(each.name for each in self.attachments) or self.words

    @property
    def chips(self) -> JsonObject:
        """What a sent message keeps of the chips in it (`CHIPS`); empty where there is nothing to keep."""
        pastes: list[Json] = [[start, end] for start, end in self._words()[1]]
        images: list[Json] = [each.name for each in self.attachments if each.url]
        kept: JsonObject = {"pastes": pastes, "images": images}
        return {name: value for name, value in kept.items() if value}

    def _words(self) -> tuple[str, list[tuple[int, int]]]:
        """What is sent as text, and where in it the long pastes are."""
        lines: list[list[InputPiece]] = [[]]
        for piece in self.pieces:
            first, *rest = piece.split("\n") if isinstance(piece, str) else [piece]
            lines[-1].append(first)
            lines += [[each] for each in rest]
        named = any(_says_more(line) for line in lines)
        kept = [line for line in lines if not named or _says_more(line) or not _has_attachment(line)]
        text = "\n".join("".join(_spoken(each) for each in line) for line in kept)
        lead = len(text) - len(text.lstrip("\n"))
        whole = text.strip("\n")
        pastes: list[tuple[int, int]] = []
        at = -lead
        for line in kept:
            for each in line:
                end = at + len(_spoken(each))
                if isinstance(each, Paste) and is_long(each.text):
                    pastes.append((max(0, at), min(len(whole), end)))
                at = end
            at += 1  # the line's end
        return whole, pastes


def _stored(piece: InputPiece) -> str:
    if isinstance(piece, Attachment):
        quoted = piece.path.replace("\\", "\\\\").replace('"', '\\"')
        return f'@"{quoted}"' if piece.path else piece.block or piece.name
    return piece if isinstance(piece, str) else piece.text


def _spoken(piece: InputPiece) -> str:
    if isinstance(piece, Attachment):
        return piece.name
    return piece if isinstance(piece, str) else piece.text


def _has_attachment(line: list[InputPiece]) -> bool:
    return any(isinstance(each, Attachment) for each in line)


def _says_more(line: list[InputPiece]) -> bool:
    return any(isinstance(each, Paste) or (isinstance(each, str) and bool(each.strip())) for each in line)


def is_long(text: str, times: int = 1) -> bool:
    """Whether a text is folded when it comes as one."""
    return len(text) > FOLD_CHARACTERS * times or text.count("\n") >= FOLD_LINES * times


def is_address(name: str) -> bool:
    """Whether what is attached is a page of the web, not a file."""
    return name[:8].lower().startswith(("http://", "https://"))


def mentions(text: str) -> list[tuple[int, int, str]]:
    """The `@"path"` words of a stored draft: where each begins and ends, and its path."""
    return [(*found.span(), re.sub(r"\\(.)", r"\1", found[1])) for found in _MENTION.finditer(text)]


def split_files(content: str) -> tuple[str, list[Attachment]]:
    """Takes a sent prompt apart: its text, and the files in the fenced blocks at its end. Linear in its length."""
    if not content.endswith("```"):
        return content, []
    lines = content.split("\n")
    fences: dict[str, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        if line.startswith("```"):
            fences[line].append(number)
    files: list[Attachment] = []
    text_end, at = len(lines), 0
    while at < len(lines):
        opening = _OPENING.fullmatch(lines[at]) if at == 0 or not lines[at - 1] else None
        closings = fences[opening[1]] if opening else []
        after = bisect_right(closings, at)
        if (
            opening is None
            or after == len(closings)
            or (closings[after] + 1 < len(lines) and lines[closings[after] + 1])
        ):
            if lines[at]:
                files.clear()
            at += 1
            continue
        if not files:
            text_end = max(0, at - 1)
        end = closings[after]
        block = "\n".join(lines[at : end + 1])
        size = sum(len(line.encode()) + 1 for line in lines[at + 1 : end])
        files.append(Attachment(opening[2], "", size, block=block))
        at = end + 1
    return ("\n".join(lines[:text_end]), files) if files else (content, [])


def images_of(message: Message) -> list[Attachment]:
    """The images of a message: of a prompt under the names that they were attached by, of an answer numbered."""
    kept = message.extra.get("images") if message.is_answer else None
    parts = (*(message.parts or ()), *(kept if isinstance(kept, list) else ()))
    urls = (part.get("image_url") for part in parts if isinstance(part, dict))
    found = [each.get("url") if isinstance(each, dict) else each for each in urls]
    names = _kept(message, "images")
    images: list[Attachment] = []
    for url in found:
        if isinstance(url, str):
            name = names[len(images)] if len(images) < len(names) else None
            shown = clean(name, multiline=False) if isinstance(name, str) else f"image {len(images) + 1}"
            images.append(Attachment(shown, "", image_size(url), url=url))
    return images


def folded(message: Message, text: str) -> Iterator[str | Paste]:
    """The text of a sent prompt, in pieces: what was pasted long as one.

    Args:
        message: the prompt.
        text: its content, or the beginning of it.
    """
    at = 0
    for span in _kept(message, "pastes"):
        if not (isinstance(span, list) and len(span) == 2 and all(type(each) is int for each in span)):
            continue
        start, end = int(str(span[0])), min(int(str(span[1])), len(text))
        if at <= start < end:
            if start > at:
                yield text[at:start]
            yield Paste(text[start:end])
            at = end
    if text[at:]:
        yield text[at:]


def _kept(message: Message, name: str) -> list[Json]:
    """What a message says of its chips; a file may hold anything."""
    chips = message.extra.get(CHIPS)
    kept = chips.get(name) if isinstance(chips, dict) else None
    return kept if isinstance(kept, list) else []


NOTHING = Draft()


def image_size(url: str) -> int:
    """How many bytes a data URL in base64 holds; 0 of an address."""
    return (len(url) - url.find(",") - 1) * 3 // 4 - url[-2:].count("=") if url.startswith("data:") else 0
