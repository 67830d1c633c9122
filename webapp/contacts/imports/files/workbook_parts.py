"""Which part of a workbook's archive holds the sheet of a name. PURE."""

import posixpath
import zipfile
from collections.abc import Callable
from xml.parsers.expat import ExpatError, ParserCreate

_WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"


def of_sheet(archive: zipfile.ZipFile, sheet: str) -> zipfile.ZipInfo | None:
    """The part with the rows of *sheet*; None when the archive does not say. Raises what zipfile does."""
    try:
        ids = _ids_by_name(archive.read(_WORKBOOK))
        targets = _targets_by_id(archive.read(_RELATIONS))
    except (KeyError, ExpatError):
        return None
    target = targets.get(ids.get(sheet, ""))
    if target is None:
        return None
    name = target.replace("\\", "/")
    name = name.lstrip("/") if name.startswith("/") else posixpath.normpath(posixpath.join("xl", name))
    by_name = {part.filename.replace("\\", "/").lower(): part for part in archive.infolist()}
    return by_name.get(name.lower()) or by_name.get(target.lstrip("/").lower())


def _ids_by_name(workbook: bytes) -> dict[str, str]:
    found: dict[str, str] = {}

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "sheet":
            ids = [value for key, value in attributes.items() if key.endswith(" id")]
            found[attributes.get("name", "")] = ids[0] if ids else ""

    _parse(workbook, begin)
    return found


def _targets_by_id(relations: bytes) -> dict[str, str]:
    found: dict[str, str] = {}

    def begin(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "Relationship":
            found[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse(relations, begin)
    return found


def _parse(data: bytes, begin: Callable[[str, dict[str, str]], None]) -> None:
    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = begin
    parser.EntityDeclHandler = _refuse_entity  # no workbook has any: they are how small files grow
    parser.Parse(data, True)


def _refuse_entity(*_: object) -> None:
    raise ExpatError("entity")
