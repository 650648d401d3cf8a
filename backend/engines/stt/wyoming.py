"""Speech to text by a Wyoming server in the own network, as Home Assistant and others run them.

This is how a second computer takes the work off the one that streams.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import anyio
from pydantic import Field

from backend.engines.base import (
    Availability,
    EngineOptions,
    Pcm,
    Requirement,
    SpeechToText,
    TranscriptionStream,
)
from backend.engines.http.wyoming_peer import (
    CONNECT_S,
    MALFORMED,
    disconnect,
    fetch_info,
    parse_address,
    said_by,
)
from backend.engines.stt.remote import Worker, recognise_remotely, too_late
from backend.engines.stt.utterance import AUTO, Utterance
from backend.engines.stt.whisper_guards import SAMPLE_RATE
from backend.engines.stt.whisper_models import language_code
from backend.engines.stt.whisper_window import Recognition
from backend.errors import EngineError

DEFAULT_PORT = 10300

_CHUNK_SAMPLES = SAMPLE_RATE // 10


class WyomingRecogniser(SpeechToText):
    """A Wyoming server."""

    name: ClassVar[str] = "wyoming"
    label: ClassVar[str] = "Wyoming server"
    summary: ClassVar[str] = "A recogniser on another computer of the own network."
    requires: ClassVar[tuple[Requirement, ...]] = (Requirement("wyoming", "pip install wyoming"),)

    class Options(EngineOptions):
        """Where the server is."""

        url: str = Field("", description="Address, for example tcp://192.168.1.20:10300.")
        model: str = Field("", description="Model to ask for; empty: the server's own choice.")
        timeout: float = Field(30.0, gt=0, le=600, description="Seconds to wait for the words.")
        partials: bool = Field(False, description="Ask while speech goes on, too.")

    options: Options

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The address comes from the program's settings."""
        return {"url": settings["wyoming_url"]}

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._worker = Worker()

    def probe(self) -> Availability:
        """Whether a recogniser answers at the address, within 0.6 s."""
        missing = self.missing()
        if missing:
            return missing
        if not self.options.url.strip():
            return Availability(False, "No Wyoming server is set.", "Set WYOMING_URL.")
        try:
            return asyncio.run(self._describe(*parse_address(self.options.url, DEFAULT_PORT)))
        except EngineError as error:
            return Availability(False, error.message, "Correct WYOMING_URL.")

    def unload(self) -> None:
        """Free the event loop."""
        self._worker.close()

    def open_stream(self, language: str = "en") -> TranscriptionStream:
        """Begin an utterance; "auto" as the language lets the server find out.

        Raises:
            EngineError: The address is not set or wrong.
        """
        parse_address(self.options.url, DEFAULT_PORT)
        return Utterance(self._decode, language_code(language or AUTO), live=self.options.partials)

    async def _describe(self, host: str, port: int) -> Availability:
        start = "Start the server, or correct WYOMING_URL."
        try:
            info = await fetch_info(host, port)
        except EngineError as error:
            return Availability(False, error.message, start)
        if not info.asr:
            return Availability(
                False, f"The Wyoming server at {host}:{port} recognises no speech.", start
            )
        return Availability(True, f"{info.asr[0].name} answers at {host}:{port}.")

    def _decode(
        self, pcm: Pcm, language: str, *, patient: bool, cancelled: Callable[[], bool]
    ) -> Recognition:
        return recognise_remotely(
            pcm, language, lambda: self._worker.run(self._ask(pcm, language), cancelled)
        )

    async def _ask(self, pcm: Pcm, language: str) -> tuple[str, str]:
        """Send the sound and wait for text and language.

        Raises:
            EngineError: The server is away, late, breaks off, or answers something else.
        """
        from wyoming.client import AsyncTcpClient

        host, port = parse_address(self.options.url, DEFAULT_PORT)
        server = f"The Wyoming server at {host}:{port}"
        client = AsyncTcpClient(host, port, connect_timeout=CONNECT_S)
        try:
            await client.connect()
        except (OSError, asyncio.TimeoutError):
            raise EngineError(f"{server} cannot be reached; check that it runs.") from None
        try:
            with anyio.fail_after(self.options.timeout):
                return await self._exchange(client, pcm, language, server)
        except TimeoutError as error:
            raise too_late(server, self.options.timeout) from error
        except MALFORMED as error:
            raise EngineError(f"{server} answered with something that is not Wyoming.") from error
        except OSError:
            raise EngineError(
                f"{server} broke off before it gave a transcript; try again."
            ) from None
        finally:
            await disconnect(client)

    async def _exchange(self, client: Any, pcm: Pcm, language: str, server: str) -> tuple[str, str]:
        from wyoming.asr import Transcribe, Transcript
        from wyoming.audio import AudioChunk, AudioStart, AudioStop
        from wyoming.error import Error

        form = {"rate": SAMPLE_RATE, "width": 2, "channels": 1}
        ask = Transcribe(name=self.options.model or None, language=language or None)
        await client.write_event(ask.event())
        await client.write_event(AudioStart(**form).event())
        for start in range(0, len(pcm), _CHUNK_SAMPLES):
            audio = pcm[start : start + _CHUNK_SAMPLES].astype("<i2").tobytes()
            await client.write_event(AudioChunk(**form, audio=audio).event())
        await client.write_event(AudioStop().event())
        while event := await client.read_event():
            if Transcript.is_type(event.type):
                found = Transcript.from_event(event)
                return str(found.text), found.language or ""
            if Error.is_type(event.type):
                raise EngineError(f"{server} refused the sound: {said_by(event)}.", retryable=False)
        raise _broken_off(server)


def _broken_off(server: str) -> EngineError:
    return EngineError(f"{server} broke off before it gave a transcript; try again.")
