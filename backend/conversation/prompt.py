"""Build the messages that a chat model gets: the character, what is known, and the recent past.

The system prompt holds the character card's fields, the lorebook entries that the recent lines
mention, and how to answer aloud. The history follows, as many whole exchanges as fit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from backend.engines.base import ChatMessage, LoreEntry, Persona

LORE_SCAN_MESSAGES = 4
"""How many of the latest messages, with the new one, are searched for lorebook keys."""

LORE_SHARE = 0.2
EXAMPLE_SHARE = 0.15
CARD_SHARE = 0.6
"""Most of the budget that lore, example dialogue and the whole system prompt may take."""

SPOKEN_STYLE = (
    "Your replies are spoken aloud on a live stream. Stay in character as {name}. Answer in one to "
    "three short sentences of plain talk, in the language {user} uses. No lists, no Markdown, no "
    "emoji, no stage directions, and no lines for {user}."
)

_MACRO_CHAR = re.compile(r"\{\{\s*char\s*\}\}|<bot>", re.I)
_MACRO_USER = re.compile(r"\{\{\s*user\s*\}\}|<user>", re.I)


def build_messages(
    persona: Persona,
    history: Sequence[ChatMessage],
    user_text: str,
    *,
    user_name: str,
    facts: Sequence[str],
    now: str,
    budget_chars: int,
) -> tuple[ChatMessage, ...]:
    """The messages of one request: system prompt, history, new message.

    Args:
        persona: The character.
        history: Earlier messages, oldest first; system messages in it are left out.
        user_text: The new message; always kept whole.
        user_name: What the character calls the user; empty when unknown.
        facts: What is known about the user ("lives in Berlin").
        now: The user's local time, ISO 8601.
        budget_chars: Most characters of all messages together. The oldest exchanges go first,
            then example dialogue and lore, then the end of the profile.

    Returns:
        Messages whose roles alternate after the system message, beginning and ending with the user,
        as strict chat templates want them.
    """
    user = user_name or "the user"
    recent = [message.content for message in history[-LORE_SCAN_MESSAGES:]] + [user_text]
    lore = triggered_lore(persona, recent, user=user)
    room = max(0, budget_chars - len(user_text))
    system = _system_prompt(persona, lore, user, facts, now, room)
    exchanges = _exchanges(history)
    kept = _latest_that_fit(exchanges, room - len(system))
    return (ChatMessage("system", system), *kept, ChatMessage("user", user_text))


def fill_macros(text: str, *, char: str, user: str) -> str:
    """Put the names in for {{char}}, {{user}} and the older <BOT>, <USER>."""
    return _MACRO_USER.sub(lambda _: user, _MACRO_CHAR.sub(lambda _: char, text))


def triggered_lore(persona: Persona, recent: Sequence[str], *, user: str) -> list[str]:
    """The lorebook's constant entries and those with a key in `recent`, names filled in."""
    haystack = "\n".join(recent).casefold()
    return [
        fill_macros(entry.content, char=persona.name, user=user)
        for entry in persona.lorebook
        if entry.content and (entry.constant or _mentioned(entry, haystack))
    ]


def _mentioned(entry: LoreEntry, haystack: str) -> bool:
    return any(_key_pattern(key).search(haystack) for key in entry.keys if key.strip())


def _key_pattern(key: str) -> re.Pattern[str]:
    """A key as whole words, with a plural; anywhere for scripts without spaces."""
    folded = re.escape(key.strip().casefold())
    if not key.isascii() and not re.search(r"[a-z]", folded):
        return re.compile(folded)
    return re.compile(rf"(?<!\w){folded}(?:s|es|'s)?(?!\w)")


def _system_prompt(
    persona: Persona, lore: Sequence[str], user: str, facts: Sequence[str], now: str, room: int
) -> str:
    """The parts in order of importance to the model; the least important give way first."""
    style = SPOKEN_STYLE.format(name=persona.name, user=user)
    tail = [style, *_known(user, facts, now)]
    card = [
        ("", persona.profile),
        ("Personality: ", persona.personality),
        ("Scenario: ", persona.scenario),
    ]
    head = [f"You are {persona.name}."] + [
        label + fill_macros(text.strip(), char=persona.name, user=user)
        for label, text in card
        if text.strip()
    ]
    limit = int(room * CARD_SHARE)
    body = _clipped("\n\n".join(head), max(0, limit - sum(map(len, tail))))
    spare = limit - len(body) - sum(map(len, tail))
    told = _lines_that_fit(lore, min(spare, int(room * LORE_SHARE)))
    if told:
        body += "\n\nWhat you know:\n" + told
        spare -= len(told)
    shown = _examples(persona, user, min(spare, int(room * EXAMPLE_SHARE)))
    if shown:
        body += "\n\nHow you talk:\n" + shown
    return "\n\n".join(part for part in (body, *tail) if part)


def _known(user: str, facts: Sequence[str], now: str) -> list[str]:
    lines = []
    if facts:
        lines.append(f"About {user}: " + "; ".join(facts) + ".")
    if now:
        lines.append(f"Local time: {now}.")
    return lines


def _clipped(text: str, limit: int) -> str:
    """The beginning of the text, ended at a sentence or a word."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    for mark in (". ", "\n", " "):
        end = cut.rfind(mark)
        if end > limit // 2:
            return cut[: end + 1].rstrip()
    return cut


def _lines_that_fit(lines: Sequence[str], limit: int) -> str:
    kept: list[str] = []
    for line in lines:
        if sum(map(len, kept)) + len(line) + len(kept) > limit:
            break
        kept.append(line)
    return "\n".join(kept)


def _examples(persona: Persona, user: str, limit: int) -> str:
    """The first message and whole example exchanges, as many as fit."""
    blocks = re.split(r"<START>", persona.mes_example, flags=re.I)
    dialogue = [fill_macros(block.strip(), char=persona.name, user=user) for block in blocks]
    opening = fill_macros(persona.first_mes.strip(), char=persona.name, user=user)
    shown = ([f"{persona.name}: {opening}"] if opening else []) + [
        text for text in dialogue if text
    ]
    return _lines_that_fit(shown, limit)


def _exchanges(history: Sequence[ChatMessage]) -> list[list[ChatMessage]]:
    """The history as exchanges, each a user message and its answer; a lone greeting is left out.

    Neighbours of one role (an answer that never came, a reply in two parts) are joined.
    """
    merged: list[ChatMessage] = []
    for message in history:
        if message.role == "system" or not message.content.strip():
            continue
        if merged and merged[-1].role == message.role:
            joined = f"{merged[-1].content}\n{message.content}"
            merged[-1] = ChatMessage(message.role, joined)
        else:
            merged.append(message)
    if merged and merged[0].role == "assistant":
        merged = merged[1:]
    if merged and merged[-1].role == "user":
        merged = merged[:-1]
    return [merged[i : i + 2] for i in range(0, len(merged), 2)]


def _latest_that_fit(exchanges: Sequence[Sequence[ChatMessage]], room: int) -> list[ChatMessage]:
    kept: list[ChatMessage] = []
    for exchange in reversed(exchanges):
        room -= sum(len(message.content) for message in exchange)
        if room < 0:
            break
        kept[:0] = exchange
    return kept
