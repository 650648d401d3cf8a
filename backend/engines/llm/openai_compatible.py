"""Chat models behind the OpenAI chat-completions protocol.

OpenRouter, LM Studio, llama.cpp, vLLM, `transformers serve` and many others speak it, each with
its own habits: ends of streams, shapes of errors, where reasoning stands. All are understood here.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import replace
from typing import Any, cast

from pydantic import Field, SecretStr

from backend.engines.base import (
    Availability,
    ChatModel,
    ChatRequest,
    EngineOptions,
    Requirement,
)
from backend.engines.http.answers import looks_like_html
from backend.engines.http.endpoint import Endpoint
from backend.engines.llm.chat_completions import CompletionReader, parsed
from backend.engines.llm.http_errors import ChatServerError, web_page
from backend.engines.llm.http_stream import (
    PROBE_S,
    Patience,
    StreamingClient,
    patient_stream,
)
from backend.engines.llm.reasoning import ReasoningFilter
from backend.errors import EngineError

OPENROUTER_URL = "https://openrouter.ai/api/v1"
OPENROUTER_HOST = "openrouter.ai"
OPENAI_HOST = "api.openai.com"
KNOWN_SERVERS = {OPENROUTER_HOST: "OpenRouter", OPENAI_HOST: "OpenAI"}


class OpenAICompatibleModel(ChatModel):
    """A language model on a server that speaks OpenAI's protocol."""

    name = "openai_compatible"
    label = "OpenAI-compatible server"
    summary = "OpenRouter, LM Studio, llama.cpp, vLLM and others, by address and key."
    requires = (Requirement("httpx", "pip install httpx"),)

    class Options(EngineOptions):
        """Where the server is, and how long to wait for it."""

        base_url: str = Field(
            "", description="Address of the API, for example http://127.0.0.1:1234/v1."
        )
        api_key: SecretStr = Field(SecretStr(""), description="Key, if the server wants one.")
        model: str = Field("", description="Model to ask for; empty: the server's first one.")
        first_token_timeout: float = Field(
            30.0, gt=0, le=600, description="Seconds to the first word."
        )
        idle_timeout: float = Field(15.0, gt=0, le=600, description="Seconds between words.")
        headers: dict[str, SecretStr] = Field({}, description="Further HTTP headers.")

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """An address that was entered comes first; an OpenRouter key alone is enough, too."""
        options = {
            "first_token_timeout": settings["llm_first_token_timeout"],
            "idle_timeout": settings["llm_idle_timeout"],
        }
        if settings["openai_base_url"]:
            return options | {
                "base_url": settings["openai_base_url"],
                "api_key": settings["openai_api_key"],
                "model": settings["openai_model"],
            }
        if settings["openrouter_api_key"].get_secret_value():
            return options | {
                "base_url": OPENROUTER_URL,
                "api_key": settings["openrouter_api_key"],
                "model": settings["openrouter_model"],
            }
        return options

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        """Check the options."""
        super().__init__(options)
        self._own = cast(OpenAICompatibleModel.Options, self.options)
        self._client: StreamingClient | None = None
        self._found_model = ""

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return self._own.model or self._found_model or self.name

    def probe(self) -> Availability:
        """Whether a server is set up; one in the own network is asked for its models."""
        missing = self.missing()
        if missing:
            return missing
        if not self._own.base_url.strip():
            return Availability(
                False,
                "No address of a chat server and no OpenRouter key is set.",
                "Set OPENROUTER_API_KEY in .env, or the address of a server in the settings.",
            )
        return replace(self._probe_server(), expected=True)

    def _probe_server(self) -> Availability:
        try:
            client = self._connect()
        except EngineError as error:
            return Availability(False, error.message, "Correct the address in the settings.")
        endpoint = client.endpoint
        if endpoint.host == OPENROUTER_HOST and not self._key:
            return Availability(
                False, "OpenRouter needs a key.", "Set OPENROUTER_API_KEY in .env or the settings."
            )
        if not endpoint.is_private:
            return Availability(
                True, f"Asks {self._server} for {self._own.model or 'its first model'}."
            )
        return self._probe_nearby(endpoint)

    def unload(self) -> None:
        """Close the connections."""
        if self._client is not None:
            self._client.close()
        self._client = None

    async def stream(self, request: ChatRequest) -> AsyncIterator[str]:
        """Yield the reply as it is written.

        Raises:
            EngineError: The server refused, was late, broke off, or wrote nothing.
        """
        if not self._own.base_url.strip():
            raise EngineError("No address of a chat server is set.", retryable=False)
        client = self._connect()
        patience = Patience(self._own.first_token_timeout, self._own.idle_timeout)
        pieces = patient_stream(lambda: self._reply(client, request), patience, self._server)
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    @property
    def _key(self) -> str:
        return self._own.api_key.get_secret_value().strip()

    @property
    def _server(self) -> str:
        """The server's name for people."""
        host = Endpoint.parse(self._own.base_url).host
        return KNOWN_SERVERS.get(host, f"the chat server at {host}")

    def _connect(self) -> StreamingClient:
        """The client, made on first use.

        Raises:
            EngineError: The address is wrong, or the key may not be sent there.
        """
        if self._client is None:
            endpoint = Endpoint.parse(self._own.base_url, default_path="/v1")
            headers = {name: value.get_secret_value() for name, value in self._own.headers.items()}
            if self._key:
                headers["Authorization"] = f"Bearer {self._key}"
            if headers:
                endpoint.check_secret()
            self._client = StreamingClient(endpoint, self._server, headers)
        return self._client

    def _probe_nearby(self, endpoint: Endpoint) -> Availability:
        import httpx

        headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
        start = "Start the server, or correct its address in the settings."
        try:
            with httpx.Client(timeout=PROBE_S, trust_env=False) as client:
                response = client.get(f"{endpoint.url}/models", headers=headers)
        except httpx.HTTPError:
            return Availability(False, f"No server answers at {endpoint.url}.", start)
        if response.status_code in (401, 403):
            return Availability(
                False, f"{self._server} refused the key.", "Correct the key in the settings."
            )
        if looks_like_html(response.text):
            return Availability(False, web_page(self._server).message, start)
        self._found_model = self._found_model or _first_model(parsed(response.text))
        return Availability(True, f"{self.model} answers at {endpoint.url}.")

    async def _model_to_ask(self, client: StreamingClient) -> str:
        if not self._own.model and not self._found_model:
            listed = await client.get_json("/models", self._own.first_token_timeout)
            self._found_model = _first_model(listed)
            if not self._found_model:
                raise ChatServerError(f"{self._server} lists no model; name one in the settings.")
        return self._own.model or self._found_model

    async def _reply(
        self, client: StreamingClient, request: ChatRequest
    ) -> AsyncGenerator[str, None]:
        """One try: text to be spoken, and "" for every other sign of work."""
        model = await self._model_to_ask(client)
        body = _request_body(request, model, client.endpoint.host)
        thoughts = ReasoningFilter()
        reader = CompletionReader(self._server, model)
        spoke = False
        async with (
            client.post("/chat/completions", body, model) as answer,
            aclosing(reader.pieces(answer)) as pieces,
        ):
            async for piece in pieces:
                text = thoughts.feed(piece)
                spoke = spoke or bool(text.strip())
                yield text
        rest = thoughts.flush()
        if rest:
            spoke = spoke or bool(rest.strip())
            yield rest
        if not spoke:
            raise reader.empty()


def _request_body(request: ChatRequest, model: str, host: str) -> dict[str, Any]:
    limit = "max_completion_tokens" if host == OPENAI_HOST else "max_tokens"
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "stream": True,
        "temperature": request.temperature,
        limit: request.max_tokens,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    return body


def _first_model(listed: Any) -> str:
    """The first model of a list that is not for embeddings."""
    models = listed.get("data", []) if isinstance(listed, dict) else []
    ids = [str(model["id"]) for model in models if isinstance(model, dict) and model.get("id")]
    return next((one for one in ids if "embed" not in one.lower()), "")
