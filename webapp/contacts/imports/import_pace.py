"""How fast an import goes and when it will be over, in words for its page. PURE."""

from webapp.values.texts import duration, plural

ENOUGH_S = 2.0  # before that the first block says little about the rest


def words(rows_done: int, rows_total: int | None, seconds: float) -> str:
    """ "circa 21.000 righe al secondo, mancano circa 2 min"; empty while nobody can tell.

    *rows_total* is an estimate or None; *seconds* since the start.
    """
    if not rows_done or seconds < ENOUGH_S:
        return ""
    rows_s = rows_done / seconds
    pace = f"circa {plural(_round(rows_s), 'riga', 'righe')} al secondo"
    if not rows_total or rows_total <= rows_done:
        return pace
    return f"{pace}, mancano circa {duration(max((rows_total - rows_done) / rows_s, 1))}"


def _round(rows_s: float) -> int:
    """Two digits that count: 21.347 would pretend to know."""
    whole = max(round(rows_s), 1)
    unit: int = 10 ** max(len(str(whole)) - 2, 0)
    return whole // unit * unit
