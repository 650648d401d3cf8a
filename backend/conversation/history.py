"""The chat of a character: what was said, what was heard, and what was learned of the user."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, select, update

from backend.engines.base import ChatMessage
from backend.errors import BadInputError
from database import ChatLog, Database
from event_system import Stage

REMEMBERED_TURNS = 400
"""Turns that are read again for facts about the user."""


@dataclass(frozen=True, slots=True)
class Memory:
    """What a chat's past gives to the next request."""

    messages: tuple[ChatMessage, ...]
    user_name: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TurnOutcome:
    """How a turn ended.

    Attributes:
        written: All that the model wrote.
        heard: What of it the user heard.
    """

    written: str
    heard: str
    interrupted: bool
    emotion: str
    engine: str
    model: str
    stages: tuple[Stage, ...]


class History:
    """Reads and writes the chat logs."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self,
        turn_id: str,
        character_id: int,
        text: str,
        source: Literal["typed", "voice", "api"],
    ) -> None:
        """Record the user's message before anything is done with it, so that it is not lost.

        Raises:
            BadInputError: The turn's id was used before.
            DatabaseError: It could not be written.
        """
        with self._database.write() as session:
            if session.scalar(select(ChatLog.id).where(ChatLog.turn_id == turn_id)):
                raise BadInputError(f"The turn_id {turn_id!r} was used before; give a new one.")
            session.add(
                ChatLog(
                    turn_id=turn_id, character_id=character_id, user_message=text, source=source
                )
            )

    def finish(self, turn_id: str, outcome: TurnOutcome) -> None:
        """Record the answer: what was heard stands as the response."""
        with self._database.write() as session:
            session.execute(
                update(ChatLog)
                .where(ChatLog.turn_id == turn_id)
                .values(
                    character_response=outcome.heard,
                    written=outcome.written,
                    interrupted=outcome.interrupted,
                    emotion=outcome.emotion,
                    engine=outcome.engine,
                    model=outcome.model,
                    stages=[stage.model_dump() for stage in outcome.stages],
                )
            )

    def page(self, character_id: int, limit: int, before: int | None = None) -> list[ChatLog]:
        """The newest turns of a chat before a row, oldest first."""
        query = select(ChatLog).where(ChatLog.character_id == character_id)
        if before is not None:
            query = query.where(ChatLog.id < before)
        with self._database.read() as session:
            rows = session.scalars(query.order_by(ChatLog.id.desc()).limit(limit))
            return list(rows)[::-1]

    def forget(self, character_id: int) -> int:
        """Delete a chat; returns how many turns it had."""
        with self._database.write() as session:
            done = session.execute(delete(ChatLog).where(ChatLog.character_id == character_id))
            return int(done.rowcount)  # type: ignore[attr-defined]

    def recall(self, character_id: int, turn_id: str, text: str, greeting: str = "") -> Memory:
        """What the request of a turn should know of the chat before it.

        Args:
            turn_id: The turn; its row, if it has one already, is left out.
            text: Its message, which is learned from too.
            greeting: What the character said before anybody else; a bare name may answer it.
        """
        # Its patterns take long to compile, and nobody remembers before the first turn.
        from backend.conversation.memory import learn

        messages: list[ChatMessage] = []
        user_name, facts, asked = "", dict[str, None](), greeting
        for row in self.page(character_id, REMEMBERED_TURNS):
            if row.turn_id == turn_id:
                continue
            learned = learn(row.user_message, asked=asked)
            user_name = learned.user_name or user_name
            facts.update(dict.fromkeys(learned.facts))
            messages.append(ChatMessage("user", row.user_message))
            asked = row.character_response
            if asked:
                mark = " —" if row.interrupted else ""
                messages.append(ChatMessage("assistant", asked + mark))
        learned = learn(text, asked=asked)
        user_name = learned.user_name or user_name
        facts.update(dict.fromkeys(learned.facts))
        return Memory(tuple(messages), user_name, tuple(facts)[-20:])
