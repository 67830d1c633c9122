"""How many rows arrived, by Meta's own word. Source of the fields: Meta sheet §4.4, “Response”."""

import pytest

from tests.destinations.meta.loopback import answer, request_of, serving
from webapp.destinations.base import EncodedRows, TemporaryError, Totals
from webapp.destinations.meta.graph_api.client import GraphClient
from webapp.destinations.meta.graph_api.counts import read_session_counts
from webapp.destinations.meta.graph_api.graph import new_session

ROWS = EncodedRows(("EMAIL_SHA256",), b"".join(bytes([place]) * 32 for place in range(1, 4)))
FIRST = '{"[\\"' + "01" * 32 + '\\"]":"motivo"}}'


def sent(body: str):
    """What the client makes of Meta's answer *body* to three rows."""

    def talk(connection):
        request_of(connection)
        answer(connection, body.encode())

    with serving(talk) as url, new_session() as session:
        return GraphClient(session, url, "token", deadline_s=5).add_users("2", ROWS)


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"success":false}',
        '{"success":true}',
        '{"error":{}}',
        '{"error":[],"num_received":3,"num_invalid_entries":0}',
        '{"num_received":null,"num_invalid_entries":0}',
        '{"num_received":"","num_invalid_entries":0}',
        '{"num_received":"tre","num_invalid_entries":0}',
        '{"num_received":true,"num_invalid_entries":0}',
        '{"num_received":2.5,"num_invalid_entries":0}',
        '{"num_received":[3],"num_invalid_entries":0}',
        '{"num_received":3,"num_invalid_entries":"nessuna"}',
        '{"num_received":3,"num_invalid_entries":{}}',
        '{"num_invalid_entries":0,"invalid_entry_samples":{}}',
        '{"num_received":1e400,"num_invalid_entries":0}',
        "[]",
        "null",
    ],
)
def test_an_answer_that_does_not_say_how_many_arrived_is_tried_again(body):
    with pytest.raises(TemporaryError) as unread:
        sent(body)

    assert unread.value.problem.what == "Facebook ha dato una risposta che non si può leggere."


@pytest.mark.parametrize(
    ("body", "received", "invalid"),
    [
        ('{"num_received":3,"num_invalid_entries":0,"invalid_entry_samples":[]}', 3, 0),
        ('{"num_received":"3","num_invalid_entries":"1"}', 3, 1),
        ('{"num_received":3.0,"num_invalid_entries":0.0}', 3, 0),
        ('{"num_received":3}', 3, 0),
        ('{"num_received":3,"num_invalid_entries":null}', 3, 0),
        ('{"num_received":3,"invalid_entry_samples":' + FIRST, 3, 1),
        ('{"num_received":0,"num_invalid_entries":0}', 0, 0),
        ('{"num_received":2,"num_invalid_entries":2}', 2, 2),
        ('{"error":null,"num_received":3,"num_invalid_entries":0}', 3, 0),
    ],
)
def test_counts_that_stand_there_are_read_as_they_are(body, received, invalid):
    result = sent(body)

    assert (result.received, result.rejected_count, result.doubt) == (received, invalid, None)


@pytest.mark.parametrize(
    ("body", "received", "invalid", "told"),
    [
        ('{"num_received":-1,"num_invalid_entries":0}', 0, 0, "-1 ricevuti e 0 non validi su 3 inviati."),
        ('{"num_received":400,"num_invalid_entries":0}', 3, 0, "400 ricevuti e 0 non validi su 3 inviati."),
        ('{"num_received":3,"num_invalid_entries":400}', 3, 3, "3 ricevuti e 400 non validi su 3 inviati."),
        ('{"num_received":1,"num_invalid_entries":2}', 1, 1, "1 ricevuti e 2 non validi su 3 inviati."),
        ('{"num_received":3,"num_invalid_entries":-5}', 3, 0, "3 ricevuti e -5 non validi su 3 inviati."),
        (
            '{"num_received":3,"num_invalid_entries":0,"invalid_entry_samples":' + FIRST,
            3,
            1,
            "3 ricevuti e 0 non validi su 3 inviati.",
        ),
    ],
)
def test_counts_that_contradict_themselves_are_clamped_and_told(body, received, invalid, told):
    result = sent(body)

    assert (result.received, result.rejected_count) == (received, invalid)
    assert result.doubt == f"Facebook ha risposto con conteggi che si contraddicono: {told}"


@pytest.mark.parametrize(
    ("received", "invalid", "before", "share", "is_doubted"),
    [
        (3, 1, (0, 0), (3, 1), False),  # the first of a session: both readings agree
        (8, 2, (5, 1), (3, 1), False),  # the total so far, as Meta's page says
        (3, 1, (5, 1), (3, 1), False),  # the count of the request, as its recordings show
        (11, 4, (5, 1), (3, 0), False),  # the batch came twice: nobody can tell what of it was invalid
        (7, 1, (5, 1), (3, 1), True),  # neither: two of three, or more than was sent
        (2, 0, (5, 1), (2, 0), False),  # two of three, whichever it means
    ],
)
def test_of_a_session_each_batch_has_its_share(received, invalid, before, share, is_doubted):
    data = {"num_received": received, "num_invalid_entries": invalid}

    counts, _ = read_session_counts(data, 3, 0, Totals(*before))

    assert (counts.received, counts.invalid) == share
    assert (counts.doubt is not None) == is_doubted
