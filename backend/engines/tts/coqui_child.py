"""Coqui in a process of its own: loads a model, and speaks what it is asked to.

Runs in the environment of `coqui-tts`, with nothing of ours but the way messages go. What it is
asked is named by `do`; sound comes as 16-bit samples, little endian, in parts: while an answer has
`more`, the next part is there for the asking.

    load    model, folder, keep, device                  -> rate, speakers, languages, cloning
    speak   text, speaker, language, reference, speed    -> rate, more; a part
    more                                                 -> rate, more; the next part
    stop                                                 -> nothing; the rest is not wanted
"""

from __future__ import annotations

import io
import json
import os
import shutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from backend.engines.messages import Message, WorkerChannel

_CHUNK_TOKENS = 20
"""Tokens of XTTS a part, its own default: about 0.9 s."""


class Coqui:
    """A loaded model."""

    def __init__(self, api: Any) -> None:
        self.api = api
        self._model = api.synthesizer.tts_model
        self._imitated: dict[str, tuple[Any, Any]] = {}

    @classmethod
    def load(cls, asked: dict[str, Any]) -> Coqui:
        """Load a model; one that is not here yet is fetched first."""
        import torch
        from TTS.api import TTS

        if asked["folder"]:
            folder = Path(asked["folder"])
            api = TTS(
                model_path=str(weights_in(folder)),
                config_path=str(folder / "config.json"),
                progress_bar=False,
            )
        else:
            api = TTS(progress_bar=True)
            fetch(api, asked["model"], Path(os.environ["TTS_HOME"], "tts"), asked["keep"])
            api.load_tts_model_by_name(asked["model"])
        device = asked["device"]
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        return cls(api.to(device))

    def about(self) -> dict[str, Any]:
        """What can be asked of it."""
        config = self._model.config
        return {
            "rate": int(self.api.synthesizer.output_sample_rate),
            "speakers": [str(name) for name in self.api.speakers or ()],
            "languages": [str(name) for name in self.api.languages or ()],
            "cloning": bool(getattr(config, "supports_cloning", False)),
        }

    def speak(self, asked: dict[str, Any]) -> Iterator[Any]:
        """The sound of a text in parts: arrays of floats, ±1."""
        if hasattr(self._model, "inference_stream"):
            begun = False
            try:
                for part in self._stream(asked):
                    begun = True
                    yield part
                return
            except Exception:
                if begun:
                    raise
                # Streaming hangs on the insides of other packages; the whole sentence does not.
                traceback.print_exc()
        yield self._whole(asked)

    def _whole(self, asked: dict[str, Any]) -> Any:
        """The sound of a text at once; the silence that the package adds is left out."""
        import numpy as np

        more: dict[str, Any] = {}
        if hasattr(self._model, "length_scale"):
            self._model.length_scale = 1.0 / asked["speed"]
        elif hasattr(self._model, "inference_stream"):
            more["speed"] = asked["speed"]
        sound = self.api.tts(
            text=asked["text"],
            speaker=asked["speaker"] or None,
            language=asked["language"] or None,
            speaker_wav=asked["reference"] or None,
            split_sentences=False,
            **more,
        )
        heard = np.flatnonzero(np.asarray(sound, np.float64))
        return sound[: int(heard[-1]) + 1] if len(heard) else []

    def _stream(self, asked: dict[str, Any]) -> Iterator[Any]:
        """XTTS, while it speaks."""
        latents, embedding = self._speaker(asked["speaker"], asked["reference"])
        parts = self._model.inference_stream(
            asked["text"],
            asked["language"],
            latents,
            embedding,
            stream_chunk_size=_CHUNK_TOKENS,
            speed=asked["speed"],
        )
        for part in parts:
            yield part.cpu().numpy()

    def _speaker(self, speaker: str, reference: str) -> tuple[Any, Any]:
        """What XTTS knows of a speaker; of a recording it is worked out once."""
        if speaker:
            latents, embedding = self._model.speaker_manager.speakers[speaker].values()
            return latents, embedding
        if reference not in self._imitated:
            config = self._model.config
            self._imitated[reference] = self._model.get_conditioning_latents(
                audio_path=reference,
                gpt_cond_len=config.gpt_cond_len,
                gpt_cond_chunk_len=config.gpt_cond_chunk_len,
                max_ref_length=config.max_ref_len,
                sound_norm_refs=config.sound_norm_refs,
            )
        return self._imitated[reference]


def fetch(api: Any, model: str, home: Path, keep: Sequence[str] = ()) -> None:
    """Fetch a model that is not here yet; what a fetch that was cut off left is thrown away first.

    The package takes a folder that is there for a model that is whole.

    Args:
        api: The package's.
        model: Its name.
        home: The folder of the models' folders.
        keep: Names of folders that are known to be whole.
    """
    home.mkdir(parents=True, exist_ok=True)
    mark = home / "unfinished.json"
    if mark.exists():
        whole = [*json.loads(mark.read_text(encoding="utf-8")), *keep]
        for folder in home.iterdir():
            coming = any(folder.glob("*.part"))
            if folder.is_dir() and folder.name not in whole and not coming:
                shutil.rmtree(folder)
        mark.unlink()
    there = [folder.name for folder in home.iterdir() if folder.is_dir()]
    unwritten = mark.with_suffix(".new")
    unwritten.write_text(json.dumps(there), encoding="utf-8")
    unwritten.replace(mark)
    api.download_model_by_name(model)
    mark.unlink()


def weights_in(folder: Path) -> Path:
    """What a model of the user's own is loaded from: XTTS from its folder, others from a file."""
    if (folder / "vocab.json").is_file():
        return folder
    found = [path for path in sorted(folder.glob("*.pth")) if "speaker" not in path.name]
    usual = [folder / name for name in ("model.pth", "best_model.pth", "model_file.pth")]
    named = [path for path in usual if path in found]
    if not found:
        raise FileNotFoundError("Model file not found in the output path")
    return (named or found)[0]


def samples(part: Any) -> bytes:
    """Floats of ±1 as 16-bit samples; what is beyond is clipped, what is no number is silent."""
    import numpy as np

    sound = np.nan_to_num(np.asarray(part, np.float64).reshape(-1))
    return np.clip(np.rint(sound * 32767.0), -32768, 32767).astype("<i2").tobytes()


class Desk:
    """Answers requests in their order."""

    def __init__(self) -> None:
        self._coqui: Coqui | None = None
        self._parts: Iterator[Any] = iter(())

    def answer(self, asked: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Do what is asked; the head and the body of the answer."""
        if asked["do"] == "load":
            self._coqui = None
            self._coqui = Coqui.load(asked)
            return self._coqui.about(), b""
        if self._coqui is None:
            return {"failed": "Coqui has loaded no model."}, b""
        if asked["do"] == "stop":
            self._parts = iter(())
            return {}, b""
        if asked["do"] == "speak":
            self._parts = self._coqui.speak(asked)
        part = next(self._parts, None)
        about = {"rate": self._coqui.about()["rate"], "more": part is not None}
        return about, b"" if part is None else samples(part)


def main() -> None:
    """Answer until nobody asks any more."""
    channel = WorkerChannel()
    sys.stderr.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.stdout = sys.stderr
    # A library that asks on the terminal gets no answer instead of waiting for one.
    sys.stdin = io.StringIO()
    # Our modules must not stand in for others of the same name.
    sys.path[:] = [place for place in sys.path if place not in ("", str(Path.cwd()))]
    channel.answer(Message({"ready": True}))
    desk = Desk()
    while True:
        asked = channel.next(wait=True)
        assert asked is not None
        try:
            head, body = desk.answer(asked.head)
        except Exception as error:
            traceback.print_exc()
            said = " ".join(str(error).split())[:300]
            head, body = {"failed": f"{type(error).__name__}: {said}"}, b""
        channel.answer(Message({**head, "id": asked.head["id"]}, body))


if __name__ == "__main__":
    main()
