"""The characters that `script/export_avatar.py` draws, by the name of their folder."""

from __future__ import annotations

from backend.avatar.art.character import Character
from backend.avatar.art.kotone.character import KOTONE
from backend.avatar.art.ren.character import REN

CHARACTERS: dict[str, Character] = {"kotone": KOTONE, "ren": REN}
