"""How fast models are here: words, estimates, measurements, and where they are kept."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from backend.models_store import calibration, errors
from backend.models_store.calibration import Calibration
from backend.models_store.estimate import VOICES, estimate_voice, estimate_whisper
from backend.models_store.pace import hearing_pace, voice_pace
from backend.models_store.pace_book import FILE, PaceBook
from backend.models_store.status import ModelStatus
from commands.benchmarks.random_piper import write_voice
from event_system import ModelProgress
from tests.support.model_bench import MACHINE, Bench


@pytest.mark.parametrize(
    ("times", "first_s", "words", "verdict"),
    [
        (5.2, 0.11, "about 5 times faster than speech; first sound after 0.2 s", "good"),
        (43.0, 0.02, "about 40 times faster than speech; first sound after 0.1 s", "good"),
        (1.6, 0.4, "about 1.6 times faster than speech; first sound after 0.4 s", "good"),
        (3.0, 1.3, "about 3 times faster than speech; first sound after 1.3 s", "fair"),
        (1.2, 0.9, "hardly faster than speech; first sound after 0.9 s", "fair"),
        (0.5, 12.2, "slower than speech: it stutters; first sound after 12 s", "bad"),
    ],
)
def test_words_for_a_voice(times: float, first_s: float, words: str, verdict: str) -> None:
    pace = voice_pace(times, first_s, measured=True)
    assert (pace.words, pace.verdict, pace.measured) == (words, verdict, True)


@pytest.mark.parametrize(
    ("answer_s", "words", "verdict"),
    [
        (0.17, "your words are there 0.2 s after you stop talking", "good"),
        (2.0, "your words are there 2.0 s after you stop talking", "fair"),
        (7.0, "your words are there 7.0 s after you stop talking: too slow for a talk", "bad"),
    ],
)
def test_words_for_a_recogniser(answer_s: float, words: str, verdict: str) -> None:
    pace = hearing_pace(answer_s, measured=False)
    assert (pace.words, pace.verdict) == (words, verdict)
    assert pace.times == pytest.approx(4.0 / answer_s, abs=0.01)


def test_larger_voices_are_slower() -> None:
    times = [estimate_voice(quality, MACHINE) for quality in VOICES]
    speeds = [pace.times for pace in times if pace]
    assert len(speeds) == len(VOICES)
    assert speeds == sorted(speeds, reverse=True)
    assert estimate_voice("colossal", MACHINE) is None


def test_larger_recognisers_are_slower_and_a_faster_machine_is_faster() -> None:
    sizes = ("tiny.en", "base", "small", "medium", "large-v3")
    found = [estimate_whisper(size, MACHINE, eight=True) for size in sizes]
    seconds = [pace.first_s for pace in found if pace]
    assert len(seconds) == len(sizes)
    assert seconds == sorted(seconds)
    double = Calibration(
        conv=MACHINE.conv, gemm=MACHINE.gemm * 2, gemm8=MACHINE.gemm8 * 2,
        gemv=MACHINE.gemv * 2, gemv8=MACHINE.gemv8 * 2,
    )  # fmt: skip
    faster = estimate_whisper("base", double, eight=True)
    assert faster
    assert faster.first_s == pytest.approx(seconds[1] / 2, rel=0.01)


def test_nothing_is_guessed_of_a_graphics_card_or_an_unknown_size() -> None:
    card = Calibration(conv=MACHINE.conv, gemm=1, gemm8=1, gemv=1, gemv8=1, card=True)
    assert estimate_whisper("base", card, eight=True) is None
    assert estimate_whisper("colossal", MACHINE, eight=True) is None
    assert estimate_whisper("base", Calibration(), eight=True) is None


def test_the_calibration_computes_and_is_of_the_right_order() -> None:
    machine = calibration.calibrate()
    assert set(machine.conv) == {32, 64, 128, 256}
    rates = (*machine.conv.values(), machine.gemm, machine.gemm8, machine.gemv, machine.gemv8)
    assert all(0.01 < rate < 100_000 for rate in rates)
    assert calibration.fingerprint() == calibration.fingerprint()


def test_a_machine_is_calibrated_once(tmp_path: Path) -> None:
    runs = []

    def run() -> Calibration:
        runs.append(1)
        return MACHINE

    voice = ModelStatus(id="piper:en_US-amy-medium", kind="tts", engine="piper", name="Amy")
    first = PaceBook(tmp_path, run)
    assert first.pace(voice) is None, "nothing runs before it is asked for"
    first.prepare()
    first.prepare()
    again = PaceBook(tmp_path, run)
    again.prepare()
    assert len(runs) == 1
    assert first.pace(voice) == again.pace(voice) == estimate_voice("medium", MACHINE)
    other = ModelStatus(id="gpt-sovits:v2Pro", kind="tts", engine="gpt_sovits", name="GPT-SoVITS")
    assert again.pace(other) is None


@pytest.mark.parametrize("damage", ["{", "[]", '{"MACHINE": {"calibration": {"conv": {}}}}', "{}"])
def test_a_damaged_book_is_begun_anew(tmp_path: Path, damage: str) -> None:
    mark = calibration.fingerprint()
    (tmp_path / FILE).write_text(damage.replace("MACHINE", mark))
    book = PaceBook(tmp_path, lambda: MACHINE)
    book.prepare()
    assert json.loads((tmp_path / FILE).read_text())[mark]["calibration"]["gemm"] == MACHINE.gemm


def test_without_onnxruntime_nothing_is_estimated(tmp_path: Path) -> None:
    def run() -> Calibration:
        raise ImportError("No module named 'onnxruntime'")

    book = PaceBook(tmp_path, run)
    book.prepare()
    voice = ModelStatus(id="piper:en_US-amy-medium", kind="tts", engine="piper", name="Amy")
    assert book.pace(voice) is None


async def test_an_installed_voice_is_measured_and_that_is_kept(bench: Bench) -> None:
    write_voice(bench.root / "piper" / "mine.onnx")
    store = bench.store()
    store.pace.prepare()
    assert store.status("own:piper/mine.onnx").pace is None
    measured = (await store.measure("own:piper/mine.onnx")).pace
    assert measured
    assert measured.measured
    assert measured.times > 0
    assert measured.first_s > 0
    # The window hears of it.
    assert [one.model_id for one in bench.events(ModelProgress)] == ["own:piper/mine.onnx"]
    again = bench.store()
    again.pace.prepare()
    assert again.status("own:piper/mine.onnx").pace == measured


async def test_another_file_or_another_machine_is_not_the_measured_one(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_voice(bench.root / "piper" / "mine.onnx")
    store = bench.store()
    await store.measure("own:piper/mine.onnx")
    with monkeypatch.context() as patch:
        patch.setattr("backend.models_store.pace_book.fingerprint", lambda: "elsewhere")
        elsewhere = bench.store()
        elsewhere.pace.prepare()
        assert elsewhere.status("own:piper/mine.onnx").pace is None
    assert len(json.loads((bench.root / FILE).read_text())) == 2, "both machines are kept"
    os.utime(path, (1, 1))
    assert store.status("own:piper/mine.onnx").pace is None


async def test_only_what_is_there_and_can_run_here_is_measured(bench: Bench) -> None:
    bench.voice()
    bench.big()
    store = bench.store()
    for name in ("anna", "test:big"):
        with pytest.raises(errors.StoreError, match="is not measured"):
            await store.measure(name)


async def test_new_models_are_measured_when_it_is_quiet(bench: Bench) -> None:
    write_voice(bench.root / "piper" / "mine.onnx")
    (bench.root / "piper" / "broken.onnx").write_bytes(b"no network")
    shutil.copy(bench.root / "piper/mine.onnx.json", bench.root / "piper/broken.onnx.json")
    loud = [True]

    def quiet() -> bool:
        return not loud.pop() if loud else True

    store = bench.store(quiet=quiet)
    store.pace.prepare()
    # The first look finds a conversation; the next one, after a pause, does not.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("backend.models_store.upkeep._QUIET_CHECK_S", 0.01)
        await store.upkeep.measure_new(quiet)
    pace = store.status("own:piper/mine.onnx").pace
    assert pace
    assert pace.measured
    assert not loud
    assert store.status("own:piper/broken.onnx").pace is None
