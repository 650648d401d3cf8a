"""Coqui in a process of its own, in an environment whose `TTS` is a small one of ours."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import sysconfig
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.engines.base import Pcm, SpeechChunk, SpeechRequest
from backend.engines.tts import coqui_models
from backend.engines.tts.coqui import CoquiVoice
from backend.engines.tts.coqui_child import samples, weights_in
from backend.engines.tts.coqui_models import CoquiModel, list_models
from backend.engines.tts.espeak import EspeakVoice
from backend.errors import EngineError
from backend.media.pcm import resample
from backend.media.wav import write_wav
from backend.models_store.catalogue import load_catalogue
from event_system import EngineFallback
from tests.support.fake_coqui_api import SECONDS_A_LETTER
from tests.support.fake_engines import host_stand
from tests.support.processes import is_running
from tests.support.settings import make_settings
from tests.support.waiting import block_until

TEXT = "Hello there, my friend."
RATE = 48_000
VITS = "tts_models/en/ljspeech/vits"
VCTK = "tts_models/en/vctk/vits"
XTTS = "tts_models/multilingual/multi-dataset/xtts_v2"
MODELS = {
    "tts_models": {
        "multilingual": {"multi-dataset": {"xtts_v2": {"license": "CPML", "tos_required": True}}},
        "en": {"ljspeech": {"vits": {"license": "apache 2.0"}}, "vctk": {"vits": {}}},
        "tw_akuapem": {"openbible": {"vits": {"license": "CC-BY-SA 4.0"}}},
    },
    "vocoder_models": {},
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with a small `TTS` in it, and numpy."""
    root = tmp_path_factory.mktemp("coqui environment")
    venv.EnvBuilder(symlinks=sys.platform != "win32", with_pip=False).create(root)
    # The name of this scheme is new in Python 3.11; what pip goes by are the older two.
    scheme = "nt" if sys.platform == "win32" else "posix_prefix"
    packages = Path(sysconfig.get_path("purelib", scheme, {"base": str(root)}))
    (packages / "TTS").mkdir()
    (packages / "TTS" / "__init__.py").touch()
    source = Path(__file__).parents[1] / "support" / "fake_coqui_api.py"
    shutil.copyfile(source, packages / "TTS" / "api.py")
    (packages / "TTS" / ".models.json").write_text(json.dumps(MODELS))
    (packages / "torch.py").write_text("class cuda:\n    is_available = staticmethod(bool)\n")
    (packages / "numpy.pth").write_text(str(Path(np.__file__).parents[1]))
    return root / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


@pytest.fixture(scope="module")
def speech() -> Pcm:
    chunks = list(EspeakVoice().synthesize(SpeechRequest(f"{TEXT} How are you all doing today?")))
    return resample(np.concatenate([one.pcm for one in chunks]), chunks[0].sample_rate, 32_000)


Make = Callable[..., CoquiVoice]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "coqui"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def make(python: Path, home: Path, tmp_path: Path) -> Iterator[Make]:
    made: list[CoquiVoice] = []

    def engine(**options: Any) -> CoquiVoice:
        given = {"python": str(python), "home": home, "data_dir": tmp_path / "data", **options}
        made.append(CoquiVoice(given))
        return made[-1]

    yield engine
    for one in made:
        one.unload()


def say(engine: CoquiVoice, text: str = TEXT, **more: Any) -> list[SpeechChunk]:
    return list(engine.synthesize(SpeechRequest(text, **more)))


def seconds(chunks: list[SpeechChunk]) -> float:
    assert {chunk.sample_rate for chunk in chunks} == {RATE}
    return sum(chunk.seconds for chunk in chunks)


def frequency(chunks: list[SpeechChunk]) -> float:
    pcm = np.concatenate([chunk.pcm for chunk in chunks]).astype(float)
    return float(np.argmax(np.abs(np.fft.rfft(pcm))) * RATE / len(pcm))


def asked(home: Path, key: str) -> list[dict[str, Any]]:
    lines = (home / "asked.jsonl").read_text(encoding="utf-8").splitlines()
    return [one for one in map(json.loads, lines) if key in one]


def behave(home: Path, fault: str) -> None:
    (home / "fault").write_text(fault)


def test_a_model_of_one_language_speaks_a_sentence_at_once(
    make: Make, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "kotodama.coqui")
    voice = make(model=VITS)
    found = voice.probe()
    assert (found.ok, found.reason) == (
        True,
        f"It speaks with {VITS}, licence apache 2.0; it is fetched when it is used first.",
    )
    voice.load()
    assert "fetched" not in voice.probe().reason
    chunks = say(voice, speed=1.25)
    # Without the silence that the package adds to every sentence.
    assert seconds(chunks) == pytest.approx(len(TEXT) * SECONDS_A_LETTER / 1.25, abs=0.01)
    assert frequency(chunks) == pytest.approx(440, abs=2)
    assert asked(home, "text")[0] == {
        "pid": asked(home, "loaded")[0]["pid"],
        "text": TEXT,
        "speaker": None,
        "language": None,
        "reference": None,
    }
    block_until(lambda: "says the library" in caplog.text)


def test_pitch_is_raised_by_playing_faster_what_is_spoken_slower(make: Make) -> None:
    chunks = say(make(model=VITS), pitch=12.0)
    assert frequency(chunks) == pytest.approx(880, abs=4)
    assert seconds(chunks) == pytest.approx(len(TEXT) * SECONDS_A_LETTER, abs=0.01)


def test_a_model_of_several_speakers_has_voices(make: Make, home: Path) -> None:
    voice = make(model=VCTK, speaker="p2")
    assert [one.id for one in voice.voices()] == ["p2"]
    voice.load()
    assert [one.id for one in voice.voices()] == ["p1", "p2"]
    say(voice)
    say(voice, voice="p1")
    assert [one["speaker"] for one in asked(home, "text")] == ["p2", "p1"]
    with pytest.raises(EngineError, match="has no speaker p9; it has p1, p2 and others"):
        say(voice, voice="p9")


def test_xtts_wants_its_licence_accepted_before_anything_is_started(
    make: Make, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    voice = make(model=XTTS)
    found = voice.probe()
    assert (found.ok, found.expected) == (False, True)
    assert "may not be used commercially (https://coqui.ai/cpml)" in found.reason
    for call in (voice.load, voice.voices, lambda: say(voice)):
        with pytest.raises(EngineError, match="COQUI_ACCEPT_LICENCE"):
            call()
    assert not (home / "asked.jsonl").exists()


def test_xtts_speaks_while_it_thinks(make: Make, home: Path) -> None:
    voice = make(model=XTTS, accept_licence=True)
    chunks = say(voice, "Bonjour tout le monde, comment allez-vous?", language="fr-CA")
    assert len(chunks) > 1
    assert frequency(chunks) == pytest.approx(440, abs=2)
    assert asked(home, "streamed")[0]["language"] == "fr"
    assert [one.id for one in voice.voices()] == ["Ana", "Claribel"]
    say(voice, language="zh")
    say(voice, language="auto")
    assert [one["language"] for one in asked(home, "streamed")[1:]] == ["zh-cn", "en"]
    with pytest.raises(EngineError, match="does not speak the language fi"):
        say(voice, language="fi")


def put_xtts(home: Path, *names: str) -> Path:
    """The files of XTTS, short ones, where the program's download puts them."""
    folder = home / "tts" / XTTS.replace("/", "--")
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).write_text("whole" if name == "model.pth" else "{}")
    return folder


@pytest.fixture
def short_xtts(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {name: 2 for name in coqui_models.XTTS_V2_FILES}
    monkeypatch.setattr(coqui_models, "XTTS_V2_FILES", {**sizes, "model.pth": 5})


@pytest.mark.usefixtures("short_xtts")
def test_xtts_by_the_program_is_loaded_from_its_folder_without_the_network(
    make: Make, home: Path
) -> None:
    folder = put_xtts(home, *coqui_models.XTTS_V2_FILES)
    assert len(say(make(model=XTTS, accept_licence=True))) > 1
    (loaded,) = asked(home, "loaded")
    assert Path(loaded["loaded"]) == folder


@pytest.mark.usefixtures("short_xtts")
def test_xtts_speaks_without_being_chosen_once_it_is_there(make: Make, home: Path) -> None:
    assert "No model of Coqui is chosen" in make().probe().reason
    folder = put_xtts(home, *coqui_models.XTTS_V2_FILES)
    assert "accept its licence" in make().probe().reason
    assert len(say(make(accept_licence=True))) > 1
    (loaded,) = asked(home, "loaded")
    assert Path(loaded["loaded"]) == folder


@pytest.mark.usefixtures("short_xtts")
@pytest.mark.parametrize("names", [["hash.md5", "vocab.json"], ["hash.md5", "model.pth.part"]])
def test_coqui_does_not_begin_a_download_that_the_program_has_begun(
    make: Make, home: Path, names: list[str]
) -> None:
    put_xtts(home, *names)
    voice = make(model=XTTS, accept_licence=True)
    probed = voice.probe()
    assert not probed.ok
    assert "go on with it in Voices & models" in probed.reason
    with pytest.raises(EngineError, match="is not done"):
        say(voice)


@pytest.mark.usefixtures("short_xtts")
@pytest.mark.parametrize("names", [[*coqui_models.XTTS_V2_FILES], ["hash.md5", "model.pth.part"]])
def test_what_the_program_downloads_is_not_taken_for_a_fetch_that_was_cut_off(
    make: Make, home: Path, names: list[str]
) -> None:
    (home / "tts").mkdir()
    (home / "tts" / "unfinished.json").write_text("[]")
    folder = put_xtts(home, *names)
    cut = home / "tts" / "tts_models--en--vctk--vits"
    cut.mkdir()
    if "model.pth.part" in names:
        # The made-up package reads this file of every folder.
        (folder / "model.pth").write_text("whole")
    say(make(model=VITS))
    assert {path.name for path in folder.iterdir()} >= set(names)
    assert not cut.exists()


def test_the_catalogue_and_the_engine_know_the_same_xtts() -> None:
    (model,) = (one for one in load_catalogue(Path("none")) if one.engine == "coqui")
    home = Path("coqui")
    places = {Path(file.path): file.size for file in model.files}
    kept = CoquiModel(XTTS, "", "CPML").kept_in(home)
    assert places == {kept / name: size for name, size in coqui_models.XTTS_V2_FILES.items()}
    assert model.accept
    assert not model.commercial


def test_xtts_that_cannot_stream_speaks_at_once(make: Make, home: Path) -> None:
    behave(home, "no streaming")
    chunks = say(make(model=XTTS, accept_licence=True), speed=2.0)
    assert seconds(chunks) == pytest.approx(len(TEXT) * SECONDS_A_LETTER / 2, abs=0.01)
    assert asked(home, "text")[0]["speaker"] == "Ana"


def test_a_recording_is_imitated(make: Make, home: Path, speech: Pcm) -> None:
    folder = home / "voices" / "Ren"
    folder.mkdir(parents=True)
    write_wav(folder / "reference.wav", speech, 32_000)
    voice = make(model=XTTS, accept_licence=True)
    assert [one.id for one in voice.voices()] == ["Ren"]
    chunks = say(voice)
    say(voice, voice="Ren")
    assert frequency(chunks) == pytest.approx(880, abs=4)
    (imitated,) = asked(home, "imitated")
    assert Path(imitated["imitated"]).is_relative_to(home.parents[1] / "data")
    assert imitated["settings"]["gpt_cond_len"] == 6
    assert frequency(say(voice, voice="Claribel")) == pytest.approx(440, abs=2)


def test_a_recording_that_is_too_short_is_refused(make: Make, tmp_path: Path, speech: Pcm) -> None:
    write_wav(tmp_path / "mine.wav", speech[: 2 * 32_000], 32_000)
    voice = make(model=XTTS, accept_licence=True, reference=str(tmp_path / "mine.wav"))
    with pytest.raises(EngineError, match=r"mine\.wav is 2\.0 s long; a reference has to be 3 to"):
        say(voice)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("load: CUDA out of memory. Tried to allocate", "enough memory on the graphics card"),
        ("load: ConnectionError: Max retries exceeded with url", "check the network"),
        ("load: UnpicklingError: invalid load key", "The files of Coqui's model are damaged"),
        ("speak: who knows", r"Coqui failed: RuntimeError: who knows\."),
    ],
)
def test_a_failure_is_a_sentence(make: Make, home: Path, fault: str, sentence: str) -> None:
    behave(home, fault)
    voice = make(model=VITS)
    with pytest.raises(EngineError, match=sentence):
        say(voice)
    behave(home, "")
    assert say(voice)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [("fails later", "probability tensor"), ("dies", "ended unexpectedly; it said: CUDA error")],
)
def test_a_failure_in_the_midst_of_a_sentence_is_told(
    make: Make, home: Path, fault: str, sentence: str
) -> None:
    behave(home, fault)
    voice = make(model=XTTS, accept_licence=True)
    heard: list[SpeechChunk] = []
    with pytest.raises(EngineError, match=sentence):
        for chunk in voice.synthesize(SpeechRequest(TEXT)):
            heard.append(chunk)
    assert 0 < seconds(heard) < len(TEXT) * SECONDS_A_LETTER
    behave(home, "")
    assert seconds(say(voice)) == pytest.approx(len(TEXT) * SECONDS_A_LETTER, abs=0.01)


def test_one_that_hangs_is_ended_and_started_anew(make: Make, home: Path) -> None:
    voice = make(model=VITS, timeout=1.0)
    voice.load()
    behave(home, "hangs")
    with pytest.raises(EngineError, match="did not answer in 1 s"):
        say(voice)
    behave(home, "")
    assert say(voice)
    first, second = (one["pid"] for one in asked(home, "loaded"))
    assert not is_running(first)
    assert is_running(second)


def test_nobody_waits_long_for_a_model_that_is_fetched(make: Make, home: Path) -> None:
    behave(home, "slow load")
    voice = make(model=VITS, start_timeout=0.2)
    with pytest.raises(EngineError, match="still fetching or loading") as caught:
        voice.load()
    assert caught.value.retryable
    block_until(lambda: bool((home / "tts").exists()))

    def speaks() -> bool:
        try:
            return bool(say(voice))
        except EngineError:
            return False

    block_until(speaks)
    assert len(asked(home, "loaded")) == 1


def test_a_model_that_was_fetched_by_half_is_fetched_again(make: Make, home: Path) -> None:
    say(make(model=VCTK))
    shutil.rmtree(home / "tts" / "vocoder_models--en--ljspeech--hifigan")
    behave(home, "cut off")
    voice = make(model=VITS)
    with pytest.raises(EngineError, match="ended unexpectedly"):
        say(voice)
    kept = home / "tts" / VCTK.replace("/", "--")
    (kept / "mark").touch()
    behave(home, "")
    assert say(voice)
    assert (kept / "mark").exists()
    assert {path.read_text() for path in (home / "tts").glob("*/model.pth")} == {"whole"}


def test_it_ends_when_idle_and_comes_back_when_asked(make: Make, home: Path) -> None:
    voice = make(model=VITS, idle_minutes=0.3 / 60)
    say(voice)
    pid = asked(home, "loaded")[0]["pid"]
    block_until(lambda: not is_running(pid))
    assert say(voice)
    assert len(asked(home, "loaded")) == 2


def test_a_sentence_that_is_given_up_does_not_come_later(make: Make, home: Path) -> None:
    voice = make(model=XTTS, accept_licence=True)
    voice.load()
    behave(home, "slow")
    chunks = voice.synthesize(SpeechRequest("A sentence that nobody wants to hear to its end."))
    next(chunks)
    chunks.close()  # type: ignore[attr-defined]
    behave(home, "")
    assert seconds(say(voice)) == pytest.approx(len(TEXT) * SECONDS_A_LETTER, abs=0.01)


def test_what_is_not_set_up_is_told(make: Make, tmp_path: Path) -> None:
    found = make().probe()
    assert (found.ok, found.expected) == (False, False)
    found = make(model=VITS, python=str(tmp_path / "python")).probe()
    assert found.reason == (
        "Coqui is not installed; install it by `python main.py extras install coqui`."
    )
    found = make(model="tts_models/en/ljspeech/vitss").probe()
    assert found.reason.startswith(
        f"Coqui has no model tts_models/en/ljspeech/vitss; the nearest are {VITS}"
    )
    (tmp_path / "config.json").write_text("[]")
    found = make(model=str(tmp_path)).probe()
    assert "is not that of a Coqui model" in found.reason


def test_a_model_of_the_users_own_is_loaded_from_its_folder(
    make: Make, home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "my vits"
    folder.mkdir()
    (folder / "config.json").write_text('{"model": "vits"}')
    (folder / "best_model.pth").touch()
    (folder / "speakers.pth").touch()
    say(make(model=str(folder)))
    assert asked(home, "loaded")[0]["loaded"] == str(folder / "best_model.pth")
    (folder / "config.json").write_text('{"model": "xtts"}')
    assert "COQUI_ACCEPT_LICENCE" in make(model=str(folder)).probe().reason
    (folder / "vocab.json").touch()
    assert weights_in(folder) == folder
    with pytest.raises(FileNotFoundError):
        weights_in(tmp_path / "none")


def test_the_list_of_models_is_read_without_starting_anything(python: Path) -> None:
    found = list_models(python)
    assert found[0] == CoquiModel(XTTS, "", "CPML")
    assert found[-1].language == "tw-akuapem"
    assert [one.clones for one in found] == [True, False, False, False]


def test_samples_are_clipped_and_never_noise() -> None:
    part = np.array([[0.5, -1.0, 2.0, np.nan]], np.float32)
    assert np.frombuffer(samples(part), "<i2").tolist() == [16384, -32767, 32767, 0]


async def test_the_next_voice_speaks_and_the_user_is_told(
    make: Make, python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = make_settings(
        tmp_path,
        monkeypatch,
        tts_engines="coqui,espeak",
        coqui_model=XTTS,
        engine_options={"coqui": {"python": str(python)}},
    )
    stand = host_stand(settings)
    try:
        chunks = [one async for one in stand.host.speak(SpeechRequest("Hello there."))]
        assert chunks
        (told,) = [event for event in stand.told() if isinstance(event, EngineFallback)]
        assert (told.failed, told.used) == ("coqui", "espeak")
        assert told.message == (
            "XTTS may not be used commercially (https://coqui.ai/cpml); accept its licence"
            " (COQUI_ACCEPT_LICENCE), or choose another model."
        )
    finally:
        await stand.host.close()
