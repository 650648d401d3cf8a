"""The characters that come with the program.

The example dialogue of each is ordered by importance: prompts for small models keep only its
beginning, while the built-in persona searches all of it for an answer in the character's words.
"""

from __future__ import annotations

from backend.characters.builtin_card import BuiltinCharacter
from backend.characters.kotone import KOTONE
from backend.characters.ren import REN

__all__ = ["BUILTIN_CHARACTERS", "BuiltinCharacter"]

BUILTIN_CHARACTERS: tuple[BuiltinCharacter, ...] = (KOTONE, REN)
"""The first one is the default."""
