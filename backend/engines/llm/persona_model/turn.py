"""One turn of the built-in persona: what it knows when it answers, and how it picks its words."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from backend.engines.base import ChatRequest
from backend.engines.llm.persona_model import tools
from backend.engines.llm.persona_model.card import USER_SLOT, Knowledge
from backend.engines.llm.persona_model.names import name_in_talk, name_told
from backend.engines.llm.persona_model.phrases import REPLIES
from backend.engines.llm.persona_model.words import normalized

MAX_HEARD_CHARS = 600
"""A longer message is answered as a whole lot, not word by word."""

REMEMBERED_REPLIES = 12


@dataclass(slots=True)
class Turn:
    """What a reply is made from.

    Attributes:
        heard: The user's message as written.
        plain: The same, normalised.
        card: The character.
        before: The user's messages before this one, latest last.
        user: The user's name, or "".
        just_introduced: Whether the message tells that name.
        facts: What is known about the user, as phrases without a subject.
        now: The user's local time.
        said: The character's earlier replies, latest last, normalised.
        is_first: Whether it has not replied yet; its first message may still have been shown.
        last_said: Its latest reply as written.
        rng: The source of variety.
    """

    heard: str
    plain: str
    before: tuple[str, ...]
    card: Knowledge
    user: str
    just_introduced: bool
    facts: tuple[str, ...]
    now: datetime
    said: tuple[str, ...]
    is_first: bool
    last_said: str
    rng: random.Random

    def pick(self, templates: Sequence[str], **slots: str) -> str:
        """One of the templates, filled in; one that was not used lately when there is any."""
        if self.card.is_calm:
            templates = _calmed(templates)
        fresh = [template for template in templates if not self.used(template)]
        if not fresh:
            last = normalized(self.last_said)
            fresh = [template for template in templates if not _skeleton_in(template, (last,))]
        return self.fill(self.rng.choice(fresh or list(templates)), **slots)

    def used(self, template: str) -> bool:
        """Whether the template, with anything in its slots, was said lately."""
        return _skeleton_in(template, self.said)

    def just_used(self, template: str) -> bool:
        """Whether the template was the latest reply, in any tone."""
        return _skeleton_in(
            template.replace("!", "."), (normalized(self.last_said).replace("!", "."),)
        )

    def fill(self, template: str, **slots: str) -> str:
        """Put the slots in; `thing` also as {Thing}, `you_fact` also as {You_fact}."""
        vocative = f", {self.user}" if self.user and self.rng.random() < 0.5 else ""
        values = {
            "char": self.card.name,
            "vocative": vocative,
            "user": self.user,
            "part": self.part,
            **slots,
        }
        values |= {
            key[:1].upper() + key[1:]: value[:1].upper() + value[1:]
            for key, value in values.items()
        }
        return template.format(**values)

    def own(self, text: str) -> str:
        """A text of the card with the user's name in its place."""
        return text.replace(USER_SLOT, self.user or "you")

    @property
    def part(self) -> str:
        """The part of the day, as people call it while they are awake."""
        part = tools.day_part(self.now)
        return "evening" if part == "night" else part

    @property
    def asked(self) -> str:
        """The question that the character's latest reply ended with, or an empty string."""
        text = self.last_said.strip()
        return re.split(r"(?<=[.!?])\s+", text)[-1] if text.endswith("?") else ""


def open_turn(request: ChatRequest, card: Knowledge) -> Turn:
    """Read a request. Before the first reply, the card's first message counts as said."""
    user_lines = [m.content for m in request.messages if m.role == "user"]
    replies = [m.content for m in request.messages if m.role == "assistant"]
    heard = user_lines[-1].strip() if user_lines else ""
    seed = f"{request.seed}|{len(request.messages)}|{heard}"
    shown = replies or ([card.opening] if card.opening else [])
    last_said = shown[-1] if shown else ""
    told = name_told(heard, last_said)
    known = request.user_name.strip() or name_in_talk(request.messages, card.opening)
    return Turn(
        heard=heard,
        plain=_without_own_name(normalized(heard[:MAX_HEARD_CHARS]), card.name),
        before=tuple(user_lines[:-1]),
        card=card,
        user=told or known,
        just_introduced=bool(told),
        facts=request.facts,
        now=tools.parse_now(request.now),
        said=tuple(normalized(reply) for reply in shown[-REMEMBERED_REPLIES:]),
        is_first=not replies,
        last_said=last_said,
        rng=random.Random(seed) if request.seed is not None else random.Random(),
    )


def _without_own_name(plain: str, name: str) -> str:
    """The line without the character's name where it is only an address ("kotone , hi")."""
    first = re.escape(name.casefold().split()[0])
    plain = re.sub(rf"^(?:hey |ok )?{first} [,:!] +", "", plain)
    return re.sub(rf" ?,? {first}(?= ?[?!.]*$)", "", plain) if " " in plain else plain


def _skeleton_in(template: str, texts: Sequence[str]) -> bool:
    """Whether a text holds the template's longest fixed stretch."""
    skeleton = _skeleton(template)
    return bool(skeleton) and any(skeleton in text for text in texts)


def warm_up() -> None:
    """Prepare every phrase for comparison with what was said."""
    for lines in REPLIES.values():
        for line in lines:
            _skeleton(line)


def _calmed(templates: Sequence[str]) -> Sequence[str]:
    """The templates as somebody says them who does not exclaim."""
    quiet = [template for template in templates if "!" not in template]
    return quiet if len(quiet) > 1 else [template.replace("!", ".") for template in templates]


@lru_cache(maxsize=1024)
def _skeleton(template: str) -> str:
    parts = [normalized(part).strip(" .,!?") for part in re.split(r"\{\w+\}", template)]
    return max(parts, key=len)
