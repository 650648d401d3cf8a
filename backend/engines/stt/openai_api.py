"""Speech to text by a server with OpenAI's `/v1/audio/transcriptions`.

OpenAI itself, and programs that imitate it: speaches, LocalAI, whisper.cpp's server, vLLM. An
utterance is sent as a WAV file when it ends. The key goes to the entered server alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
from pydantic import Field, SecretStr

from backend.engines.base import (
    Availability,
    EngineOptions,
    Pcm,
    Requirement,
    SpeechToText,
    TranscriptionStream,
)
from backend.engines.http.answers import error_text, looks_like_html, quoted
from backend.engines.http.endpoint import Endpoint
from backend.engines.stt.remote import MAX_ANSWER_BYTES, Worker, recognise_remotely, too_late
from backend.engines.stt.utterance import AUTO, Utterance
from backend.engines.stt.whisper_guards import SAMPLE_RATE
from backend.engines.stt.whisper_models import language_code
from backend.engines.stt.whisper_window import Recognition
from backend.errors import EngineError
from backend.media.wav import wav_bytes

if TYPE_CHECKING:
    import httpx

_CALL = "/audio/transcriptions"
_CONNECT_S = 5.0
_PROBE_S = 0.3
_OPENAI_HOST = "api.openai.com"


class OpenAITranscription(SpeechToText):
    """A transcription server."""

    name: ClassVar[str] = "openai_api"
    label: ClassVar[str] = "Transcription server (OpenAI API)"
    summary: ClassVar[str] = "Any server with /v1/audio/transcriptions, by address and key."
    requires: ClassVar[tuple[Requirement, ...]] = (Requirement("httpx", "pip install httpx"),)

    class Options(EngineOptions):
        """Where the server is."""

        base_url: str = Field("", description="Address, for example http://127.0.0.1:8000/v1.")
        api_key: SecretStr = Field(SecretStr(""), description="Key, if the server wants one.")
        model: str = Field("whisper-1", min_length=1, description="Model to ask for.")
        timeout: float = Field(30.0, gt=0, le=600, description="Seconds to wait for the words.")
        partials: bool = Field(
            False, description="Ask while speech goes on, too; costs many requests."
        )

    options: Options

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Address, key and model come from the program's settings."""
        return {
            "base_url": settings["stt_base_url"],
            "api_key": settings["stt_api_key"],
            "model": settings["stt_model"],
        }

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._worker = Worker()
        self._client: httpx.AsyncClient | None = None

    def probe(self) -> Availability:
        """Whether a server is set up; one in the own network is asked whether it is there."""
        missing = self.missing()
        if missing:
            return missing
        if not self.options.base_url.strip():
            return Availability(
                False, "No address of a transcription server is set.", "Set STT_BASE_URL."
            )
        try:
            endpoint = self._endpoint()
        except EngineError as error:
            return Availability(False, error.message, "Correct STT_BASE_URL.")
        if endpoint.host == _OPENAI_HOST and not self._key:
            return Availability(False, "OpenAI needs a key.", "Set STT_API_KEY.")
        if not endpoint.is_private:
            return Availability(True, f"Asks {endpoint.host} for {self.options.model}.")
        return self._probe_nearby(endpoint)

    def unload(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            self._worker.run(client.aclose(), lambda: False)
        self._worker.close()

    def open_stream(self, language: str = "en") -> TranscriptionStream:
        """Begin an utterance; "auto" as the language lets the server find out.

        Raises:
            EngineError: The address is not set or wrong.
        """
        self._endpoint()
        return Utterance(self._decode, language_code(language or AUTO), live=self.options.partials)

    @property
    def _key(self) -> str:
        return self.options.api_key.get_secret_value().strip()

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._key}"} if self._key else {}

    def _endpoint(self) -> Endpoint:
        server = "transcription server"
        if not self.options.base_url.strip():
            raise EngineError(f"No address of a {server} is set.", retryable=False)
        endpoint = Endpoint.parse(self.options.base_url, "/v1", call=_CALL, server=server)
        if self._key:
            endpoint.check_secret()
        return endpoint

    def _probe_nearby(self, endpoint: Endpoint) -> Availability:
        import httpx

        start = "Start the server, or correct STT_BASE_URL."
        try:
            with httpx.Client(timeout=_PROBE_S, trust_env=False) as client:
                response = client.get(f"{endpoint.url}/models", headers=self._headers)
        except httpx.HTTPError:
            return Availability(False, f"No server answers at {endpoint.url}.", start)
        if response.status_code in (401, 403):
            return Availability(False, f"{endpoint.host} refused the key.", "Correct STT_API_KEY.")
        if response.status_code == 200 and looks_like_html(response.text):
            return Availability(False, f"A web page answers at {endpoint.url}.", start)
        return Availability(True, f"A server answers at {endpoint.url}.")

    def _decode(
        self, pcm: Pcm, language: str, *, patient: bool, cancelled: Callable[[], bool]
    ) -> Recognition:
        return recognise_remotely(
            pcm, language, lambda: self._worker.run(self._ask(pcm, language), cancelled)
        )

    async def _ask(self, pcm: Pcm, language: str) -> tuple[str, str]:
        """Send the sound and wait for text and language.

        Raises:
            EngineError: The server is away, late, refuses, or answers something else.
        """
        import httpx

        endpoint = self._endpoint()
        server = f"The transcription server at {endpoint.host}"
        fields = {"model": self.options.model, "response_format": "json", "temperature": "0"}
        if language:
            fields["language"] = language
        sound = ("speech.wav", wav_bytes(pcm, SAMPLE_RATE), "audio/wav")
        try:
            with anyio.fail_after(self.options.timeout):
                status, body = await self._post(f"{endpoint.url}{_CALL}", fields, sound)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise EngineError(f"{server} cannot be reached; check that it runs.") from None
        except (TimeoutError, httpx.TimeoutException) as error:
            raise too_late(server, self.options.timeout) from error
        except httpx.HTTPError:
            raise EngineError(f"{server} broke off its answer; try again.") from None
        if status != 200:
            raise self._refusal(server, status, body)
        return _transcript(server, body)

    async def _post(
        self, url: str, fields: dict[str, str], sound: tuple[str, bytes, str]
    ) -> tuple[int, str]:
        """The status and body of the answer, the body cut at 1 MB; redirects are not followed."""
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(None, connect=_CONNECT_S),
                follow_redirects=False,
                trust_env=not self._endpoint().is_loopback,
            )
        body = b""
        async with self._client.stream(
            "POST", url, data=fields, files={"file": sound}, headers=self._headers
        ) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    break
            return response.status_code, body.decode("utf-8", "replace")

    def _refusal(self, server: str, status: int, body: str) -> EngineError:
        """The failure behind an HTTP status, in one sentence that says what to do."""
        said = error_text(body).replace(self._key, "…") if self._key else error_text(body)
        if 300 <= status < 400:
            sentence = "sends the request on to another address; enter the final one"
        elif status in (401, 403):
            sentence = "refused the key; check STT_API_KEY"
        elif status == 404:
            sentence = f"knows neither this address nor the model {self.options.model}; check both"
        elif status == 429:
            sentence = "is limiting how often it may be asked; wait a moment"
        elif status >= 500:
            sentence = f"has a problem of its own (status {status}); try again in a moment"
        else:
            sentence = f"refused the sound (status {status}){quoted(said)}"
        return EngineError(f"{server} {sentence}.", retryable=status == 429 or status >= 500)


def _transcript(server: str, body: str) -> tuple[str, str]:
    """Text and language out of an answer.

    Raises:
        EngineError: It holds none.
    """
    try:
        found = json.loads(body)
        text, language = found["text"], found.get("language") or ""
    except (ValueError, TypeError, KeyError, AttributeError):
        text = None
    if not isinstance(text, str):
        raise EngineError(
            f"{server} answered with something that is not a transcript; check the address.",
            retryable=False,
        )
    return text, language if isinstance(language, str) and len(language) <= 3 else ""
