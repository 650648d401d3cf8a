"""What a built-in character is made of: a character card, a voice and an avatar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from backend.engines.base import LoreEntry, Persona


@dataclass(frozen=True, slots=True)
class BuiltinCharacter:
    """A character card with the voice and the avatar that belong to it.

    Attributes:
        slug: Its stable name in the database and in file names.
        name: Its name for people.
        profile: Who it is, in the third person, with {{char}} and {{user}}.
        personality: How it is.
        scenario: Where the talk takes place.
        first_mes: What it says when a chat opens.
        mes_example: Example dialogue in blocks that begin with <START>.
        lorebook: What it knows, told to the model when a key is mentioned.
        voice: Fields of a speech request: "voice", "language", "speed", "pitch" (semitones).
        avatar: The name of its avatar.
        language: BCP 47 tag.
    """

    slug: str
    name: str
    profile: str
    personality: str
    scenario: str
    first_mes: str
    mes_example: str
    lorebook: tuple[LoreEntry, ...] = ()
    voice: Mapping[str, str | float] = field(default_factory=lambda: MappingProxyType({}))
    avatar: str = ""
    language: str = "en"

    def persona(self) -> Persona:
        """The card as chat models take it."""
        return Persona(
            name=self.name,
            profile=self.profile,
            personality=self.personality,
            scenario=self.scenario,
            first_mes=self.first_mes,
            mes_example=self.mes_example,
            lorebook=self.lorebook,
            language=self.language,
        )


def dialogue(*exchanges: tuple[str, str]) -> str:
    """Example dialogue out of pairs of a user line and its answer."""
    return "\n".join(
        f"<START>\n{{{{user}}}}: {said}\n{{{{char}}}}: {answer}" for said, answer in exchanges
    )


def lore(keys: str, content: str) -> LoreEntry:
    """A lorebook entry with its keys separated by commas."""
    return LoreEntry(keys=tuple(key.strip() for key in keys.split(",")), content=content)
