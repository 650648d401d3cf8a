"""The metrics are tried on drawn faces whose offset and closures are known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from backend.avatar.coarticulation import MouthCurve
from backend.avatar.lip_metrics import MouthRig, measure_lip_sync, mouth_aperture
from backend.avatar.pose import Mouth
from backend.avatar.visemes import timeline_from_phonemes
from backend.engines.base import SpeechChunk, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from backend.errors import BadInputError
from backend.media.mp4 import Mp4Writer
from backend.media.pcm import concat_segments, silence

SIZE = 256
FPS = 30
RIG = MouthRig(128.0, 170.0, 24.0)
TEXT = "Peter Piper bought my brown map, and Bob a pump."


@pytest.fixture(scope="module")
def chunk() -> SpeechChunk:
    (spoken,) = EspeakVoice().synthesize(SpeechRequest(TEXT))
    return spoken


def draw(mouth: Mouth, dx: float = 0.0, dy: float = 0.0) -> np.ndarray:
    """A plain face: skin, a nose, eyes, a chin, and lips with a dark gap between them."""
    frame = np.full((SIZE, SIZE, 3), (200, 180, 160), np.uint8)

    def point(x: float, y: float) -> tuple[int, int]:
        return round((x + dx) * 16), round((y + dy) * 16)

    def ellipse(x: float, y: float, w: float, h: float, colour: tuple[int, int, int]) -> None:
        axes = round(w * 16), round(max(h, 0.1) * 16)
        cv2.ellipse(frame, point(x, y), axes, 0, 0, 360, colour, -1, cv2.LINE_AA, 4)

    ellipse(128, 128, 90, 100, (190, 210, 245))
    for x in (95, 161):
        ellipse(x, 110, 12, 9, (60, 60, 60))
    ellipse(128, 145, 5, 3, (140, 160, 210))
    gap = 30 * mouth.open * (1 - mouth.press)
    width = RIG.half_width * (1 + 0.2 * mouth.width - 0.4 * mouth.round)
    ellipse(128, RIG.y + gap / 2, width, gap / 2 + 3, (110, 110, 210))
    if gap > 0.5:
        ellipse(128, RIG.y + gap / 2, width * 0.9, gap / 2, (40, 20, 60))
    return frame


def film(
    path: Path,
    chunk: SpeechChunk,
    *,
    lips_late: float = 0.0,
    sound_late: float = 0.0,
    change: Callable[[Mouth], Mouth] = lambda mouth: mouth,
    sway: float = 0.0,
) -> None:
    curve = MouthCurve(timeline_from_phonemes(chunk.phonemes))
    with Mp4Writer(path, (SIZE, SIZE), FPS, chunk.sample_rate, preset="ultrafast") as writer:
        late = silence(sound_late, chunk.sample_rate)
        writer.write_audio(concat_segments([late, chunk.pcm], chunk.sample_rate))
        for index in range(int((chunk.seconds + 0.2) * FPS)):
            at = (index + 0.5) / FPS
            shift = sway * np.sin(at * 3), sway * np.cos(at * 2) - sway
            writer.write_frame(draw(change(curve.at(at - lips_late)), *shift))


def test_a_video_in_sync_is_found_in_sync(tmp_path: Path, chunk: SpeechChunk) -> None:
    path = tmp_path / "a.mp4"
    film(path, chunk)
    report = measure_lip_sync(path, chunk.phonemes, RIG, FPS, chunk.pcm, chunk.sample_rate)
    assert abs(report.av_offset_ms) <= 25
    assert abs(report.audio_offset_ms) < 1
    assert report.closure_total >= 9
    assert report.closure_rate >= 0.95
    assert report.aperture_correlation > 0.6


@pytest.mark.parametrize("late", [-0.08, 0.06])
def test_late_and_early_lips_are_measured(tmp_path: Path, chunk: SpeechChunk, late: float) -> None:
    film(tmp_path / "a.mp4", chunk)
    film(tmp_path / "b.mp4", chunk, lips_late=late)
    base, moved = (
        measure_lip_sync(tmp_path / name, chunk.phonemes, RIG, FPS, chunk.pcm)
        for name in ("a.mp4", "b.mp4")
    )
    assert moved.av_offset_ms - base.av_offset_ms == pytest.approx(late * 1000, abs=5)
    assert moved.closure_rate < 0.7
    assert moved.aperture_correlation < base.aperture_correlation


def test_late_sound_is_measured(tmp_path: Path, chunk: SpeechChunk) -> None:
    film(tmp_path / "a.mp4", chunk, sound_late=0.07)
    report = measure_lip_sync(tmp_path / "a.mp4", chunk.phonemes, RIG, FPS, chunk.pcm)
    assert report.audio_offset_ms == pytest.approx(70, abs=1)
    assert report.av_offset_ms == pytest.approx(report.picture_offset_ms - 70, abs=1)


def test_missing_closures_are_counted(tmp_path: Path, chunk: SpeechChunk) -> None:
    film(tmp_path / "a.mp4", chunk, change=lambda m: Mouth(open=max(m.open, 0.3 * m.press)))
    report = measure_lip_sync(tmp_path / "a.mp4", chunk.phonemes, RIG, FPS)
    assert report.closure_total >= 9
    assert report.closure_rate < 0.2


def test_lips_that_do_not_follow_the_text_do_not_correlate(
    tmp_path: Path, chunk: SpeechChunk
) -> None:
    (other,) = EspeakVoice().synthesize(SpeechRequest("Seven zebras saw the green sea at noon."))
    film(tmp_path / "a.mp4", other)
    report = measure_lip_sync(tmp_path / "a.mp4", chunk.phonemes, RIG, FPS)
    assert report.aperture_correlation < 0.4


def test_a_moving_head_does_not_disturb(tmp_path: Path, chunk: SpeechChunk) -> None:
    film(tmp_path / "a.mp4", chunk, sway=6.0)
    report = measure_lip_sync(tmp_path / "a.mp4", chunk.phonemes, RIG, FPS)
    assert abs(report.av_offset_ms) <= 25
    assert report.closure_rate >= 0.95


def test_the_aperture_grows_with_the_opening(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    openings = [0, 0, 0.2, 0.4, 0.6, 0.8, 1.0, 0]
    with Mp4Writer(path, (SIZE, SIZE), FPS) as writer:
        for opening in openings:
            writer.write_frame(draw(Mouth(open=opening)))
    times, aperture = mouth_aperture(path, RIG, FPS)
    assert times[0] == pytest.approx(0.5 / FPS)
    assert (np.diff(aperture[1:7]) > 0.1).all()
    assert aperture[[0, 1, 7]].max() < 0.05
    assert aperture[6] == pytest.approx(30 / RIG.half_width, rel=0.15)


def test_a_video_that_cannot_be_measured(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    with Mp4Writer(path, (SIZE, SIZE), FPS) as writer:
        writer.write_frame(draw(Mouth()))
    with pytest.raises(BadInputError, match="too short"):
        mouth_aperture(path, RIG, FPS)
    with pytest.raises(BadInputError, match="not inside"):
        mouth_aperture(path, MouthRig(2, 2, 24), FPS)
