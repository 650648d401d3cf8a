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
from backend.engines.http.speech_server import CONNECT_S, SpeechServer
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
        return self.missing() or self._server.probe()

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
        self._server.endpoint()
        return Utterance(self._decode, language_code(language or AUTO), live=self.options.partials)

    @property
    def _server(self) -> SpeechServer:
        return SpeechServer(
            "transcription server",
            "STT",
            _CALL,
            self.options.base_url,
            self.options.api_key.get_secret_value().strip(),
            self.options.model,
            "the sound",
        )

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

        server = self._server
        fields = {"model": self.options.model, "response_format": "json", "temperature": "0"}
        if language:
            fields["language"] = language
        sound = ("speech.wav", wav_bytes(pcm, SAMPLE_RATE), "audio/wav")
        try:
            with anyio.fail_after(self.options.timeout):
                status, body = await self._post(server, fields, sound)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise server.unreachable() from None
        except (TimeoutError, httpx.TimeoutException) as error:
            raise too_late(server.name, self.options.timeout) from error
        except httpx.HTTPError:
            raise EngineError(f"{server.name} broke off its answer; try again.") from None
        if status != 200:
            raise server.refusal(status, body)
        return _transcript(server.name, body)

    async def _post(
        self, server: SpeechServer, fields: dict[str, str], sound: tuple[str, bytes, str]
    ) -> tuple[int, str]:
        """The status and body of the answer, the body cut at 1 MB; redirects are not followed."""
        import httpx

        endpoint = server.endpoint()
        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(None, connect=CONNECT_S),
                follow_redirects=False,
                trust_env=not endpoint.is_loopback,
            )
        body = b""
        async with self._client.stream(
            "POST",
            f"{endpoint.url}{_CALL}",
            data=fields,
            files={"file": sound},
            headers=server.headers,
        ) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    break
            return response.status_code, body.decode("utf-8", "replace")


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
