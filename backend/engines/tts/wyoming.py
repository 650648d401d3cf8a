"""A voice on a Wyoming server in the own network, as Home Assistant and others run them.

This is how a second computer speaks for the one that streams.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Any, ClassVar

import anyio
import numpy as np
from pydantic import Field

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
from backend.engines.http.wyoming_peer import (
    CONNECT_S,
    MALFORMED,
    disconnect,
    fetch_info,
    parse_address,
    said_by,
)
from backend.engines.tts.remote import RemoteSpeech, as_chunks, changes_to
from backend.engines.tts.sound_body import broken_off
from backend.errors import EngineError
from backend.media.pcm import to_mono
from backend.media.wav import WavFormat, decode_samples

DEFAULT_PORT = 10200

_LOAD_S = 3.0
_INTEGERS = 1
"""WAV's name for samples that are whole numbers."""
_RATES = range(4_000, 192_001)


class WyomingVoice(Voice):
    """A Wyoming server."""

    name: ClassVar[str] = "wyoming"
    label: ClassVar[str] = "Wyoming server"
    summary: ClassVar[str] = "A voice on another computer of the own network."
    requires: ClassVar[tuple[Requirement, ...]] = (Requirement("wyoming", "pip install wyoming"),)

    class Options(EngineOptions):
        """Where the server is."""

        url: str = Field("", description="Address, for example tcp://192.168.1.20:10200.")
        voice: str = Field("", description="Voice, where none is chosen; empty: by language.")
        timeout: float = Field(20.0, gt=0, le=600, description="Seconds to wait for the sound.")
        idle_timeout: float = Field(10.0, gt=0, le=600, description="Seconds between two pieces.")

    options: Options

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The address comes from the program's settings."""
        return {"url": settings["wyoming_tts_url"]}

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._loop = CallLoop()
        self._programs: list[Any] | None = None

    def probe(self) -> Availability:
        """Whether a voice answers at the address, within 0.6 s."""
        missing = self.missing()
        if missing:
            return missing
        if not self.options.url.strip():
            return Availability(False, "No Wyoming server is set.", "Set WYOMING_TTS_URL.")
        # The user has set the server up, so that its absence has to be told.
        try:
            host, port = self._address()
        except EngineError as error:
            return Availability(False, error.message, "Correct WYOMING_TTS_URL.", expected=True)
        start = "Start the server, or correct WYOMING_TTS_URL."
        try:
            info = asyncio.run(fetch_info(host, port))
        except EngineError as error:
            return Availability(False, error.message, start, expected=True)
        if not info.tts:
            reason = f"The Wyoming server at {host}:{port} has no voice."
            return Availability(False, reason, start, expected=True)
        return Availability(True, f"{info.tts[0].name} answers at {host}:{port}.")

    def load(self) -> None:
        """Ask the server for its voices.

        Raises:
            EngineError: It does not answer, or has none.
        """
        host, port = self._address()
        info = self._loop.run(fetch_info(host, port, _LOAD_S), lambda: False)
        if not info.tts:
            raise EngineError(f"{self._server} has no voice.", retryable=False)
        self._programs = list(info.tts)

    def unload(self) -> None:
        """Forget the server."""
        self._programs = None
        self._loop.close()

    def voices(self) -> list[VoiceInfo]:
        """Every voice, and every speaker of those that have several, as "voice/speaker"."""
        return [
            VoiceInfo(
                f"{voice.name}/{speaker}" if speaker else voice.name,
                f"{voice.description or voice.name} {speaker}".strip(),
                _tag(voice.languages[0]) if voice.languages else "",
            )
            for voice, speaker in self._known()
        ]

    def synthesize(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
        """Speak, chunk by chunk at 48,000 Hz, while the sound arrives.

        The protocol knows neither speed nor pitch: what is asked for is done to the sound, as far
        as it stays a good one.

        Raises:
            EngineError: There is no such voice; from the iterator: the server is away, late,
                refuses, breaks off, or sends something else than Wyoming.
        """
        return RemoteSpeech(self._loop, self._speak(request, self._choose(request)))

    @property
    def _server(self) -> str:
        host, port = self._address()
        return f"The Wyoming server at {host}:{port}"

    def _address(self) -> tuple[str, int]:
        return parse_address(self.options.url, DEFAULT_PORT)

    def _known(self) -> list[tuple[Any, str]]:
        """The voices that are installed there, once for each of their speakers."""
        if self._programs is None:
            self.load()
        return [
            (voice, speaker)
            for program in self._programs or ()
            for voice in program.voices
            if voice.installed
            for speaker in ([one.name for one in voice.speakers] if voice.speakers else [""])
        ]

    @property
    def _streams(self) -> bool:
        """Whether the server takes text in pieces and speaks each sentence as it comes."""
        return any(program.supports_synthesize_streaming for program in (self._programs or ())[:1])

    def _choose(self, request: SpeechRequest) -> Any:
        """The `wyoming.tts.SynthesizeVoice` to ask for; None leaves it to the server.

        Raises:
            EngineError: The server has no voice of that name.
        """
        from wyoming.tts import SynthesizeVoice

        known = self._known()
        wanted = request.voice or self.options.voice
        for voice, speaker in known:
            if wanted in (voice.name, f"{voice.name}/{speaker}"):
                speaks = speaker if wanted != voice.name else None
                return SynthesizeVoice(name=voice.name, speaker=speaks)
        if wanted:
            raise EngineError(
                f"{self._server} has no voice named {wanted}; choose one of its list.",
                retryable=False,
            )
        language = _tag(request.language)
        for fits in (language, language.partition("-")[0]):
            for voice, _speaker in known:
                tags = [_tag(one) for one in voice.languages]
                if fits in tags or fits in [tag.partition("-")[0] for tag in tags]:
                    return SynthesizeVoice(name=voice.name)
        return None

    async def _speak(self, request: SpeechRequest, voice: Any) -> AsyncGenerator[SpeechChunk, None]:
        pitch, tempo = changes_to(request)
        async with (
            aclosing(self._sounds(request.text, voice)) as sounds,
            aclosing(as_chunks(sounds, self._server, pitch, tempo)) as chunks,
        ):
            async for chunk in chunks:
                yield chunk

    async def _sounds(self, text: str, voice: Any) -> AsyncGenerator[tuple[Pcm, int], None]:
        """The sound of the answer, piece by piece, with its sample rate.

        Raises:
            EngineError: See `synthesize`.
        """
        from wyoming.client import AsyncTcpClient

        host, port = self._address()
        client = AsyncTcpClient(host, port, connect_timeout=CONNECT_S)
        try:
            await client.connect()
            for event in _ask(text, voice, streams=self._streams):
                await client.write_event(event)
        except (OSError, asyncio.TimeoutError):
            await disconnect(client)
            raise EngineError(f"{self._server} cannot be reached; check that it runs.") from None
        try:
            async with aclosing(self._answer(client)) as answer:
                async for piece in answer:
                    yield piece
        except MALFORMED as error:
            raise EngineError(
                f"{self._server} answered with something that is not Wyoming."
            ) from error
        except OSError:
            raise broken_off(self._server) from None
        finally:
            await disconnect(client)

    async def _answer(self, client: Any) -> AsyncGenerator[tuple[Pcm, int], None]:
        from wyoming.audio import AudioChunk, AudioStop
        from wyoming.error import Error
        from wyoming.tts import SynthesizeStopped

        end = SynthesizeStopped if self._streams else AudioStop
        rest = b""
        limit, late = self.options.timeout, f"gave no sound within {self.options.timeout:g} s"
        while True:
            try:
                with anyio.fail_after(limit):
                    event = await client.read_event()
            except TimeoutError:
                raise EngineError(f"{self._server} {late}; try again.") from None
            if event is None:
                raise broken_off(self._server)
            if Error.is_type(event.type):
                raise EngineError(
                    f"{self._server} refused the text: {said_by(event)}.", retryable=False
                )
            if end.is_type(event.type):
                return
            if AudioChunk.is_type(event.type):
                limit = self.options.idle_timeout
                late = "fell silent in the middle of the sentence"
                chunk = AudioChunk.from_event(event)
                pcm, rest = _samples(chunk, rest)
                yield pcm, chunk.rate


def _ask(text: str, voice: Any, *, streams: bool) -> list[Any]:
    """The events that ask for speech."""
    from wyoming.tts import Synthesize, SynthesizeChunk, SynthesizeStart, SynthesizeStop

    if not streams:
        return [Synthesize(text, voice=voice).event()]
    return [
        SynthesizeStart(voice=voice).event(),
        SynthesizeChunk(text).event(),
        SynthesizeStop().event(),
    ]


def _samples(chunk: Any, rest: bytes) -> tuple[Pcm, bytes]:
    """The whole samples of a chunk, after what was left of the one before, and what is left now.

    Raises:
        ValueError: It is of no known form.
    """
    width, channels, rate = int(chunk.width), int(chunk.channels), int(chunk.rate)
    if width not in (1, 2, 3, 4) or channels not in (1, 2) or rate not in _RATES:
        raise ValueError("a form of sound that nobody sends")
    block = width * channels
    data = rest + chunk.audio
    usable = len(data) // block * block
    form = WavFormat(_INTEGERS, channels, rate, block, width * 8)
    samples = decode_samples("The sound", form, data[:usable]) if usable else None
    pcm = to_mono(samples) if samples is not None else np.zeros(0, np.int16)
    return pcm, data[usable:]


def _tag(language: str) -> str:
    """A language as a BCP 47 tag in lower case; servers write en_US, too."""
    return language.replace("_", "-").lower()
