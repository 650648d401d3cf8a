"""Chat models of Ollama, by its own protocol: one JSON object a line on /api/chat."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any, cast

from pydantic import Field

from backend.engines.base import (
    Availability,
    ChatModel,
    ChatRequest,
    EngineOptions,
    Requirement,
)
from backend.engines.http.endpoint import Endpoint
from backend.engines.llm.http_errors import ChatServerError, not_a_chat, stream_failure
from backend.engines.llm.http_stream import (
    PROBE_S,
    Patience,
    StreamingClient,
    patient_stream,
)
from backend.engines.llm.reasoning import ReasoningFilter
from backend.errors import EngineError

DEFAULT_URL = "http://127.0.0.1:11434"
SUGGESTED = "ollama pull qwen3:4b"

_EMBEDDING_NAMES = ("embed", "bge-", "minilm", "paraphrase", "arctic-embed", "rerank")
_EMBEDDING_FAMILIES = frozenset(("bert", "nomic-bert", "nomic-bert-moe", "xlm-roberta"))


class OllamaModel(ChatModel):
    """A language model that Ollama runs."""

    name = "ollama"
    label = "Ollama"
    summary = "Language models on your own computer; free and private."
    requires = (Requirement("httpx", "pip install httpx"),)

    class Options(EngineOptions):
        """Where Ollama is, what it runs, and how long to wait for it."""

        url: str = Field(DEFAULT_URL, description="Address of Ollama.")
        model: str = Field("", description="Model to ask for; empty: the first one installed.")
        keep_alive: str = Field(
            "10m", description="How long the model stays loaded after an answer."
        )
        context: int = Field(
            8192, ge=0, le=1 << 20, description="Context in tokens; 0: the model's own."
        )
        think: bool = Field(False, description="Let reasoning models think first; slower answers.")
        first_token_timeout: float = Field(
            30.0, gt=0, le=600, description="Seconds to the first word."
        )
        idle_timeout: float = Field(15.0, gt=0, le=600, description="Seconds between words.")

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The address and the model of the settings."""
        return {
            "url": settings["ollama_url"] or DEFAULT_URL,
            "model": settings["ollama_model"],
            "first_token_timeout": settings["llm_first_token_timeout"],
            "idle_timeout": settings["llm_idle_timeout"],
        }

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """Check the options."""
        super().__init__(options)
        self._own = cast(OllamaModel.Options, self.options)
        self._client: StreamingClient | None = None
        self._found_model = ""

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return self._own.model or self._found_model or self.name

    def probe(self) -> Availability:
        """Whether Ollama runs and has a chat model."""
        import httpx

        try:
            endpoint = Endpoint.parse(self._own.url)
        except EngineError as error:
            return Availability(False, error.message, f"The usual address is {DEFAULT_URL}.")
        try:
            with httpx.Client(timeout=PROBE_S, trust_env=not endpoint.is_loopback) as client:
                response = client.get(f"{endpoint.url}/api/tags")
            listed = response.json()
        except httpx.HTTPError:
            return Availability(
                False,
                f"Ollama does not run at {endpoint.url}.",
                "Install it from ollama.com and start it with: ollama serve",
                expected=bool(self._own.model),
            )
        except ValueError:
            return Availability(
                False, f"What answers at {endpoint.url} is not Ollama.", "Correct OLLAMA_URL."
            )
        return self._judge(chat_models(listed))

    def _judge(self, models: list[str]) -> Availability:
        wanted = self._own.model
        if wanted and not {wanted, f"{wanted}:latest"} & set(models):
            return Availability(
                False,
                f"Ollama has no model named {wanted}.",
                f"Run: ollama pull {wanted}",
                expected=True,
            )
        if not models:
            return Availability(False, "Ollama runs, but has no chat model.", f"Run: {SUGGESTED}")
        self._found_model = models[0]
        return Availability(True, f"Ollama answers with {self.model}.")

    def unload(self) -> None:
        """Close the connections; Ollama frees the model itself after `keep_alive`."""
        if self._client is not None:
            self._client.close()
        self._client = None

    async def stream(self, request: ChatRequest) -> AsyncIterator[str]:
        """Yield the reply as it is written.

        Raises:
            EngineError: Ollama refused, was late, broke off, or wrote nothing.
        """
        if self._client is None:
            self._client = StreamingClient(Endpoint.parse(self._own.url), self.label, {})
        client = self._client
        patience = Patience(self._own.first_token_timeout, self._own.idle_timeout)
        pieces = patient_stream(lambda: self._reply(client, request), patience, self.label)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def _model_to_ask(self, client: StreamingClient) -> str:
        if not self._own.model and not self._found_model:
            models = chat_models(await client.get_json("/api/tags", self._own.first_token_timeout))
            if not models:
                raise ChatServerError(f"Ollama has no chat model; run: {SUGGESTED}")
            self._found_model = models[0]
        return self._own.model or self._found_model

    async def _reply(
        self, client: StreamingClient, request: ChatRequest
    ) -> AsyncGenerator[str, None]:
        """One try: text to be spoken, and "" for every other sign of work."""
        model = await self._model_to_ask(client)
        thoughts = ReasoningFilter()
        spoke = ended = False
        async with (
            client.post("/api/chat", self._body(request, model), model) as answer,
            aclosing(answer.lines()) as lines,
        ):
            async for line in lines:
                if not line.strip():
                    continue
                part = _part(line, model)
                message = part.get("message", {})
                if message.get("content") or message.get("thinking"):
                    text = thoughts.feed(message.get("content") or "")
                    spoke = spoke or bool(text.strip())
                    yield text
                if part.get("done"):
                    ended = True
                    break
        rest = thoughts.flush()
        if rest:
            spoke = spoke or bool(rest.strip())
            yield rest
        if not ended:
            raise ChatServerError(
                "The connection to Ollama broke off in the middle of the answer; try again.",
                transient=True,
            )
        if not spoke:
            raise ChatServerError(f"{model} gave an empty answer; try again.", transient=True)

    def _body(self, request: ChatRequest, model: str) -> dict[str, Any]:
        options: dict[str, Any] = {
            "temperature": request.temperature,
            "num_predict": request.max_tokens,
        }
        if request.seed is not None:
            options["seed"] = request.seed
        if self._own.context:
            options["num_ctx"] = self._own.context
        return {
            "model": model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
            "stream": True,
            "think": self._own.think,
            "keep_alive": self._own.keep_alive,
            "options": options,
        }


def _part(line: str, model: str) -> dict[str, Any]:
    """One object of the stream.

    Raises:
        ChatServerError: It is an error, or no part of a chat reply.
    """
    try:
        part = json.loads(line)
    except ValueError:
        raise not_a_chat("Ollama") from None
    if isinstance(part, dict) and part.get("error"):
        raise stream_failure(part["error"], server="Ollama", model=model)
    if not isinstance(part, dict) or not isinstance(part.get("message", {}), dict):
        raise not_a_chat("Ollama")
    if "message" not in part and "done" not in part:
        raise not_a_chat("Ollama")
    return part


def chat_models(listed: Any) -> list[str]:
    """The names in an answer of /api/tags, without the models that only make embeddings."""
    models = listed.get("models", []) if isinstance(listed, dict) else []
    return [
        str(model["name"])
        for model in models
        if isinstance(model, dict) and model.get("name") and not _only_embeds(model)
    ]


def _only_embeds(model: Mapping[str, Any]) -> bool:
    capabilities = model.get("capabilities")
    if isinstance(capabilities, list) and capabilities:
        return "completion" not in capabilities
    details = model.get("details") or {}
    families = {details.get("family"), *(details.get("families") or ())}
    name = str(model["name"]).lower()
    return bool(families & _EMBEDDING_FAMILIES) or any(part in name for part in _EMBEDDING_NAMES)
