"""GPT-SoVITS: its server as a real child, with the faults that the real one has."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.engines.base import EngineKind, Pcm, SpeechChunk, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from backend.engines.tts.gpt_sovits import GptSovitsVoice
from backend.engines.tts.gpt_sovits_server import free_port
from backend.errors import EngineError
from backend.media.pcm import resample
from backend.media.wav import read_wav, write_wav
from event_system import EngineFallback
from tests.support.fake_engines import host_stand
from tests.support.fake_gpt_sovits import SECONDS_A_LETTER, FakeFolder
from tests.support.processes import is_running
from tests.support.settings import make_settings
from tests.support.waiting import block_until

SPOKEN = "The quick brown fox jumps over the lazy dog, and nobody in the whole town has seen it."
TEXT = "Hello there, my friend"
RATE = 48_000


@pytest.fixture(scope="module")
def speech() -> Pcm:
    """Six seconds of a person speaking, at 32,000 Hz."""
    voice = EspeakVoice()
    chunks = list(voice.synthesize(SpeechRequest(SPOKEN)))
    return resample(np.concatenate([one.pcm for one in chunks]), chunks[0].sample_rate, 32_000)


@pytest.fixture
def fake(tmp_path: Path) -> FakeFolder:
    return FakeFolder.make(tmp_path / "GPT SoVITS Ω")


Make = Callable[..., GptSovitsVoice]


@pytest.fixture
def make(tmp_path: Path, fake: FakeFolder, speech: Pcm) -> Iterator[Make]:
    """Makes the engine on the fake, with a voice named Ren."""
    ren = tmp_path / "voices" / "Ren"
    ren.mkdir(parents=True)
    write_wav(ren / "reference.wav", speech, 32_000)
    (ren / "reference.txt").write_text(SPOKEN, encoding="utf-8")
    made: list[GptSovitsVoice] = []

    def engine(**options: Any) -> GptSovitsVoice:
        given = {
            "folder": str(fake.path),
            "python": sys.executable,
            "voices_dir": tmp_path / "voices",
            "data_dir": tmp_path / "data",
            "start_timeout": 30,
            **options,
        }
        made.append(GptSovitsVoice(given))
        return made[-1]

    yield engine
    for one in made:
        one.unload()


def say(engine: GptSovitsVoice, text: str = TEXT, **more: Any) -> list[SpeechChunk]:
    return list(engine.synthesize(SpeechRequest(text, **more)))


def seconds(chunks: list[SpeechChunk]) -> float:
    assert {chunk.sample_rate for chunk in chunks} == {RATE}
    return sum(chunk.seconds for chunk in chunks)


def expected(text: str = TEXT, pause: float = 0.2, parts: int = 2) -> float:
    return len(text.replace(",", "")) * SECONDS_A_LETTER + parts * pause


def frequency(chunks: list[SpeechChunk]) -> float:
    """The strongest tone, Hz."""
    pcm = np.concatenate([chunk.pcm for chunk in chunks]).astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(pcm))) * RATE / len(pcm))


def test_it_speaks_while_the_sound_arrives(make: Make, fake: FakeFolder) -> None:
    voice = make()
    assert voice.probe().ok
    voice.load()
    chunks = say(voice, speed=1.2)
    assert len(chunks) > 1
    assert seconds(chunks) == pytest.approx((expected() - 0.4) / 1.2 + 0.4, abs=0.02)
    assert frequency(chunks) == pytest.approx(440, abs=2)
    asked = fake.asked("tts")[0]
    assert asked["text"] == TEXT
    assert asked["prompt_text"] == SPOKEN
    assert (asked["text_lang"], asked["prompt_lang"]) == ("en", "en")
    assert (asked["streaming_mode"], asked["media_type"]) == (True, "wav")
    assert asked["speed_factor"] == 1.2


@pytest.mark.parametrize("rate", [24_000, 32_000, 48_000])
@pytest.mark.parametrize("streaming", ["off", "pieces"])
def test_every_rate_of_its_models_is_understood(
    make: Make, fake: FakeFolder, rate: int, streaming: str
) -> None:
    fake.behave(rate=rate)
    chunks = say(make(streaming=streaming))
    assert seconds(chunks) == pytest.approx(expected(), abs=0.02)
    assert frequency(chunks) == pytest.approx(440, abs=2)
    assert fake.asked("tts")[0]["streaming_mode"] == {"off": 0, "pieces": 2}[streaming]


def test_pitch_is_raised_by_playing_faster_what_is_spoken_slower(
    make: Make, fake: FakeFolder
) -> None:
    chunks = say(make(pause=0.0), pitch=12.0)
    assert fake.asked("tts")[0]["speed_factor"] == 0.5
    assert frequency(chunks) == pytest.approx(880, abs=4)
    assert seconds(chunks) == pytest.approx(expected(pause=0.0), abs=0.02)


def test_an_older_version_streams_in_whole_parts(make: Make, fake: FakeFolder) -> None:
    fake.behave(old=True)
    assert seconds(say(make(streaming="small_pieces"))) == pytest.approx(expected(), abs=0.02)
    assert [one["streaming_mode"] for one in fake.asked("tts")] == [3, True]


def test_its_own_files_stay_as_they_are_and_it_listens_here_alone(
    make: Make, fake: FakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    before = fake.config()
    voice = make()
    voice.load()
    start = fake.asked("start")[0]
    assert fake.config() == before
    assert Path(start["config"]).parent == tmp_path / "data"
    assert "rewritten" in Path(start["config"]).read_text()
    assert start["address"] == "127.0.0.1"
    assert "OPENAI_API_KEY" not in start["environment"]
    pid = start["pid"]
    voice.unload()
    block_until(lambda: not is_running(pid))


def test_a_text_without_letters_is_not_asked_for(make: Make, fake: FakeFolder) -> None:
    assert say(make(), " …! \u200b🎉 ") == []
    assert fake.asked("tts") == []


def test_a_long_text_goes_in_pieces(make: Make, fake: FakeFolder) -> None:
    chunks = say(make(pause=0.0), "word " * 200)
    assert all(len(one["text"]) <= 400 for one in fake.asked("tts"))
    assert seconds(chunks) == pytest.approx(1000 * SECONDS_A_LETTER, abs=0.5)


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        ({"fault": "fails_at_once"}, "has not enough memory on the graphics card"),
        (
            {"fault": "fails_at_once", "reason": "ValueError: odd"},
            "sentence: ValueError: odd",
        ),
        ({"fault": "hangs"}, "gave no sound for 1 s"),
        ({"exception": "参考音频在3~10秒范围外，请更换！"}, "wants a reference of 3 to 10 s"),
        ({"exception": "prompt_text cannot be empty when using SoVITS_V3"}, "into reference.txt"),
        ({"exception": "/x/y.wav not exists"}, "cannot read a file"),
        ({"exception": "who knows"}, r"\(status 400\): tts failed: who knows"),
        ({"languages": ["zh"]}, "does not speak this language with the weights"),
    ],
)
def test_a_failure_before_any_sound_is_a_sentence(
    make: Make, fake: FakeFolder, behaviour: dict[str, Any], sentence: str
) -> None:
    fake.behave(**behaviour)
    voice = make(timeout=1.0 if behaviour.get("fault") == "hangs" else 20.0)
    spoken: list[SpeechChunk] = []
    with pytest.raises(EngineError, match=sentence) as caught:
        spoken += voice.synthesize(SpeechRequest(TEXT))
    assert spoken == []
    assert caught.value.message.endswith(".")
    fake.behave()
    assert seconds(say(voice)) == pytest.approx(expected(), abs=0.02)


def test_a_failure_that_is_hidden_in_a_good_answer_is_noticed(make: Make, fake: FakeFolder) -> None:
    fake.behave(fault="fails_at_once")
    with pytest.raises(EngineError, match="not enough memory"):
        say(make(streaming="off"))


def test_an_answer_shorter_than_it_says_is_noticed(make: Make, fake: FakeFolder) -> None:
    fake.behave(lacking=1000)
    with pytest.raises(EngineError, match="broke off in the middle"):
        say(make(streaming="off"))


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("truncated", "broke off in the middle of the sentence"),
        ("fails_later", "broke off .*probability tensor contains"),
        ("dies", "broke off in the middle"),
        ("short", "left out a part of the sentence"),
    ],
)
def test_a_stream_that_breaks_off_is_noticed(
    make: Make, fake: FakeFolder, fault: str, sentence: str
) -> None:
    fake.behave(fault=fault)
    heard: list[SpeechChunk] = []
    with pytest.raises(EngineError, match=sentence):
        for chunk in make().synthesize(SpeechRequest(TEXT)):
            heard.append(chunk)
    assert 0 < seconds(heard) < expected()


def test_one_that_died_is_started_again(
    make: Make, fake: FakeFolder, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kotodama.gpt-sovits")
    voice = make()
    fake.behave(fault="dies")
    with pytest.raises(EngineError):
        say(voice)
    fake.behave()
    block_until(lambda: len(fake.asked("start")) == 2)
    server = voice._find_server()
    block_until(lambda: server.running)
    assert seconds(say(voice)) == pytest.approx(expected(), abs=0.02)
    first, second = (one["pid"] for one in fake.asked("start"))
    assert first != second
    assert any("Segmentation fault" in record.message for record in caplog.records)
    assert any("It is started again" in record.message for record in caplog.records)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("dies_at_start", "ended while it was being started; it said: .*CUDA driver version"),
        ("never_ready", "was not ready in 2 s"),
    ],
)
def test_one_that_does_not_start_says_why(
    make: Make, fake: FakeFolder, fault: str, sentence: str
) -> None:
    fake.behave(fault=fault)
    with pytest.raises(EngineError, match=sentence):
        make(start_timeout=2.0).load()


def test_rubbish_in_its_log_does_no_harm(make: Make, fake: FakeFolder) -> None:
    fake.behave(fault="babbles")
    assert seconds(say(make())) == pytest.approx(expected(), abs=0.02)


def test_it_ends_when_idle_and_comes_back_when_asked(make: Make, fake: FakeFolder) -> None:
    voice = make(idle_minutes=0.3 / 60)
    say(voice)
    pid = fake.asked("start")[0]["pid"]
    block_until(lambda: not is_running(pid), 20)
    assert seconds(say(voice)) == pytest.approx(expected(), abs=0.02)
    assert len(fake.asked("start")) == 2


def test_a_sentence_can_be_given_up(make: Make, fake: FakeFolder) -> None:
    voice = make()
    voice.load()
    fake.behave(between=0.2)
    chunks = voice.synthesize(SpeechRequest("one, two, three, four, five, six, seven, eight"))
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    fake.behave()
    assert seconds(say(voice)) == pytest.approx(expected(), abs=0.02)


def test_each_voice_is_spoken_with_its_own_weights(
    make: Make, fake: FakeFolder, tmp_path: Path
) -> None:
    aoi = tmp_path / "voices" / "Aoi"
    shutil.copytree(tmp_path / "voices" / "Ren", aoi)
    (aoi / "aoi-e15.ckpt").touch()
    (fake.path / "weights").mkdir()
    (fake.path / "weights" / "aoi.pth").touch()
    described = {"name": "葵", "language": "ja", "sovits_weights": "weights/aoi.pth", "more": 1}
    (aoi / "voice.json").write_text(json.dumps(described), encoding="utf-8")
    voice = make()
    assert [(one.id, one.name, one.language) for one in voice.voices()] == [
        ("Aoi", "葵", "ja"),
        ("Ren", "Ren", "en"),
    ]
    say(voice, voice="Aoi", language="ja")
    say(voice, voice="Aoi", language="ja")
    changed = [one for one in fake.asked() if one["call"].startswith("set_")]
    assert [(one["call"], Path(one["weights_path"]).name) for one in changed] == [
        ("set_gpt_weights", "aoi-e15.ckpt"),
        ("set_sovits_weights", "aoi.pth"),
    ]
    # A voice without weights wants what the server starts with.
    say(voice, voice="Ren")
    assert len(fake.asked("start")) == 2
    assert fake.asked("tts")[0]["prompt_lang"] == "ja"


@pytest.mark.parametrize("named", ["../../secret.ckpt", "/etc/passwd", "none.ckpt"])
def test_weights_from_elsewhere_are_refused(make: Make, tmp_path: Path, named: str) -> None:
    (tmp_path / "secret.ckpt").touch()
    described = tmp_path / "voices" / "Ren" / "voice.json"
    described.write_text(json.dumps({"gpt_weights": named}))
    voice = make()
    with pytest.raises(EngineError, match=r"The weights .* of the voice Ren are missing"):
        say(voice, voice="Ren")
    found = voice.probe()
    assert (found.ok, found.expected) == (False, True)
    assert voice.voices() == []


def test_an_emotion_has_a_recording_of_its_own(
    make: Make, fake: FakeFolder, tmp_path: Path, speech: Pcm
) -> None:
    write_wav(tmp_path / "voices" / "Ren" / "reference.happy.wav", speech[: 4 * 32_000], 32_000)
    voice = make()
    for emotion in ("happy", "sad", "neutral"):
        say(voice, emotion=emotion)
    happy, sad, neutral = (one["ref_audio_path"] for one in fake.asked("tts"))
    assert happy != sad == neutral


def test_a_long_recording_is_cut_and_its_transcript_left_out(
    make: Make, fake: FakeFolder, tmp_path: Path, speech: Pcm
) -> None:
    long = np.concatenate([speech // 4, speech, speech // 4])
    write_wav(tmp_path / "voices" / "Ren" / "reference.wav", long, 32_000)
    say(make())
    asked = fake.asked("tts")[0]
    assert asked["prompt_text"] == ""
    cut = read_wav(asked["ref_audio_path"])
    assert 3.0 <= len(cut[0]) / cut[1] <= 10.0


def test_the_recording_of_the_options_is_a_voice(
    make: Make, fake: FakeFolder, tmp_path: Path, speech: Pcm
) -> None:
    write_wav(tmp_path / "mine.wav", speech, 32_000)
    voice = make(reference=str(tmp_path / "mine.wav"), reference_text="Hello.")
    assert [one.id for one in voice.voices()] == ["Ren", "mine"]
    say(voice)
    assert fake.asked("tts")[0]["prompt_text"] == "Hello."


def test_a_language_that_it_does_not_speak_is_refused(make: Make) -> None:
    with pytest.raises(EngineError, match="does not speak the language fr"):
        say(make(), language="fr")


def test_a_server_of_the_user_is_used_as_it_is(
    make: Make, fake: FakeFolder, tmp_path: Path
) -> None:
    ren = tmp_path / "voices" / "Ren"
    (ren / "own.ckpt").touch()
    mine = make()
    mine.load()
    address = mine._find_server().address
    other = make(folder="", url=address)
    assert other.probe().ok
    assert seconds(say(other)) == pytest.approx(expected(), abs=0.02)
    other.unload()
    assert [one["call"] for one in fake.asked()] == ["start", "tts"]
    assert mine._find_server().running


def test_what_is_not_set_up_is_told(make: Make, tmp_path: Path) -> None:
    found = make(folder="").probe()
    assert (found.ok, found.expected) == (False, False)
    found = make(folder="", url=f"127.0.0.1:{free_port()}").probe()
    assert (found.ok, found.expected) == (False, True)
    assert found.reason.startswith("No GPT-SoVITS answers at http://127.0.0.1:")
    found = make(folder=str(tmp_path / "voices")).probe()
    assert "There is no api_v2.py in" in found.reason
    found = make(python="/nowhere/python").probe()
    assert "correct GPT_SOVITS_PYTHON" in found.reason
    found = make(voices_dir=tmp_path / "none").probe()
    assert "GPT-SoVITS has no voice yet" in found.reason


async def test_the_user_is_told_when_it_is_loaded_anew(
    make: Make, fake: FakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speech: Pcm
) -> None:
    settings = make_settings(
        tmp_path,
        monkeypatch,
        tts_engines="gpt_sovits",
        gpt_sovits_path=fake.path,
        gpt_sovits_python=sys.executable,
        engine_options={"gpt_sovits": {"voices_dir": str(tmp_path / "voices")}},
    )
    stand = host_stand(settings)
    try:
        for _sentence in range(2):
            assert [one async for one in stand.host.speak(SpeechRequest(TEXT))]
        engine = stand.host._slots[EngineKind.TTS, "gpt_sovits"].engine
        assert isinstance(engine, GptSovitsVoice)
        engine._end_server()
        assert [one async for one in stand.host.speak(SpeechRequest(TEXT))]
        assert [event.type for event in stand.told()] == ["model.loaded", "model.loaded"]
    finally:
        await stand.host.close()


async def test_the_next_voice_speaks_and_the_user_is_told(
    make: Make, fake: FakeFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speech: Pcm
) -> None:
    ren = tmp_path / "models" / "gpt_sovits" / "Ren"
    ren.mkdir(parents=True)
    write_wav(ren / "reference.wav", speech, 32_000)
    settings = make_settings(
        tmp_path,
        monkeypatch,
        tts_engines="gpt_sovits,espeak",
        gpt_sovits_path=fake.path,
        gpt_sovits_python=sys.executable,
    )
    fake.behave(fault="fails_at_once")
    stand = host_stand(settings)
    try:
        chunks = [one async for one in stand.host.speak(SpeechRequest("Hello there."))]
        assert chunks[0].sample_rate == 22_050
        (told,) = [event for event in stand.told() if isinstance(event, EngineFallback)]
        assert (told.failed, told.used) == ("gpt_sovits", "espeak")
        assert told.message == (
            "GPT-SoVITS has not enough memory on the graphics card; close other programs that"
            " use it."
        )
    finally:
        await stand.host.close()
