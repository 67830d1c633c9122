"""A real nginx with the site of deploy/nginx.conf, on its own port, with a certificate of its own."""

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.certificates import self_signed
from webapp.config import ROOT
from webapp.life import die_with_parent

# Which of the hosts answered: the test looks at it, people do not see it.
_TELL = "add_header X-Answered-By $upstream_addr always;"


def program() -> str:
    """The path of nginx. Skips the test without it, unless PLATEA_NGINX says that it must be there."""
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if found is None and os.environ.get("PLATEA_NGINX") == "obbligatorio":
        pytest.fail("nginx manca, e qui il suo test è obbligatorio")
    if found is None:
        pytest.skip("nginx manca: il suo test resta fuori (apt-get install nginx-light)")
    return found


class Nginx:
    """The example as it is, but for names, ports and folders: it listens on *port* as https://localhost."""

    def __init__(self, folder: Path, port: int, upstreams: Sequence[int], location: str = "/") -> None:
        self.certificate = self_signed(folder, "localhost")
        site = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
        site = site.replace("platea.esempio.it", "localhost").replace("/var/log/nginx", str(folder))
        site = re.sub(r"/etc/letsencrypt/\S+;", f"{self.certificate};", site)
        site = re.sub(r"\n    listen (\[::\]:)?80;", "", site).replace("listen [::]:443 ssl;", "")
        site = site.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl; {_TELL}")
        servers = " ".join(f"server 127.0.0.1:{one} max_fails=1 fail_timeout=60s;" for one in upstreams)
        site = site.replace("server 127.0.0.1:8000;", servers)
        head, _, last = site.rpartition("location / {")
        site = f"{head}location {location} {{{last}"
        # Of the first server, which only leads to https, nothing is left to listen on.
        first = re.compile(r"server \{\n\n?    server_name localhost;\n\n    # Per certbot.*?\n\}\n", re.S)
        site, gone = first.subn("", site)
        assert gone == 1, site
        (folder / "site.conf").write_text(site, encoding="utf-8")
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        folders = "".join(f"{kind}_temp_path {folder / kind};" for kind in kinds)
        user = "user root; " if os.geteuid() == 0 else ""  # the folders are ours
        (folder / "nginx.conf").write_text(
            f"{user}daemon off; worker_processes 1; pid {folder}/pid; error_log stderr; events {{}}"
            f" http {{ {folders} include site.conf; }}",
            encoding="utf-8",
        )
        self.url = f"https://localhost:{port}"
        argv = [program(), "-p", str(folder), "-c", "nginx.conf"]
        with (folder / "nginx.log").open("w") as log:
            self.process = subprocess.Popen(argv, stderr=log, stdout=log, preexec_fn=die_with_parent)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
