"""Takes the text out of a document, in a process of its own that `documents.py` starts.

The document comes on standard input. A line of JSON goes out for each part, as soon as it is read:
`{"name": "page 1", "total": 12, "text": "…", "images": 2}`, or at last `{"error": "…"}` in words. In a process of its
own, a document made to take all memory or time takes nobody else's, and a long one stops no key of the app's.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any

MEMORY = 2 * 1024**3
"""Bytes that the process may take, where that can be limited."""
DAMAGED = "it is damaged"
PROTECTED = "it is protected by a password"
TOO_DEEP = "it is nested too deeply"
TOO_MUCH_MEMORY = "it takes too much memory"


@dataclass(slots=True)
class DocumentPart:
    """A page, a slide, a sheet, or the whole."""

    name: str
    total: int
    text: str
    images: int = 0
    """Pictures in it, which are no text."""


class UnreadableDocumentError(Exception):
    """The document can't be read; the message says why."""


def main() -> None:
    """Reads a document and writes its parts."""
    _limit_memory()
    data = sys.stdin.buffer.read()
    answers = sys.stdout.buffer
    sys.stdout = sys.stderr  # what a library prints is no answer
    try:
        for part in READERS[sys.argv[1]](data):
            answers.write(json.dumps(asdict(part)).encode() + b"\n")
            answers.flush()
    except UnreadableDocumentError as error:
        answers.write(json.dumps({"error": str(error)}).encode() + b"\n")
    except ImportError:
        answers.write(json.dumps({"error": "", "missing": True}).encode() + b"\n")
    except RecursionError:
        answers.write(json.dumps({"error": TOO_DEEP}).encode() + b"\n")
    except MemoryError:
        answers.write(json.dumps({"error": TOO_MUCH_MEMORY}).encode() + b"\n")
    except Exception:  # noqa: BLE001 - a library's own, of any type, over bytes that nobody has vetted
        answers.write(json.dumps({"error": DAMAGED}).encode() + b"\n")
    answers.flush()


def _limit_memory() -> None:
    try:
        import resource
    except ImportError:  # Windows
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    except (OSError, ValueError):
        return


def read_pdf(data: bytes) -> Iterator[DocumentPart]:
    """The pages of a PDF."""
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted and not reader.decrypt(""):
        raise UnreadableDocumentError(PROTECTED)
    total = len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        yield DocumentPart(f"page {number}", total, page.extract_text(), _count_images(page))


def _count_images(page: Any) -> int:
    resources = page.get("/Resources")
    objects = resources.get_object().get("/XObject") if resources else None
    found = objects.get_object().values() if objects else ()
    return sum(each.get_object().get("/Subtype") == "/Image" for each in found)


def read_docx(data: bytes) -> Iterator[DocumentPart]:
    """A Word document: its headings and tables as Markdown."""
    from docx import Document
    from docx.table import Table

    document = Document(BytesIO(data))
    blocks: list[str] = []
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            blocks.append(_table([cell.text for cell in row.cells] for row in block.rows))
        elif block.text.strip():
            level = re.fullmatch(r"(?:Heading |Title)(\d)?", block.style.name or "") if block.style else None
            blocks.append(f"{'#' * int(level[1] or 1)} {block.text}" if level else block.text)
    yield DocumentPart("", 1, "\n\n".join(blocks), len(document.inline_shapes))


def read_pptx(data: bytes) -> Iterator[DocumentPart]:
    """The slides of a presentation, with their notes."""
    from pptx import Presentation
    from pptx.enum.shapes import MSO_SHAPE_TYPE

    slides: Any = Presentation(BytesIO(data)).slides
    for number, slide in enumerate(slides, 1):
        texts = [each.text_frame.text for each in slide.shapes if each.has_text_frame]
        tables = (each.table for each in slide.shapes if each.has_table)
        texts += [_table([cell.text for cell in row.cells] for row in each.rows) for each in tables]
        if slide.has_notes_slide and slide.notes_slide.notes_text_frame is not None:
            texts.append(f"[notes] {slide.notes_slide.notes_text_frame.text}")
        images = sum(each.shape_type == MSO_SHAPE_TYPE.PICTURE for each in slide.shapes)
        yield DocumentPart(f"slide {number}", len(slides), "\n\n".join(each for each in texts if each.strip()), images)


def read_sheets(data: bytes) -> Iterator[DocumentPart]:
    """The sheets of a workbook, tab-separated."""
    from python_calamine import CalamineWorkbook

    workbook = CalamineWorkbook.from_filelike(BytesIO(data))
    for name in workbook.sheet_names:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=True)
        lines = ("\t".join(_cell(each) for each in row).rstrip() for row in rows)
        yield DocumentPart(f"sheet {name}", len(workbook.sheet_names), "\n".join(lines))


def _cell(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).replace("\t", " ").replace("\n", " ")


def _table(rows: Iterable[list[str]]) -> str:
    lines = ["| " + " | ".join(" ".join(each.replace("|", "\\|").split()) for each in row) + " |" for row in rows]
    if lines:
        lines.insert(1, "|" + " --- |" * (lines[0].count(" | ") + 1))
    return "\n".join(lines)


def read_html(data: bytes) -> Iterator[DocumentPart]:
    """A page of the web: what it says, as Markdown, without its scripts, menus and pictures."""
    from bs4 import BeautifulSoup
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(data, "html.parser")
    images = len(soup("img"))
    for tag in soup(["script", "style", "noscript", "template", "svg", "nav", "footer", "form", "iframe", "img"]):
        tag.decompose()
    title = soup.title.get_text(" ", strip=True) if soup.title else ""
    said = soup.find("main") or soup.find("article") or soup.body or soup
    text = MarkdownConverter(heading_style="ATX").convert_soup(said)
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.splitlines())).strip()
    if title and not text.startswith("# "):
        text = f"# {title}\n\n{text}"
    yield DocumentPart("", 1, text, images)


READERS: dict[str, Callable[[bytes], Iterator[DocumentPart]]] = {
    "pdf": read_pdf,
    "docx": read_docx,
    "pptx": read_pptx,
    "sheets": read_sheets,
    "html": read_html,
}

if __name__ == "__main__":
    main()
