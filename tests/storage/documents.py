"""Small documents of every kind, made here."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import xlsxwriter
from docx import Document
from pptx import Presentation


def pdf(pages: Sequence[str]) -> bytes:
    """A PDF with a line of text on each page; of an empty text, none."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[%s]/Count %d>>"
        % (b" ".join(b"%d 0 R" % (5 + 2 * n) for n in range(len(pages))), len(pages)),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>"
        b"stream\n0\nendstream",
    ]
    for number, text in enumerate(pages):
        resources = b"<</Font<</F 3 0 R>>/XObject<</I 4 0 R>>>>"
        content = b"BT /F 12 Tf 72 700 Td (%s) Tj ET" % text.encode()
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Resources%s/Contents %d 0 R>>"
            % (resources, 6 + 2 * number)
        )
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
    data, places = b"%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % each for each in places)
    size = len(objects) + 1
    trailer = b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n" % size + table + trailer


def docx() -> bytes:
    document, file = Document(), BytesIO()
    document.add_heading("Heading", 2)
    document.add_paragraph("A paragraph.")
    table = document.add_table(2, 2)
    table.cell(0, 0).text, table.cell(1, 1).text = "a", "b|c"
    document.save(file)
    return file.getvalue()


def pptx() -> bytes:
    slides, file = Presentation(), BytesIO()
    slide = slides.slides.add_slide(slides.slide_layouts[5])
    assert slide.shapes.title is not None
    slide.shapes.title.text = "A slide"
    notes = slide.notes_slide.notes_text_frame
    assert notes is not None
    notes.text = "Say this"
    slides.save(file)
    return file.getvalue()


def xlsx(folder: Path) -> bytes:
    path = folder / "made.xlsx"
    with xlsxwriter.Workbook(str(path)) as workbook:
        sheet = workbook.add_worksheet("Sums")
        sheet.write_row(0, 0, ["name", "n"])
        sheet.write_row(1, 0, ["x", 3])
        workbook.add_worksheet("Other").write(0, 0, 1.5)
    return path.read_bytes()
