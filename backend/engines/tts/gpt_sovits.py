"""GPT-SoVITS: voices that imitate a few seconds of a speaker, in an environment of their own.

Either its folder is given, and its server runs as a child of ours, or the address of a server that
the user runs. See `gpt_sovits_voices` for the voices, `gpt_sovits_client` for the calls.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from backend.engines.base import (
    Availability,
    EngineOptions,
    SpeechChunk,
    SpeechRequest,
    Voice,
    VoiceInfo,
)
from backend.engines.http.call_loop import CallLoop
from backend.engines.http.endpoint import Endpoint
from backend.engines.tts.espeak import speakable, split_pieces
from backend.engines.tts.gpt_sovits_client import Patience, SovitsClient
from backend.engines.tts.gpt_sovits_folder import SovitsFolder
from backend.engines.tts.gpt_sovits_server import LABEL, OwnServer, SovitsServer, answers
from backend.engines.tts.gpt_sovits_voices import (
    Recording,
    SovitsVoice,
    fingerprint,
    language_code,
    read_transcript,
    read_voice,
    voice_folders,
)
from backend.engines.tts.idle_timer import IdleTimer
from backend.engines.tts.reference_audio import Limits, prepare_reference
from backend.engines.tts.remote import RemoteSpeech, as_chunks
from backend.errors import EngineError, KotodamaError

LIMITS = Limits(shortest=3.0, longest=10.0)
"""Seconds of reference that its server takes (`TTS._set_prompt_semantic`); others are refused."""

_LONGEST_PIECE = 400
_STREAMING = {"off": 0, "fragments": True, "pieces": 2, "small_pieces": 3}
_log = logging.getLogger("kotodama.engines")


class GptSovitsVoice(Voice):
    """GPT-SoVITS as a voice, at 48,000 Hz."""

    name: ClassVar[str] = "gpt_sovits"
    label: ClassVar[str] = LABEL
    summary: ClassVar[str] = (
        "Imitates a speaker from a few seconds of sound; wants a graphics card and its own set-up."
    )

    class Options(EngineOptions):
        """Where it is, and how it speaks."""

        folder: str = Field("", description="Folder of GPT-SoVITS, which is then started here.")
        python: str = Field("", description="Its Python; empty: looked for in its folder.")
        url: str = Field("", description="A server that runs already; used where no folder is set.")
        voices_dir: Path = Field(Path("models/gpt_sovits"), description="Folder of its voices.")
        data_dir: Path = Field(Path("data/gpt_sovits"), description="Folder of its working files.")
        language: str = Field("en", description="Language of a voice that does not tell its own.")
        voice: str = Field("", description="Voice to use; empty: the first one of the language.")
        reference: str = Field("", description="A recording to imitate, instead of a voice.")
        reference_text: str = Field("", description="What is said in that recording.")
        idle_minutes: float = Field(
            10.0, ge=0, le=1440, description="It ends after that long without speech; 0: never."
        )
        streaming: Literal["off", "fragments", "pieces", "small_pieces"] = Field(
            "fragments", description="How early sound comes; pieces need a version of late 2025."
        )
        split: Literal["cut0", "cut1", "cut2", "cut3", "cut4", "cut5"] = Field(
            "cut5", description="Where it cuts a text; cut5: at every punctuation, cut0: nowhere."
        )
        pause: float = Field(0.2, ge=0.0, le=2.0, description="Pause after each part, seconds.")
        top_k: int = Field(15, ge=1, le=100, description="Most choices for each token.")
        top_p: float = Field(1.0, gt=0.0, le=1.0, description="Share of likely choices.")
        temperature: float = Field(1.0, gt=0.0, le=2.0, description="Liveliness.")
        repetition_penalty: float = Field(1.35, ge=0.5, le=3.0, description="Against stutter.")
        sample_steps: int = Field(32, ge=4, le=128, description="Care of versions 3 and 4.")
        seed: int = Field(-1, ge=-1, description="Makes it repeatable; -1: chance.")
        start_timeout: float = Field(
            180.0, gt=0, le=1800, description="Seconds that its start may take."
        )
        timeout: float = Field(120.0, gt=0, le=600, description="Seconds to wait for sound.")
        idle_timeout: float = Field(
            60.0, gt=0, le=600, description="Seconds to wait for more sound."
        )

    options: Options

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Folders, address, language and idle time come from the program's settings."""
        return {
            "folder": settings["gpt_sovits_path"],
            "python": settings["gpt_sovits_python"],
            "url": settings["gpt_sovits_url"],
            "voices_dir": settings["models_dir"] / "gpt_sovits",
            "data_dir": settings["data_dir"] / "gpt_sovits",
            "language": settings["speech_language"],
            "idle_minutes": settings["voice_idle_minutes"],
        }

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._loop = CallLoop()
        self._server: SovitsServer | OwnServer | None = None
        self._client: SovitsClient | None = None
        self._idle = IdleTimer(self.options.idle_minutes * 60.0, self._end_server)

    def probe(self) -> Availability:
        """Whether it is set up, and has a voice; nothing is started."""
        options = self.options
        if not (options.folder.strip() or options.url.strip()):
            return Availability(
                False,
                "GPT-SoVITS is not set up.",
                "Set GPT_SOVITS_PATH to its folder, or GPT_SOVITS_URL.",
            )
        try:
            server = self._find_server()
            if isinstance(server, OwnServer) and not answers(server.address)():
                return Availability(
                    False,
                    f"No GPT-SoVITS answers at {server.address}.",
                    "Start its api_v2.py, or correct GPT_SOVITS_URL.",
                    expected=True,
                )
            self._choose("", options.language)
        except EngineError as error:
            return Availability(False, error.message, expected=True)
        where = server.address if isinstance(server, OwnServer) else options.folder
        return Availability(True, f"It speaks by {where}.")

    def load(self) -> None:
        """Start its server, and wait until its models are loaded; up to minutes.

        Raises:
            EngineError: It is not set up, or cannot be started.
        """
        with self._idle.at_work():
            self._start()

    @property
    def asleep(self) -> bool:
        """Whether its server was ended, because it was idle or hung."""
        return self._server is not None and self._server.stopped

    def unload(self) -> None:
        """End its server, if it is ours."""
        self._idle.stop()
        client, self._client = self._client, None
        if client is not None:
            self._loop.run(client.close(), lambda: False)
        self._loop.close()
        self._end_server()

    def fingerprint(self) -> str:
        """The options and the files of the voices."""
        return super().fingerprint() + fingerprint(self.options.voices_dir)

    def voices(self) -> list[VoiceInfo]:
        """The voices of its folder; one that cannot be used is told in the log."""
        usable = [voice for voice, _why in map(self._try_read, self._folders()) if voice]
        if own := self._from_options():
            usable.append(own)
        return [VoiceInfo(voice.id, voice.name, voice.language) for voice in usable]

    def synthesize(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
        """Speak, chunk by chunk at 48,000 Hz, while the sound arrives.

        Its server is started if it does not run. Pitch is raised by playing faster what it speaks
        slower. A text without letters yields nothing.

        Raises:
            EngineError: There is no such voice, its recording cannot be used, or it does not speak
                the language; from the iterator: the server cannot be started, refuses, is late,
                breaks off, or leaves something out.
        """
        voice = self._choose(request.voice, request.language)
        body = self._body(request, voice)
        return RemoteSpeech(self._loop, self._speak(request, voice, body))

    async def _speak(
        self, request: SpeechRequest, voice: SovitsVoice, body: dict[str, Any]
    ) -> AsyncGenerator[SpeechChunk, None]:
        pitch = _pitch(request)
        with self._idle.at_work():
            client = await asyncio.to_thread(self._start)
            if client.has_other_weights(voice.gpt_weights, voice.sovits_weights):
                # What it starts with is known to a fresh start alone.
                await asyncio.to_thread(self._end_server)
                client = await asyncio.to_thread(self._start)
            await client.use_weights(voice.gpt_weights, voice.sovits_weights)
            for text in split_pieces(speakable(request.text), _LONGEST_PIECE):
                if not any(char.isalnum() for char in text):
                    continue
                async with (
                    aclosing(client.sounds({**body, "text": text})) as sounds,
                    aclosing(as_chunks(sounds, LABEL, pitch)) as chunks,
                ):
                    async for chunk in chunks:
                        yield chunk

    def _body(self, request: SpeechRequest, voice: SovitsVoice) -> dict[str, Any]:
        """What is asked of `/tts`, but for the text."""
        options = self.options
        recording = voice.recording(request.emotion)
        try:
            reference = prepare_reference(recording.path, options.data_dir, LIMITS)
        except KotodamaError as error:
            raise EngineError(error.message, retryable=False) from error
        if recording.transcript and not reference.whole:
            _log.warning(
                "%s was cut to 10 s, so what is said in it is not used.", recording.path.name
            )
        return {
            "text_lang": language_code(request.language),
            "ref_audio_path": str(reference.path.resolve()),
            "prompt_text": recording.transcript if reference.whole else "",
            "prompt_lang": language_code(voice.language),
            "media_type": "wav",
            "streaming_mode": _STREAMING[options.streaming],
            "speed_factor": round(min(max(request.speed, 0.5), 2.0) / _pitch(request), 4),
            "text_split_method": options.split,
            "fragment_interval": options.pause,
            "batch_size": 1,
            "parallel_infer": options.streaming in ("off", "fragments"),
            "top_k": options.top_k,
            "top_p": options.top_p,
            "temperature": options.temperature,
            "repetition_penalty": options.repetition_penalty,
            "sample_steps": options.sample_steps,
            "seed": options.seed,
        }

    def _choose(self, name: str, language: str) -> SovitsVoice:
        """The voice of a name, or the one that speaks where none is named.

        Raises:
            EngineError: There is none, or it cannot be used.
        """
        own = self._from_options()
        wanted = name or self.options.voice
        if own and wanted in ("", own.id):
            return own
        folders = self._folders()
        if wanted:
            for folder in folders:
                if folder.name == wanted:
                    return self._read(folder)
            raise EngineError(
                f"GPT-SoVITS has no voice {wanted}; make a folder of that name with a"
                f" reference.wav in {self.options.voices_dir}.",
                retryable=False,
            )
        if not folders:
            raise EngineError(
                "GPT-SoVITS has no voice yet; put a recording of 3 to 10 s as reference.wav into"
                f" a folder of its own in {self.options.voices_dir}.",
                retryable=False,
            )
        read = [self._try_read(folder) for folder in folders]
        usable = [voice for voice, _why in read if voice]
        if not usable:
            raise EngineError(read[0][1], retryable=False)
        base = language.partition("-")[0].lower()
        return next((one for one in usable if one.language.lower().startswith(base)), usable[0])

    def _folders(self) -> list[Path]:
        return voice_folders(self.options.voices_dir)

    def _read(self, folder: Path) -> SovitsVoice:
        server = self._find_server()
        root = server.folder.path if isinstance(server, SovitsServer) else None
        return read_voice(folder, self.options.language, root)

    def _try_read(self, folder: Path) -> tuple[SovitsVoice | None, str]:
        """A voice, or why it cannot be used, which is told in the log too."""
        try:
            return self._read(folder), ""
        except EngineError as error:
            _log.warning("%s", error.message)
            return None, error.message

    def _from_options(self) -> SovitsVoice | None:
        """The voice that the options describe."""
        path = Path(self.options.reference)
        if not self.options.reference.strip():
            return None
        text = self.options.reference_text.strip() or read_transcript(path)
        recordings = {"": Recording(path, text)}
        return SovitsVoice(path.stem, path.stem, self.options.language, recordings)

    def _find_server(self) -> SovitsServer | OwnServer:
        """Who is asked; made when it is needed first.

        Raises:
            EngineError: The folder or the address is wrong.
        """
        if self._server is None:
            options = self.options
            if options.folder.strip():
                folder = SovitsFolder.find(Path(options.folder).expanduser(), options.python)
                self._server = SovitsServer(folder, options.data_dir, options.start_timeout)
            else:
                endpoint = Endpoint.parse(options.url, call="/tts", server="GPT-SoVITS server")
                self._server = OwnServer(endpoint.url)
        return self._server

    def _start(self) -> SovitsClient:
        server = self._find_server()
        server.start()
        if self._client is None:
            patience = Patience(self.options.timeout, self.options.idle_timeout)
            self._client = SovitsClient(server, patience)
        return self._client

    def _end_server(self) -> None:
        if self._server is not None:
            self._server.stop()


def _pitch(request: SpeechRequest) -> float:
    """The factor by which the sound is played faster."""
    return float(2.0 ** (min(max(request.pitch, -12.0), 12.0) / 12.0))
