"""Hosts that are set up otherwise than most: each thing that does not work is told, and how it may."""

import socket
import ssl
import subprocess
import threading
from dataclasses import replace

import pytest
from redis import Redis

from tests.cli.test_check_up import check, line, well
from tests.support.certificates import self_signed
from tests.support.running import PLATEA
from webapp.services import start

__all__ = ["well"]


@pytest.mark.parametrize(
    ("rights", "password", "words"),
    [
        (["+@all", "~*", "&*"], "un’altra", "non accetta utente o password di REDIS_URL"),
        (["+ping", "+info", "+client", "+hello"], "giusta", "l’utente di REDIS_URL non ha i permessi"),
        (["+@all", "~*", "&*"], "giusta", ""),
    ],
)
def test_a_redis_with_users_of_its_own(well, rights, password, words):
    with Redis.from_url(well.redis_url) as redis:
        redis.execute_command("ACL", "SETUSER", "platea", "reset", "on", ">giusta", *rights)
        try:
            url = well.redis_url.replace("unix://", f"unix://platea:{password}@")
            found = line(check(well, REDIS_URL=url), "Redis")
        finally:
            redis.execute_command("ACL", "DELUSER", "platea")

    assert words in found and found.startswith("✗" if words else "✓")
    assert "giusta" not in found and "un’altra" not in found


def test_a_redis_whose_certificate_nobody_vouches_for(well, tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path, "127.0.0.1"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)

        def shake_hands() -> None:
            try:
                while True:
                    client, _ = server.accept()
                    try:
                        context.wrap_socket(client, server_side=True).close()
                    except OSError:
                        client.close()
            except OSError:
                return

        thread = threading.Thread(target=shake_hands, daemon=True)
        thread.start()
        found = line(check(well, REDIS_URL=f"rediss://127.0.0.1:{server.getsockname()[1]}/0"), "Redis")

    assert "la connessione TLS non riesce: controlla il certificato" in found


@pytest.mark.parametrize("locale", ["C", "it_IT.ISO-8859-1"])
def test_a_locale_without_utf_8_breaks_no_word_and_no_command(locale):
    """What a container or cron has: Python would refuse to write an apostrophe."""
    plain = {"PATH": "/usr/bin:/bin", "LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    helped = subprocess.run([*PLATEA, "chiavi", "--help"], env=plain, capture_output=True)
    refused = subprocess.run([*PLATEA, "migra"], env=plain, capture_output=True)

    assert (helped.returncode, b"Traceback" in helped.stderr) == (0, False)
    assert helped.stdout.decode().startswith("Uso: platea chiavi")
    assert "Manca REDIS_URL: l’indirizzo di Redis" in refused.stderr.decode()


def test_the_data_folder_may_be_missing_and_read_only_with_postgresql(settings, create_database, tmp_path):
    """Only a database that is a file needs it."""
    url = create_database("senza_cartella", migrated=True)
    start(replace(settings, database_url=url, data_dir="/proc/nessuno/dati"))
