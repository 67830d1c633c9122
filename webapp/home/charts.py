"""The geometry of the overview's charts, drawn by the server as SVG without scripts. PURE.

A drawing is 600 × 100 units and is stretched to its place; what is written stands beside it in HTML, so
that it keeps its size on a phone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from webapp.values.texts import day, number, percent

WIDTH, HEIGHT = 600.0, 100.0
GAP = 0.25  # of a bar's place
FEWEST_DAYS = 3
MOST_LINES = 4  # more cannot be told apart


class Bar(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    words: str


class Line(NamedTuple):
    """*points* as `<polyline points>` takes them; *words* name the line and say where it ends."""

    name: str
    points: str
    words: str
    cells: list[str]


@dataclass(frozen=True)
class Chart:
    """*summary* is what a screen reader says of the drawing; *rows* are the same figures as a table."""

    key: str
    title: str
    note: str
    summary: str
    top: str
    first: str
    last: str
    headings: list[str]
    rows: list[list[str]]
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()

    @property
    def is_drawn(self) -> bool:
        """One day or two are no course: their figures alone say more."""
        return len(self.rows) >= FEWEST_DAYS


def sent_chart(days: Sequence[tuple[date, int]]) -> Chart:
    """Users sent per day."""
    values = [count for _, count in days]
    best = max(range(len(days)), key=lambda n: values[n])
    return Chart(
        "sent",
        "Utenti inviati al giorno",
        "Nel giorno in cui il caricamento ha cominciato a inviare",
        f"Utenti inviati al giorno, ultimi {len(days)} giorni: {number(sum(values))} in tutto,"
        f" al massimo {number(values[best])} il {day(days[best][0])}",
        number(values[best]),
        *_ends(days),
        ["Giorno", "Utenti inviati"],
        [[day(on), number(count)] for on, count in days if count],
        _bars(values, [f"{day(on)}: {number(count)}" for on, count in days]),
    )


def invalid_chart(days: Sequence[tuple[date, float | None]]) -> Chart:
    """The share of invalid data per day; a day without uploads has none."""
    known = [share for _, share in days if share is not None]
    highest = max(known, default=0.0)
    return Chart(
        "invalid",
        "Dati non validi al giorno",
        "Quota dei contatti selezionati",
        f"Quota di dati non validi al giorno, ultimi {len(days)} giorni: al massimo {percent(highest)}",
        percent(highest),
        *_ends(days),
        ["Giorno", "Dati non validi"],
        [[day(on), percent(share)] for on, share in days if share is not None],
        _bars([share or 0.0 for _, share in days], [f"{day(on)}: {percent(share)}" for on, share in days]),
    )


def size_chart(days: Sequence[date], sizes: Sequence[tuple[str, dict[date, int]]]) -> Chart:
    """How large custom audiences were, by Facebook's estimate; one line each, from the day it is known."""
    highest = max((size for _, known in sizes for size in known.values()), default=0)
    lines = [_line(name, known, days, highest) for name, known in sizes]
    seen = [on for on in days if any(on in known for _, known in sizes)]
    return Chart(
        "size",
        "Numerosità delle custom audience",
        "La stima di Facebook, riletta ogni ora",
        "Numerosità delle custom audience, stima di Facebook: " + "; ".join(line.words for line in lines),
        number(highest),
        *_ends([(on, 0) for on in days]),
        ["Giorno", *(line.name for line in lines)],
        [[day(on), *(number(known.get(on)) for _, known in sizes)] for on in seen],
        lines=lines,
    )


def samples() -> list[Chart]:
    """One chart of each kind with invented figures, for the component sheet."""
    days = [date(2026, 11, number) for number in range(1, 31)]
    sent = [(on, (on.day * 7919) % 5000 if on.weekday() < 5 else 0) for on in days]
    share = [(on, count / 50_000 if count else None) for on, count in sent]
    grows = {name: {on: first + on.day * step for on in days} for name, first, step in _SAMPLES}
    return [sent_chart(sent), invalid_chart(share), size_chart(days, list(grows.items()))]


_SAMPLES = (("Clienti attivi", 9000, 120), ("Carrello", 4000, 60), ("VIP", 1000, 0), ("Milano", 6000, -90))


def _bars(values: Sequence[float], words: Sequence[str]) -> list[Bar]:
    place, highest = WIDTH / max(len(values), 1), max(values, default=0)
    if not highest:
        return []
    return [
        Bar(
            round(n * place, 2),
            round(HEIGHT - height, 2),
            round(place * (1 - GAP), 2),
            round(height, 2),
            told,
        )
        for n, (value, told) in enumerate(zip(values, words, strict=True))
        if (height := max(HEIGHT * value / highest, 1.5 if value else 0.0))
    ]


def _line(name: str, known: dict[date, int], days: Sequence[date], highest: int) -> Line:
    step = WIDTH / max(len(days) - 1, 1)
    points = [(n * step, known[on]) for n, on in enumerate(days) if on in known]
    if len(points) == 1:  # one look only: a short stroke instead of nothing
        points.append((points[0][0] - step / 2, points[0][1]))
    drawn = " ".join(f"{x:.1f},{HEIGHT - (HEIGHT - 4) * size / (highest or 1) - 2:.1f}" for x, size in points)
    newest = number(known[max(known)]) if known else "non ancora nota"
    return Line(name, drawn, f"{name}: {newest}", [newest])


def _ends(days: Sequence[tuple[date, object]]) -> tuple[str, str]:
    return day(days[0][0]), day(days[-1][0])
