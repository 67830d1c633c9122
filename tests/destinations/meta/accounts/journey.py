"""The way from "autorizza" through Facebook's dialog and back, as a person's browser goes it."""

from urllib.parse import urljoin, urlsplit

import requests
from lxml import html
from sqlmodel import select
from werkzeug.test import TestResponse

from tests.conftest import Browser
from webapp import db
from webapp.destinations.meta.models import AuthorisationDraft, MetaAccount

FACEBOOK = "/configura/integrazioni/facebook"


class Dialog:
    """Facebook's login dialog, as the person meets it after "autorizza"."""

    def __init__(self, url: str, http: requests.Session) -> None:
        self.url = url
        self._http = http
        answer = http.get(url, timeout=30)
        assert answer.status_code == 200, answer.text
        self.page = html.document_fromstring(answer.text, base_url=url)
        self._form = self.page.forms[0]

    def offered(self) -> set[str]:
        return set(self.page.xpath("//input[@name='granted']/@value"))

    def grant(self, *permissions: str) -> str:
        """Click "continua" with these permissions ticked (all, unless named); the address one is sent to."""
        return self._press("continue", granted=list(permissions) or sorted(self.offered()))

    def decline(self) -> str:
        return self._press("cancel")

    def _press(self, answer: str, **more: list[str]) -> str:
        fields = {
            name: value for name, value in self._form.form_values() if name not in ("granted", "answer")
        }
        action = self._form.get("action") or urlsplit(self.url).path
        url = urljoin(self.url, action)
        sent = self._http.post(url, {**fields, "answer": answer, **more}, allow_redirects=False, timeout=30)
        assert sent.status_code == 302, sent.text
        return sent.headers["Location"]


def come_back(browser: Browser, address: str) -> TestResponse:
    """Follow the redirect from Facebook into the application under test."""
    url = urlsplit(address)
    return browser.get(f"{url.path}?{url.query}")


def saved() -> list[MetaAccount]:
    with db.reading() as session:
        found = list(session.exec(select(MetaAccount).order_by(MetaAccount.id)))
        session.expunge_all()
    return found


def drafts() -> list[AuthorisationDraft]:
    with db.reading() as session:
        found = list(session.exec(select(AuthorisationDraft).order_by(AuthorisationDraft.id)))
        session.expunge_all()
    return found
