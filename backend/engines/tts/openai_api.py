"""A voice on a server with OpenAI's `/v1/audio/speech`.

OpenAI itself, programs that imitate it (Kokoro-FastAPI, openedai-speech, LocalAI, AllTalk), and
another Kotodama. Bare samples are asked for and spoken while they arrive; a server that gives
something else is understood too. The key goes to the entered server alone. The call:
https://platform.openai.com/docs/api-reference/audio/createSpeech.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
from pydantic import Field, SecretStr

from backend.engines.base import (
    Availability,
    EngineOptions,
    Pcm,
    Requirement,
    SpeechChunk,
    SpeechRequest,
    Voice,
    VoiceInfo,
)
from backend.engines.http.call_loop import CallLoop
from backend.engines.http.speech_server import CONNECT_S, OPENAI_HOST, SpeechServer
from backend.engines.tts.remote import RemoteSpeech, as_chunks, changes_to
from backend.engines.tts.sound_body import broken_off
from backend.engines.tts.speech_answer import MAX_TEXT_BYTES, SpeechAnswer, Wait, read_text
from backend.engines.tts.voice_list import voices_in

if TYPE_CHECKING:
    import httpx

OPENAI_RATE = 24_000
"""Sample rate of OpenAI's bare samples, Hz."""
OPENAI_VOICES = (
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage",
    "shimmer", "verse",
)  # fmt: skip

_CALL = "/audio/speech"
_LIST_S = 2.0
_MAX_LIST_BYTES = 1 << 20
_UNWANTED_FORM = (400, 415, 422)


class OpenAIVoice(Voice):
    """A speech server."""

    name: ClassVar[str] = "openai_api"
    label: ClassVar[str] = "Speech server (OpenAI API)"
    summary: ClassVar[str] = "Any server with /v1/audio/speech, by address and key."
    requires: ClassVar[tuple[Requirement, ...]] = (Requirement("httpx", "pip install httpx"),)

    class Options(EngineOptions):
        """Where the server is and what is asked of it."""

        base_url: str = Field("", description="Address, for example http://127.0.0.1:8880/v1.")
        api_key: SecretStr = Field(SecretStr(""), description="Key, if the server wants one.")
        model: str = Field("tts-1", min_length=1, description="Model to ask for.")
        voice: str = Field("alloy", min_length=1, description="Voice, where none is chosen.")
        voices: str = Field("", description="Further voices that it has, comma separated.")
        timeout: float = Field(20.0, gt=0, le=600, description="Seconds to wait for the sound.")
        idle_timeout: float = Field(10.0, gt=0, le=600, description="Seconds between two pieces.")
        pcm_rate: int = Field(
            OPENAI_RATE, ge=8000, le=48000, description="Hz of bare samples, if it does not tell."
        )
        obeys_speed: bool = Field(
            True, description="Whether the server obeys speed; else the sound is changed here."
        )
        extra: dict[str, Any] = Field(
            default_factory=dict, description='Further fields of the request: {"lang_code": "j"}.'
        )

    options: Options

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Address, key, model and voice come from the program's settings."""
        return {
            "base_url": settings["tts_base_url"],
            "api_key": settings["tts_api_key"],
            "model": settings["tts_model"],
            "voice": settings["tts_voice"],
        }

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._loop = CallLoop()
        self._client: httpx.AsyncClient | None = None
        self._form = "pcm"

    def probe(self) -> Availability:
        """Whether a server is set up; one in the own network is asked whether it is there."""
        return self.missing() or self._server.probe()

    def unload(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            self._loop.run(client.aclose(), lambda: False)
        self._loop.close()

    def synthesize(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
        """Speak, chunk by chunk at 48,000 Hz, while the sound arrives.

        Pitch is raised by playing faster what the server speaks slower, or what is made slower
        here if it does not obey.

        Raises:
            EngineError: The address is not set or wrong; from the iterator: the server is away,
                late, refuses, breaks off, or sends something else than sound.
        """
        self._server.endpoint()
        return RemoteSpeech(self._loop, self._speak(request))

    def voices(self) -> list[VoiceInfo]:
        """The configured voices and those that the server lists, where it does."""
        found = {name: VoiceInfo(name, name, "") for name in self._configured()}
        return list({**found, **{info.id: info for info in self._ask_for_voices()}}.values())

    def knows(self, voice: str) -> bool:
        """Whether the voice is in the list; a server without a list may have any."""
        listed = [info.id for info in self._ask_for_voices()]
        return bool(voice) and (not listed or voice in listed or voice in self._configured())

    def _configured(self) -> list[str]:
        names = [self.options.voice, *self.options.voices.split(",")]
        if self._server.endpoint().host == OPENAI_HOST:
            names += OPENAI_VOICES
        return [name.strip() for name in names if name.strip()]

    def _ask_for_voices(self) -> list[VoiceInfo]:
        return self._loop.run(self._listed(self._server), lambda: False)

    @property
    def _server(self) -> SpeechServer:
        return SpeechServer(
            "speech server",
            "TTS",
            _CALL,
            self.options.base_url,
            self.options.api_key.get_secret_value().strip(),
            self.options.model,
            "the text",
        )

    def _open_client(self, server: SpeechServer) -> httpx.AsyncClient:
        import httpx

        if self._client is None:
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(None, connect=CONNECT_S),
                follow_redirects=False,
                trust_env=not server.endpoint().is_loopback,
            )
        return self._client

    async def _speak(self, request: SpeechRequest) -> AsyncGenerator[SpeechChunk, None]:
        if self.options.obeys_speed:
            pitch = 2.0 ** (min(max(request.pitch, -12.0), 12.0) / 12.0)
            speed, tempo = min(max(request.speed, 0.5), 2.0) / pitch, 1.0
        else:
            speed = 1.0
            pitch, tempo = changes_to(request)
        async with (
            aclosing(self._sounds(request, speed)) as sounds,
            aclosing(as_chunks(sounds, self._server.name, pitch, tempo)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk

    async def _sounds(
        self, request: SpeechRequest, speed: float
    ) -> AsyncGenerator[tuple[Pcm, int], None]:
        """The sound of the answer, piece by piece, with its sample rate.

        Raises:
            EngineError: See `synthesize`.
        """
        import httpx

        server = self._server
        deadline = time.monotonic() + self.options.timeout
        try:
            response = await self._post(server, request, speed, deadline)
            try:
                answer = SpeechAnswer(
                    response, server, wait=self._wait(deadline), rate=self.options.pcm_rate
                )
                async with aclosing(answer.sounds(request.text, speed)) as sounds:
                    async for piece in sounds:
                        yield piece
            finally:
                await response.aclose()
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise server.unreachable() from None
        except httpx.TimeoutException:
            raise self._wait(deadline).too_late(server.name) from None
        except httpx.HTTPError:
            raise broken_off(server.name) from None

    async def _post(
        self, server: SpeechServer, request: SpeechRequest, speed: float, deadline: float
    ) -> httpx.Response:
        """The head of a good answer; a server that gives no bare samples is asked for a WAV.

        Raises:
            EngineError: It refuses.
        """
        client = self._open_client(server)
        while True:
            body = {
                "model": self.options.model,
                "input": request.text,
                "voice": request.voice or self.options.voice,
                "response_format": self._form,
                "speed": round(min(max(speed, 0.25), 4.0), 4),
                **self.options.extra,
            }
            ask = client.build_request(
                "POST", f"{server.endpoint().url}{_CALL}", json=body, headers=server.headers
            )
            try:
                with anyio.fail_after(max(0.0, deadline - time.monotonic())):
                    response = await client.send(ask, stream=True)
                    if response.status_code == 200:
                        return response
                    said = await read_text(response, MAX_TEXT_BYTES)
            except TimeoutError:
                raise self._wait(deadline).too_late(server.name) from None
            unwanted = response.status_code in _UNWANTED_FORM and "format" in said
            if self._form != "pcm" or not unwanted:
                raise server.refusal(response.status_code, said)
            self._form = "wav"

    async def _listed(self, server: SpeechServer) -> list[VoiceInfo]:
        """The voices that the server tells of; most servers do not."""
        import httpx

        url = f"{server.endpoint().url}/audio/voices"
        try:
            with anyio.fail_after(_LIST_S):
                ask = self._open_client(server).build_request("GET", url, headers=server.headers)
                response = await self._open_client(server).send(ask, stream=True)
                body = await read_text(response, _MAX_LIST_BYTES)
        except (httpx.HTTPError, TimeoutError):
            return []
        return voices_in(body) if response.status_code == 200 else []

    def _wait(self, deadline: float) -> Wait:
        return Wait(deadline, self.options.timeout, self.options.idle_timeout)
