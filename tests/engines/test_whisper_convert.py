"""Reading OpenAI's files without torch, converting them, and finding models."""

from __future__ import annotations

import json
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from backend.engines.stt.whisper_checkpoint import read_checkpoint
from backend.engines.stt.whisper_convert import convert
from backend.engines.stt.whisper_models import (
    find_checkpoint,
    find_folder,
    installed,
    language_code,
)
from backend.engines.stt.whisper_vocabulary import LANGUAGES, Vocabulary, find_ranks, read_ranks
from backend.errors import BadInputError
from commands.benchmarks.random_whisper import (
    MULTILINGUAL_TOKENS,
    dims,
    pair_tokens,
    random_weights,
)
from tests.support.tiny_whisper import write_checkpoint, write_ranks

SHAPE = dims()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("openai")
    write_ranks(folder / "multilingual.tiktoken")
    return write_checkpoint(folder / "tiny.pt", SHAPE, random_weights(SHAPE))


@pytest.fixture
def damaged(source: Path, tmp_path: Path) -> Path:
    path = tmp_path / "damaged.pt"
    path.write_bytes(source.read_bytes())
    return path


def rewrite(path: Path, description: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", description)
    return path


def test_weights_are_read_as_they_were_written(source: Path) -> None:
    checkpoint = read_checkpoint(source)
    assert checkpoint.dims == SHAPE
    assert checkpoint.dims.multilingual
    for name, value in random_weights(SHAPE).items():
        np.testing.assert_array_equal(checkpoint.weights[name], value)


def test_tensors_that_share_and_skip_are_read(tmp_path: Path) -> None:
    weights = random_weights(SHAPE)
    name = "encoder.blocks.0.mlp.0.weight"
    weights[name] = np.asfortranarray(weights[name])
    path = tmp_path / "transposed.pt"
    with zipfile.ZipFile(write_checkpoint(path, SHAPE, weights)) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    number = list(weights).index(name)
    entries[f"archive/data/{number}"] = weights[name].tobytes(order="F")
    with zipfile.ZipFile(path, "w") as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    np.testing.assert_array_equal(read_checkpoint(path).weights[name], weights[name])


@pytest.mark.parametrize("part", [0.0, 0.001, 0.5, 0.999])
def test_a_file_that_is_cut_off_is_told(damaged: Path, part: float) -> None:
    raw = damaged.read_bytes()
    damaged.write_bytes(raw[: int(len(raw) * part)])
    with pytest.raises(BadInputError, match=r"damaged.pt is damaged or cut off"):
        read_checkpoint(damaged)


def test_flipped_bytes_are_told(damaged: Path) -> None:
    raw = bytearray(damaged.read_bytes())
    raw[len(raw) // 2] ^= 0xFF
    damaged.write_bytes(raw)
    with pytest.raises(BadInputError, match="damaged"):
        read_checkpoint(damaged)


class Evil:
    """A pickle that would write a file if it were run."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.target,)


def test_what_a_file_wants_to_run_is_not_run(tmp_path: Path) -> None:
    path = rewrite(tmp_path / "evil.pt", pickle.dumps({"dims": Evil(tmp_path / "ran")}, 2))
    with pytest.raises(BadInputError, match="which no model needs"):
        read_checkpoint(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "description",
    [
        b"",
        b"garbage",
        pickle.dumps([1, 2], 2),
        pickle.dumps({"dims": {}, "model_state_dict": {}}, 2),
        pickle.dumps({"dims": {"n_mels": "x"}, "model_state_dict": {}}, 2),
    ],
)
def test_other_content_is_told(tmp_path: Path, description: bytes) -> None:
    with pytest.raises(BadInputError, match="is not a Whisper model"):
        read_checkpoint(rewrite(tmp_path / "other.pt", description))


def test_absurd_dimensions_are_refused(tmp_path: Path) -> None:
    path = write_checkpoint(tmp_path / "huge.pt", replace(SHAPE, n_audio_layer=10**9), {})
    with pytest.raises(BadInputError, match="its dimensions are"):
        read_checkpoint(path)


def test_a_tensor_cannot_reach_beyond_its_bytes(damaged: Path) -> None:
    with zipfile.ZipFile(damaged) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    entries["archive/data/0"] = entries["archive/data/0"][:-2]
    with zipfile.ZipFile(damaged, "w") as archive:
        for entry, content in entries.items():
            archive.writestr(entry, content)
    with pytest.raises(BadInputError, match="a tensor is cut off"):
        read_checkpoint(damaged)


def test_a_weight_that_lacks_is_named(tmp_path: Path) -> None:
    weights = random_weights(SHAPE)
    del weights["decoder.ln.bias"]
    path = write_checkpoint(tmp_path / "part.pt", SHAPE, weights)
    with pytest.raises(BadInputError, match=r"decoder.ln.bias is missing or wrong"):
        read_checkpoint(path)


def test_a_folder_is_made_whole(source: Path, tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper", reason="the extra faster-whisper is not installed")
    target = tmp_path / "models" / "faster-whisper-tiny"
    convert(source, target)
    assert find_folder("tiny", tmp_path / "models").path == target
    assert installed(tmp_path) == [target]
    assert [path.name for path in target.parent.iterdir()] == [target.name]
    config = json.loads((target / "config.json").read_text())
    assert config["lang_ids"][0] == 50_259
    assert len(config["lang_ids"]) == 99
    assert {50_258, 50_358, 50_359, 50_362} <= set(config["suppress_ids"])
    assert config["suppress_ids_begin"][1] == 50_257
    half = (target / "model.bin").stat().st_size
    convert(source, tmp_path / "eight", quantization="int8")
    assert (tmp_path / "eight" / "model.bin").stat().st_size < 0.65 * half


def test_a_folder_in_use_is_left_alone(source: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("x")
    with pytest.raises(BadInputError, match="is there already"):
        convert(source, tmp_path / "mine")
    assert (tmp_path / "mine" / "file").read_text() == "x"


def test_a_failed_conversion_leaves_nothing(source: Path, tmp_path: Path) -> None:
    ranks = write_ranks(tmp_path / "gpt2.tiktoken", MULTILINGUAL_TOKENS)
    lines = ranks.read_text().splitlines()
    ranks.write_text("\n".join(lines[: len(lines) // 2]))
    with pytest.raises(BadInputError, match="does not belong to this"):
        convert(source, tmp_path / "made", vocabulary=ranks)
    ranks.write_text("no vocabulary at all\n")
    with pytest.raises(BadInputError, match="cannot be read as a vocabulary"):
        convert(source, tmp_path / "made", vocabulary=ranks)
    assert not (tmp_path / "made").exists()


def test_the_tokenizer_merges_by_rank(source: Path) -> None:
    pytest.importorskip("tokenizers", reason="the extra faster-whisper is not installed")
    words = Vocabulary.for_model(
        read_ranks(source.parent / "multilingual.tiktoken"), MULTILINGUAL_TOKENS
    )
    assert len(words.tokens) == len(set(words.tokens)) == MULTILINGUAL_TOKENS
    tokenizer = words.tokenizer()
    assert tokenizer.encode("hello world.").ids != []
    assert tokenizer.decode(pair_tokens("hello world.")) == "hello world."
    assert tokenizer.token_to_id("<|notimestamps|>") == words.id_of("<|notimestamps|>") == 50_363


def test_the_real_vocabulary_is_split_as_openai_splits_it() -> None:
    tokenizers = pytest.importorskip("whisper.tokenizer", reason="openai-whisper is not installed")
    text = "Hello there, ich heiße Ren — 今日は天気がいい! 12345"
    for multilingual, count in ((True, 51_865), (False, 51_864)):
        theirs = tokenizers.get_tokenizer(multilingual, num_languages=99)
        words = Vocabulary.for_model(read_ranks(find_ranks(multilingual=multilingual)), count)
        assert words.tokenizer().encode(text).ids == theirs.encode(text)
        assert words.id_of("<|nospeech|>") == theirs.no_speech
        assert set(words.language_ids) == set(theirs.all_language_tokens)
    assert tuple(tokenizers.LANGUAGES) == LANGUAGES


def test_models_are_found_where_people_put_them(tmp_path: Path) -> None:
    def folder(path: Path) -> Path:
        path.mkdir(parents=True)
        for name in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt"):
            (path / name).write_text("x")
        return path

    cache = folder(tmp_path / "models--Systran--faster-whisper-base" / "snapshots" / "abc")
    assert find_folder("base", tmp_path).path == cache
    plain = folder(tmp_path / "whisper" / "base")
    assert find_folder("base", tmp_path).path == plain
    assert find_folder(str(cache), tmp_path).path == cache
    (tmp_path / "whisper" / "small.en.pt").write_text("x")
    found = find_checkpoint("small.en", tmp_path)
    assert found.path == tmp_path / "whisper" / "small.en.pt"
    assert find_checkpoint(str(found.path), tmp_path).path == found.path
    assert find_checkpoint("small", tmp_path).path is None
    (tmp_path / "medium.pt").write_text("x")
    assert find_checkpoint("medium.en", tmp_path).path is None
    (tmp_path / "medium.pt").unlink()
    assert find_folder(str(tmp_path / "whisper" / "base.pt"), tmp_path).path == plain
    assert set(installed(tmp_path)) == {cache, plain, found.path}


@pytest.mark.parametrize(
    ("tag", "code"),
    [("en-US", "en"), ("JA", "ja"), ("nb-NO", "no"), ("zh_CN", "zh"), ("yue", "yue")],
)
def test_tags_become_whispers_codes(tag: str, code: str) -> None:
    assert language_code(tag) == code
