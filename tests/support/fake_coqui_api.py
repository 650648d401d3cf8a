"""What `TTS.api` of coqui-tts is to its callers: models of tones, with the package's own checks.

The file becomes `TTS/api.py` of an environment of a test's own. Faults are read from `fault` in
the folder of the models; what was asked stands in `asked.jsonl` there.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

HOME = Path(os.environ.get("TTS_HOME", "."))
SECONDS_A_LETTER = 0.05


def fault() -> str:
    path = HOME / "fault"
    return path.read_text() if path.exists() else ""


def note(**asked: Any) -> None:
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "asked.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"pid": os.getpid(), **asked}, ensure_ascii=False) + "\n")


def tone(text: str, rate: int, speed: float, pitch: float) -> Any:
    count = round(len(text) * SECONDS_A_LETTER * rate / speed)
    return (0.3 * np.sin(np.arange(count) * pitch * 2 * np.pi / rate)).astype(np.float32)


class Xtts:
    """A model that streams and imitates."""

    rate = 24_000

    def __init__(self) -> None:
        self.config = SimpleNamespace(
            supports_cloning=True,
            gpt_cond_len=6,
            gpt_cond_chunk_len=6,
            max_ref_len=10,
            sound_norm_refs=False,
        )
        known = {"gpt_cond_latents": 440.0, "speaker_embedding": 1.0}
        self.speaker_manager = SimpleNamespace(speakers={"Ana": known, "Claribel": known})

    def get_conditioning_latents(self, audio_path: str, **settings: Any) -> tuple[float, float]:
        note(imitated=audio_path, settings=settings)
        return 880.0, 1.0

    def inference_stream(
        self,
        text: str,
        language: str,
        latents: float,
        embedding: float,
        stream_chunk_size: int = 20,
        speed: float = 1.0,
    ) -> Iterator[Any]:
        note(streamed=text, language=language)
        if fault() == "no streaming":
            raise AttributeError("'GenerationConfig' object has no attribute 'x'")
        sound = tone(text, self.rate, speed, latents)
        for number, part in enumerate(np.array_split(sound, 4)):
            if number == 2 and fault() == "dies":
                sys.stderr.write("CUDA error: device-side assert triggered\n")
                sys.stderr.flush()
                os._exit(134)
            if number == 2 and fault() == "fails later":
                raise RuntimeError("probability tensor contains either `inf`")
            time.sleep(0.05 if fault() == "slow" else 0.0)
            yield SimpleNamespace(cpu=lambda part=part: SimpleNamespace(numpy=lambda: part))


class Vits:
    """A model that speaks a sentence at once."""

    rate = 22_050

    def __init__(self, speakers: tuple[str, ...]) -> None:
        self.config = SimpleNamespace(supports_cloning=False)
        self.speakers = speakers
        self.length_scale = 1.0


class TTS:
    def __init__(
        self,
        model_name: str = "",
        *,
        model_path: str | None = None,
        config_path: str | None = None,
        progress_bar: bool = True,
    ) -> None:
        self.is_xtts = False
        if model_name:
            self.load_tts_model_by_name(model_name)
        if model_path:
            self._take(model_path, Path(model_path).is_dir())

    def download_model_by_name(self, model_name: str) -> None:
        """Fetch a model and its vocoder; a folder that is there counts as whole."""
        if "xtts" in model_name and os.environ.get("COQUI_TOS_AGREED") != "1":
            input(" | | > ")
        for name in (model_name, "vocoder_models/en/ljspeech/hifigan"):
            folder = HOME / "tts" / name.replace("/", "--")
            if not folder.is_dir():
                folder.mkdir(parents=True)
                (folder / "model.pth").write_text("half")
                if fault() == "cut off" and "vocoder" in name:
                    os._exit(137)
                (folder / "model.pth").write_text("whole")

    def load_tts_model_by_name(self, model_name: str) -> None:
        self.download_model_by_name(model_name)
        for folder in (HOME / "tts").glob("*_models--*"):
            if (folder / "model.pth").read_text() != "whole":
                raise RuntimeError("PytorchStreamReader failed reading zip archive")
        self._take(model_name, "xtts" in model_name)

    def _take(self, model_name: str, is_xtts: bool) -> None:
        note(loaded=model_name)
        print(" > loading a model, says the library")
        time.sleep(1.0 if fault() == "slow load" else 0.0)
        if fault().startswith("load: "):
            raise RuntimeError(fault()[6:])
        self.is_xtts = is_xtts
        model = Xtts() if self.is_xtts else Vits(("p1", "p2") if "vctk" in model_name else ())
        self.synthesizer = SimpleNamespace(tts_model=model, output_sample_rate=model.rate)
        self.model: Any = model

    def to(self, device: str) -> TTS:
        note(device=device)
        return self

    @property
    def speakers(self) -> list[str] | None:
        if self.is_xtts:
            return list(self.model.speaker_manager.speakers)
        return list(self.model.speakers) or None

    @property
    def languages(self) -> list[str] | None:
        return ["en", "fr", "zh-cn", "ja"] if self.is_xtts else None

    def tts(
        self,
        text: str,
        speaker: str | None = None,
        language: str | None = None,
        speaker_wav: str | None = None,
        split_sentences: bool = True,
        **kwargs: Any,
    ) -> list[Any]:
        note(text=text, speaker=speaker, language=language, reference=speaker_wav, **kwargs)
        if self.languages and language is None:
            raise ValueError("Model is multi-lingual but no `language` is provided.")
        if not self.speakers and speaker is not None:
            raise ValueError("Model is not multi-speaker but `speaker` is provided.")
        if not self.languages and language is not None:
            raise ValueError("Model is not multi-lingual but `language` is provided.")
        if not self.is_xtts and kwargs:
            raise TypeError(f"inference() got an unexpected keyword argument {[*kwargs]}")
        if fault().startswith("speak: "):
            raise RuntimeError(fault()[7:])
        time.sleep(600 if fault() == "hangs" else 0)
        speed = kwargs.get("speed", 1.0) if self.is_xtts else 1.0 / self.model.length_scale
        return [*tone(text, self.model.rate, speed, 440.0), *[0] * 10_000]
