"""Film a puppet that speaks: sound and lips in, an MP4 out, as fast as the machine can."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.avatar.motion import Performer
from backend.avatar.pose import Mouth
from backend.avatar.puppet import Puppet
from backend.media.mp4 import Mp4Writer

LEAD_OUT_S = 0.4
"""Pictures after the last sound, so that the mouth comes to rest."""
SPEECH_RMS = 8_000.0
"""RMS of loud int16 speech, taken as energy 1."""


def film(
    out: Path,
    puppet: Puppet,
    performer: Performer,
    pcm: NDArray[np.int16],
    sample_rate: int,
    mouth_at: Callable[[float], Mouth],
    *,
    emotion_at: Callable[[float], str] = lambda t: "neutral",
    fps: int = 30,
) -> Iterator[float]:
    """Render and encode, yielding how far it is (0 to 1) after each picture.

    Args:
        pcm: (samples,) int16 mono, the whole speech.
        mouth_at: The lips at a time of the speech, seconds.
        emotion_at: The expression at a time.

    Raises:
        StorageError: The file cannot be written; nothing is left at `out`.
    """
    seconds = len(pcm) / sample_rate
    count = max(1, round((seconds + LEAD_OUT_S) * fps))
    energy = _energy(pcm, sample_rate, count, fps)
    with Mp4Writer(out, (puppet.size, puppet.size), fps, sample_rate=sample_rate) as writer:
        writer.write_audio(pcm)
        for index in range(count):
            # The middle of the time that the picture is shown.
            at = (index + 0.5) / fps
            speaking = at < seconds
            performer.attend("speaking" if speaking else "idle")
            pose = performer.pose(
                at,
                mouth_at(at),
                speaking=speaking,
                energy=float(energy[index]),
                emotion=emotion_at(at),
            )
            writer.write_frame(puppet.render(pose))
            yield (index + 1) / count


def _energy(pcm: NDArray[np.int16], sample_rate: int, count: int, fps: int) -> NDArray[np.float32]:
    """(count,) loudness of the sound under each picture, 0 to 1."""
    step = sample_rate // fps
    padded = np.zeros(count * step, np.float32)
    used = min(len(pcm), len(padded))
    padded[:used] = pcm[:used]
    level = np.sqrt(np.mean(np.square(padded.reshape(count, step)), axis=1))
    energy: NDArray[np.float32] = np.minimum(level / SPEECH_RMS, 1.0).astype(np.float32)
    return energy
