"""How well lips and voice fit together, measured on a finished video as a viewer gets it.

Nothing here knows how the video was made. The opening of the mouth is read from the decoded
pictures, the shift of the sound from the decoded sound, and both are compared with the phonemes
that were spoken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from backend.avatar.coarticulation import target_opening
from backend.avatar.visemes import Viseme, VisemeTimeline, timeline_from_phonemes
from backend.engines.base import Phoneme
from backend.errors import BadInputError
from backend.media.mp4 import Bgr, iter_frames, read_audio
from backend.media.pcm import Pcm, resample

CLOSURE_TOLERANCE = 0.017
"""A closure must be seen this near to the middle of the spoken one, in seconds."""

CLOSED_PART = 0.12
"""The mouth counts as closed below this part of its largest opening."""

MAX_OFFSET = 0.150

_GRID = 0.001
_SOUND_RATE = 16_000
_SMOOTHING = 0.100
_SKIN_DISTANCE = 9.0

Series = NDArray[np.float64]
Lab = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class MouthRig:
    """Where the closed mouth is in the first frame, in pixels."""

    x: float
    y: float
    half_width: float


@dataclass(frozen=True, slots=True)
class LipSyncReport:
    """What was measured.

    Attributes:
        av_offset_ms: How far the picture is behind the sound; negative when it is ahead.
        picture_offset_ms: How far the lips are behind the phoneme times.
        audio_offset_ms: How far the sound is behind the phoneme times; 0 when it was not measured.
        closure_hits: Bilabials (p, b, m) at which the mouth is seen closed.
        closure_total: Bilabials that were spoken.
        aperture_correlation: Pearson's r between the seen and the spoken opening.
    """

    av_offset_ms: float
    picture_offset_ms: float
    audio_offset_ms: float
    closure_hits: int
    closure_total: int
    aperture_correlation: float

    @property
    def closure_rate(self) -> float:
        """Hits of all bilabials; 1 when none were spoken."""
        return self.closure_hits / self.closure_total if self.closure_total else 1.0


def measure_lip_sync(
    mp4: Path | str,
    phonemes: Sequence[Phoneme],
    rig: MouthRig,
    fps: float,
    pcm: Pcm | None = None,
    sample_rate: int = 22_050,
) -> LipSyncReport:
    """Measure a video of somebody who speaks.

    Args:
        mp4: The video; the mouth must be closed in some frame of it.
        phonemes: What is spoken, in seconds of the video.
        rig: Where the mouth is in the first frame.
        fps: Frames a second.
        pcm: The synthesized sound that belongs to the phonemes, (samples,) int16. With it the
            shift of the file's sound is part of the offset.
        sample_rate: Of `pcm`, Hz.

    Raises:
        BadInputError: The video cannot be read, or holds too few frames to measure.
    """
    times, aperture = mouth_aperture(mp4, rig, fps)
    timeline = timeline_from_phonemes(phonemes)
    spoken = _spoken_opening(timeline, times)
    picture, correlation = _lag(aperture, spoken, times)
    audio = 0.0
    if pcm is not None and len(pcm):
        sound, rate = read_audio(mp4)
        audio = _sound_lag(
            resample(sound, rate, _SOUND_RATE), resample(pcm, sample_rate, _SOUND_RATE)
        )
    hits, total = _closures(timeline, times, aperture)
    return LipSyncReport(
        av_offset_ms=(picture - audio) * 1000.0,
        picture_offset_ms=picture * 1000.0,
        audio_offset_ms=audio * 1000.0,
        closure_hits=hits,
        closure_total=total,
        aperture_correlation=correlation,
    )


def mouth_aperture(mp4: Path | str, rig: MouthRig, fps: float) -> tuple[Series, Series]:
    """Read the opening of the mouth from every frame.

    The face is followed by the patch between mouth and eyes; below it, in a narrow strip through
    the middle of the mouth, everything from the first to the last row that is not skin counts.

    Returns:
        The middle of the time in which each frame is shown, (n,) seconds, and the opening beyond
        that of the closed mouth, (n,) in mouth half-widths.

    Raises:
        BadInputError: There are fewer than 5 frames or the mouth is not inside the picture.
    """
    times: list[float] = []
    strips: list[Lab] = []
    reader: _StripReader | None = None
    for seconds, frame in iter_frames(mp4):
        if reader is None:
            reader = _StripReader(frame, rig)
        times.append(seconds + 0.5 / fps)
        strips.append(reader.read(frame))
    if len(strips) < 5:
        raise BadInputError("The video is too short to measure lip-sync: it has under 5 frames.")
    opening = _heights(np.stack(strips), rig.half_width) / rig.half_width
    return np.asarray(times), np.maximum(opening - np.percentile(opening, 3), 0.0)


class _StripReader:
    """Follows a face and cuts out the strip through its mouth."""

    def __init__(self, first: Bgr, rig: MouthRig) -> None:
        half = rig.half_width
        self._rig = rig
        self._reach = round(1.5 * half)
        self._left, self._top = round(rig.x - 1.1 * half), round(rig.y - 1.7 * half)
        width, height = round(2.2 * half), round(1.2 * half)
        self._anchor = first[
            max(0, self._top) : self._top + height, max(0, self._left) : self._left + width
        ].copy()
        if self._left < 0 or self._top < 0 or self._anchor.shape[:2] != (height, width):
            raise BadInputError("The mouth is not inside the picture; place its rig again.")

    def read(self, frame: Bgr) -> Lab:
        """Lab colours of the strip: (rows, columns, 3), rows as in `_row_places`."""
        half = self._rig.half_width
        dx, dy = self._shift(frame)
        size = max(3, round(0.6 * half)), round(2.7 * half)
        centre = (self._rig.x + dx, self._rig.y + dy - 0.8 * half + size[1] / 2.0)
        patch = cv2.getRectSubPix(frame, size, centre).astype(np.float32) / 255.0
        return np.asarray(cv2.cvtColor(patch, cv2.COLOR_BGR2LAB), np.float32)

    def _shift(self, frame: Bgr) -> tuple[float, float]:
        """How far the face has moved since the first frame, in pixels."""
        height, width = self._anchor.shape[:2]
        x0, y0 = max(0, self._left - self._reach), max(0, self._top - self._reach)
        area = frame[y0 : self._top + height + self._reach, x0 : self._left + width + self._reach]
        score = cv2.matchTemplate(area, self._anchor, cv2.TM_CCOEFF_NORMED)
        _, _, _, (x, y) = cv2.minMaxLoc(score)
        across, down = np.asarray(score[y], np.float64), np.asarray(score[:, x], np.float64)
        return (
            x0 + x + _vertex(across, x) - self._left,
            y0 + y + _vertex(down, y) - self._top,
        )


def _row_places(count: int, half_width: float) -> Series:
    """Where each row of a strip is, in half-widths below the closed lips."""
    return np.asarray((np.arange(count) + 0.5) / half_width - 0.8, np.float64)


def _heights(strips: NDArray[np.float32], half_width: float) -> Series:
    """Pixels from the first to the last row of the mouth, for every strip.

    Args:
        strips: (frames, rows, columns, 3) Lab.
        half_width: Of the mouth, pixels.

    Returns:
        (frames,) with parts of pixels.
    """
    rows = _row_places(strips.shape[1], half_width)
    above = np.median(strips[:, (rows > -0.8) & (rows < -0.45)].reshape(-1, 3), axis=0)
    # The frame that shows the most skin is the one to learn the closed mouth from.
    unlike = np.linalg.norm(strips - above, axis=3).mean(axis=2)
    closed = int(unlike[:, (rows > -0.4) & (rows < 1.5)].sum(axis=1).argmin())
    below = np.median(strips[closed][(rows > 0.8) & (rows < 1.4)].reshape(-1, 3), axis=0)
    distance = np.minimum(unlike, np.linalg.norm(strips - below, axis=3).mean(axis=2))
    marked = distance / _SKIN_DISTANCE - 1.0
    chin = np.flatnonzero((marked[closed] > -0.5) & (rows > 1.2))
    marked = marked[:, : int(chin[0]) if len(chin) else None]
    return np.array([_extent(row_marks) for row_marks in marked.astype(np.float64)])


def _extent(marked: Series) -> float:
    """From the first to the last row above 0, with the edges interpolated."""
    rows = np.flatnonzero(marked > 0)
    if not len(rows):
        return 0.0
    top, bottom = int(rows[0]), int(rows[-1])
    return bottom - top + 1 + _part(marked, top, -1) + _part(marked, bottom, 1)


def _part(marked: Series, row: int, step: int) -> float:
    """How far the edge lies beyond `row`, by linear interpolation, 0 to 1."""
    beyond = row + step
    if not 0 <= beyond < len(marked):
        return 0.0
    return float(marked[row] / (marked[row] - marked[beyond])) - 0.5


def _vertex(values: Series, index: int) -> float:
    """The top of the parabola through the maximum and its neighbours, relative to it."""
    if not 0 < index < len(values) - 1:
        return 0.0
    before, here, after = (float(values[index + k]) for k in (-1, 0, 1))
    bend = before - 2.0 * here + after
    return 0.5 * (before - after) / bend if abs(bend) > 1e-9 else 0.0


def _spoken_opening(timeline: VisemeTimeline, times: Series) -> Series:
    """The opening that the phonemes ask for at the given times, smoothed as lips are."""
    grid = np.arange(0.0, times[-1] + 0.2, _GRID)
    opening = np.zeros(len(grid))
    covered = np.zeros(len(grid), bool)
    for event in timeline.events:
        steps = slice(max(0, round(event.start / _GRID)), max(0, round(event.end / _GRID)))
        opening[steps] = target_opening(event.viseme)
        covered[steps] = True
    if covered.any():
        # Between two shapes the mouth is on its way from one to the other.
        opening = np.interp(grid, grid[covered], opening[covered], left=0.0, right=0.0)
    window = np.hanning(round(_SMOOTHING / _GRID))
    smooth = np.convolve(opening, window / window.sum(), "same")
    return np.interp(times, grid, smooth)


def _lag(seen: Series, spoken: Series, times: Series) -> tuple[float, float]:
    """How far `seen` is behind `spoken`, seconds, and their correlation without a shift."""
    grid = np.arange(times[0], times[-1], _GRID)
    a = _standard(np.interp(grid, times, seen))
    b = _standard(np.interp(grid, times, spoken))
    reach = round(MAX_OFFSET / _GRID)
    scores = np.array([_overlap(a, b, lag) for lag in range(-reach, reach + 1)])
    best = int(scores.argmax())
    return (best - reach + _vertex(scores, best)) * _GRID, float(scores[reach])


def _overlap(a: Series, b: Series, lag: int) -> float:
    """The mean product of `a` taken `lag` steps later than `b`."""
    if lag >= 0:
        return float(np.mean(a[lag:] * b[: len(b) - lag]))
    return float(np.mean(a[:lag] * b[-lag:]))


def _standard(values: Series) -> Series:
    return np.asarray((values - values.mean()) / (values.std() + 1e-9), np.float64)


def _sound_lag(found: Pcm, meant: Pcm) -> float:
    """How far the sound of the file is behind the sound that was synthesized, seconds."""
    size = 1 << (len(found) + len(meant)).bit_length()
    a = np.fft.rfft(found.astype(np.float64), size)
    b = np.fft.rfft(meant.astype(np.float64), size)
    scores = np.fft.irfft(a * b.conj(), size)
    reach = round(MAX_OFFSET * _SOUND_RATE)
    near = np.concatenate([scores[-reach:], scores[: reach + 1]])
    best = int(near.argmax())
    return (best - reach + _vertex(near, best)) / _SOUND_RATE


def _closures(timeline: VisemeTimeline, times: Series, aperture: Series) -> tuple[int, int]:
    """Count the bilabials, and those at whose middle the mouth is seen closed."""
    closed = CLOSED_PART * max(float(np.percentile(aperture, 97)), 1e-6)
    hits = total = 0
    for event in timeline.events:
        if event.viseme is not Viseme.PP:
            continue
        near = np.abs(times - (event.start + event.end) / 2.0) <= CLOSURE_TOLERANCE
        if near.any():
            total += 1
            hits += bool(aperture[near].min() < closed)
    return hits, total
