"""Workbooks as no program writes them, and what the process that reads files is doing meanwhile (Linux)."""

import io
import os
import time
import zipfile
from pathlib import Path

from webapp.contacts.imports.files import reading_apart

_NAMES = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{}</Relationships>'
)
PARTS = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    "_rels/.rels": _RELATIONS.format(
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    ),
    "xl/workbook.xml": f'<workbook {_NAMES} xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="F" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": _RELATIONS.format(
        f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    ),
}


def sheet(rows: bytes) -> bytes:
    return b"<worksheet " + _NAMES.encode() + b"><sheetData>" + rows + b"</sheetData></worksheet>"


def workbook(rows: bytes, more_parts: int = 0, packed: int = zipfile.ZIP_DEFLATED, **parts: bytes) -> bytes:
    """An .xlsx with one sheet of *rows*, so many empty parts more, and *parts* by name in place of ours."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", packed) as archive:
        for name, content in {**PARTS, "xl/worksheets/sheet1.xml": sheet(rows), **parts}.items():
            archive.writestr(name, content)
        for number in range(more_parts):
            archive.writestr(f"x/{number}", "")
    return written.getvalue()


def reader_pid() -> int:
    """The process that forks the readers."""
    reading_apart.start()
    assert reading_apart._process is not None
    return reading_apart._process.pid


def readers() -> list[int]:
    """The processes that read a file now."""
    pid = reader_pid()
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def processor_s() -> float:
    """Processor time of this process and of all readers it has had."""
    fields = Path(f"/proc/{reader_pid()}/stat").read_text().rpartition(")")[2].split()
    return time.process_time() + sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")
