"""The world as the simulator starts: invented people and accounts, a few audiences to look at."""

import secrets
import time

from ..settings import Settings
from ..state import AdAccount, App, Audience, Person, Token, World

APP_ID = "871204539916042"
PERSON_ID = "102418837755201"
ACCOUNT_ID = "1048239157720356"
SECOND_ACCOUNT_ID = "2260417893315047"
SCOPES = ["ads_management", "ads_read", "business_management", "public_profile"]
DAY = 86_400
LONG_LIVED_S = 5_183_944  # about 60 days. Source: Meta sheet §1.3
DATA_ACCESS_S = 90 * DAY  # Source: Meta sheet §1.5


def new_world(settings: Settings) -> World:
    """A fresh world with its own app secret and its own ready, long-lived access token."""
    at = int(time.time())
    person = Person(PERSON_ID, "Giulia Ferri", dict.fromkeys(SCOPES, "granted"))
    token = Token(
        value="EAAB" + secrets.token_urlsafe(90).replace("-", "Z").replace("_", "A"),
        kind="USER",
        app_id=APP_ID,
        person_id=person.id,
        scopes=SCOPES.copy(),
        created_at=at,
        expires_at=at + LONG_LIVED_S,
        data_access_expires_at=at + DATA_ACCESS_S,
        is_long_lived=True,
    )
    world = World(
        app=App(APP_ID, secrets.token_hex(16), "Platea (app di prova)"),
        default_person_id=person.id,
        default_token=token.value,
        settings=settings,
    )
    world.people[person.id] = person
    world.tokens[token.value] = token
    for account in _accounts():
        world.accounts[account.id] = account
    for audience in _audiences(at):
        world.audiences[audience.id] = audience
    return world


def renew_default_token(world: World) -> None:
    """Make the ready token work again, so that a start from kept data never announces a dead one."""
    token, at = world.tokens[world.default_token], int(time.time())
    token.invalid = None
    if min(token.expires_at, token.data_access_expires_at) < at + DAY:
        token.created_at = at
        token.expires_at, token.data_access_expires_at = at + LONG_LIVED_S, at + DATA_ACCESS_S


def fresh_again(world: World, settings: Settings) -> World:
    """The seed once more, with the app secret and the ready token that callers already hold."""
    fresh = new_world(settings)
    token = fresh.tokens.pop(fresh.default_token)
    token.value = world.default_token
    fresh.tokens[token.value] = token
    fresh.default_token = token.value
    fresh.app.secret = world.app.secret
    return fresh


def _accounts() -> list[AdAccount]:
    business = {"id": "553810024417", "name": "Bottega Ferri srl"}
    return [
        AdAccount(ACCOUNT_ID, "Bottega Ferri – Vendite", [PERSON_ID], business=business),
        AdAccount(SECOND_ACCOUNT_ID, "Bottega Ferri – Eventi", [PERSON_ID], business=business),
    ]


def _audiences(at: int) -> list[Audience]:
    customers = Audience(
        "23861540010200582",
        1,
        ACCOUNT_ID,
        "Clienti newsletter",
        at - 120 * DAY,
        fields={"description": "Iscritti alla newsletter", "customer_file_source": "USER_PROVIDED_ONLY"},
        starting_size=48_300,
        content_updated_at=at - 9 * DAY,
        updated_at=at - 9 * DAY,
        data_source="MULTI_HASHES",
    )
    lookalike = Audience(
        "23861540020700582",
        2,
        ACCOUNT_ID,
        "Simile (IT, 1%) – Clienti newsletter",
        at - 90 * DAY,
        subtype="LOOKALIKE",
        starting_size=612_000,
        content_updated_at=at - 4 * DAY,
        updated_at=at - 4 * DAY,
        origin_id=customers.id,
    )
    flagged = Audience(
        "23861540031100582",
        3,
        ACCOUNT_ID,
        "Pazienti in cura 2025",
        at - 40 * DAY,
        fields={"description": "", "customer_file_source": "USER_PROVIDED_ONLY"},
        starting_size=2_400,
        content_updated_at=at - 38 * DAY,
        updated_at=at - 38 * DAY,
        flagged_fields=["name"],
        data_source="MULTI_HASHES",
    )
    return [customers, lookalike, flagged]
