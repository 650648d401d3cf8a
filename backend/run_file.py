"""`data/backend.json`: where the running backend listens, for the programs of its user."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from config import Settings, SettingsError, make_folder, write_atomically

RUN_FILE = "backend.json"


@dataclass(frozen=True, slots=True)
class Listening:
    """Where the backend listens.

    Attributes:
        moved_from: The port that was asked for and was taken, or 0.
    """

    url: str
    token: str
    moved_from: int = 0


def read_run_file(settings: Settings) -> Listening | None:
    """Where the running backend of this data folder listens, or None."""
    try:
        facts = json.loads((settings.data_dir / RUN_FILE).read_text(encoding="utf-8"))
        return Listening(facts["url"], facts["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_run_file(settings: Settings, listening: Listening) -> None:
    """Tell where this process listens; readable by the user alone.

    Raises:
        SettingsError: The data folder cannot be written.
    """
    facts = {"url": listening.url, "token": listening.token, "pid": os.getpid()}
    write_atomically(settings.data_dir / RUN_FILE, json.dumps(facts).encode(), private=True)


def remove_run_file(settings: Settings) -> None:
    """The backend has ended."""
    (settings.data_dir / RUN_FILE).unlink(missing_ok=True)


def lock_path(settings: Settings) -> Path:
    """The lock file of the one backend of a data folder.

    Raises:
        SettingsError: The folder cannot be written.
    """
    try:
        make_folder(settings.data_dir)
    except OSError as error:
        raise SettingsError(
            f"The data folder {settings.data_dir} cannot be written ({error.strerror}); "
            "set DATA_DIR."
        ) from error
    return settings.data_dir / "backend.lock"
