"""Read the answers of OpenAI's chat-completions protocol, streamed or whole, well formed or not."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from backend.engines.http.answers import looks_like_html
from backend.engines.llm.http_errors import ChatServerError, not_a_chat, stream_failure, web_page
from backend.engines.llm.http_stream import Answer
from backend.engines.llm.sse import event_data


class CompletionReader:
    """Reads one answer: its text, and how it ended."""

    def __init__(self, server: str, model: str) -> None:
        self._server = server
        self._model = model
        self._understood = False
        self._ended = False
        self._reasoned = False

    async def pieces(self, answer: Answer) -> AsyncGenerator[str, None]:
        """Yield the text as it stands in the answer, and "" for reasoning.

        Raises:
            ChatServerError: The answer holds an error, is no chat reply, or broke off.
        """
        raw: list[str] = []
        async with (
            aclosing(answer.lines()) as lines,
            aclosing(event_data(_kept(lines, raw))) as events,
        ):
            async for data in events:
                if data.strip() == "[DONE]":
                    self._ended = True
                    break
                for piece in self._read(data):
                    yield piece
        if not self._understood and not self._ended:
            text = "\n".join(raw)
            for piece in self._read(text):
                yield piece
            if not self._understood:
                raise web_page(self._server) if looks_like_html(text) else not_a_chat(self._server)
        if not self._ended and not answer.ends_surely:
            raise ChatServerError(
                f"The connection to {self._server} broke off in the middle of the answer; "
                "try again.",
                transient=True,
            )

    def empty(self) -> ChatServerError:
        """Why nothing was said."""
        if self._reasoned:
            return ChatServerError(
                f"{self._model} used up its tokens with thinking; raise the token limit in the "
                "settings or choose a model that does not reason."
            )
        return ChatServerError(f"{self._server} gave an empty answer; try again.", transient=True)

    def _read(self, data: str) -> list[str]:
        """The text of one event."""
        event = parsed(data)
        if not isinstance(event, dict):
            return []
        if event.get("error"):
            raise stream_failure(event["error"], server=self._server, model=self._model)
        if "detail" in event and "choices" not in event:
            raise stream_failure(event["detail"], server=self._server, model=self._model)
        choices = event.get("choices")
        if not isinstance(choices, list):
            return []
        self._understood = True
        read = [self._read_choice(choice) for choice in choices[:1] if isinstance(choice, dict)]
        return [text for text in read if text is not None]

    def _read_choice(self, choice: Mapping[str, Any]) -> str | None:
        """The text of a choice, "" when it holds reasoning, None when it holds neither."""
        if choice.get("finish_reason"):
            self._ended = True
            if choice["finish_reason"] == "error":
                raise stream_failure(
                    choice.get("error", ""), server=self._server, model=self._model
                )
        delta = choice.get("delta") or choice.get("message") or {}
        thinks = bool(delta.get("reasoning") or delta.get("reasoning_content"))
        self._reasoned = self._reasoned or thinks
        content = delta.get("content", choice.get("text"))
        if isinstance(content, list):
            content = "".join(str(p.get("text", "")) for p in content if p.get("type") == "text")
        if isinstance(content, str) and content:
            return content
        return "" if thinks else None


async def _kept(lines: AsyncIterator[str], raw: list[str]) -> AsyncGenerator[str, None]:
    """Pass the lines on and keep the first ones, to tell what the answer is if it is no stream."""
    async for line in lines:
        if len(raw) < 200:
            raw.append(line)
        yield line


def parsed(text: str) -> Any:
    """The value of a JSON text; None when it is none."""
    try:
        return json.loads(text)
    except ValueError:
        return None
