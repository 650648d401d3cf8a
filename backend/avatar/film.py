"""Film a puppet that speaks: sound and lips in, an MP4 out, as fast as the machine can."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from itertools import cycle, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backend.avatar.motion import Performer
from backend.avatar.pose import Mouth, Pose
from backend.avatar.puppet import Frame, Puppet
from backend.media.mp4 import Mp4Writer

LEAD_OUT_S = 0.4
"""Pictures after the last sound, so that the mouth comes to rest."""
PAINTERS = 2
"""Threads that render: half of a puppet's work is OpenCV's, which leaves Python's lock."""
RUN = 12
"""Neighbouring pictures that one thread renders: what hardly moves is kept between them."""
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
) -> Generator[float, None, None]:
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

    def poses() -> Iterator[Pose]:
        for index in range(count):
            # The middle of the time that the picture is shown.
            at = (index + 0.5) / fps
            speaking = at < seconds
            performer.attend("speaking" if speaking else "idle")
            yield performer.pose(
                at,
                mouth_at(at),
                speaking=speaking,
                energy=float(energy[index]),
                emotion=emotion_at(at),
            )

    with Mp4Writer(out, (puppet.size, puppet.size), fps, sample_rate=sample_rate) as writer:
        writer.write_audio(pcm)
        for index, picture in enumerate(_rendered(puppet, poses())):
            writer.write_frame(picture)
            yield (index + 1) / count


def _rendered(puppet: Puppet, poses: Iterable[Pose]) -> Iterator[Frame]:
    """The pictures of the poses, in their order, rendered by the puppet and its doubles."""
    rest = iter(poses)
    with ExitStack() as threads:
        painters = cycle(
            (one, threads.enter_context(ThreadPoolExecutor(1, thread_name_prefix="film")))
            for one in (puppet, *(copy.deepcopy(puppet) for _ in range(PAINTERS - 1)))
        )
        waiting: deque[Future[list[Frame]]] = deque()
        while True:
            run = list(islice(rest, RUN))
            if run:
                painter, thread = next(painters)
                waiting.append(thread.submit(_paint, painter, run))
            if not waiting:
                return
            if not run or len(waiting) > PAINTERS:
                yield from waiting.popleft().result()


def _paint(puppet: Puppet, poses: list[Pose]) -> list[Frame]:
    return [puppet.render(pose).copy() for pose in poses]


def _energy(pcm: NDArray[np.int16], sample_rate: int, count: int, fps: int) -> NDArray[np.float32]:
    """(count,) loudness of the sound under each picture, 0 to 1."""
    step = sample_rate // fps
    padded = np.zeros(count * step, np.float32)
    used = min(len(pcm), len(padded))
    padded[:used] = pcm[:used]
    level = np.sqrt(np.mean(np.square(padded.reshape(count, step)), axis=1))
    energy: NDArray[np.float32] = np.minimum(level / SPEECH_RMS, 1.0).astype(np.float32)
    return energy
