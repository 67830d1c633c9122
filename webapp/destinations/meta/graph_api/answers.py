"""What Graph's answers say: its nodes, and what it took of a batch."""

from collections.abc import Sequence
from typing import Any

from webapp.destinations.base import BatchResult, EncodedRows, Rejected, Totals
from webapp.destinations.meta.graph_api import error_table as table
from webapp.destinations.meta.graph_api.counts import Unreadable, read_counts, read_session_counts
from webapp.destinations.meta.graph_api.errors import failure
from webapp.destinations.meta.graph_api.graph import Answer
from webapp.destinations.meta.graph_api.payload import rejected_rows


def node(answer: Answer) -> dict[str, Any]:
    """Raises TemporaryError when it is none."""
    if not isinstance(answer.data, dict):
        raise failure(table.UNREADABLE, "risposta inattesa")
    return answer.data


def batch_result(
    answer: Answer, rows: EncodedRows, places: Sequence[int], before: Totals | None = None
) -> BatchResult:
    """*before*: of a batch that shares its session with others, the session's totals until now.

    Raises TemporaryError when the answer does not say how many rows arrived.
    """
    data, totals = node(answer), Totals()
    rejected = rejected_rows(data.get("invalid_entry_samples"), rows)
    try:
        if before is None:
            counts = read_counts(data, len(rows), len(rejected))
        else:
            counts, totals = read_session_counts(data, len(rows), len(rejected), before)
    except Unreadable as field:
        raise failure(table.UNREADABLE, f"risposta senza {field}") from None
    return BatchResult(
        received=counts.received,
        rejected_count=counts.invalid,
        doubt=counts.doubt,
        rejected=[Rejected(places[row.row], row.reason) for row in rejected],
        trace=answer.trace,
        pause_s=answer.pause_s,
        session=totals,
    )


def joined(results: Sequence[BatchResult]) -> BatchResult:
    if len(results) == 1:
        return results[0]
    return BatchResult(
        received=sum(result.received for result in results),
        rejected_count=sum(result.rejected_count for result in results),
        rejected=sorted((row for result in results for row in result.rejected), key=lambda row: row.row),
        trace=results[-1].trace,
        pause_s=max(result.pause_s for result in results),
        doubt=next((result.doubt for result in results if result.doubt), None),
    )
