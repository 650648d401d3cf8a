"""The Piper voice end to end, on a small network of its format with random weights."""

from __future__ import annotations

import itertools
import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from backend.avatar.visemes import timeline_from_phonemes
from backend.engines.base import EngineKind, SpeechChunk, SpeechRequest
from backend.engines.tts.espeak import EspeakVoice
from backend.engines.tts.piper import MOST_LOADED, OUTPUT_RATE, PiperVoice
from backend.engines.tts.piper_files import VoiceFileError, description_path, read_files
from backend.engines.tts.piper_model import Manner, PiperModel
from backend.engines.tts.piper_phonemes import phonemes_between, sounds_of
from backend.engines.tts.piper_windows import SoundShaper, window_ends
from backend.errors import EngineError
from backend.media.loudness import loudness
from commands.benchmarks.random_piper import write_voice
from event_system import PLAYOUT_RATE, EngineFallback
from tests.support.fake_engines import host_stand
from tests.support.settings import make_settings

TEXT = "This is a sentence of exactly twelve words that I speak today."
PLAIN = Manner(1.0, 0.0, 0.0)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    write_voice(folder / "en_US-one-medium.onnx")
    write_voice(folder / "piper" / "en_GB-two-medium.onnx", espeak_voice="en-gb-x-rp", seed=2)
    write_voice(folder / "de_DE-three-low.onnx", espeak_voice="de", sample_rate=16_000, speakers=3)
    return folder


@pytest.fixture
def voice(shelf: Path) -> PiperVoice:
    return PiperVoice({"models_dir": shelf})


def joined(chunks: list[SpeechChunk]) -> np.ndarray:
    return np.concatenate([chunk.pcm for chunk in chunks])


def say(engine: PiperVoice, text: str = TEXT, **request: object) -> list[SpeechChunk]:
    return list(engine.synthesize(SpeechRequest(text, **request)))  # type: ignore[arg-type]


def test_without_a_voice_it_says_what_to_do(tmp_path: Path) -> None:
    found = PiperVoice({"models_dir": tmp_path}).probe()
    assert not found.ok
    assert not found.expected
    assert ".onnx.json" in found.remedy
    with pytest.raises(EngineError, match="no voice for the language en"):
        PiperVoice({"models_dir": tmp_path}).load()


def test_a_voice_that_was_set_and_is_absent_is_told(shelf: Path) -> None:
    found = PiperVoice({"models_dir": shelf, "model": "gone.onnx"}).probe()
    assert not found.ok
    assert found.expected


def test_voices_and_speakers_are_listed(voice: PiperVoice) -> None:
    listed = {info.id: info.language for info in voice.voices()}
    assert listed == {
        "de_DE-three-low": "de",
        "de_DE-three-low#speaker_0": "de",
        "de_DE-three-low#speaker_1": "de",
        "de_DE-three-low#speaker_2": "de",
        "en_US-one-medium": "en-US",
        "en_GB-two-medium": "en-GB",
    }
    assert "de_DE-three-low" in voice.probe().reason


def test_speech_has_the_promised_form(voice: PiperVoice) -> None:
    chunks = say(voice)
    assert OUTPUT_RATE == PLAYOUT_RATE
    assert {chunk.sample_rate for chunk in chunks} == {OUTPUT_RATE}
    assert all(chunk.pcm.dtype == np.int16 for chunk in chunks)
    assert len(chunks) >= 2
    assert chunks[0].seconds < 0.7
    assert 3.0 < len(joined(chunks)) / OUTPUT_RATE < 6.0


def test_phonemes_are_in_order_and_cover_the_speech(voice: PiperVoice) -> None:
    at, last = 0.0, 0.0
    for chunk in say(voice):
        for phoneme in chunk.phonemes:
            assert phoneme.end > phoneme.start
            assert at + phoneme.start == pytest.approx(last, abs=0.001)
            last = at + phoneme.end
        at += chunk.seconds
    assert last == pytest.approx(at, abs=0.002)
    spoken = [p.ipa for chunk in say(voice) for p in chunk.phonemes if p.ipa]
    # A phoneme that two chunks share is in both.
    told = "".join(ipa for ipa, _same in itertools.groupby(spoken))
    assert told.startswith("ðɪsɪzɐsˈɛntəns")
    (lips,) = {timeline_from_phonemes(c.phonemes).source for c in say(voice, "Papa.")}
    assert lips == "phonemes"


def test_the_windows_are_the_same_sound_as_the_whole(shelf: Path) -> None:
    model = PiperModel.load(read_files(shelf / "de_DE-three-low.onnx"), 1)
    (symbols,) = model.sentences("Guten Tag, liebe Leute")
    frames = model.encode(symbols, PLAIN, 1)
    whole = model.decode(frames, 0, frames.total)
    assert len(whole) == frames.total * model.hop
    for size in (1, 7, 40):
        parts = [
            model.decode(frames, at, min(at + size, frames.total))
            for at in range(0, frames.total, size)
        ]
        assert np.abs(np.concatenate(parts) - whole).max() < 1e-5
    assert frames.lasting.sum() == frames.total


def test_speakers_differ_and_unknown_ones_are_named(voice: PiperVoice) -> None:
    first, second = (
        joined(say(voice, "Guten Tag", voice=f"de_DE-three-low#{name}"))
        for name in ("speaker_0", "2")
    )
    size = min(len(first), len(second))
    assert not np.array_equal(first[:size], second[:size])
    with pytest.raises(EngineError, match="has no speaker Bob"):
        say(voice, voice="de_DE-three-low#Bob")


def test_the_voice_follows_the_language(shelf: Path) -> None:
    voice = PiperVoice({"models_dir": shelf, "model": "en_GB-two-medium"})
    choose = voice._shelf().choose
    assert choose("", "en-US")[0].name == "en_GB-two-medium"
    assert choose("", "de")[0].name == "de_DE-three-low"
    assert (
        PiperVoice({"models_dir": shelf})._shelf().choose("", "en_GB")[0].name.startswith("en_GB")
    )
    with pytest.raises(EngineError, match="no voice for the language ja"):
        say(voice, language="ja")
    with pytest.raises(EngineError, match="no voice named Hatsune"):
        say(voice, voice="Hatsune")


def test_at_most_two_voices_stay_in_memory(voice: PiperVoice) -> None:
    for name in ("en_US-one-medium", "en_GB-two-medium", "en_US-one-medium", "de_DE-three-low"):
        say(voice, "Hi", voice=name)
        assert len(voice._loaded) <= MOST_LOADED
    assert [path.stem for path in voice._loaded] == ["en_US-one-medium", "de_DE-three-low"]
    voice.unload()
    assert not voice._loaded


def test_speed_is_honoured(voice: PiperVoice) -> None:
    lengths = [len(joined(say(voice, speed=speed))) for speed in (0.5, 1.0, 2.0)]
    assert lengths[0] / lengths[1] == pytest.approx(2.0, rel=0.2)
    assert lengths[1] / lengths[2] == pytest.approx(2.0, rel=0.3)


def test_pitch_keeps_the_tempo_and_moves_the_spectrum(voice: PiperVoice) -> None:
    plain, high = (joined(say(voice, pitch=pitch)) for pitch in (0.0, 7.0))
    assert len(high) == pytest.approx(len(plain), rel=0.1)

    def centre(pcm: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(pcm.astype(np.float64))) ** 2
        return float((power * np.fft.rfftfreq(len(pcm), 1 / OUTPUT_RATE)).sum() / power.sum())

    assert centre(high) / centre(plain) == pytest.approx(2 ** (7 / 12), rel=0.2)


def test_emotions_change_the_tempo(voice: PiperVoice) -> None:
    sad, happy = (len(joined(say(voice, emotion=e))) for e in ("sad", "happy"))
    assert sad > 1.05 * happy
    assert say(voice, "Oh.", emotion="flummoxed")


def test_every_voice_comes_to_the_common_loudness(voice: PiperVoice) -> None:
    for name in ("en_US-one-medium", "en_GB-two-medium"):
        for _ in range(6):
            said = joined(say(voice, voice=name))
        assert loudness(said, OUTPUT_RATE) == pytest.approx(-18.0, abs=0.7)


def test_sentences_begin_and_end_softly(voice: PiperVoice) -> None:
    pcm = joined(say(voice, "One sentence here. Another one there."))
    assert abs(int(pcm[0])) < 104
    assert abs(int(pcm[-1])) < 104


def test_closing_the_stream_stops_the_work(voice: PiperVoice) -> None:
    stream = voice.synthesize(SpeechRequest("This is a sentence. " * 500))
    next(stream)
    model = next(iter(voice._loaded.values()))
    asked = []
    encode = model.encode
    model.encode = lambda *args: asked.append(args) or encode(*args)  # type: ignore
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert len(asked) <= 1


def test_a_voice_that_was_replaced_is_loaded_anew(tmp_path: Path) -> None:
    path = write_voice(tmp_path / "mine.onnx")
    voice = PiperVoice({"models_dir": tmp_path})
    say(voice, "Hi")
    before, known = next(iter(voice._loaded.values())), voice.fingerprint()
    write_voice(path, seed=9)
    os.utime(path, ns=(1, 1))
    assert voice.probe().ok
    assert voice.fingerprint() != known
    say(voice, "Hi")
    assert next(iter(voice._loaded.values())) is not before
    write_voice(tmp_path / "later.onnx")
    assert say(voice, "Hi", voice="later")


def test_damaged_files_are_an_error_by_name(tmp_path: Path) -> None:
    path = write_voice(tmp_path / "broken.onnx")
    path.write_bytes(path.read_bytes()[:50_000])
    with pytest.raises(VoiceFileError, match=r"broken.*is damaged"):
        PiperVoice({"models_dir": tmp_path}).load()


def test_a_wrong_hop_length_is_named(tmp_path: Path) -> None:
    path = write_voice(tmp_path / "hop.onnx")
    text = description_path(path).read_text(encoding="utf-8")
    described = {**json.loads(text), "hop_length": 512}
    description_path(path).write_text(json.dumps(described), encoding="utf-8")
    with pytest.raises(VoiceFileError, match=r"hop_length is 512 .* and 256"):
        PiperVoice({"models_dir": tmp_path}).load()


def test_a_network_that_cannot_be_divided_speaks_all_the_same(tmp_path: Path) -> None:
    path = write_voice(tmp_path / "odd.onnx")
    # Another activation, of a name as long: what stands before the vocoder is not known any more.
    path.write_bytes(path.read_bytes().replace(b"LeakyRelu", b"HardSwish"))
    voice = PiperVoice({"models_dir": tmp_path})
    chunks = say(voice)
    (model,) = voice._loaded.values()
    assert model.divided is None
    assert len(chunks) >= 2
    assert "".join(p.ipa for p in chunks[0].phonemes).startswith("ðɪs")
    assert loudness(joined(chunks), OUTPUT_RATE) > -30.0


def test_options_are_checked() -> None:
    with pytest.raises(ValidationError):
        PiperVoice({"length_scale": 0.0})
    with pytest.raises(ValidationError):
        PiperVoice({"volume": 1})


ODD = {
    "no stop": "word " * 2_000,
    "one word": "a" * 10_000,
    "punctuation": "...!?,;:—…" * 20,
    "mixed": "Hello Привет こんにちは مرحبا 안녕 שלום",
    "right to left": "مرحبا بالعالم",
    "controls": "a\x00b\x07\u200b\u202e\ufeffc\u2066d",
    "markup": '<speak><prosody rate="fast">Hi</prosody><break time="9s"/></speak>',
    "raw phonemes": "[[ zzz ]] [[ unclosed",
    "surrogate": "\ud800",
    "nothing": "",
    "emoji": "😀🎉",
}


@pytest.mark.parametrize("kind", ODD)
def test_odd_text_ends_in_sound_or_silence(voice: PiperVoice, kind: str) -> None:
    chunks = list(itertools.islice(voice.synthesize(SpeechRequest(ODD[kind])), 12))
    silent = kind in ("punctuation", "surrogate", "nothing", "emoji")
    assert bool(chunks) is not silent
    assert all(len(chunk.pcm) for chunk in chunks)


@pytest.mark.parametrize("kind", ODD)
def test_odd_text_ends_in_sound_or_silence_with_the_embedded_voice(kind: str) -> None:
    chunks = list(itertools.islice(EspeakVoice().synthesize(SpeechRequest(ODD[kind])), 12))
    silent = kind in ("punctuation", "surrogate", "nothing", "emoji")
    assert bool(chunks) is not silent


def test_the_two_copies_of_espeak_do_not_disturb_each_other(shelf: Path) -> None:
    model = PiperModel.load(read_files(shelf / "de_DE-three-low.onnx"), 1)
    embedded = EspeakVoice()

    def turn() -> tuple[list[list[str]], tuple[str, ...]]:
        read = model.sentences("Guten Tag, liebe Leute.")
        (chunk,) = embedded.synthesize(SpeechRequest("Hello there", voice="en-us+m3"))
        return read, tuple(phoneme.ipa for phoneme in chunk.phonemes)

    first = turn()
    assert [turn() for _ in range(5)] == [first] * 5
    with ThreadPoolExecutor(4) as workers:
        found = list(workers.map(lambda _at: model.sentences("Guten Tag, liebe Leute."), range(20)))
        assert turn() == first
    assert found == [first[0]] * 20


async def test_what_it_cannot_say_the_next_voice_says(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(tmp_path, monkeypatch, tts_engines="piper,espeak")
    stand = host_stand(settings.model_copy(update={"models_dir": shelf}))
    try:
        request = SpeechRequest("こんにちは", language="ja")
        chunks = [chunk async for chunk in stand.host.speak(request)]
        assert len(chunks) == 1
        assert stand.host.active(EngineKind.TTS) == "espeak"
        (fall,) = stand.told("engine.fallback")
        assert isinstance(fall, EngineFallback)
        assert (fall.failed, fall.used) == ("piper", "espeak")
        assert "no voice for the language ja" in fall.message
    finally:
        await stand.host.close()


def test_marks_join_the_sound_that_they_belong_to() -> None:
    symbols = [*"ˈaːɪ tʃa.,n", "\u0303"]
    ids = {symbol: [at] for at, symbol in enumerate(sorted({*symbols, *"_^$"}))}
    lasting = np.ones(2 * (len(symbols) + 2) - 1, np.int64)
    sounds = sounds_of(symbols, lasting, ids)
    assert [sound.ipa for sound in sounds] == ["", "ˈaː", "ɪ", "", "tʃ", "a", "", "n\u0303", ""]
    assert [s.start for s in sounds][1:] == [s.end for s in sounds][:-1]
    assert sounds[-1].end == len(lasting)
    assert sounds_of(symbols, lasting[:-1], ids) == []


def test_a_voiceless_stop_begins_at_its_burst() -> None:
    ids = {symbol: [at] for at, symbol in enumerate("_^$apb")}
    sounds = sounds_of(list("apaba"), np.full(13, 2, np.int64), ids)
    phonemes = phonemes_between(sounds, 0, 26, 0.01)
    assert [p.ipa for p in phonemes] == ["", "a", "p", "a", "b", "a", ""]
    stop, voiced = phonemes[2], phonemes[4]
    assert (stop.start, stop.end) == pytest.approx((0.10, 0.12))
    assert phonemes[1].end == stop.start
    assert (voiced.start, voiced.end) == pytest.approx((0.16, 0.20))
    part = phonemes_between(sounds, 12, 26, 0.01)
    assert part[0].start == 0.0
    assert part[0].ipa == "a"


def test_windows_grow_and_end_between_phonemes() -> None:
    ids = {symbol: [at] for at, symbol in enumerate("_^$a")}
    sounds = sounds_of(["a"] * 100, np.full(203, 4, np.int64), ids)
    total = sounds[-1].end
    ends = list(window_ends(total, 0.0116, 0.0023, sounds))
    assert ends[-1] == total
    assert ends == sorted(set(ends))
    assert 0.3 <= ends[0] * 0.0116 <= 0.6
    edges = {sound.end for sound in sounds}
    assert set(ends) <= edges
    slow = list(window_ends(total, 0.0116, 0.0116, sounds))
    assert len(slow) > len(ends)
    assert list(window_ends(10, 0.0116, 0.001, [])) == [10]


def test_the_shaper_makes_one_sound_of_its_windows() -> None:
    rate = 22_050
    wave = (0.3 * np.sin(2 * np.pi * 220 * np.arange(rate) / rate)).astype(np.float32)
    whole = SoundShaper(rate, OUTPUT_RATE, 1.0, 1.0).shape(wave, last=True)
    shaper = SoundShaper(rate, OUTPUT_RATE, 1.0, 1.0)
    cuts = [0, 3_000, 9_001, rate]
    parts = [shaper.shape(wave[a:b], last=b == rate) for a, b in itertools.pairwise(cuts)]
    together = np.concatenate(parts)
    assert len(together) == len(whole) == OUTPUT_RATE
    # -50 dBFS is 104 of 32,768.
    assert np.abs(together.astype(int) - whole).max() <= 2
    loud = SoundShaper(rate, OUTPUT_RATE, 1.0, 30.0).shape(wave, last=True)
    assert np.abs(loud.astype(int)).max() < 32_767
