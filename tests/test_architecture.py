"""Who may import whom, as a test: a broken rule names the file, the import and the rule.

The floor is every module right in webapp/ with its shelves web/, values/ and host/, and it imports no room.
Rooms know only the rooms listed here, destinations only through their doors, and nobody but the composition
roots knows the package root. In uploads the engine knows neither screens nor Flask, and screens know the
engine only through the modules right in uploads/: its commands and what they read. Files, functions and
folders have a limit; how near it we are is printed at the end of a run.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
WEBAPP = ROOT / "webapp"
ROOTS = {
    "cli",
    "wiring",
    "worker_roles",
    "wsgi",
}  # and webapp/__init__.py, worker.py: they join all
SHELVES = {"web", "values", "host"}
FLOOR = {path.stem for path in WEBAPP.glob("*.py")} - ROOTS - {"__init__"} | {"migrations"} | SHELVES
MAY_IMPORT: dict[str, set[str]] = {  # room → rooms it may know
    "access": set(),
    "contacts": {"access"},
    "destinations": {"access"},
    "uploads": {"access", "contacts", "destinations"},
    "privacy": {"access", "contacts", "destinations", "uploads"},
    "home": {"access", "contacts", "destinations", "uploads"},
}
DOORS = {"destinations": {"base", "registry"}}  # from outside, enter here only

# Modules that decide without acting say PURE in their docstring; these must.
PURE = {
    *(
        f"values.{name}"
        for name in ("readings", "reasons", "emails", "phones", "texts", "masking", "formulas")
    ),
    *("contacts.answers", "contacts.filters.filter_rules", "destinations.base", "destinations.meta.keys"),
    *(
        "destinations.meta.graph_api.counts",
        "destinations.meta.graph_api.error_table",
        "destinations.meta.graph_api.usage",
        "uploads.checking.amounts",
        "uploads.exits",
        "uploads.checking.facts",
        "uploads.checking.judging",
        "uploads.checking.lines",
        "uploads.pace",
        "uploads.plan",
        "uploads.status",
    ),
}
WEB = {"flask", "flask_login", "flask_wtf", "htmx_flask"}
MOST_FILES = 25  # in one folder
MOST_LINES = 300  # of a file
MOST_LINES_OF_FUNCTION = 60
EFFECTS = {
    *("flask", "flask_login", "flask_wtf", "htmx_flask", "sqlmodel", "sqlalchemy", "redis", "rq", "requests"),
    *("random", "secrets", "time", "socket", "subprocess", "os"),
}


def modules() -> list[tuple[str, Path]]:
    """Every module under webapp/: its dotted name without the package, and its file."""
    found = []
    for path in sorted(WEBAPP.rglob("*.py")):
        parts = path.with_suffix("").relative_to(WEBAPP).parts
        found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


def imports(path: Path, tree: ast.Module | None = None) -> set[str]:
    """Dotted names that the file imports, with the names after `from … import`; relative ones resolved.

    *tree*: a part of the file, None for all of it.
    """
    package = path.parent.relative_to(ROOT).parts
    found: set[str] = set()
    for node in ast.walk(tree or ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def ours(path: Path) -> set[str]:
    return {
        name.removeprefix("webapp").lstrip(".") for name in imports(path) if name.split(".")[0] == "webapp"
    }


def broken_rule(importer: str, imported: str) -> str | None:
    """The rule that `importer` breaks by importing `imported` (both below webapp), or None."""
    me, it = importer.split("."), imported.split(".")
    if me[0] in ROOTS | {""}:
        return None
    if "simulator" in me:
        mine = it[:3] == ["destinations", "meta", "simulator"]
        return None if mine else "the simulator shares no code with the client it judges"
    if it[0] not in FLOOR | MAY_IMPORT.keys():
        return "nobody imports the package root"
    if me[0] == "values" and it[0] != "values":
        return "values know nothing but values"
    if me[:2] == ["uploads", "engine"] and it[:2] == ["uploads", "screens"]:
        return "the engine imports no screen"
    if me[:2] == ["uploads", "engine"] and it[:2] == ["uploads", "checking"]:
        return "the check asks the engine, never the other way"
    if me[:2] == ["uploads", "screens"] and it[:2] == ["uploads", "engine"]:
        return "screens know the engine only through its commands and reads"
    if it[0] in FLOOR:
        return None
    if me[0] in FLOOR:
        # The schema is made of every table; only Alembic's steps may look at them.
        return None if me[0] == "migrations" and it[-1] == "models" else "the floor imports no room"
    if me[0] != it[0]:
        if it[0] not in MAY_IMPORT[me[0]]:
            return f"{me[0]} does not know {it[0]}"
        if it[0] in DOORS and (len(it) < 2 or it[1] not in DOORS[it[0]]):
            return f"enter {it[0]} by {' or '.join(sorted(DOORS[it[0]]))}"
    elif me[0] == "destinations" and len(me) > 2 and len(it) > 1 and it[1] not in {"base", "hooks", me[1]}:
        return "one destination never imports another"
    return None


def test_imports_follow_the_rules():
    problems = [
        f"{path.relative_to(ROOT)}: {name or 'webapp'}: {rule}"
        for module, path in modules()
        for name in sorted(ours(path))
        if (rule := broken_rule(module, name))
    ]

    assert problems == []


def test_every_folder_of_the_application_is_a_room_we_know():
    folders = {path.parent.name for path in WEBAPP.glob("*/__init__.py")}

    assert folders - ROOTS - {"migrations"} - SHELVES == MAY_IMPORT.keys()


def test_the_engine_of_uploads_runs_without_flask():
    users = [
        module
        for module, path in modules()
        if module.startswith("uploads.engine") and {name.split(".")[0] for name in imports(path)} & WEB
    ]

    assert users == []


def files_per_folder() -> dict[str, int]:
    """Migrations are a line, not a folder."""
    return {
        str(folder.relative_to(ROOT)): sum(path.is_file() for path in folder.iterdir())
        for top in ("webapp", "templates", "tests", "static")
        for folder in (ROOT / top, *(path for path in (ROOT / top).rglob("*") if path.is_dir()))
        if folder.name not in {"versions", "__pycache__"}
    }


def product_files() -> list[Path]:
    """What runs, without the migrations: each of those was written once and is never changed."""
    return [path for _, path in modules() if path.parent.name != "versions"] + [ROOT / "worker.py"]


def lines_per_file() -> dict[str, int]:
    return {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in product_files()
    }


def lines_per_function() -> dict[str, int]:
    return {
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in product_files()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


def imported_at_start(path: Path) -> set[str]:
    """As `imports`, without those inside a function or for the type checker alone: they close no circle."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kept = [
        node
        for node in tree.body
        if not isinstance(node, (ast.FunctionDef, ast.ClassDef))
        and not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test))
    ]
    return imports(path, ast.Module(kept, []))


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """Groups of two and more that import one another, however long the way round (Tarjan's components)."""
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(one: str) -> None:
        order[one] = low[one] = len(order)
        path.append(one)
        for other in sorted(arrows[one]):
            if other not in order:
                visit(other)
                low[one] = min(low[one], low[other])
            elif other in path:
                low[one] = min(low[one], order[other])
        if low[one] == order[one]:
            group = path[path.index(one) :]
            del path[path.index(one) :]
            if len(group) > 1:
                found.append(sorted(group))

    for one in sorted(arrows):
        if one not in order:
            visit(one)
    return found


def import_circles() -> list[list[str]]:
    known = {module for module, _ in modules()}

    def module_of(name: str) -> str | None:
        """The module that an imported name is, or is in."""
        return (
            name if name in known else name.rpartition(".")[0] if name.rpartition(".")[0] in known else None
        )

    arrows: dict[str, set[str]] = {}
    for module, path in modules():
        names = (
            name.removeprefix("webapp.") for name in imported_at_start(path) if name.startswith("webapp.")
        )
        arrows[module] = {one for name in names if (one := module_of(name)) and one != module}
    return circles(arrows)


def counts() -> list[str]:
    """The measures of the house, for the end of a run."""
    folder, files = max(files_per_folder().items(), key=lambda item: item[1])
    name, lines = max(lines_per_file().items(), key=lambda item: item[1])
    function, length = max(lines_per_function().items(), key=lambda item: item[1])
    return [
        f"architecture: largest folder {files} files ({folder}), longest file {lines} lines ({name}),",
        f"longest function {length} lines ({function}), import cycles {len(import_circles())}",
    ]


def test_no_folder_is_a_crowd():
    """Twenty-five files are read at a glance; more are two subjects."""
    assert {name: count for name, count in files_per_folder().items() if count > MOST_FILES} == {}


def test_no_file_is_longer_than_a_reader_can_hold():
    long = {name: lines for name, lines in lines_per_file().items() if lines > MOST_LINES}

    assert long == {}


def test_no_function_is_longer_than_a_screen():
    long = {name: lines for name, lines in lines_per_function().items() if lines > MOST_LINES_OF_FUNCTION}

    assert long == {}


def test_no_module_imports_itself_by_a_way_round():
    assert import_circles() == []


def test_a_circle_is_found_however_long_it_is():
    arrows = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": set(), "f": {"a"}}

    assert circles(arrows) == [["a", "b", "c"]]


@pytest.mark.parametrize(
    ("importer", "imported", "rule"),
    [
        ("web.shell", "access.current.current_user", "the floor imports no room"),
        ("values.phones", "config.Settings", "values know nothing but values"),
        ("contacts.views", "uploads.models.Upload", "contacts does not know uploads"),
        ("destinations.meta.views", "contacts.models.Contact", "destinations does not know contacts"),
        (
            "uploads.engine.sending",
            "destinations.meta.graph_api.client.Client",
            "enter destinations by base or registry",
        ),
        ("uploads.engine.sending", "create_app", "nobody imports the package root"),
        ("uploads.engine.sending", "uploads.screens.rows.UploadRow", "the engine imports no screen"),
        (
            "uploads.engine.ways.counting",
            "uploads.checking.facts.Facts",
            "the check asks the engine, never the other way",
        ),
        (
            "uploads.screens.queries",
            "uploads.engine.leases.claim",
            "screens know the engine only through its commands and reads",
        ),
        (
            "destinations.meta.destination",
            "destinations.tiktok.client",
            "one destination never imports another",
        ),
        (
            "destinations.meta.simulator.rows",
            "values.texts.number",
            "the simulator shares no code with the client it judges",
        ),
        ("uploads.engine.sending", "destinations.registry.destination", None),
        ("uploads.screens.form.views_upload", "uploads.commands.start_upload", None),
        ("cli.uploads", "destinations.meta.accounts", None),
    ],
)
def test_the_rules_mean_what_they_say(importer, imported, rule):
    assert broken_rule(importer, imported) == rule


def declares_purity(path: Path) -> bool:
    return "PURE" in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")


def test_what_decides_says_that_it_is_pure():
    declared = {module for module, path in modules() if declares_purity(path)}

    assert PURE - declared == set()


@pytest.mark.parametrize(
    ("module", "path"), [m for m in modules() if declares_purity(m[1])], ids=lambda value: str(value)
)
def test_pure_modules_ask_neither_database_nor_clock_nor_flask(module, path):
    outside = {name.split(".")[0] for name in imports(path)} & EFFECTS
    rooms = {name for name in ours(path) if name.split(".")[0] in {"db", "clock", "services", "queueing"}}
    now = [
        node.attr
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"now", "utcnow", "today"}
    ]

    assert (outside, rooms, now) == (set(), set(), [])


def writes(path: Path) -> set[str]:
    """Attributes of an upload's state that the file assigns, and names that it calls."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign):
            targets = [one for target in node.targets for one in ast.walk(target)]
            found |= {f"{one.attr} =" for one in targets if isinstance(one, ast.Attribute)}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            found.add(f"{node.func.id}()")
    return found


def test_only_transitions_change_the_state_of_an_upload_and_only_under_its_lock():
    """A lock is given out by `locks` alone; what it is about is written by `transitions` alone."""
    state = {"status =", "stop_requested =", "finished_at =", "resume_at ="}
    engine = WEBAPP / "uploads" / "engine"
    room = [engine.parent / "commands.py", engine.parent / "jobs.py", *sorted(engine.glob("*.py"))]

    assert state <= writes(engine / "transitions.py")
    assert [path.name for path in room if writes(path) & state] == ["transitions.py"]
    assert [path.name for path in room if "LockedUpload()" in writes(path)] == ["locks.py"]
