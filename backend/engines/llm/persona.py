"""The chat model that speaks when no language model is connected.

It answers from the character card by retrieval, works out sums, dice and the time, remembers what
it was told in this chat, makes small talk, and says when it does not know.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from typing import Any

from backend.engines.base import Availability, ChatModel, ChatRequest, Persona
from backend.engines.llm.persona_model.card import Knowledge, read_card
from backend.engines.llm.persona_model.dialogue import reply_to
from backend.engines.llm.persona_model.turn import open_turn, warm_up

CACHED_CARDS = 8

_PIECE = re.compile(r"\s*\S+")


class PersonaModel(ChatModel):
    """Small talk and answers from the character card, without a language model."""

    name = "persona"
    label = "Built-in persona (no language model connected)"
    summary = "Answers from the character card and makes small talk; needs nothing, knows little."
    embedded = True

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """Check the options."""
        super().__init__(options)
        self._cards: OrderedDict[Persona, Knowledge] = OrderedDict()

    def probe(self) -> Availability:
        """It can always run."""
        return Availability(
            ok=True,
            reason="The built-in persona answers, because it needs no language model.",
            remedy="Start Ollama, or set OPENROUTER_API_KEY in .env, to connect a language model.",
        )

    def load(self) -> None:
        """Prepare the phrases, so that the first reply is as quick as the others."""
        warm_up()

    def unload(self) -> None:
        """Forget the cards that were read."""
        self._cards.clear()

    async def stream(self, request: ChatRequest) -> AsyncIterator[str]:
        """Yield the reply word by word."""
        reply = reply_to(open_turn(request, self._card(request.persona)))
        for match in _PIECE.finditer(reply):
            yield match.group()
            await asyncio.sleep(0)

    def _card(self, persona: Persona) -> Knowledge:
        """The persona's card, read once."""
        card = self._cards.pop(persona, None) or read_card(persona)
        self._cards[persona] = card
        while len(self._cards) > CACHED_CARDS:
            self._cards.popitem(last=False)
        return card
