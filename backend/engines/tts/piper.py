"""Piper: neural voices that run on the processor, each two files in the models folder.

A voice is asked for by its file's name, a speaker of it by "name#speaker". Every sentence comes in
windows with the times of its phonemes, the first one early.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from pydantic import Field

from backend.engines.base import (
    Availability,
    EngineOptions,
    Requirement,
    SpeechChunk,
    SpeechRequest,
    Voice,
    VoiceInfo,
)
from backend.engines.tts.espeak import speakable, split_pieces
from backend.engines.tts.piper_files import PiperFiles
from backend.engines.tts.piper_model import Manner, PiperModel
from backend.engines.tts.piper_phonemes import phonemes_between, sounds_of
from backend.engines.tts.piper_shelf import Shelf
from backend.engines.tts.piper_windows import SoundShaper, window_ends
from backend.errors import EngineError
from backend.media.loudness import VoiceLevel
from backend.media.pcm import fade, to_int16

OUTPUT_RATE = 48_000
"""Hz. The rate of the stage, so that no window is resampled there by itself, with a seam."""
MOST_LOADED = 2
"""Voices kept in memory, about 130 MB each; the one used least lately leaves."""

_COUNTING = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10."
"""Spoken at load to learn how loud a voice is: every language reads digits in its own words."""
_MOST_THREADS = 2


@dataclass(frozen=True, slots=True)
class _Feeling:
    """How an emotion sounds: factors on speed and on the noise scales, and semitones.

    The directions are those of the embedded voice, after Scherer (2003); a livelier voice varies
    more, which in this kind of network is what noise does.
    """

    speed: float = 1.0
    pitch: float = 0.0
    noise: float = 1.0


_FEELINGS: Mapping[str, _Feeling] = {
    "happy": _Feeling(1.06, 0.5, 1.15),
    "sad": _Feeling(0.88, -0.5, 0.8),
    "angry": _Feeling(1.06, 0.2, 1.15),
    "surprised": _Feeling(1.04, 0.8, 1.2),
    "shy": _Feeling(0.94, 0.3, 0.9),
    "smug": _Feeling(0.94, -0.3, 1.05),
    "scared": _Feeling(1.1, 0.7, 1.1),
    "tired": _Feeling(0.84, -0.6, 0.75),
}


class PiperVoice(Voice):
    """Piper's voices, at 48,000 Hz."""

    name: ClassVar[str] = "piper"
    label: ClassVar[str] = "Piper"
    summary: ClassVar[str] = "Natural voices in over 40 languages, fast on any processor."
    levelled: ClassVar[bool] = True
    tells_phonemes: ClassVar[bool] = True
    requires: ClassVar[tuple[Requirement, ...]] = (
        Requirement("piper", "pip install piper-tts"),
        Requirement("onnxruntime", "pip install onnxruntime"),
    )

    class Options(EngineOptions):
        """Where the voices are, and how they speak when nothing else is asked for."""

        model: str = Field("", description="A voice's .onnx, a folder of voices, or a name.")
        models_dir: Path = Field(Path("models"), description="Folder of downloaded models.")
        language: str = Field("en", description="Language of the voice that is loaded first.")
        length_scale: float = Field(1.0, gt=0.2, le=4.0, description="Slower above 1.")
        noise_scale: float | None = Field(
            None, ge=0.0, le=2.0, description="Variation of the sound; empty: the voice's own."
        )
        noise_w: float | None = Field(
            None, ge=0.0, le=2.0, description="Variation of the rhythm; empty: the voice's own."
        )
        windows: bool = Field(
            True,
            description="Sound comes early, for a little more work; off: sentence by sentence.",
        )
        threads: int = Field(0, ge=0, le=32, description="0: two, or one on a single core.")

    options: Options

    def __init__(self, options: Mapping[str, Any] | None = None) -> None:
        super().__init__(options)
        self._loaded: OrderedDict[Path, PiperModel] = OrderedDict()
        self._seen: Shelf | None = None

    @classmethod
    def options_from(cls, settings: Mapping[str, Any]) -> dict[str, Any]:
        """The voice, the models folder and the language come from the program's settings."""
        return {
            "model": settings["piper_model_path"],
            "models_dir": settings["models_dir"],
            "language": settings["speech_language"],
        }

    def probe(self) -> Availability:
        """Whether the package and a voice are there."""
        missing = self.missing()
        if missing:
            return missing
        shelf = self._shelf(fresh=True)
        wanted, found = self.options.model, shelf.files
        if wanted and not shelf.preferred:
            return Availability(
                False,
                f"There is no Piper voice {wanted!r}.",
                "Set PIPER_MODEL_PATH to a voice's .onnx with its .onnx.json beside it.",
                expected=True,
            )
        if not found:
            return Availability(
                False,
                f"There is no Piper voice in {self.options.models_dir}.",
                "Get one with `python main.py models`, or put a voice's .onnx and .onnx.json"
                " there.",
            )
        named = ", ".join(files.name for files in found[:3])
        more = f" and {len(found) - 3} more" if len(found) > 3 else ""
        return Availability(True, f"It can speak as {named}{more}.")

    def load(self) -> None:
        """Load the voice that is the default for the language; seconds for a medium one.

        Raises:
            EngineError: There is no voice, or its files cannot be used.
        """
        files, speaker = self._shelf().first(self.options.language)
        model = self._model(files)
        # The first run of a network is slower than those after it.
        self._level(model, speaker)

    def unload(self) -> None:
        """Free all voices."""
        self._loaded.clear()

    def voices(self) -> list[VoiceInfo]:
        """Every voice that is installed, and each speaker of those that have several."""
        listed = []
        for files in self._shelf(fresh=True).files:
            listed.append(VoiceInfo(files.name, files.name, files.language))
            listed += [
                VoiceInfo(f"{files.name}#{speaker}", f"{files.name}, {speaker}", files.language)
                for speaker in files.speakers
            ]
        return listed

    def fingerprint(self) -> str:
        """The options, and when the files of each voice were written."""
        files = [(one.name, one.written) for one in self._shelf().files]
        return f"{super().fingerprint()} {files}"

    def synthesize(self, request: SpeechRequest) -> Iterator[SpeechChunk]:
        """Speak a text, each sentence in windows that join without a seam.

        What cannot be spoken is left out; a text of nothing else yields no chunk. Of a network
        that does not tell its durations, a sentence is one chunk without phonemes.

        Raises:
            EngineError: There is no such voice, none for the language, or it cannot be used.
        """
        files, speaker = self._chosen(request)
        model = self._model(files)
        level = self._level(model, speaker)
        for piece in split_pieces(_plain(request.text)):
            for symbols in model.sentences(piece):
                if any(symbol.isalpha() for symbol in symbols):
                    yield from self._sentence(model, symbols, speaker, request, level)

    def _sentence(
        self,
        model: PiperModel,
        symbols: list[str],
        speaker: int,
        request: SpeechRequest,
        level: VoiceLevel,
    ) -> Iterator[SpeechChunk]:
        feeling = _FEELINGS.get(request.emotion, _Feeling())
        pitch = 2.0 ** (min(max(request.pitch + feeling.pitch, -12.0), 12.0) / 12.0)
        speed = min(max(request.speed, 0.5), 2.0) * feeling.speed
        # Played faster by the pitch's factor afterwards, it has to be slower by it now.
        frames = model.encode(symbols, self._manner(model, pitch / speed, feeling.noise), speaker)
        rate = model.files.sample_rate
        shaper = SoundShaper(rate, OUTPUT_RATE, pitch, level.gain)
        frame_seconds = model.hop / (rate * pitch)
        sounds = sounds_of(symbols, frames.lasting, model.symbol_ids)
        ends = (
            window_ends(frames.total, frame_seconds, model.seconds_a_frame, sounds)
            if sounds and self.options.windows
            else iter((frames.total,))
        )
        start, heard, said = 0, 0.0, []
        for end in ends:
            said.append(model.decode(frames, start, end))
            pcm = shaper.shape(said[-1], last=end == frames.total)
            # The resampler holds some sound back: times are those of what leaves it.
            until = heard + len(pcm) / (OUTPUT_RATE * frame_seconds)
            if len(pcm):
                yield SpeechChunk(
                    pcm, OUTPUT_RATE, phonemes_between(sounds, heard, until, frame_seconds)
                )
            start, heard = end, until
        if not level.known:
            level.hear(fade(to_int16(np.concatenate(said)), rate), rate)

    def _shelf(self, *, fresh: bool = False) -> Shelf:
        """The voices as they were seen last; the host's probes look anew every few seconds."""
        if fresh or self._seen is None:
            self._seen = Shelf.of(self.options.model, self.options.models_dir)
        return self._seen

    def _chosen(self, request: SpeechRequest) -> tuple[PiperFiles, int]:
        """The voice for a request, and its speaker; looks again when it seems not to be there."""
        try:
            return self._shelf().choose(request.voice, request.language)
        except EngineError:
            return self._shelf(fresh=True).choose(request.voice, request.language)

    def _manner(self, model: PiperModel, length: float, noise: float) -> Manner:
        own = model.files.described.get("inference") or {}
        options = self.options
        noise_scale, noise_w = options.noise_scale, options.noise_w
        return Manner(
            length=float(own.get("length_scale", 1.0)) * options.length_scale * length,
            noise=noise
            * float(own.get("noise_scale", 0.667) if noise_scale is None else noise_scale),
            noise_w=noise * float(own.get("noise_w", 0.8) if noise_w is None else noise_w),
        )

    def _level(self, model: PiperModel, speaker: int) -> VoiceLevel:
        """How loud a speaker is; the first time, some numbers are spoken for it unheard."""
        level = model.levels.get(speaker)
        if level is None:
            level = VoiceLevel()
            for symbols in model.sentences(_COUNTING)[:1]:
                frames = model.encode(symbols, self._manner(model, 1.0, 1.0), speaker)
                sound = model.decode(frames, 0, frames.total)
                rate = model.files.sample_rate
                level.hear(fade(to_int16(sound), rate), rate)
            model.levels[speaker] = level
        return level

    def _model(self, files: PiperFiles) -> PiperModel:
        """The voice, loaded; a third one in memory makes the one used least lately leave."""
        model = self._loaded.pop(files.model, None)
        if model is None or model.files.written != files.written:
            threads = self.options.threads or min(_MOST_THREADS, os.cpu_count() or 1)
            while len(self._loaded) >= MOST_LOADED:
                self._loaded.popitem(last=False)
            model = PiperModel.load(files, threads)
        self._loaded[files.model] = model
        return model


def _plain(text: str) -> str:
    """Text without what has no sound, and without the brackets that `piper` takes for phonemes."""
    return speakable(text.replace("[[", " ").replace("]]", " "))
