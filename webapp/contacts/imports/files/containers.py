"""Files that hold no text: what each is, and how to get its contacts out of it. PURE."""

import codecs
import re
import zipfile

from webapp.contacts.imports.files.file_limits import UnreadableFile

_EXTRACT = "estrai il file che contiene e carica quello."
_SAVE = "salva i contatti come CSV o .xlsx e caricali di nuovo"
# What a file begins with when it is certainly no text.
_SIGNATURES = (
    (b"%PDF", f"Questo file è un documento PDF: {_SAVE}."),
    (b"\xff\xd8\xff", f"Questo file è un’immagine: {_SAVE}."),
    (b"\x89PNG", f"Questo file è un’immagine: {_SAVE}."),
    (b"GIF8", f"Questo file è un’immagine: {_SAVE}."),
    (b"\x1f\x8b", f"Questo file è un archivio compresso (.gz): {_EXTRACT}"),
    (
        b"7z\xbc\xaf",
        f"Questo file è un archivio compresso (.7z): {_EXTRACT}",
    ),
    (b"Rar!", f"Questo file è un archivio compresso (.rar): {_EXTRACT}"),
    (b"BZh", f"Questo file è un archivio compresso (.bz2): {_EXTRACT}"),
    (b"\xfd7zXZ", f"Questo file è un archivio compresso (.xz): {_EXTRACT}"),
    (b"{\\rtf", f"Questo file è un documento di testo formattato (.rtf): {_SAVE}."),
)
_OLE = b"\xd0\xcf\x11\xe0"
_PASSWORD = (
    "Questo file Excel ha una password: aprilo in Excel, togli la password (File, Informazioni, Proteggi "
    "cartella di lavoro, Crittografa con password), salvalo e caricalo di nuovo."
)
_OLD_EXCEL = (
    "Questo è un file Excel di vecchio tipo (.xls): aprilo in Excel e salvalo come .xlsx, poi carica quello."
)
_OTHER_OLE = f"Questo è un documento di Office di vecchio tipo, non una tabella: {_SAVE}."
# Names of streams inside a compound file, as its directory writes them.
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORKBOOKS = ("Workbook".encode("utf-16-le"), "Book".encode("utf-16-le"))

_MARKUP = re.compile(rb"\s*<(?:!doctype|html|head|body|meta|\?xml|svg|table|script|style)\b", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml", re.IGNORECASE)
_SPREADSHEET_ML = b"urn:schemas-microsoft-com:office:spreadsheet"
_RESAVE = "aprilo in Excel e salvalo come .xlsx, poi carica quello."

_ODS = "Questo è un foglio di LibreOffice (.ods): salvalo come .xlsx o CSV e carica quello."
# Zip archives that hold a sheet but are no .xlsx: a part they have → what to do.
_ARCHIVES = (
    (
        "xl/workbook.bin",
        "Questo è un file Excel binario (.xlsb): aprilo in Excel e salvalo come .xlsx.",
    ),
    ("Index/Document.iwa", "Questo è un foglio di Numbers: esportalo come Excel o CSV e carica quello."),
    ("index.xml", "Questo è un foglio di Numbers: esportalo come Excel o CSV e carica quello."),
    ("META-INF/manifest.xml", _ODS),
    ("word/document.xml", f"Questo è un documento di Word: {_SAVE}."),
)
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")


def refuse_what_is_no_text(sample: bytes, whole: bytes, file_name: str) -> None:
    """Raise UnreadableFile for a file that begins with *sample* and is no text.

    *whole*: of a compound file, as much as may hold its directory.
    """
    for signature, said in _SIGNATURES:
        if sample.startswith(signature):
            raise UnreadableFile(said)
    if sample.startswith(_OLE):
        raise UnreadableFile(_of_compound_file(whole, file_name))
    text = sample.removeprefix(codecs.BOM_UTF8)
    if _MARKUP.match(text):
        raise UnreadableFile(_of_markup(text, file_name))


def of_archive(names: set[str], parts: list[zipfile.ZipInfo]) -> str:
    """The sentence for a zip archive that is no workbook."""
    for name, said in _ARCHIVES:
        if name in names:
            return said
    inside = [
        part.filename for part in parts if not part.is_dir() and not part.filename.startswith("__MACOSX/")
    ]
    tables = [name for name in inside if name.lower().endswith(_TABLES)]
    if len(tables) == 1:
        return f"Questo file è un archivio compresso: estrai “{_shown(tables[0])}” e carica quello."
    if tables:
        return (
            f"Questo file è un archivio compresso con {len(tables)} tabelle: "
            "estraile e caricale una alla volta."
        )
    return "Questo file è un archivio compresso: estrai il CSV e carica quello."


def _of_compound_file(whole: bytes, file_name: str) -> str:
    if _ENCRYPTED in whole:
        return _PASSWORD
    if any(name in whole for name in _WORKBOOKS) or file_name.lower().endswith(".xls"):
        return _OLD_EXCEL
    # Excel names what it encrypts .xlsx and keeps it in a compound file; nothing else does both.
    return _PASSWORD if file_name.lower().endswith((".xlsx", ".xlsm", ".xlsb")) else _OTHER_OLE


def _of_markup(text: bytes, file_name: str) -> str:
    if _XML.match(text) and _SPREADSHEET_ML in text:
        return f"Questo file è un foglio Excel in formato XML: {_RESAVE}"
    if file_name.lower().endswith((".xls", ".xlsx", ".xlsm")):
        kind = "un file XML" if _XML.match(text) else "una pagina web"
        return f"Questo file si chiama come un foglio Excel ma è {kind}: {_RESAVE}"
    if _XML.match(text):
        return f"Questo file è XML: {_SAVE}."
    return f"Questo file è una pagina web: {_SAVE}."


def _shown(name: str) -> str:
    last = "".join(character for character in name.rpartition("/")[2] if character.isprintable())
    return last if len(last) <= 60 else f"{last[:40]}…{last[-12:]}"
