"""The application under test, and the browser that tests ask its pages with."""

import hashlib
import os
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import flask
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from webapp import create_app
from webapp.access.models import Operator
from webapp.access.policy import POLICY, Who
from webapp.access.signing_in import sessions
from webapp.config import Settings

# Pages that tests add to the application, and who may ask for them.
TEST_PAGES = dict.fromkeys(
    ("prova", "vivo", "ferma", "invia", "file", "fai", "rifiuto", "manca"), Who.OPERATOR
)
TEST_PAGES |= {"guasto": Who.PUBLIC, "dove": Who.SUPPORT, "posso": Who.SUPPORT}
TEST_PAGES |= {"per_marketer": Who.MARKETER, "per_chi": Who.ADMINISTRATOR, "per_proprietari": Who.OWNER}
POLICY.update(TEST_PAGES)


class CompiledTemplates(BytecodeCache):
    """What one application compiled serves the next; Jinja keeps it apart by name and source.

    Each test has an application of its own, and compiling a page's templates took longer than the test.
    """

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


class CompiledRule(Rule):
    """An address whose builder is compiled once, as it follows from what the rule says.

    Each test has an application of its own, and most of making one went into compiling a hundred and fifty.
    """

    _compiled: ClassVar[dict[tuple[object, ...], Callable[..., tuple[str, str]]]] = {}

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        said = (self.host, self.subdomain, self.rule, self.merge_slashes, repr(self.defaults), append_unknown)
        if said not in self._compiled:
            self._compiled[said] = super()._compile_builder(append_unknown)
        return self._compiled[said]


Flask.url_rule_class = CompiledRule


def make_app(settings: Settings, **changes: object) -> Flask:
    """The application under test, with some settings of its own if needed: make_app(database, demo=True)."""
    app = create_app(replace(settings, **changes))
    app.testing = True
    app.jinja_env.bytecode_cache = COMPILED
    app.test_client_class = Browser
    return app


class Browser(FlaskClient):
    """Flask's test client with what a real browser adds: the form's token, and htmx's header when asked."""

    application: Flask

    def open(self, *args: object, buffered: bool = True, **more: object) -> TestResponse:
        """Read the answer to its end, so that files it came from are closed."""
        return super().open(*args, buffered=buffered, **more)

    def sign_in(self, operator: Operator) -> None:
        """What a right password leads to, without the tenth of a second that looking at one takes."""
        with self.application.test_request_context():
            sessions.open_for(operator)
            opened = dict(flask.session)
        with self.session_transaction() as session:
            session.update(opened)

    def post_form(
        self, url: str, data: dict | None = None, htmx: bool = False, **more: object
    ) -> TestResponse:
        """POST a form as its page would: with the CSRF token, through htmx or not."""
        headers = {"HX-Request": "true"} if htmx else {}
        fields = {"csrf_token": self.csrf_token(more.get("base_url")), **(data or {})}
        return self.post(url, data=fields, headers={**headers, **more.pop("headers", {})}, **more)

    def get_htmx(self, url: str, **headers: str) -> TestResponse:
        return self.get(url, headers={"HX-Request": "true", **headers})

    def csrf_token(self, base_url: str | None = None) -> str:
        """What the hidden field of a form shown to this browser would hold."""
        with self.session_transaction(base_url=base_url) as session:
            raw = session.setdefault("csrf_token", hashlib.sha256(os.urandom(16)).hexdigest())
        return URLSafeTimedSerializer(self.application.secret_key, salt="wtf-csrf-token").dumps(raw)
