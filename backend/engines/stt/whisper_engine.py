"""What the engines that run Whisper themselves share: options, languages, windows and errors."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field

from backend.engines.base import EngineOptions, Pcm, SpeechToText, TranscriptionStream
from backend.engines.stt.utterance import AUTO, Utterance
from backend.engines.stt.whisper_guards import SAMPLE_RATE, Decoded
from backend.engines.stt.whisper_models import language_code
from backend.engines.stt.whisper_window import Recognition, Window, recognise
from backend.errors import EngineError

_WARM_UP_SECONDS = 2


class WhisperOptions(EngineOptions):
    """Which model, and how it is run."""

    model: str = Field("base", min_length=1, description="Model name, or path of its files.")
    models_dir: Path = Field(Path("models"), description="Where names are looked for.")
    device: Literal["auto", "cpu", "cuda"] = Field("auto", description="What computes.")
    threads: int = Field(0, ge=0, le=64, description="Processor threads; 0 is up to 4.")
    short_window: bool = Field(True, description="Encode less than 30 s where it suffices.")
    least_window: float = Field(10.0, ge=2.0, le=30.0, description="Shortest window, seconds.")


class WhisperEngine(SpeechToText):
    """Whisper on some library; the library's part stands in the subclass."""

    class Options(WhisperOptions):
        """Which model, and how it is run."""

    options: WhisperOptions

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Model, folder, device and window come from the program's settings."""
        return {
            "model": settings["whisper_model"],
            "models_dir": settings["models_dir"],
            "device": settings["whisper_device"],
            "short_window": settings["whisper_short_window"],
        }

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._window = Window(self.options.short_window, self.options.least_window)

    @property
    @abstractmethod
    def multilingual(self) -> bool:
        """Whether the loaded model knows other languages than English."""

    @abstractmethod
    def _knows(self, code: str) -> bool:
        """Whether the loaded multilingual model has a token for a language."""

    @abstractmethod
    def _run(
        self, pcm: Pcm, seconds: float, language: str, cancelled: Callable[[], bool]
    ) -> Decoded:
        """Encode (samples,) int16 in a window of `seconds` and decode it at temperature 0.

        Raises:
            RuntimeError: The library failed.
            DroppedError: It was cancelled.
        """

    def open_stream(self, language: str = "en") -> TranscriptionStream:
        """Begin an utterance; "auto" as the language detects it.

        Raises:
            EngineError: The model does not know the language.
        """
        self.load()
        code = language_code(language or AUTO)
        if code == AUTO:
            code = AUTO if self.multilingual else "en"
        elif not (self._knows(code) if self.multilingual else code == "en"):
            raise EngineError(
                f"The Whisper model {self.options.model} does not know the language {language!r};"
                " choose another model or language.",
                retryable=False,
            )
        return Utterance(self._decode, code)

    def _warm_up(self) -> None:
        """Run once, so that memory is taken and missing libraries show now."""
        noise = np.random.default_rng(0).integers(-800, 800, _WARM_UP_SECONDS * SAMPLE_RATE)
        self._run(noise.astype(np.int16), self._window.least, "en", lambda: False)

    def _decode(
        self, pcm: Pcm, language: str, *, patient: bool, cancelled: Callable[[], bool]
    ) -> Recognition:
        def run(sound: Pcm, seconds: float) -> Decoded:
            return self._run(sound, seconds, language, cancelled)

        try:
            return recognise(pcm, self._window, run, language=language or "en", patient=patient)
        except RuntimeError as error:
            raise EngineError(
                f"{self.label} could not decode the speech ({first_line(error)}).", retryable=True
            ) from error


def cannot_load(path: Path, error: Exception | None) -> EngineError:
    """The failure of a library to load a model."""
    return EngineError(
        f"The Whisper model {path} cannot be loaded ({first_line(error)})."
        " If its files are damaged, download or convert it again.",
        retryable=False,
    )


def first_line(error: Exception | None) -> str:
    """A library's words, short enough for a sentence."""
    return str(error).strip().split("\n")[0].rstrip(".")[:160]
