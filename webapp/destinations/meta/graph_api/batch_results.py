"""Graph's answers for the rows of a batch → what uploads are told of it."""

from collections.abc import Sequence

from webapp.destinations.base import BatchResult, EncodedRows, Rejected
from webapp.destinations.meta.graph_api import error_table as table
from webapp.destinations.meta.graph_api.counts import Unreadable, read_counts
from webapp.destinations.meta.graph_api.errors import failure
from webapp.destinations.meta.graph_api.graph import Answer
from webapp.destinations.meta.graph_api.payload import rejected_rows


def batch_result(answer: Answer, rows: EncodedRows, places: Sequence[int]) -> BatchResult:
    """Raises TemporaryError when the answer does not say how many rows arrived."""
    if not isinstance(answer.data, dict):
        raise failure(table.UNREADABLE, "risposta inattesa")
    data = answer.data
    rejected = rejected_rows(data.get("invalid_entry_samples"), rows)
    try:
        counts = read_counts(data, len(rows), len(rejected))
    except Unreadable as field:
        raise failure(table.UNREADABLE, f"risposta senza {field}") from None
    return BatchResult(
        received=counts.received,
        rejected_count=counts.invalid,
        doubt=counts.doubt,
        rejected=[Rejected(places[row.row], row.reason) for row in rejected],
        trace=answer.trace,
        pause_s=answer.pause_s,
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
