"""The start of the window stays cheap: heavy libraries are imported when they are used."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LATE = ("numpy", "websockets", "sounddevice", "httpx", "fastapi", "sqlalchemy", "cv2", "backend")


def test_the_window_imports_nothing_heavy_at_its_start() -> None:
    code = (
        "import json, sys; import frontend.app, frontend.pages.chat, frontend.pages.welcome; "
        f"print(json.dumps([name for name in {LATE!r} if name in sys.modules]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in sorted((ROOT / "frontend").rglob("*.py"))
        if path.name != "theme.py" and "web" not in path.parts
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_colours_stand_in_the_theme_alone(path: Path) -> None:
    found = re.findall(r"""["']#[0-9a-fA-F]{6,8}["']""", path.read_text(encoding="utf-8"))
    assert found == []
