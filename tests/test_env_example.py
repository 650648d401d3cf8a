"""`.env.example` names every setting with a comment, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from config import ROOT, Settings, load_settings
from tests.support.settings import clear_environment

EXAMPLE = ROOT / ".env.example"
LINE = re.compile(r"#?([A-Z][A-Z0-9_]*)=(.*)")


def entries() -> dict[str, tuple[str, str]]:
    """Key -> (its value, the comment above it)."""
    found: dict[str, tuple[str, str]] = {}
    comment = ""
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        match = LINE.fullmatch(line)
        if match:
            assert match[1] not in found, f"{match[1]} stands twice"
            found[match[1]] = (match[2], comment)
        comment = (
            f"{comment} {line[1:].strip()}".strip() if line.startswith("#") and not match else ""
        )
    return found


def test_it_holds_every_setting_and_nothing_else() -> None:
    assert set(entries()) == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_every_key_has_its_description_as_comment(name: str) -> None:
    _value, comment = entries()[name.upper()]
    description = Settings.model_fields[name].description
    assert description
    assert comment.startswith(description)


def test_its_values_are_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)
    path = tmp_path / ".env"
    lines = [f"{key}={value}" for key, (value, _comment) in entries().items()]
    path.write_text("\n".join(lines), encoding="utf-8")
    monkeypatch.setattr("config.read_stored", lambda _path: {})
    monkeypatch.chdir(ROOT)
    loaded = load_settings(path)
    for name, info in Settings.model_fields.items():
        assert _plain(getattr(loaded, name)) == _plain(info.default), name


def test_no_secret_has_a_value() -> None:
    for name, info in Settings.model_fields.items():
        if info.annotation is SecretStr:
            assert entries()[name.upper()][0] == ""


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value if value.is_absolute() else ROOT / value
    return value
