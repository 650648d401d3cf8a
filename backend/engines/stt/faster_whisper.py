"""Speech to text with faster-whisper: Whisper on CTranslate2, 8-bit on processors.

The package's own `transcribe` fills every window up to 30 s; here the encoder is called on a
shorter one, which makes short utterances three to four times faster (see `whisper_window`).
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field

from backend.engines.base import Availability, Pcm, Requirement
from backend.engines.stt.utterance import DroppedError
from backend.engines.stt.whisper_engine import (
    WhisperEngine,
    WhisperOptions,
    cannot_load,
    first_line,
)
from backend.engines.stt.whisper_guards import Decoded
from backend.engines.stt.whisper_models import find_folder
from backend.engines.stt.whisper_window import log_mel, most_tokens
from backend.errors import EngineError

log = logging.getLogger("kotodama.engines")

_MAX_THREADS = 4
_LONGEST_TEXT = 448


class FasterWhisper(WhisperEngine):
    """Whisper on CTranslate2."""

    name: ClassVar[str] = "faster_whisper"
    label: ClassVar[str] = "Whisper (faster-whisper)"
    summary: ClassVar[str] = "Understands 99 languages well, on the processor or an NVIDIA card."
    requires: ClassVar[tuple[Requirement, ...]] = (
        Requirement("faster_whisper", "python main.py extras install faster-whisper"),
    )

    class Options(WhisperOptions):
        """Which model, and how it is run."""

        compute_type: Literal["auto", "int8", "int8_float16", "float16", "float32"] = Field(
            "auto", description="Arithmetic; auto is int8 on processors, float16 on cards."
        )
        beam_size: int = Field(1, ge=1, le=10, description="Hypotheses kept; 1 is fastest.")

    options: Options

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._whisper: Any = None

    def probe(self) -> Availability:
        """Whether the package and the model's files are there."""
        missing = self.missing()
        if missing:
            return missing
        found = find_folder(self.options.model, self.options.models_dir)
        return Availability(found.path is not None, found.reason, found.remedy)

    def load(self) -> None:
        """Read the model and run it once; about a second for `base`.

        Raises:
            EngineError: The model is missing or damaged, or the device cannot run it.
        """
        if self._whisper is not None:
            return
        found = find_folder(self.options.model, self.options.models_dir)
        if found.path is None:
            raise EngineError(f"{found.reason} {found.remedy}", retryable=False)
        # Threads that wait for work by spinning would take the cores from the avatar.
        os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
        failure: Exception | None = None
        for device in self._devices():
            try:
                self._whisper = self._load_on(device, found.path)
                self._warm_up()
                return
            except Exception as error:  # the tokenizer's library raises nothing narrower
                self._whisper, failure = None, error
                log.warning("Whisper cannot run on %s: %s", device, first_line(error))
        raise cannot_load(found.path, failure) from failure

    def unload(self) -> None:
        """Free the model."""
        self._whisper = None

    @property
    def device(self) -> str:
        """What the loaded model runs on, "cpu" or "cuda", and its arithmetic."""
        model = self._whisper.model if self._whisper else None
        return f"{model.device} {model.compute_type}" if model else ""

    @property
    def multilingual(self) -> bool:
        """Whether the loaded model knows other languages than English."""
        return bool(self._whisper.model.is_multilingual)

    def _knows(self, code: str) -> bool:
        return self._token(f"<|{code}|>") is not None

    def _devices(self) -> list[str]:
        """The devices to try in turn."""
        if self.options.device != "auto":
            return [self.options.device]
        import ctranslate2

        return ["cuda", "cpu"] if ctranslate2.get_cuda_device_count() else ["cpu"]

    def _load_on(self, device: str, path: Path) -> Any:
        from faster_whisper import WhisperModel

        arithmetic = self.options.compute_type
        if arithmetic == "auto":
            arithmetic = "float16" if device == "cuda" else "int8"
        return WhisperModel(
            str(path),
            device=device,
            compute_type=arithmetic,
            cpu_threads=self.options.threads or min(_MAX_THREADS, os.cpu_count() or 1),
            local_files_only=True,
        )

    def _run(
        self, pcm: Pcm, seconds: float, language: str, cancelled: Callable[[], bool]
    ) -> Decoded:
        """Encode a window of `seconds` and decode it greedily at temperature 0."""
        import ctranslate2

        model = self._whisper.model
        extract = self._whisper.feature_extractor
        mel = log_mel(pcm, seconds, lambda sound: extract(sound, padding=0))
        if cancelled():
            raise DroppedError
        encoded = model.encode(ctranslate2.StorageView.from_array(mel[None]))
        if cancelled():
            raise DroppedError
        language = language or self._detect(encoded)
        result = model.generate(
            encoded,
            [self._prompt(language)],
            beam_size=self.options.beam_size,
            # The library halves this number.
            max_length=min(2 * most_tokens(len(pcm)), _LONGEST_TEXT),
            return_scores=True,
            return_no_speech_prob=True,
        )[0]
        tokens = result.sequences_ids[0]
        end = self._token("<|endoftext|>")
        text = self._whisper.hf_tokenizer.decode([token for token in tokens if token < end])
        logprob = result.scores[0] * len(tokens) / (len(tokens) + 1)
        return Decoded(text, language, logprob, result.no_speech_prob)

    def _detect(self, encoded: Any) -> str:
        best: tuple[str, float] = self._whisper.model.detect_language(encoded)[0][0]
        return best[0].strip("<|>")

    def _prompt(self, language: str) -> list[int]:
        """The tokens that ask for a transcription without time stamps."""
        names = ["<|startoftranscript|>"]
        if self._whisper.model.is_multilingual:
            names += [f"<|{language}|>", "<|transcribe|>"]
        return [self._token(name) for name in [*names, "<|notimestamps|>"]]

    def _token(self, name: str) -> Any:
        return self._whisper.hf_tokenizer.token_to_id(name)
