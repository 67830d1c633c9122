"""The simulator as a process of its own, talked to over HTTP; every test starts from the seed."""

import json
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest
import requests

VERSION = "v26.0"


@dataclass
class Meta:
    """A running simulator, and the few calls that tests make of it."""

    graph_url: str
    dialog_url: str
    access_token: str
    account_id: str
    app_id: str
    app_secret: str
    http: requests.Session = field(default_factory=requests.Session)

    def call(self, method: str, path: str, token: str | None = None, **kwargs: Any) -> requests.Response:
        headers = {"Authorization": f"Bearer {token or self.access_token}", **kwargs.pop("headers", {})}
        return self.http.request(
            method, f"{self.graph_url}/{VERSION}{path}", headers=headers, timeout=30, **kwargs
        )

    def get(self, path: str, **params: Any) -> requests.Response:
        return self.call("GET", path, params=params)

    def post(self, path: str, **body: Any) -> requests.Response:
        return self.call("POST", path, json=body)

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"{self.graph_url}/_sim{path}", json=body, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def look(self, path: str, **params: Any) -> dict[str, Any]:
        answer = self.http.get(f"{self.graph_url}/_sim{path}", params=params, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def new_audience(self, **fields: Any) -> str:
        body = {"name": "Prova", "subtype": "CUSTOM", "customer_file_source": "USER_PROVIDED_ONLY", **fields}
        return self.post(f"/act_{self.account_id}/customaudiences", **body).json()["id"]

    def add(self, audience: str, rows: list[Any], schema: Any = ("EMAIL",), **more: Any) -> requests.Response:
        schema = schema if isinstance(schema, str) else list(schema)
        return self.post(f"/{audience}/users", payload={"schema": schema, "data": rows}, **more)

    def remove(self, audience: str, rows: list[Any], schema: Any = ("EMAIL",)) -> requests.Response:
        payload = {"schema": list(schema), "data": rows}
        return self.call("DELETE", f"/{audience}/users", json={"payload": payload})

    def replace(
        self, audience: str, rows: list[Any], session_id: int, batch_seq: int, is_last: bool
    ) -> requests.Response:
        session = {"session_id": session_id, "batch_seq": batch_seq, "last_batch_flag": is_last}
        payload = {"schema": ["EMAIL"], "data": rows}
        return self.post(f"/{audience}/usersreplace", payload=payload, session=session)

    def members(self, audience: str, schema: str = "EMAIL") -> set[tuple[str, ...]]:
        held = self.look("/received", audience=audience)["audiences"][audience]
        return {tuple(row) for row in held.get(schema, [])}


@pytest.fixture(scope="session")
def running_meta():
    command = [sys.executable, "-m", "webapp.destinations.meta.simulator", "--json", "--muori-col-padre"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        meta = Meta(**json.loads(process.stdout.readline()))
        yield meta
        meta.http.close()
        process.terminate()
        assert process.wait(timeout=5) == 0


@pytest.fixture
def meta(running_meta):
    running_meta.control("/reset")
    return running_meta
