"""Settings of a test's own: every file in its temporary folder, nothing of the real environment."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from config import Settings, load_settings


def clear_environment(patch: pytest.MonkeyPatch) -> None:
    """Take every key of the program out of the process environment."""
    for key in Settings.model_fields:
        patch.delenv(key.upper(), raising=False)
        patch.delenv(key, raising=False)


def own_environment(folder: Path) -> dict[str, str]:
    """The variables that keep a process's files inside `folder`, for this process or a child."""
    return {
        "KOTODAMA_ENV_FILE": str(folder / ".env"),
        "DATA_DIR": str(folder / "data"),
        "MODELS_DIR": str(folder / "models"),
        "LOG_FILE": str(folder / "logs" / "kotodama.log"),
    }


def make_settings(folder: Path, patch: pytest.MonkeyPatch, **values: Any) -> Settings:
    """Settings whose files lie in `folder`; `values` stand in its `.env`, where they can change."""
    clear_environment(patch)
    for key, value in own_environment(folder).items():
        patch.setenv(key, value)
    write_env(folder / ".env", **values)
    return load_settings()


def write_env(path: Path, **values: Any) -> None:
    """Write a `.env`."""
    lines = [f"{key.upper()}={_written(value)}" for key, value in values.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _written(value: Any) -> str:
    return f"'{json.dumps(value)}'" if isinstance(value, dict) else str(value)
