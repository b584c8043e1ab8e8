"""The text of documents: what is named, what is left out and said to be, what is refused."""

from __future__ import annotations

import asyncio
import json
import sys
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from chat_tui.domain.errors import StorageError
from chat_tui.storage.attachments import document_child, documents
from chat_tui.storage.attachments.documents import DOCUMENT_LIMIT, document_kind, document_text
from chat_tui.storage.attachments.reader import TEXT_LIMIT, attachment_of, limit_of, read_attachment
from tests.storage import documents as samples

HTML = b"""<html><head><title>News</title><script>evil()</script></head><body><nav>Menu</nav><main>
<h2>Today</h2><p>All <b>well</b>, see <a href="https://a.example/">there</a>.</p><img src="x.png">
</main><div>Trending</div></body></html>"""


FOR_EVER = "sys.stdin.close(); import signal; signal.pause()"
"""What a process does that never ends by itself."""


def child(*answers: dict[str, Any], then: str = "") -> tuple[str, ...]:
    """A process that answers so, then runs `then`."""
    lines = "".join(json.dumps(each) + "\n" for each in answers)
    return sys.executable, "-c", f"import sys; sys.stdout.write({lines!r}); sys.stdout.flush(); {then}"


def page(number: int, total: int, text: str, images: int = 0) -> dict[str, Any]:
    return {"name": f"page {number}", "total": total, "text": text, "images": images}


async def test_a_pdf_names_its_pages_and_what_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(samples.pdf(["First", "Second"]))
    read = await read_attachment(str(file))
    assert (read.name, read.size, read.note) == ("report.pdf", file.stat().st_size, "2 pages")
    assert read.block == (
        "```text report.pdf\n[page 1 of 2]\nFirst\n[1 picture, not included]\n\n"
        "[page 2 of 2]\nSecond\n[1 picture, not included]\n```"
    )


async def test_word_documents_presentations_and_workbooks(tmp_path: Path) -> None:
    word = await attachment_of(samples.docx(), "a.docx")
    assert word.block == (
        "```markdown a.docx\n## Heading\n\nA paragraph.\n\n| a |  |\n| --- | --- |\n|  | b\\|c |\n```"
    )
    slides = await attachment_of(samples.pptx(), "a.pptx")
    assert slides.block == "```text a.pptx\n[slide 1 of 1]\nA slide\n\n[notes] Say this\n```"
    sheets = await attachment_of(samples.xlsx(tmp_path), "a.xlsx")
    assert sheets.block == ("```text a.xlsx\n[sheet Sums of 2]\nname\tn\nx\t3\n\n[sheet Other of 2]\n1.5\n```")


async def test_a_web_page_is_its_text_without_scripts_menus_and_pictures() -> None:
    read = await attachment_of(HTML, "https://a.example/news", "https://a.example/news", "html")
    assert read.block == (
        "```markdown https://a.example/news\n# News\n\n## Today\n\n"
        "All **well**, see [there](https://a.example/).\n[1 picture, not included]\n```"
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [(samples.pdf([""]), "has no text"), (b"%PDF-1.4\nnonsense", "Could not read a.pdf, a PDF: it is damaged")],
)
async def test_a_document_without_text_or_sense_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(StorageError, match=words):
        await attachment_of(data, "a.pdf")


def test_each_reason_of_the_child_can_be_translated() -> None:
    constants = (value for name, value in vars(document_child).items() if name.isupper())
    assert {each for each in constants if isinstance(each, str)} == set(documents._PROBLEMS)


async def test_what_does_not_fit_is_left_out_and_told() -> None:
    pages = [page(number, 4, "x" * 40) for number in (1, 2, 3, 4)]
    read = await document_text(b"", "pdf", "a.pdf", 100, child(*pages))
    assert read.note == "2 of 4 pages"
    assert read.text.endswith("[pages 3 to 4 are not included: the text is longer than 9.53674e-05 MB]")
    assert read.text.count("x") == 80 + 1  # "text"
    long = await document_text(b"", "pdf", "a.pdf", 100, child(page(1, 1, "y" * 200)))
    assert (long.text.count("y"), long.note) == (100, "cut")
    assert "the rest is not included" in long.text


class Expiring:
    """Stands for `asyncio.timeout`: it runs out when the test says so, not when a clock does."""

    def __init__(self) -> None:
        self.timeout = asyncio.Timeout(None)

    def __call__(self, delay: float) -> asyncio.Timeout:
        return self.timeout

    def expire(self) -> None:
        self.timeout.reschedule(asyncio.get_running_loop().time())


async def test_what_was_read_before_the_time_ran_out_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    expiring, take = Expiring(), documents._take

    def take_one(*arguments: Any) -> None:
        take(*arguments)
        expiring.expire()

    monkeypatch.setattr(asyncio, "timeout", expiring)
    monkeypatch.setattr(documents, "_take", take_one)
    read = await document_text(b"", "pdf", "a.pdf", 100, child(page(1, 9, "a"), then=FOR_EVER))
    assert (read.note, "pages 2 to 9 are not included: reading took longer" in read.text) == ("1 of 9 pages", True)


async def test_a_document_of_which_nothing_is_read_in_time_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    expired = asyncio.timeout(0)
    monkeypatch.setattr(asyncio, "timeout", lambda delay: expired)
    with pytest.raises(StorageError, match="it took longer"):
        await document_text(b"", "pdf", "a.pdf", 100, child(then=FOR_EVER))


async def test_the_packages_that_are_missing_are_named() -> None:
    with pytest.raises(StorageError, match=r"pip install 'chat-tui\[files\]'"):
        await document_text(b"", "pdf", "a.pdf", 100, child({"error": "", "missing": True}))


async def test_an_archive_that_unpacks_to_far_more_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "UNPACKED_LIMIT", 1_000)
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", " " * 100_000)
    with pytest.raises(StorageError, match="unpacks to"):
        await attachment_of(file.getvalue(), "bomb.docx")


def test_kinds_are_known_by_their_bytes() -> None:
    assert document_kind(b"\n%PDF-1.7") == "pdf"
    assert document_kind(samples.docx()) == "docx"
    assert document_kind(b"PK\x03\x04") is document_kind(b"text") is None
    assert (limit_of(b"%PDF-1"), limit_of(b"text")) == (DOCUMENT_LIMIT, TEXT_LIMIT)
