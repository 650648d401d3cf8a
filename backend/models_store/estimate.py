"""How fast a model of the catalogue will be here, from its shape and this machine's calibration.

Voices: the parts of Piper's networks by quality, as its training code sets them
(https://github.com/rhasspy/piper, `piper_train/__main__.py` and `vits/lightning.py`). Whisper: the
dimensions of OpenAI's models (https://github.com/openai/whisper, `model-card.md`). The work of each
part is counted in multiplications and divided by what the machine does of that kind a second.
"""

from __future__ import annotations

from dataclasses import dataclass

from backend.models_store.calibration import Calibration
from backend.models_store.pace import SPOKEN_S, Pace, hearing_pace, voice_pace

HOP = 256
IDS_A_SENTENCE = 135
"""Phoneme ids of a sentence of twelve words, pauses between them included."""
FIRST_WINDOW_S = 0.4
REACH_FRAMES = 11
"""Frames around a window that have a part in its sound."""
TOKENS_A_SENTENCE = 14
WINDOW_S = 10.0
"""Sound that Whisper's encoder is given for a short sentence."""

_GIGA = 1e9
_ENCODER_FRAMES_S, _MEL_FRAMES_S, _MELS = 50, 100, 80
_TOKENS = 51_865
# Fitted on models of the real shapes with random weights, tiny to small, on one machine (Cascade
# Lake, 2 cores, 8 bits): activations and norms beside the encoder's products, CTranslate2's
# product with one vector against onnxruntime's, and its fixed cost for a token.
_BESIDE_PRODUCTS = 1.4
_VECTOR_LOSS = 5.7
_TOKEN_WORK = 0.22
_MEL_WORK = 0.8


@dataclass(frozen=True)
class VoiceShape:
    """A Piper network: channels of its encoder and of its vocoder, and the vocoder's steps.

    Attributes:
        hidden: Channels of the encoder and the flow.
        channels: Channels at the vocoder's entrance.
        steps: Factor and kernel width of each upsampling.
        kernels: Kernel widths of the residual blocks.
        convolutions: Convolutions of each residual block.
    """

    hidden: int
    channels: int
    steps: tuple[tuple[int, int], ...]
    kernels: tuple[int, ...]
    convolutions: int


_USUAL = (((8, 16), (8, 16), (4, 8)), (3, 5, 7), 2)
_MEDIUM = VoiceShape(192, 256, *_USUAL)
_HIGH = VoiceShape(192, 512, ((8, 16), (8, 16), (2, 4), (2, 4)), (3, 7, 11), 6)
VOICES = {
    "x_low": (VoiceShape(96, 256, *_USUAL), 16_000),
    "low": (_MEDIUM, 16_000),
    "medium": (_MEDIUM, 22_050),
    "high": (_HIGH, 22_050),
}
"""Shape and sample rate by the quality in a voice's name."""

_WHISPERS = {
    "tiny": (384, 4, 4), "base": (512, 6, 6), "small": (768, 12, 12), "medium": (1024, 24, 24),
    "large-v1": (1280, 32, 32), "large-v2": (1280, 32, 32), "large-v3": (1280, 32, 32),
    "large-v3-turbo": (1280, 32, 4), "distil-large-v3": (1280, 32, 2),
}  # fmt: skip
"""Width, and layers of encoder and decoder."""


def estimate_voice(quality: str, machine: Calibration) -> Pace | None:
    """The pace of a Piper voice of a quality ("medium"); None for an unknown one."""
    if quality not in VOICES or not machine.conv:
        return None
    shape, rate = VOICES[quality]
    frames = SPOKEN_S * rate / HOP
    frame_s = _vocoder_seconds(shape, machine)
    encoder_s = _encoder_seconds(shape, frames, machine)
    first = FIRST_WINDOW_S * rate / HOP + REACH_FRAMES
    took = encoder_s + frames * frame_s
    return voice_pace(SPOKEN_S / took, encoder_s + first * frame_s, measured=False)


def estimate_whisper(
    size: str, machine: Calibration, *, eight: bool, tokens: int = TOKENS_A_SENTENCE
) -> Pace | None:
    """The pace of a Whisper model.

    Args:
        size: "tiny", "base.en" …
        machine: What this machine computes.
        eight: Whether it computes with 8 bits, as faster-whisper does; else with 32.
        tokens: That it writes.

    Returns:
        None for an unknown size, or where a graphics card would do the work.
    """
    shape = _WHISPERS.get(size.removesuffix(".en"))
    if shape is None or not machine.gemm or machine.card:
        return None
    width, encoder_layers, decoder_layers = shape
    product, vector = machine.gemm8, machine.gemv8 / _VECTOR_LOSS
    if not eight:
        product, vector = machine.gemm, machine.gemv
    frames = WINDOW_S * _ENCODER_FRAMES_S
    dense = frames * (encoder_layers * 12 + decoder_layers * 2) * width**2
    attention = encoder_layers * 2 * frames**2 * width
    stem = WINDOW_S * _MEL_FRAMES_S * 3 * width * (_MELS + width / 2)
    encoder_s = dense / product + (attention + stem) / machine.gemm
    weights = decoder_layers * 14 * width**2 + _TOKENS * width
    token_s = weights / vector + _TOKEN_WORK * _GIGA / machine.gemm
    work = _BESIDE_PRODUCTS * encoder_s + (tokens + 1) * token_s + _MEL_WORK * _GIGA / machine.gemm
    return hearing_pace(work / _GIGA, measured=False)


def _vocoder_seconds(shape: VoiceShape, machine: Calibration) -> float:
    """Seconds a frame of the HiFi-GAN vocoder."""
    channels, length, took = shape.channels, 1, 0.0
    took += 7 * shape.hidden * channels / _rate(machine, channels)
    for factor, width in shape.steps:
        took += channels * channels // 2 * width * length / _rate(machine, channels)
        channels, length = channels // 2, length * factor
        blocks = sum(shape.kernels) * shape.convolutions * channels**2
        took += blocks * length / _rate(machine, channels)
    return took / _GIGA


def _encoder_seconds(shape: VoiceShape, frames: float, machine: Calibration) -> float:
    """Seconds of a sentence in the text encoder, by phoneme, and in the flow, by frame."""
    hidden = shape.hidden
    phoneme = 6 * (4 + 2 * 4 * 3) * hidden**2
    frame = 4 * 4 * (5 + 1) * 2 * hidden**2
    work = IDS_A_SENTENCE * phoneme + frames * frame
    return work / _rate(machine, hidden) / _GIGA


def _rate(machine: Calibration, channels: int) -> float:
    """What convolutions of the nearest width reach."""
    nearest = min(machine.conv, key=lambda width: abs(width - channels))
    return machine.conv[nearest]
