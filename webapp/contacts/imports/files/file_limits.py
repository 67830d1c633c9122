"""How large a file of contacts may be, and the error that says why one cannot be read. PURE."""

MAX_ROWS = 5_000_000
MAX_COLUMNS = 200
MAX_LINE_CHARS = 256 * 1024
MAX_XLSX_BYTES = 100_000_000  # inflated: a sheet is read into memory, about 150,000 rows of 13 columns
MAX_XLSX_RATIO = 100  # inflated : packed; a real sheet stays under 30, a zip bomb starts at 1,000
MAX_PARTS = 2_000  # of an archive: a workbook has some for each sheet, and one for each picture
MAX_SHEET_CELLS = 5_000_000  # of the rectangle around all cells of a sheet: 32 bytes each, full or not


class UnreadableFile(Exception):
    """The file cannot be imported; `str()` is the Italian sentence with what to do."""
