"""Whom the proxy kills: who holds the connection, and nobody else that has the same port."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.chaos.fault_proxy import owners

CONNECT = """
import socket, sys
one = socket.socket()
one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
one.bind(("127.0.0.1", int(sys.argv[1])))
one.connect(("127.0.0.1", int(sys.argv[2])))
print(one.getsockname()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def connected(port: int, to: int) -> Iterator[tuple[int, int]]:
    """A process with a connection from *port* (0: any) to the port *to*: its pid, and the port it has."""
    command = [sys.executable, "-S", "-c", CONNECT, str(port), str(to)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.pid, int(process.stdout.readline())
        process.stdin.close()


def test_of_two_connections_from_one_port_each_has_its_own_owner():
    """The kernel gives a port to several connections when they lead elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as other:
        to_one, to_other = one.getsockname()[1], other.getsockname()[1]
        with connected(0, to_one) as (first, port), connected(port, to_other) as (second, _):
            assert (owners(port, to_one), owners(port, to_other)) == ([first], [second])
