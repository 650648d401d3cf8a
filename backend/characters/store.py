"""The characters in the database: the built-in ones, the user's own, and which one is on air."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from backend.characters.builtin import BUILTIN_CHARACTERS
from backend.engines.base import LoreEntry, Persona
from backend.errors import BadInputError, NotFoundError
from database import Character, Database, Setting

if TYPE_CHECKING:
    from backend.speech_text.pronunciation import Pronunciation

ACTIVE = "active_character"
MAX_ID = 2**63 - 1
"""Largest number that SQLite takes."""


class CharacterStore:
    """Reads and changes characters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def install_builtin(self) -> None:
        """Add the built-in characters that are missing; those that are there stay as edited."""
        with self._database.read() as session:
            present = set(session.scalars(select(Character.slug)))
        missing = [one for one in BUILTIN_CHARACTERS if one.slug not in present]
        if not missing:
            return
        with self._database.write() as session:
            for one in missing:
                session.add(
                    Character(
                        slug=one.slug,
                        name=one.name,
                        profile=one.profile,
                        personality=one.personality,
                        scenario=one.scenario,
                        first_mes=one.first_mes,
                        mes_example=one.mes_example,
                        lorebook=[
                            {
                                "keys": list(entry.keys),
                                "content": entry.content,
                                "constant": entry.constant,
                            }
                            for entry in one.lorebook
                        ],
                        voice=dict(one.voice),
                        avatar_url=one.avatar,
                    )
                )

    def all(self) -> list[Character]:
        """Every character, oldest first."""
        with self._database.read() as session:
            return list(session.scalars(select(Character).order_by(Character.id)))

    def get(self, character_id: int) -> Character:
        """One character.

        Raises:
            NotFoundError: There is none with this id.
        """
        with self._database.read() as session:
            found = session.get(Character, character_id) if character_id <= MAX_ID else None
        if found is None:
            raise NotFoundError(f"There is no character {character_id}.")
        return found

    def find(self, name_or_id: str) -> Character:
        """A character by id or by name, whatever its case.

        Raises:
            NotFoundError: None fits; the message lists those that there are.
        """
        every = self.all()
        for one in every:
            if name_or_id.casefold() in (str(one.id), one.name.casefold()):
                return one
        known = ", ".join(one.name for one in every)
        raise NotFoundError(f"There is no character {name_or_id!r}; there is: {known}.")

    def active(self) -> Character:
        """The character on air: the one chosen last, else the first."""
        with self._database.read() as session:
            chosen = session.get(Setting, ACTIVE)
            found = session.get(Character, int(chosen.value)) if chosen else None
        return found or self.all()[0]

    def switch(self, character_id: int) -> Character:
        """Put a character on air.

        Raises:
            NotFoundError: There is none with this id.
        """
        found = self.get(character_id)
        with self._database.write() as session:
            session.merge(Setting(key=ACTIVE, value=str(character_id)))
        return found

    def give_voice(self, character_id: int, voice: Mapping[str, Any]) -> Character:
        """Change how a character sounds: `voice`, `language`, `speed`, `pitch`.

        Raises:
            NotFoundError: There is none with this id.
        """
        self.get(character_id)
        with self._database.write() as session:
            found = session.get_one(Character, character_id)
            found.voice = {**found.voice, **voice}
        return found

    def give_pronunciations(
        self, character_id: int, entries: tuple[Pronunciation, ...]
    ) -> Character:
        """Replace a character's pronunciations.

        Raises:
            NotFoundError: There is none with this id.
        """
        self.get(character_id)
        with self._database.write() as session:
            found = session.get_one(Character, character_id)
            found.pronunciations = [{"word": one.word, "say": one.say} for one in entries]
        return found

    def add(self, name: str, avatar: Path, profile: str = "") -> Character:
        """Make a character with a picture.

        Raises:
            BadInputError: The name is empty or too long.
        """
        name = name.strip()
        if not 1 <= len(name) <= 60:
            raise BadInputError("A character's name has 1 to 60 characters.")
        with self._database.write() as session:
            made = Character(
                name=name,
                profile=profile or f"{name} is a cheerful streamer.",
                first_mes=f"Hi, I'm {name}!",
                avatar_url=str(avatar),
            )
            session.add(made)
            session.flush()
        return made


def persona_of(character: Character) -> Persona:
    """A character as a chat model needs it."""
    return Persona(
        name=character.name,
        profile=character.profile,
        personality=character.personality,
        scenario=character.scenario,
        first_mes=character.first_mes,
        mes_example=character.mes_example,
        lorebook=tuple(
            LoreEntry(tuple(entry["keys"]), entry["content"], bool(entry.get("constant")))
            for entry in character.lorebook
        ),
        language=character.language,
    )
