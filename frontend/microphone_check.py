"""What is wrong with a microphone, judged from some seconds of speech: one sentence for people.

Pure: it takes samples and gives a verdict. The limits are those of speech at a desk: a voice lies
between -35 and -12 dBFS, a quiet room 20 dB or more below it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from event_system import FRAME_SECONDS, MICROPHONE_RATE

Kind = Literal["silent", "quiet", "clipped", "no_speech", "hum", "noisy", "broken", "good"]
SILENT_DB = -75.0
QUIET_DB = -42.0
LEAST_RANGE_DB = 8.0
LEAST_SNR_DB = 15.0
CLIPPED_AT = 32_600
CLIPPED_RUN = 3
CLIPPED_SHARE = 5e-4
HUM_SHARE = 0.5
HUM_FLOOR_DB = -65.0
MAINS_HZ = (50.0, 60.0)
HARMONICS = 6
MISSING_SHARE = 0.15
_SENTENCES: dict[Kind, str] = {
    "broken": "{missing:.0%} of the sound is missing: the device stutters. Use another socket, or "
    "close programs that use it too.",
    "clipped": "Too loud: the sound is clipped and distorted. Turn the microphone down, or move "
    "away from it.",
    "hum": "A hum of the mains lies under everything. Use another cable or socket, and keep the "
    "microphone away from power supplies.",
    "no_speech": "There is sound at {speech:.0f} dB, but no voice stands out of it. If you did "
    "speak, this is the wrong device: choose another one.",
    "quiet": "Too quiet: your voice reaches only {speech:.0f} dB. Come closer, turn the microphone "
    "up, or switch on automatic gain.",
    "noisy": "Noisy: your voice is only {snr:.0f} dB above the background. Come closer, or switch "
    "on noise suppression.",
    "good": "Sounds good: your voice is at {speech:.0f} dB, {snr:.0f} dB above the background.",
}


@dataclass(frozen=True)
class Verdict:
    """What a recording shows.

    Attributes:
        kind: The most important finding.
        sentence: What it is and what to do.
        speech_db: Level of the loud parts, dBFS.
        noise_db: Level of the quiet parts, dBFS.
    """

    kind: Kind
    sentence: str
    speech_db: float = -120.0
    noise_db: float = -120.0

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return self.kind == "good"

    @property
    def snr_db(self) -> float:
        """How far speech stands out of the noise, dB."""
        return self.speech_db - self.noise_db


def judge(pcm: Any, asked_seconds: float = 0.0, device: str = "") -> Verdict:
    """Judge a recording in which the user was asked to speak.

    Args:
        pcm: (samples,) int16, mono, 16 kHz.
        asked_seconds: How long it should be; 0 if that is not known.
        device: Name of the microphone, for the sentences.
    """
    import numpy as np

    sound = np.asarray(pcm, np.float32) / 32768
    seconds = len(sound) / MICROPHONE_RATE
    if seconds < 0.5 or not sound.any() or _db(float(np.max(np.abs(sound)))) < SILENT_DB:
        return Verdict("silent", _silent(device))
    levels = _frame_levels(sound)
    speech, noise = (float(np.percentile(levels, share)) for share in (95, 10))
    kind: Kind = "good"
    if seconds < asked_seconds * (1 - MISSING_SHARE):
        kind = "broken"
    elif _clipped(pcm) > CLIPPED_SHARE:
        kind = "clipped"
    elif speech - noise < LEAST_SNR_DB and _hums(sound, levels, noise):
        kind = "hum"
    elif speech - noise < LEAST_RANGE_DB:
        kind = "no_speech"
    elif speech < QUIET_DB:
        kind = "quiet"
    elif speech - noise < LEAST_SNR_DB:
        kind = "noisy"
    sentence = _SENTENCES[kind].format(
        speech=speech, snr=speech - noise, missing=1 - seconds / (asked_seconds or seconds)
    )
    return Verdict(kind, sentence, speech, noise)


def _silent(device: str) -> str:
    if "monitor" in device.lower():
        return f"{device} is no microphone: it gives what the computer plays. Choose another one."
    return (
        f"{device or 'The microphone'} gives nothing but silence: it is muted, or it is the wrong "
        "device. Look for a mute switch, or choose another one."
    )


def _frame_levels(sound: Any) -> Any:
    """(frames,) dBFS of 20 ms each."""
    import numpy as np

    size = round(FRAME_SECONDS * MICROPHONE_RATE)
    frames = sound[: len(sound) // size * size].reshape(-1, size)
    centred = frames - frames.mean(axis=1, keepdims=True)
    return 20 * np.log10(np.maximum(np.sqrt(np.mean(np.square(centred), axis=1)), 1e-6))


def _clipped(pcm: Any) -> float:
    """Share of samples in flat tops: runs of `CLIPPED_RUN` or more at full scale."""
    import numpy as np

    full = np.abs(np.asarray(pcm, np.int32)) >= CLIPPED_AT
    edges = np.flatnonzero(np.diff(np.concatenate(([0], full.astype(np.int8), [0]))))
    runs = edges[1::2] - edges[::2]
    return float(runs[runs >= CLIPPED_RUN].sum()) / max(1, len(full))


def _hums(sound: Any, levels: Any, noise: float) -> bool:
    return noise > HUM_FLOOR_DB and _hum_share(sound, levels) > HUM_SHARE


def _hum_share(sound: Any, levels: Any) -> float:
    """Share of the quiet parts' power at the mains frequency and its harmonics, 0 to 1."""
    import numpy as np

    size = round(FRAME_SECONDS * MICROPHONE_RATE)
    piece = 16 * size
    quiet = np.convolve(levels, np.ones(16), "valid")
    if not len(quiet):
        return 0.0
    start = int(np.argmin(quiet)) * size
    part = sound[start : start + piece]
    power = np.square(np.abs(np.fft.rfft((part - part.mean()) * np.hanning(len(part)))))
    hertz = np.fft.rfftfreq(len(part), 1 / MICROPHONE_RATE)
    whole = float(power[hertz > 20].sum()) or 1.0
    width = 2.5 * MICROPHONE_RATE / piece
    return max(
        sum(
            float(power[np.abs(hertz - mains * times) <= width].sum())
            for times in range(1, HARMONICS + 1)
        )
        / whole
        for mains in MAINS_HZ
    )


def _db(value: float) -> float:
    import math

    return 20 * math.log10(max(value, 1e-6))
