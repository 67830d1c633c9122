"""Every wrong value of a setting stops the start with one Italian sentence that names the variable.

Sources of the cases: addresses as hosts hand them out (Heroku, Neon, Supabase, Prisma, Bitnami Sentinel),
secrets of public examples, passwords with characters that end an address too early.
"""

import re

import pytest
from cryptography.fernet import Fernet

from webapp.config import ROOT, WrongSetting, from_environment

GOOD = {
    "DATABASE_URL": "postgresql://platea:s3greta@db.example:5432/platea",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "PLATEA_SECRET_KEY": "kJ8fQ2nV5xT1rB7mZ4cW9yL6pD3sH0gA",
    "PLATEA_TOKEN_KEYS": Fernet.generate_key().decode(),
    "PLATEA_URL": "https://platea.example",
}
SECRETS = ("s3greta", "p@ss", "p#ss", "p/ss", "changeme")
WRONG = [
    ("DATABASE_URL", "mysql://platea@db/platea"),
    ("DATABASE_URL", "postgresql://platea:s3greta@db.example:porta/platea"),
    ("DATABASE_URL", "postgresql://platea:p@ss@db.example/platea"),
    ("DATABASE_URL", "postgresql://platea:s3greta@db.example"),
    ("DATABASE_URL", "postgresql://platea:s3greta@db1,db2/platea"),
    ("DATABASE_URL", "postgresql://platea:s3greta@db.example/platea?schema=public"),
    ("DATABASE_URL", "postgresql://platea:s3greta@db.example/platea?pgbouncer=true"),
    ("DATABASE_URL", "postgresql://platea:s3greta@db.example/platea?ssl=true"),
    ("DATABASE_URL", "sqlite:///"),
    ("DATABASE_URL", "sqlite:///:memory:"),
    ("REDIS_URL", "redis:6379"),
    ("REDIS_URL", "127.0.0.1:6379"),
    ("REDIS_URL", "redis+sentinel://s3greta@host:26379/mymaster"),
    ("REDIS_URL", "redis://host:porta/0"),
    ("REDIS_URL", "redis://:p#ss@host:6379/0"),
    ("REDIS_URL", "redis://host:6379/zero"),
    ("PLATEA_SECRET_KEY", "changeme-changeme-changeme-changeme"),
    ("PLATEA_SECRET_KEY", "corta"),
    ("PLATEA_SECRET_KEY", "x" * 64),
    ("PLATEA_URL", "platea.example"),
    ("PLATEA_URL", "https://platea.example:porta"),
    ("PLATEA_URL", "https://platea.example:0"),
    ("PLATEA_URL", "https://utente:p@ss@platea.example"),
    ("PLATEA_URL", "https://platea.example?x=1"),
    ("PLATEA_URL", "https://platea.example/pla%20tea"),
    ("PLATEA_URL", "https://platea.example/a//b"),
    ("PLATEA_URL", "https://platea.example/../platea"),
    ("PLATEA_URL", "https://plàtea.example"),
    ("PLATEA_URL", "http://platea.example"),
    ("PLATEA_DEMO", "1"),  # on an address that anybody can open
    ("PLATEA_DEMO", "vero"),
    ("PLATEA_BATCH_ROWS", "cinquemila"),
    ("PLATEA_BATCH_ROWS", "nan"),
    ("PLATEA_MAX_UPLOAD_MB", "0"),
    ("META_GRAPH_URL", "https://graph.facebook.com:porta"),
]


def test_good_settings_are_read():
    settings = from_environment(GOOD)

    assert settings.database_url == "postgresql+psycopg://platea:s3greta@db.example:5432/platea"
    assert settings.public_url == "https://platea.example"


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_a_wrong_value_is_one_sentence_that_names_the_variable_and_no_secret(name, value):
    with pytest.raises(WrongSetting) as stopped:
        from_environment({**GOOD, name: value})

    sentence = str(stopped.value)
    assert name in sentence and "\n" not in sentence and len(sentence) < 240
    assert not [secret for secret in SECRETS if secret in sentence]


@pytest.mark.parametrize("name", ["REDIS_URL", "PLATEA_SECRET_KEY", "PLATEA_TOKEN_KEYS"])
def test_what_is_needed_and_missing_is_named(name):
    with pytest.raises(WrongSetting, match=f"^Manca {name}S?: "):
        from_environment({key: value for key, value in GOOD.items() if key != name})


@pytest.mark.parametrize(
    "url",
    [
        "postgres://platea:s3gr%40ta@db.example/platea",
        "postgresql://platea:p/s#s@db.example/platea",
        "postgresql://platea@/platea?host=/var/run/postgresql",
        "postgresql://platea@[fd00::5]:5432/platea?sslmode=require&connect_timeout=5",
        "sqlite:////srv/platea/platea.db",
    ],
)
def test_what_hosts_hand_out_is_taken(url):
    assert from_environment({**GOOD, "DATABASE_URL": url}).database_url.endswith(url.partition("://")[2])


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:8000"])
def test_on_this_computer_neither_tls_nor_passwords_are_needed(url):
    assert from_environment({**GOOD, "PLATEA_URL": url, "PLATEA_DEMO": "1"}).demo is True


def test_an_address_in_letters_with_accents_is_told_as_the_network_writes_it():
    with pytest.raises(WrongSetting, match="xn--pltea-sqa.example"):
        from_environment({**GOOD, "PLATEA_URL": "https://plàtea.example"})


def test_a_secret_in_a_file_that_is_no_text_is_told(tmp_path):
    (tmp_path / "chiave").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(WrongSetting, match="PLATEA_SECRET_KEY_FILE"):
        from_environment({**GOOD, "PLATEA_SECRET_KEY_FILE": str(tmp_path / "chiave")})


def test_the_example_names_every_variable_and_no_other():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    code = (ROOT / "webapp" / "config.py").read_text(encoding="utf-8")

    named = set(re.findall(r"^#?([A-Z][A-Z_]+)=", example, re.MULTILINE))
    read = set(re.findall(r"(?<=env, )\"([A-Z][A-Z_]+)\"", code))
    assert len(read) > 20
    assert named == read


def test_every_line_of_the_example_stands_under_a_comment():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")

    for block in example.split("\n\n"):
        assert block.startswith("# "), block
