"""Write `.env.example` from the settings, so that the two cannot differ.

Run it after changing `config.Settings`: `python script/export_env.py`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# Settings of Kotodama. Copy this file to .env and take the # off the lines that you change.
# The window changes most of them too (Settings page) and keeps them in data/settings.json,
# which stands above this file; the process environment stands above both.
"""


def example() -> str:
    """The whole text of `.env.example`."""
    sys.path.insert(0, str(ROOT))
    from config import Settings, allowed

    parts = [HEADER]
    for name, info in Settings.model_fields.items():
        choice = allowed(name)
        described = f"# {info.description}"
        if any(word in choice for word in (" from ", " or ", " above ")):
            described += f" {choice[0].upper()}{choice[1:]}."
        parts.append(f"{described}\n#{name.upper()}={_shown(info.default)}\n")
    return "\n".join(parts)


def _shown(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, Path):
        return value.relative_to(ROOT).as_posix() if value.is_relative_to(ROOT) else str(value)
    return str(value)


if __name__ == "__main__":
    (ROOT / ".env.example").write_text(example(), encoding="utf-8")
