"""What `deploy/` hands out starts: its commands, variables, folders and numbers are those of Platea.

Images are not built here. What an image is made of is: its sources, its steps for Python and its commands.
"""

import json
import re
import shlex
import socket
import ssl
import subprocess
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Lock

import pytest
from click.testing import CliRunner

from tests.destinations.meta.loopback import answer, request_of, serving
from tests.hosts.nginx import program
from tests.support.certificates import self_signed
from tests.support.running import wait_until
from tests.support.wheel import SOURCES
from webapp.cli.group import platea
from webapp.config import ROOT, from_environment
from webapp.crypto import new_key
from webapp.host.installation import free_port

DEPLOY = ROOT / "deploy"
UNITS = ("platea-web.service", "platea-worker@.service")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
# Of the images of PostgreSQL and of Python, of the system, and of the example itself (Caddyfile).
NOT_OURS = {
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD",
    "PYTHONDONTWRITEBYTECODE",
    "TMPDIR",
    "UPSTREAM",
}


def text_of(name: str) -> str:
    """Without comments."""
    lines = (DEPLOY / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.lstrip().startswith("#"))


def steps(instruction: str) -> list[str]:
    """What follows *instruction* in the Dockerfile, lines that go on joined."""
    joined = text_of("Dockerfile").replace("\\\n", " ")
    return [
        line.removeprefix(instruction).strip()
        for line in joined.splitlines()
        if line.startswith(f"{instruction} ")
    ]


def commands() -> list[list[str]]:
    """Every command line that starts Platea, without the path of the program."""
    started = [re.search(r"^ExecStart=(.+)$", text_of(unit), re.MULTILINE).group(1) for unit in UNITS]
    found = [shlex.split(line) for line in started]
    found += [json.loads(line) for line in re.findall(r"command: (\[.+\])", text_of("compose.yaml"))]
    found += [json.loads(line) for line in steps("CMD")]
    found += [line.split()[1:] for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()]
    return [[Path(one[0]).name, *one[1:]] for one in found if Path(one[0]).name != "redis-server"]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_each_command_is_one_of_platea(command):
    assert command[0] == "platea"
    told = CliRunner().invoke(platea, [*command[1:], "--help"])

    assert told.exit_code == 0 and told.stdout.startswith(f"Uso: platea {command[1]}")


def test_a_site_and_workers_are_started_everywhere():
    assert sorted(command[1] for command in commands()) == ["web"] * 4 + ["worker"] * 3


@pytest.mark.parametrize("name", [*UNITS, "compose.yaml", "Dockerfile", "Caddyfile"])
def test_each_variable_is_one_that_platea_reads(name):
    text = text_of(name)
    named = set(re.findall(r"\{\$?([A-Z][A-Z_]+)[:}]", text))  # ${NAME:?…} of Compose, {$NAME:…} of Caddy
    named |= set(re.findall(r"^ {4,}([A-Z][A-Z_]+): ", text, re.MULTILINE))
    named |= set(re.findall(r"(?:^Environment=|^ENV |\b)([A-Z][A-Z_]+)=", text, re.MULTILINE))

    assert named
    assert named - set(re.findall(r"^#?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE)) <= NOT_OURS


def test_compose_stops_without_the_secrets_and_says_which_file_lacks_them():
    needed = dict(re.findall(r"\$\{([A-Z_]+):\?([^}]+)\}", text_of("compose.yaml")))

    assert needed.keys() == {"POSTGRES_PASSWORD", "PLATEA_URL", "PLATEA_SECRET_KEYS", "PLATEA_TOKEN_KEYS"}
    assert {words.split(",")[0] for words in needed.values()} == {"manca in deploy/.env"}
    assert not re.search(r"\$\{[A-Z_]+(?:\}|:-)", text_of("compose.yaml"))


def test_compose_hands_over_addresses_that_platea_takes():
    values = dict(re.findall(r"^ {4}([A-Z_]+): \"(.+)\"$", text_of("compose.yaml"), re.MULTILINE))
    told = {
        "POSTGRES_PASSWORD": "s3gretissima",
        "PLATEA_URL": "https://platea.example",
        "PLATEA_SECRET_KEYS": new_key(),
        "PLATEA_TOKEN_KEYS": new_key(),
    }
    env = {
        name: re.sub(r"\$\{([A-Z_]+):[^}]+\}", lambda found: told[found[1]], value)
        for name, value in values.items()
    }

    settings = from_environment(env)

    assert settings.database_url == "postgresql+psycopg://platea:s3gretissima@postgres:5432/platea"
    assert settings.redis_url == "redis://redis:6379/0"
    assert (settings.data_dir, settings.backup_dir) == (Path("/data"), Path("/data/copie"))
    assert (settings.public_url, settings.proxies) == ("https://platea.example", 1)


def test_redis_forgets_nothing_to_make_room():
    redis = next(line for line in text_of("compose.yaml").splitlines() if "redis-server" in line)

    assert json.loads(redis.partition(": ")[2])[1:] == [
        "--appendonly",
        "yes",
        "--maxmemory-policy",
        "noeviction",
    ]


def test_the_image_is_made_of_the_sources_of_the_wheel_by_the_steps_of_the_makefile():
    copied = [name for line in steps("COPY") for name in line.split()[:-1]]
    allowed = re.findall(r"^!(.+)$", (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8"), re.M)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    assert sorted(copied) == sorted([*SOURCES, "requirements.lock"]) == sorted(allowed)
    assert [name for name in copied if not (ROOT / name).exists()] == []
    by_make = re.findall(r"\$\(PIP\) (install .+?)\)", makefile)[:2]
    by_image = [line.partition("pip-version-check ")[2] for line in steps("RUN") if "pip" in line]
    assert [line.replace("--no-cache-dir ", "") for line in by_image] == [
        line.replace("--editable ", "") for line in by_make
    ]


def test_who_runs_the_image_owns_nothing_but_its_data():
    user, folder = steps("USER")[0].partition(":")[0], steps("VOLUME")[0]

    assert int(user) > 0
    assert [line for line in steps("RUN") if line.startswith("install -d")] == [
        f"install -d -o {user} -g {user} -m 0700 {folder}"
    ]
    assert f"PLATEA_DATA={folder}" in steps("ENV")[0].split()
    assert "read_only: true" in text_of("compose.yaml")
    (check,) = steps("HEALTHCHECK")
    assert "/healthz" in check and "--start-period=60s" in check


def test_the_units_differ_in_what_they_start_alone():
    web, worker = (text_of(unit).splitlines() for unit in UNITS)
    own = ("Description=", "ExecStart=", "ExecReload=", "#")

    assert [line for line in web if not line.startswith(own)] == [
        line for line in worker if not line.startswith(own)
    ]
    assert "WorkingDirectory=/var/lib/platea" in web and "Environment=PLATEA_DATA=/var/lib/platea" in web
    # Only the parent hears of the end: a job that heard of it too would be cut in the middle.
    assert "KillMode=mixed" in web and "ProtectSystem=strict" in web


@pytest.mark.parametrize(
    ("name", "limit"), [("nginx.conf", r"max_body_size (\d+)m;"), ("Caddyfile", r"(\d+)MiB")]
)
def test_a_file_that_platea_takes_passes_what_stands_in_front(name, limit):
    megabytes = int(re.search(limit, text_of(name)).group(1))
    largest = int(re.search(r"^#PLATEA_MAX_UPLOAD_MB=(\d+)$", EXAMPLE, re.MULTILINE).group(1))

    assert largest < megabytes < largest + 16


@pytest.fixture
def nginx() -> str:
    return program()


def set_up(folder: Path, port: int, more: str = "", upstream: str = "") -> None:
    """The example in *folder* with a certificate of ours; its TLS port is *port*, any other a free one."""
    certificate = self_signed(folder, "platea.esempio.it")
    site = re.sub(
        r"(?<=ssl_certificate )\S+;|(?<=ssl_certificate_key )\S+;", f"{certificate};", text_of("nginx.conf")
    )
    site = site.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl").replace("listen [::]:443 ssl;", "")
    site = re.sub(r"listen (?:\[::\]:)?\d+;", lambda _: f"listen 127.0.0.1:{free_port(0)};", site)
    site = site.replace("127.0.0.1:8000", upstream or "127.0.0.1:8000")
    (folder / "site.conf").write_text(site.replace("/var/log/nginx", str(folder)), encoding="utf-8")
    folders = "".join(
        f"{kind}_temp_path {folder / kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{more} pid {folder}/pid; error_log stderr; events {{}} http {{ {folders} include site.conf; }}",
        encoding="utf-8",
    )


def test_nginx_takes_the_example(tmp_path, nginx):
    set_up(tmp_path, free_port(0))

    told = subprocess.run(
        [nginx, "-t", "-p", str(tmp_path), "-c", "nginx.conf"], capture_output=True, text=True
    )

    assert told.returncode == 0, told.stderr
    assert "warn" not in told.stderr


def test_requests_that_never_end_wait_in_nginx_and_keep_no_place_of_platea(tmp_path, nginx):
    """Forty heads without an end and twenty bodies of which half is missing: Platea hears of none of them.

    What stands behind answers one at a time, so a single one that came through would keep all others out.
    """
    heard, port = [], free_port(0)
    turn = Lock()

    def talk(connection):
        with turn:
            heard.append(request_of(connection)[0].split(" ")[1])
            answer(connection, b'{"status":"ok"}')

    with serving(talk) as url, ExitStack() as stack:
        set_up(tmp_path, port, "daemon off; master_process off;", upstream=url.removeprefix("http://"))
        process = subprocess.Popen(
            [nginx, "-p", str(tmp_path), "-c", "nginx.conf"], stderr=subprocess.DEVNULL
        )
        stack.callback(process.wait, 10)
        stack.callback(process.terminate)
        context = ssl.create_default_context(cafile=str(tmp_path / "platea.esempio.it.pem"))

        def opened():
            with suppress(ConnectionRefusedError):
                plain = socket.create_connection(("127.0.0.1", port), 30)
                return stack.enter_context(context.wrap_socket(plain, server_hostname="platea.esempio.it"))

        wait_until(opened)
        head = b"POST /accesso HTTP/1.1\r\nHost: platea.esempio.it\r\n"
        for half in [head] * 40 + [head + b"Content-Length: 2000\r\n\r\n" + b"x" * 1000] * 20:
            opened().sendall(half)
        visitor = opened()
        visitor.sendall(b"GET /healthz HTTP/1.1\r\nHost: platea.esempio.it\r\n\r\n")
        assert visitor.recv(100).startswith(b"HTTP/1.1 200")

    assert heard == ["/healthz"]
