"""The figures of the runs, kept until the end and printed by pytest whatever becomes of the output."""

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass
class Table:
    """A title, the names of the columns, rows of values."""

    title: str
    columns: Sequence[str]
    rows: list[Sequence[object]] = field(default_factory=list)

    def lines(self) -> list[str]:
        texts = [[_text(cell) for cell in row] for row in (self.columns, *self.rows)]
        widths = [max(len(row[at]) for row in texts) for at in range(len(self.columns))]
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
        columns = [name.replace("_", " ") for name in values]
        self._tables.setdefault(title, Table(title, columns)).rows.append(list(values.values()))

    @property
    def tables(self) -> list[Table]:
        return list(self._tables.values())


def _text(value: object) -> str:
    return f"{value:.1f}".replace(".", ",") if isinstance(value, float) else str(value)
