"""Cassettes of what Meta really says: made from published recordings, or recorded from a real account.

The files in `cassettes/` hold exchanges of `recorded.json`, taken as they are except for what belongs to
the connection (length, keep-alive). `python -m tests.destinations.meta.recording` writes them again.

To record new ones from a real ad account, whose audiences the tests create and delete:

    PLATEA_RECORD_TOKEN=… PLATEA_RECORD_ACCOUNT=<digits> [PLATEA_RECORD_SECRET=…] \\
        pytest tests/destinations/meta/test_client_contract.py -k real

writes `cassettes/real_*.json`, which later runs play back. Tokens, proofs, hashes and the account's id
are replaced before anything is written.
"""

import json
import os
import re
from pathlib import Path
from urllib.parse import urlsplit

from betamax import BaseMatcher, Betamax

HERE = Path(__file__).parent
CASSETTES = HERE / "cassettes"
RECORDED = json.loads((HERE / "recorded.json").read_text())
GRAPH_URL = "https://graph.facebook.com"
ACCOUNT = "100000000000001"  # what the recordings carry in place of the real one

OF_THE_CONNECTION = {"content-length", "transfer-encoding", "connection", "content-encoding"}

# Test → exchanges of the run of 2021-12-01 (`n`, from 1), or of the other versions (place, from 0).
RUN = RECORDED["scenario_v12"]["exchanges"]
OTHERS = RECORDED["distinct_v9_to_v12"]["exchanges"]
STORIES = {
    "test_an_account_without_audiences_has_an_empty_list": [RUN[6]],
    "test_audiences_are_created_and_listed_newest_first": [RUN[6], RUN[7], RUN[14], RUN[15], RUN[20]],
    "test_an_audience_can_be_read_by_itself": [RUN[6], RUN[7], RUN[10]],
    "test_people_are_added_and_taken_out": [RUN[6], RUN[7], RUN[13], RUN[21]],
    "test_everybody_of_a_batch_is_counted": [RUN[35], RUN[36], RUN[37]],
    "test_a_deleted_audience_leaves_the_list": [RUN[6], RUN[7], RUN[59], RUN[60]],
    "test_taking_people_out_of_a_small_audience_is_refused": [OTHERS[35]],
}


SECRETS = ("access_token", "input_token", "fb_exchange_token", "client_secret", "appsecret_proof")


class SameGraphCall(BaseMatcher):
    """Method and path without the version: recordings are older than the version we speak."""

    name = "graph call"

    def match(self, request, recorded_request):
        ours = (request.method, _path(request.url))
        return ours == (recorded_request["method"], _path(recorded_request["uri"]))


def _path(url: str) -> str:
    return re.sub(r"^/v\d+\.\d+", "", urlsplit(url).path)


def cassette_of(exchanges) -> dict:
    """Betamax's file for exchanges of `recorded.json`."""
    return {
        "http_interactions": [_interaction(exchange) for exchange in exchanges],
        "recorded_with": "nock, by grouparoo/grouparoo (MIT); see recorded.json",
    }


def _interaction(exchange) -> dict:
    headers = {
        name: [value]
        for name, value in exchange["response_headers"].items()
        if name.lower() not in OF_THE_CONNECTION
    }
    body = exchange["request_body_json"]
    return {
        "recorded_at": "2021-12-01T00:18:36",
        "request": {
            "method": exchange["method"],
            "uri": GRAPH_URL + exchange["path"],
            "headers": {},
            "body": {"encoding": "utf-8", "string": json.dumps(body) if body else ""},
        },
        "response": {
            "status": {"code": exchange["status"], "message": ""},
            "url": GRAPH_URL + exchange["path"],
            "headers": headers,
            "body": {"encoding": "utf-8", "string": json.dumps(exchange["response"])},
        },
    }


def scrub(interaction, cassette) -> None:
    """Take out of a new recording what nobody may read in it, and what is no longer true of its length."""
    data = json.loads(scrubbed(json.dumps(interaction.data)))
    headers = data["response"]["headers"]
    data["response"]["headers"] = {k: v for k, v in headers.items() if k.lower() not in OF_THE_CONNECTION}
    interaction.data = data


def scrubbed(text: str) -> str:
    text = re.sub(r"Bearer [^\"\\]+", "Bearer <ACCESS_TOKEN>", text)
    text = re.sub(rf"\b({'|'.join(SECRETS)})(\\*\"? ?[=:] ?\\*\"?)[\w|.-]+", r"\1\2<SECRET>", text)
    text = re.sub(r"\bEAA[A-Za-z0-9]{10,}", "<SECRET>", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "<SHA256>", text)
    account = os.environ.get("PLATEA_RECORD_ACCOUNT")
    return text.replace(account, ACCOUNT) if account else text


Betamax.register_request_matcher(SameGraphCall)
with Betamax.configure() as config:
    config.cassette_library_dir = str(CASSETTES)
    config.before_record(callback=scrub)


if __name__ == "__main__":
    for story, exchanges in STORIES.items():
        text = json.dumps(cassette_of(exchanges), indent=1, ensure_ascii=False)
        (CASSETTES / f"recorded_{story}.json").write_text(text + "\n")
