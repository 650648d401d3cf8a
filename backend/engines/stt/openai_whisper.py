"""Speech to text with OpenAI's own Whisper package, on torch.

It reads the `.pt` files of OpenAI. Its encoder insists on 30 s; the layers are called one by one
here, with as much of the position embedding as a shorter window needs.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from backend.engines.base import Availability, Pcm, Requirement
from backend.engines.stt.utterance import DroppedError
from backend.engines.stt.whisper_checkpoint import read_checkpoint
from backend.engines.stt.whisper_engine import WhisperEngine, cannot_load, first_line
from backend.engines.stt.whisper_guards import Decoded
from backend.engines.stt.whisper_models import find_checkpoint
from backend.engines.stt.whisper_vocabulary import LANGUAGES
from backend.engines.stt.whisper_window import log_mel, most_tokens
from backend.errors import BadInputError, EngineError

log = logging.getLogger("kotodama.engines")

_MAX_THREADS = 4
_LONGEST_TEXT = 224
_INSTALL = "python main.py extras install whisper"


class OpenAIWhisper(WhisperEngine):
    """Whisper on torch."""

    name: ClassVar[str] = "openai_whisper"
    label: ClassVar[str] = "Whisper (openai-whisper)"
    summary: ClassVar[str] = "The reference implementation; for graphics cards that have torch."
    requires: ClassVar[tuple[Requirement, ...]] = (
        Requirement("torch", _INSTALL),
        Requirement("tiktoken", _INSTALL),
        Requirement("whisper", _INSTALL),
    )

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._model: Any = None

    def probe(self) -> Availability:
        """Whether the packages and the model's file are there."""
        missing = self.missing()
        if missing:
            return missing
        found = find_checkpoint(self.options.model, self.options.models_dir)
        return Availability(found.path is not None, found.reason, found.remedy)

    def load(self) -> None:
        """Read the model and run it once.

        Raises:
            EngineError: The model is missing or damaged, or the device cannot run it.
        """
        if self._model is not None:
            return
        found = find_checkpoint(self.options.model, self.options.models_dir)
        if found.path is None:
            raise EngineError(f"{found.reason} {found.remedy}", retryable=False)
        failure: Exception | None = None
        for device in self._devices():
            try:
                self._model = self._load_on(device, found.path)
                self._warm_up()
                return
            except BadInputError as error:
                raise EngineError(error.message, retryable=False) from error
            except (RuntimeError, ImportError, OSError) as error:
                self._model, failure = None, error
                log.warning("Whisper cannot run on %s: %s", device, first_line(error))
        raise cannot_load(found.path, failure) from failure

    def unload(self) -> None:
        """Free the model."""
        self._model = None

    @property
    def multilingual(self) -> bool:
        """Whether the loaded model knows other languages than English."""
        return bool(self._model.is_multilingual)

    def _knows(self, code: str) -> bool:
        return code in LANGUAGES[: self._model.num_languages]

    def _devices(self) -> list[str]:
        """The devices to try in turn."""
        if self.options.device != "auto":
            return [self.options.device]
        import torch

        return ["cuda", "cpu"] if torch.cuda.is_available() else ["cpu"]

    def _load_on(self, device: str, path: Path) -> Any:
        import torch
        from whisper.model import ModelDimensions, Whisper

        # The file is read by our own reader, never by `torch.load`.
        checkpoint = read_checkpoint(path)
        torch.set_num_threads(self.options.threads or min(_MAX_THREADS, os.cpu_count() or 1))
        model = Whisper(ModelDimensions(**asdict(checkpoint.dims)))
        model.load_state_dict(
            {name: torch.from_numpy(np.array(value)) for name, value in checkpoint.weights.items()}
        )
        return model.eval().to(device)

    def _run(
        self, pcm: Pcm, seconds: float, language: str, cancelled: Callable[[], bool]
    ) -> Decoded:
        import torch
        from whisper.audio import log_mel_spectrogram
        from whisper.decoding import DecodingOptions

        model = self._model
        bands = model.dims.n_mels
        mel = log_mel(
            pcm,
            seconds,
            lambda sound: log_mel_spectrogram(torch.from_numpy(sound), bands).numpy(),
        )
        with torch.inference_mode():
            features = encode(
                model.encoder, torch.from_numpy(mel)[None].to(model.device), cancelled
            )
            language = language or detect_language(model, features)
            options = DecodingOptions(
                language=language,
                temperature=0.0,
                without_timestamps=True,
                fp16=False,
                sample_len=min(most_tokens(len(pcm)), _LONGEST_TEXT),
            )
            result = _decoding(model, options, cancelled).run(features)[0]
        return Decoded(result.text, language, result.avg_logprob, result.no_speech_prob)


def encode(encoder: Any, mel: Any, cancelled: Callable[[], bool]) -> Any:
    """Run Whisper's encoder on a window of any even number of frames up to 3000.

    Args:
        encoder: The `AudioEncoder`.
        mel: (1, mel bands, frames) float tensor.
        cancelled: Asked between the layers.

    Returns:
        (1, frames / 2, width).

    Raises:
        DroppedError: It was cancelled.
    """
    from torch.nn import functional

    states = functional.gelu(encoder.conv1(mel))
    states = functional.gelu(encoder.conv2(states)).permute(0, 2, 1)
    states = states + encoder.positional_embedding[: states.shape[1]]
    for block in encoder.blocks:
        if cancelled():
            raise DroppedError
        states = block(states)
    return encoder.ln_post(states)


def detect_language(model: Any, features: Any) -> str:
    """The most probable language of encoded sound: a two- or three-letter code."""
    import torch
    from whisper.tokenizer import get_tokenizer

    tokenizer = get_tokenizer(True, num_languages=model.num_languages)
    begin = torch.tensor([[tokenizer.sot]], device=features.device)
    first = tokenizer.sot + 1
    logits = model.logits(begin, features)[0, 0, first : first + model.num_languages]
    return LANGUAGES[int(logits.argmax())]


def _decoding(model: Any, options: Any, cancelled: Callable[[], bool]) -> Any:
    """Whisper's own decoding, of sound that is encoded already; stops when cancelled."""
    from whisper.decoding import DecodingTask, LogitFilter

    class Stop(LogitFilter):  # type: ignore[misc]  # the library is untyped
        def apply(self, logits: Any, tokens: Any) -> None:
            if cancelled():
                raise DroppedError

    class Task(DecodingTask):  # type: ignore[misc]
        def _get_audio_features(self, mel: Any) -> Any:
            return mel

    task = Task(model, options)
    task.logit_filters.insert(0, Stop())
    return task
