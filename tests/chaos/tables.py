"""The figures of the runs, kept until the end and printed by pytest whatever becomes of the output."""

from dataclasses import dataclass, field


@dataclass
class Table:
    """A title and rows of values by column; a run that has no figure of a column leaves its cell empty."""

    title: str
    rows: list[dict[str, object]] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def lines(self) -> list[str]:
        cells = [[row.get(name, "") for name in self.columns] for row in self.rows]
        texts = [[_text(cell) for cell in row] for row in (self.columns, *cells)]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        head, *body = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in texts
        ]
        return [line.rstrip() for line in (head, "  ".join("-" * width for width in widths), *body)]


class Report:
    """Tables by title, in the order of their first row."""

    def __init__(self) -> None:
        self._tables: dict[str, Table] = {}

    def add(self, title: str, **values: object) -> None:
        """One row; the names of *values* are the columns, `_` for a space."""
        row = {name.replace("_", " "): value for name, value in values.items()}
        self._tables.setdefault(title, Table(title)).rows.append(row)

    @property
    def tables(self) -> list[Table]:
        return list(self._tables.values())


def _text(value: object) -> str:
    return f"{value:.1f}".replace(".", ",") if isinstance(value, float) else str(value)
