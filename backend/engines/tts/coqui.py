"""Coqui: the kept fork `coqui-tts`, in an environment and a process of its own.

Over sixty models, from small voices of one language to XTTS, which imitates a recording in 17. XTTS
may not be used commercially (the Coqui Public Model License): it speaks only for who accepts that.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillLoadingError
from contextlib import aclosing
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from backend.engines.base import (
    Availability,
    EngineOptions,
    Pcm,
    SpeechChunk,
    SpeechRequest,
    Voice,
    VoiceInfo,
)
from backend.engines.http.call_loop import CallLoop
from backend.engines.messages import Message
from backend.engines.tts.coqui_models import (
    CPML,
    INSTALL,
    XTTS_V2,
    CoquiModel,
    find_model,
    find_python,
    has_xtts,
)
from backend.engines.tts.coqui_speaker import Loaded, explain, language_for, recordings
from backend.engines.tts.espeak import speakable, split_pieces
from backend.engines.tts.idle_timer import IdleTimer
from backend.engines.tts.reference_audio import Limits, prepare_reference
from backend.engines.tts.remote import RemoteSpeech, as_chunks
from backend.engines.worker import Worker, WorkerGoneError
from backend.errors import EngineError, KotodamaError

LIMITS = Limits(shortest=3.0, longest=30.0)
"""Seconds of a recording: XTTS wants more than 3 and hears no more than 30 (`max_ref_len`)."""

_LONGEST_PIECE = 200
"""Characters. XTTS warns above 250 of English, and stumbles."""
_FETCH_S = 7200.0


class CoquiVoice(Voice):
    """A model of Coqui, at 48,000 Hz."""

    name: ClassVar[str] = "coqui"
    label: ClassVar[str] = "Coqui"
    summary: ClassVar[str] = (
        "Voices in many languages, and XTTS, which imitates a recording (not for commercial use)."
    )

    class Options(EngineOptions):
        """Which model speaks, and as whom."""

        model: str = Field("", description="tts_models/en/ljspeech/vits, or a model's folder.")
        speaker: str = Field("", description="One of the model's speakers; empty: its first.")
        reference: str = Field("", description="A recording to imitate, for models that can.")
        accept_licence: bool = Field(
            False,
            description=f"You accept the licence of XTTS: no commercial use, see {CPML}.",
        )
        python: str = Field("", description="A Python with coqui-tts; empty: that of the extra.")
        home: Path = Field(Path("models/coqui"), description="Folder of its models and voices.")
        data_dir: Path = Field(Path("data/coqui"), description="Folder of prepared recordings.")
        device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description="What computes.")
        idle_minutes: float = Field(
            10.0, ge=0, le=1440, description="It ends after that long without speech; 0: never."
        )
        start_timeout: float = Field(
            60.0, gt=0, le=1800, description="Seconds that others wait for a model that loads."
        )
        timeout: float = Field(120.0, gt=0, le=600, description="Seconds to wait for sound.")

    options: Options

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Model, recording, licence, folders and idle time come from the program's settings."""
        return {
            "model": settings["coqui_model"],
            "reference": settings["coqui_reference"],
            "accept_licence": settings["coqui_accept_licence"],
            "home": settings["models_dir"] / "coqui",
            "data_dir": settings["data_dir"] / "coqui",
            "idle_minutes": settings["voice_idle_minutes"],
        }

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._loop = CallLoop()
        self._worker: Worker | None = None
        self._loading: tuple[int, Future[Loaded]] | None = None
        self._changing = threading.Lock()
        self._idle = IdleTimer(self.options.idle_minutes * 60.0, self._end)

    def probe(self) -> Availability:
        """Whether it is installed, its model is known, and a licence that forbids is accepted."""
        if not self._wanted():
            return Availability(
                False, "No model of Coqui is chosen.", f"Set COQUI_MODEL; before that `{INSTALL}`."
            )
        try:
            model = self._allowed_model()
        except EngineError as error:
            return Availability(False, error.message, expected=True)
        licence = f", licence {model.licence}" if model.licence else ""
        there = model.kept_in(self.options.home).is_dir()
        fetched = "" if there else "; it is fetched when it is used first"
        if not there and model.name == XTTS_V2:
            fetched += ", or with its progress in Voices & models"
        return Availability(True, f"It speaks with {model.name}{licence}{fetched}.")

    def load(self) -> None:
        """Start it and load the model.

        A model that has to be fetched first takes longer than others wait: it goes on meanwhile.

        Raises:
            EngineError: It is not installed, is not allowed to speak, cannot load the model, or is
                not done yet.
        """
        with self._idle.at_work():
            self._loaded()

    @property
    def asleep(self) -> bool:
        """Whether its process was ended, because it was idle."""
        return self._loading is None

    def unload(self) -> None:
        """End its process."""
        self._idle.stop()
        self._loop.close()
        self._end()

    def fingerprint(self) -> str:
        """The options and the recordings."""
        told = [
            f"{name} {path.stat().st_mtime_ns}"
            for name, path in recordings(self.options.home, self.options.reference).items()
        ]
        return " ".join([super().fingerprint(), *told])

    def voices(self) -> list[VoiceInfo]:
        """The model's speakers, once it is loaded, and the recordings that it can imitate."""
        model = self._allowed_model()
        names = list(self._known_speakers())
        if model.clones:
            names += recordings(self.options.home, self.options.reference)
        if not names:
            default = self.options.speaker
            return [VoiceInfo(default, default or model.name, model.language)]
        return [VoiceInfo(name, name, model.language) for name in names]

    def synthesize(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
        """Speak, chunk by chunk at 48,000 Hz; XTTS while it thinks, others a sentence at a time.

        Raises:
            EngineError: It is not installed or not allowed to speak, or there is no such voice;
                from the iterator: the model cannot be loaded, does not speak the language, fails,
                ends, or is late.
        """
        model = self._allowed_model()
        reference = self._reference(request, model)
        return RemoteSpeech(self._loop, self._speak(request, model, reference))

    async def _speak(
        self, request: SpeechRequest, model: CoquiModel, reference: str
    ) -> AsyncGenerator[SpeechChunk, None]:
        pitch = 2.0 ** (min(max(request.pitch, -12.0), 12.0) / 12.0)
        with self._idle.at_work():
            loaded = await asyncio.to_thread(self._loaded)
            asked = {
                "speaker": "" if reference else loaded.speaker(request.voice, self.options.speaker),
                "language": language_for(request.language, loaded, model),
                "reference": reference,
                "speed": min(max(request.speed, 0.5), 2.0) / pitch,
            }
            for text in split_pieces(speakable(request.text), _LONGEST_PIECE):
                if not any(char.isalnum() for char in text):
                    continue
                async with (
                    aclosing(self._sounds({**asked, "text": text})) as sounds,
                    aclosing(as_chunks(sounds, self.label, pitch)) as chunks,
                ):
                    async for chunk in chunks:
                        yield chunk

    async def _sounds(self, asked: dict[str, Any]) -> AsyncGenerator[tuple[Pcm, int], None]:
        """The parts of a text, with their sample rate.

        Raises:
            EngineError: It failed, ended, or was late.
        """
        worker, number = self._worker, self._loading[0] if self._loading else 0
        if worker is None:
            raise EngineError("Coqui was ended; try again.")
        head: dict[str, Any] = {"do": "speak", **asked}
        try:
            while True:
                answer = await asyncio.to_thread(_ask, worker, number, head, self.options.timeout)
                if not answer.head["more"]:
                    return
                yield np.frombuffer(answer.body, "<i2").astype(np.int16), answer.head["rate"]
                head = {"do": "more"}
        finally:
            worker.tell(number, {"do": "stop"})

    def _wanted(self) -> str:
        """The model that was chosen, or else XTTS v2 where it is there; "" for none."""
        return self.options.model.strip() or (XTTS_V2 if has_xtts(self.options.home) else "")

    def _allowed_model(self) -> CoquiModel:
        """The model, if it may be used.

        Raises:
            EngineError: It is not there, or its licence is not accepted.
        """
        python = find_python(self.options.python)
        model = find_model(python, self._wanted())
        if model.is_xtts and not self.options.accept_licence:
            raise EngineError(
                f"XTTS may not be used commercially ({CPML}); accept its licence"
                " (COQUI_ACCEPT_LICENCE), or choose another model.",
                retryable=False,
            )
        if model.is_coming(self.options.home):
            raise EngineError(
                f"The download of {model.name} is not done; go on with it in Voices & models, or"
                " discard it there."
            )
        return model

    def _reference(self, request: SpeechRequest, model: CoquiModel) -> str:
        """The prepared recording to imitate; "" for a speaker of the model.

        Raises:
            EngineError: It cannot be used.
        """
        found = recordings(self.options.home, self.options.reference)
        wanted = request.voice or ("" if self.options.speaker else next(iter(found), ""))
        if not model.clones or wanted not in found:
            return ""
        try:
            prepared = prepare_reference(found[wanted], self.options.data_dir, LIMITS)
        except KotodamaError as error:
            raise EngineError(error.message, retryable=False) from error
        return str(prepared.path.resolve())

    def _known_speakers(self) -> tuple[str, ...]:
        """The model's speakers; none as long as it is not loaded."""
        done = self._loading[1] if self._loading else None
        if done is None or not done.done() or done.exception() is not None:
            return ()
        return done.result().speakers

    def _loaded(self) -> Loaded:
        """The model, loaded in the process that runs now.

        Raises:
            EngineError: See `load`.
        """
        with self._changing:
            model = self._allowed_model()
            if self._worker is None:
                self._worker = self._make_worker(model)
            number = self._worker.start()
            if self._loading is None or self._loading[0] != number or _failed(self._loading[1]):
                self._loading = number, self._begin_loading(self._worker, number, model)
            job = self._loading[1]
        try:
            return job.result(self.options.start_timeout)
        except StillLoadingError:
            raise EngineError(
                f"Coqui is still fetching or loading {model.name}; it speaks as soon as it can."
            ) from None

    def _make_worker(self, model: CoquiModel) -> Worker:
        variables = {
            "TTS_HOME": str(self.options.home.resolve()),
            "PYTORCH_ENABLE_MPS_FALLBACK": "1",
        }
        if model.is_xtts:
            # Asked for and accepted above; the package would ask on a terminal.
            variables["COQUI_TOS_AGREED"] = "1"
        return Worker(
            "backend.engines.tts.coqui_child",
            "coqui",
            self.label,
            python=str(find_python(self.options.python)),
            variables=variables,
        )

    def _begin_loading(self, worker: Worker, number: int, model: CoquiModel) -> Future[Loaded]:
        """Load in a thread of its own, since nothing must wait for a download."""
        home = self.options.home
        # From its folder a model is loaded as it is; by its name Coqui asks the network for news.
        in_folder = model.folder is not None or model.is_whole(home)
        xtts = CoquiModel(XTTS_V2, "", "CPML")
        head = {
            "do": "load",
            "model": model.name,
            "folder": str(model.kept_in(home).resolve()) if in_folder else "",
            "keep": [xtts.kept_in(home).name] if xtts.is_whole(home) else [],
            "device": self.options.device,
        }

        def load() -> Loaded:
            # Nothing that is being fetched is idle.
            with self._idle.at_work():
                return Loaded.of(_ask(worker, number, head, _FETCH_S).head)

        pool = ThreadPoolExecutor(1, thread_name_prefix="coqui-load")
        job = pool.submit(load)
        pool.shutdown(wait=False)
        return job

    def _end(self) -> None:
        with self._changing:
            if self._worker is not None:
                self._worker.stop()
            self._loading = None


def _ask(worker: Worker, number: int, head: dict[str, Any], limit_s: float) -> Message:
    """Ask the process; what its libraries said of a failure becomes a sentence."""
    try:
        return worker.ask(number, head, b"", limit_s)
    except WorkerGoneError:
        raise
    except EngineError as error:
        raise explain(error.message) from error


def _failed(job: Future[Loaded]) -> bool:
    return job.done() and job.exception() is not None
