"""Statements are compiled once in a test run, not once for each test.

SQLAlchemy keeps what it compiled in the engine, under the engine's dialect, and every test has an engine of
its own: a third of the time of a test that uses the database went into compiling what the test before it had
compiled. Importing this module lets each engine use the dialect and the compiled statements of the first
that spoke to such a server.
"""

from sqlalchemy import Connection, Engine, event
from sqlalchemy.util import LRUCache

MOST = 4_000  # different statements; SQLAlchemy keeps 500 for one engine

_first: dict[tuple[object, ...], Engine] = {}


@event.listens_for(Engine, "engine_connect")
def _share(connection: Connection) -> None:
    engine = connection.engine
    url = engine.url
    like = (url.get_backend_name(), url.get_driver_name(), url.host, url.port)  # one server, one version
    first = _first.get(like)
    if first is None:
        first = _first[like] = getattr(engine, "_proxied", engine)
        first._compiled_cache = LRUCache(MOST)
    if engine.dialect is first.dialect and engine._compiled_cache is first._compiled_cache:
        return
    for one in {engine, getattr(engine, "_proxied", engine)}:
        one.dialect, one._compiled_cache = first.dialect, first._compiled_cache
    connection.dialect = first.dialect
