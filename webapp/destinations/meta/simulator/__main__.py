"""Start the simulator on its own: `python -m webapp.destinations.meta.simulator --port N --json`."""

import ctypes
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace

import orjson

from .app import create_simulator
from .control import snapshot
from .control.options import Options, parse
from .control.seed import ACCOUNT_ID, new_world, renew_default_token
from .server import LoopbackServer
from .settings import LATEST_VERSION, Settings
from .state import Simulation, World

PR_SET_PDEATHSIG = 1
STOP_SIGNALS = {signal.SIGTERM, signal.SIGINT}


def main(argv: Sequence[str]) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit code."""
    options = parse(argv)
    if options.dies_with_parent:
        die_with_parent()
    # Blocked before any thread starts, then waited for: a handler runs only in the main thread, and a
    # main thread asleep on a lock does not always wake for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        sim = Simulation(_world(options), _settings(options, Settings()))
        server = LoopbackServer(options.port, create_simulator(sim))
    except snapshot.UnreadableData as error:
        return _refused(f"Non posso usare {options.data}: {error}.")
    except OSError as error:
        return _refused(f"Non posso partire sulla porta {options.port}: {error.strerror}.")
    if options.data:
        snapshot.keep_saving(sim, options.data)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True, name="server").start()
    print(_announcement(sim, server.url, options.as_json), flush=True)
    signal.sigwait(STOP_SIGNALS)
    sim.stopping.set()
    server.shutdown()
    server.server_close()
    if options.data:
        snapshot.save(sim, options.data)
    return 0


def _world(options: Options) -> World:
    """The kept world, or a new one; what the command line says wins over what was kept."""
    if not options.data or not options.data.exists():
        return new_world(_settings(options, Settings()))
    world = snapshot.load(options.data.read_bytes())
    renew_default_token(world)
    world.settings = _settings(options, world.settings)
    return world


def _settings(options: Options, otherwise: Settings) -> Settings:
    return replace(
        otherwise,
        open_accounts=options.open_accounts,
        processing_s=otherwise.processing_s if options.processing_s is None else options.processing_s,
        latency_s=otherwise.latency_s if options.latency_s is None else options.latency_s,
    )


def _announcement(sim: Simulation, url: str, as_json: bool) -> str:
    if not as_json:
        return f"Meta simulata in ascolto su {url} (solo da questo computer). Ctrl-C per fermarla."
    world = sim.world
    return orjson.dumps(
        {
            "graph_url": url,
            "dialog_url": f"{url}/{LATEST_VERSION}/dialog/oauth",
            "access_token": world.default_token,
            "account_id": ACCOUNT_ID,
            "app_id": world.app.id,
            "app_secret": world.app.secret,
        }
    ).decode()


def die_with_parent() -> None:
    """Linux only; elsewhere the caller's SIGTERM has to do."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _refused(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
