"""Who may import whom, as the architecture says: data flows one way."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from config import ROOT

OWN = {
    "config",
    "event_system",
    "database",
    "backend",
    "frontend",
    "commands",
    "main",
    "migrations",
}
ALLOWED_PACKAGES = {
    "config": set[str](),
    "event_system": set[str](),
    "database": {"config"},
    "migrations": {"database", "config"},
    "frontend": {"config", "event_system", "frontend"},
    "backend": {"config", "event_system", "database", "backend"},
    "commands": {"config", "event_system", "database", "backend", "frontend", "commands"},
}
UPWARDS = {
    "backend.engines": ["backend.routes", "backend.conversation", "backend.stage", "backend.room"],
    "backend.media": [
        "backend.routes",
        "backend.conversation",
        "backend.stage",
        "backend.engines.host",
    ],
    "backend.avatar": ["backend.routes", "backend.conversation", "backend.stage", "backend.room"],
    "backend.stage": [
        "backend.routes",
        "backend.conversation",
        "backend.room",
        "backend.engines.host",
    ],
    "backend.characters": [
        "backend.routes",
        "backend.conversation",
        "backend.stage",
        "backend.room",
    ],
    "backend.speech_text": [
        "backend.routes",
        "backend.conversation",
        "backend.stage",
        "backend.engines",
        "backend.room",
    ],
    "backend.conversation": ["backend.routes", "backend.app", "backend.server"],
    "backend.room": ["backend.routes", "backend.app", "backend.server"],
}
HEAVY = {
    "alembic", "ctranslate2", "espeakng_loader", "faster_whisper", "onnxruntime", "piper",
    "pocketsphinx", "sounddevice", "pyaudio", "pystray", "torch", "whisper",
}  # fmt: skip


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the program, by its dotted name."""
    for path in sorted(ROOT.glob("*.py")):
        if path.stem in OWN:
            yield path.stem, path
    for package in ("backend", "frontend", "commands", "migrations"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            yield ".".join(parts).removesuffix(".__init__"), path


@cache
def imports(path: Path, *, late: bool = True) -> set[str]:
    """What a file imports; without `late` only what is imported when the file is."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path.name}: imports are absolute here"
            found |= {f"{node.module}.{name.name}" for name in node.names}
        is_late = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if not is_late or late:
            waiting += ast.iter_child_nodes(node)
    return found


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


MODULES = dict(modules())


def test_the_modules_are_found() -> None:
    assert {"config", "backend.app", "frontend.app", "commands.talk"} <= set(MODULES)


def test_a_module_imports_only_what_it_may() -> None:
    broken = [
        f"{name} imports {imported}"
        for name, path in MODULES.items()
        if name != "main"
        for imported in imports(path)
        if (top := imported.split(".")[0]) in OWN
        and top not in ALLOWED_PACKAGES[name.split(".")[0]]
    ]
    assert broken == []


def test_the_backend_imports_downwards_only() -> None:
    broken = [
        f"{name} imports {imported}"
        for package, above in UPWARDS.items()
        for name, path in MODULES.items()
        if within(name, package)
        for imported in imports(path)
        if any(within(imported, one) for one in above)
    ]
    assert broken == []


def test_an_engine_knows_its_contract_and_nothing_of_the_host() -> None:
    may = ["backend.engines.base", "backend.engines.http", "backend.engines.process"]
    may += ["backend.engines.worker", "backend.engines.messages"]
    may += ["backend.errors", "backend.media"]
    broken = []
    for name, path in MODULES.items():
        if re.match(r"backend\.engines\.(stt|llm|tts)\.", name):
            own_kind = ".".join(name.split(".")[:3])
            broken += [
                f"{name} imports {imported}"
                for imported in imports(path)
                if imported.split(".")[0] in OWN
                and not any(within(imported, one) for one in [*may, own_kind])
            ]
    assert broken == []


def test_heavy_libraries_are_imported_late() -> None:
    broken = [
        f"{name} imports {imported} when it is imported"
        for name, path in MODULES.items()
        if not name.startswith("migrations")
        for imported in imports(path, late=False)
        if imported.split(".")[0] in HEAVY
    ]
    assert broken == []


def test_starting_the_backend_imports_no_heavy_library() -> None:
    watched = sorted(HEAVY | {"tkinter", "frontend"})
    code = (
        "import sys, backend.app, backend.server, main\n"
        f"print([name for name in {watched!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
