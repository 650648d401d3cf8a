"""A Piper voice in memory: its network on onnxruntime, divided so that sound comes early.

It runs in this process, because a child gains nothing: onnxruntime lets go of the interpreter while
it computes (with a voice speaking without pause on two busy cores, the 95th percentile of the event
loop's lateness was 8 ms in this process and 6 to 14 ms beside a child), and the espeak-ng inside
`piper` is a copy with globals of its own, apart from that of the embedded voice.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backend.engines.tts.piper_files import (
    PiperFiles,
    VoiceFileError,
    check_network,
    read_network,
)
from backend.engines.tts.piper_onnx import bytes_field, text_field
from backend.engines.tts.piper_split import Split, durations_name, split
from backend.errors import EngineError
from backend.media.loudness import VoiceLevel

Sound = NDArray[np.float32]
"""(samples,) float32, ±1 full scale, at the voice's sample rate."""

_GRAPH, _OUTPUT = 7, 12
_DEFAULT_HOP = 256
_NEEDED_PACKAGES = {
    "japanese": "pyopenjtalk-plus",
    "thai": "tltk",
    "pinyin": "g2pW",
    "hebrew": "piper-tts",
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a sentence is spoken: the network's three scales."""

    length: float
    noise: float
    noise_w: float


@dataclass(frozen=True, slots=True)
class Frames:
    """A sentence on its way to sound.

    Attributes:
        total: How many frames it has.
        lasting: (ids,) frames of each phoneme id; empty when the network does not tell.
        data: (1, channels, total) for the vocoder; of an undivided network, its (samples,) sound.
        speaker: Whose they are.
    """

    total: int
    lasting: NDArray[np.int64]
    data: NDArray[np.float32]
    speaker: int


@dataclass
class PiperModel:
    """A loaded voice; make it by `load`. Not for two threads at once.

    Attributes:
        hop: Samples a frame.
        levels: How loud each speaker is.
        seconds_a_frame: What the vocoder needed for a frame when it ran last; 0 before.
    """

    files: PiperFiles
    hop: int
    divided: Split | None
    levels: dict[int, VoiceLevel] = field(default_factory=dict)
    seconds_a_frame: float = 0.0
    _voice: Any = None
    _vocoder: Any = None

    @classmethod
    def load(cls, files: PiperFiles, threads: int) -> PiperModel:
        """Check a voice's files and build its sessions.

        Raises:
            VoiceFileError: The files are damaged, disagree, or cannot be run.
        """
        from piper import PiperVoice
        from piper.config import PiperConfig

        data, network = read_network(files)
        check_network(files, network)
        hop = int(files.described.get("hop_length", _DEFAULT_HOP))
        divided, durations = split(network), durations_name(network)
        if divided and divided.hop != hop:
            raise VoiceFileError(
                f"The voice {files.name} cannot be used: its two files disagree: hop_length is"
                f" {hop} in the description and {divided.hop} in the network. Get both anew."
            )
        first = divided.encoder if divided else _with_durations(data, network.outputs, durations)
        model = cls(files, hop, divided)
        try:
            model._voice = PiperVoice(
                config=PiperConfig.from_dict(dict(files.described)),
                session=open_session(first, threads),
                download_dir=files.model.parent,
            )
            model._vocoder = open_session(divided.vocoder, threads) if divided else None
        except Exception as error:  # onnxruntime's errors have no base of their own
            raise VoiceFileError(
                f"The voice {files.name} cannot be run: {_first_line(error)}. Get its files anew."
            ) from error
        return model

    def sentences(self, text: str) -> list[list[str]]:
        """The symbols of each sentence of a text.

        Raises:
            EngineError: The voice needs a package that is not there, or espeak-ng does not know
                its language.
        """
        kind = str(self.files.described.get("phoneme_type", "espeak"))
        if kind == "pinyin" and not (self.files.model.parent / "g2pW").is_dir():
            raise EngineError(
                f"The voice {self.files.name} needs the folder g2pW beside it. Get it with the"
                " voice, or choose another voice.",
                retryable=False,
            )
        try:
            found: list[list[str]] = self._voice.phonemize(text)
        except ImportError as error:
            raise EngineError(
                f"The voice {self.files.name} needs the Python package"
                f" {_NEEDED_PACKAGES.get(kind, error.name)}. Install it, or choose another voice.",
                retryable=False,
            ) from error
        except RuntimeError as error:
            raise EngineError(
                f"The voice {self.files.name} cannot read the text: {_first_line(error)}. Choose"
                " another voice.",
                retryable=False,
            ) from error
        return found

    @property
    def symbol_ids(self) -> dict[str, list[int]]:
        """The table of phonemes."""
        return dict(self.files.described["phoneme_id_map"])

    def encode(self, symbols: list[str], manner: Manner, speaker: int) -> Frames:
        """Make a sentence's frames; the larger part of the network, all at once."""
        ids = self._voice.phonemes_to_ids(symbols)
        feed = {
            "input": np.array([ids], np.int64),
            "input_lengths": np.array([len(ids)], np.int64),
            "scales": np.array([manner.noise, manner.length, manner.noise_w], np.float32),
        }
        if self.files.num_speakers > 1:
            feed["sid"] = np.array([speaker], np.int64)
        data, *rest = self._voice.session.run(None, feed)
        lasting = rest[0].reshape(-1).astype(np.int64) if rest else np.zeros(0, np.int64)
        if self.divided:
            return Frames(data.shape[-1], lasting, data, speaker)
        sound = data.reshape(-1)
        return Frames(len(sound) // self.hop, lasting, sound, speaker)

    def decode(self, frames: Frames, start: int, end: int) -> Sound:
        """The sound of some frames: the same samples, whichever windows are asked for.

        Raises:
            EngineError: The network gives values that are no numbers.
        """
        if self.divided is None:
            sound = frames.data[start * self.hop : end * self.hop]
        else:
            first = max(0, start - self.divided.reach)
            last = min(frames.total, end + self.divided.reach)
            feed = {self.divided.frames: np.ascontiguousarray(frames.data[:, :, first:last])}
            if self.divided.takes_speaker:
                feed["sid"] = np.array([frames.speaker], np.int64)
            started = time.perf_counter()
            made = self._vocoder.run(None, feed)[0].reshape(-1)
            self.seconds_a_frame = (time.perf_counter() - started) / max(1, end - start)
            sound = made[(start - first) * self.hop : (end - first) * self.hop]
        if not np.isfinite(sound).all():
            raise EngineError(
                f"The voice {self.files.name} makes values that are no sound. Choose another"
                " voice.",
                retryable=False,
            )
        return sound


def open_session(model: bytes, threads: int) -> Any:
    """A session for one sentence at a time."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that wait for work by spinning would take the cores from the avatar.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # Planning which tensors share memory takes most of the load time of a network of thousands of
    # nodes (2.8 s of 3.1 s), and saved no memory.
    options.enable_mem_reuse = False
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _with_durations(data: bytes, outputs: Any, durations: str | None) -> bytes:
    """The network with its durations as one more output; a second graph message is merged."""
    if durations is None or durations in outputs:
        return data
    return data + bytes_field(_GRAPH, bytes_field(_OUTPUT, text_field(1, durations)))


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".")[:200] if lines else type(error).__name__
