"""What a turn needs before it begins: the request to the model, and how the character sounds."""

from __future__ import annotations

from datetime import datetime

from backend.characters.store import persona_of
from backend.conversation.history import History
from backend.conversation.languages import Languages
from backend.conversation.prompt import build_messages
from backend.conversation.turn import VoiceChoice
from backend.engines.base import ChatRequest
from backend.speech_text.pronunciation import stored_pronunciations
from config import Settings
from database import Character

PROMPT_CHARS = 12_000
"""Room for system prompt and history; about 3,000 tokens, which every usual model takes."""


def voice_of(character: Character, settings: Settings, language: str = "") -> VoiceChoice:
    """How a character sounds.

    Args:
        character: Its own choice comes first.
        settings: Give the language when nothing else does.
        language: In which it is spoken to.
    """
    language = language or Languages().spoken(settings.speech_language, character.id)
    voice = character.voice
    return VoiceChoice(
        voice=str(voice.get("voice", "")),
        language=str(voice.get("language", "") or language),
        speed=float(voice.get("speed", 1.0)),
        pitch=float(voice.get("pitch", 0.0)),
        pronunciations=stored_pronunciations(character.pronunciations),
    )


def chat_request(
    character: Character, history: History, text: str, settings: Settings, turn_id: str
) -> ChatRequest:
    """The request that a turn's message makes, with the character's memory of the chat."""
    memory = history.recall(character.id, turn_id, text, character.first_mes)
    persona = persona_of(character)
    now = datetime.now().astimezone().isoformat(timespec="minutes")
    messages = build_messages(
        persona,
        memory.messages,
        text,
        user_name=memory.user_name,
        facts=memory.facts,
        now=now,
        budget_chars=PROMPT_CHARS,
    )
    return ChatRequest(
        messages=messages,
        persona=persona,
        user_name=memory.user_name,
        facts=memory.facts,
        max_tokens=settings.llm_max_tokens,
        temperature=settings.llm_temperature,
        now=now,
    )
