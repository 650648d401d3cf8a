"""Whisper's vocabulary, from OpenAI's rank files (`multilingual.tiktoken`, `gpt2.tiktoken`).

The rank files belong to the `openai-whisper` package; they are read as text, so that neither it
nor torch is imported.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from backend.errors import BadInputError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

_LANGUAGES = """
    en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur
    hr bg lt la mi ml cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si
    km sn yo so af oc ka be tg sd gu am yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln
    ha ba jw su yue
"""
LANGUAGES = tuple(_LANGUAGES.split())
"""In the order of their tokens."""

_BEFORE_LANGUAGES = ("<|endoftext|>", "<|startoftranscript|>")
_AFTER_LANGUAGES = (
    "<|translate|>",
    "<|transcribe|>",
    "<|startoflm|>",
    "<|startofprev|>",
    "<|nospeech|>",
    "<|notimestamps|>",
)
_TIMESTAMPS = tuple(f"<|{step * 0.02:.2f}|>" for step in range(1501))


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tokens of a model.

    Attributes:
        ranks: The byte pairs' tokens: bytes -> id, which is also the order of merging.
        special: The tokens after them, by id from `len(ranks)` on.
        languages: How many of those are languages.
    """

    ranks: dict[bytes, int]
    special: tuple[str, ...]
    languages: int

    @classmethod
    def for_model(cls, ranks: dict[bytes, int], n_vocab: int) -> Vocabulary:
        """Complete the ranks to a vocabulary of `n_vocab` tokens.

        Raises:
            BadInputError: The ranks belong to another model.
        """
        others = len(_BEFORE_LANGUAGES) + len(_AFTER_LANGUAGES) + len(_TIMESTAMPS)
        count = n_vocab - len(ranks) - others
        if not 1 <= count <= len(LANGUAGES) or set(ranks.values()) != set(range(len(ranks))):
            raise BadInputError("The vocabulary does not belong to this Whisper model.")
        languages = tuple(f"<|{code}|>" for code in LANGUAGES[:count])
        special = (*_BEFORE_LANGUAGES, *languages, *_AFTER_LANGUAGES, *_TIMESTAMPS)
        return cls(ranks, special, count)

    @property
    def tokens(self) -> list[str]:
        """Every token by id, bytes written as printable characters."""
        ordered = sorted(self.ranks, key=self.ranks.__getitem__)
        return [_printable(token) for token in ordered] + list(self.special)

    def id_of(self, special: str) -> int:
        """The id of a special token."""
        return len(self.ranks) + self.special.index(special)

    @property
    def language_ids(self) -> list[int]:
        """The ids of the languages."""
        start = len(self.ranks) + len(_BEFORE_LANGUAGES)
        return list(range(start, start + self.languages))

    def tokenizer(self) -> Tokenizer:
        """The tokenizer as the `tokenizers` package has it (`tokenizer.json`)."""
        from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

        merges = []
        for token in sorted(self.ranks, key=self.ranks.__getitem__):
            if len(token) > 1:
                parts = self._parts(token)
                if len(parts) == 2:
                    merges.append((_printable(parts[0]), _printable(parts[1])))
        vocabulary = {_printable(token): rank for token, rank in self.ranks.items()}
        made = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
        made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        made.decoder = decoders.ByteLevel()
        words = self.special[: -len(_TIMESTAMPS)]
        made.add_special_tokens([AddedToken(w, special=True, normalized=False) for w in words])
        return made

    def _parts(self, token: bytes) -> list[bytes]:
        """What the token is merged from: its bytes after all merges that come before its own."""
        parts = [bytes([byte]) for byte in token]
        while len(parts) > 2:
            candidates = [
                (rank, at)
                for at, (left, right) in enumerate(pairwise(parts))
                if (rank := self.ranks.get(left + right)) is not None and rank < self.ranks[token]
            ]
            if not candidates:
                break
            _, at = min(candidates)
            parts[at : at + 2] = [parts[at] + parts[at + 1]]
        return parts


def read_ranks(path: Path) -> dict[bytes, int]:
    """Read a rank file: a line a token, base64 and number.

    Raises:
        BadInputError: It is not one.
    """
    try:
        lines = path.read_text(encoding="ascii").splitlines()
        pairs = (line.split() for line in lines if line)
        return {base64.b64decode(token): int(rank) for token, rank in pairs}
    except (OSError, ValueError) as error:
        raise BadInputError(f"{path.name} cannot be read as a vocabulary: {error}.") from error


def find_ranks(*, multilingual: bool, folders: tuple[Path, ...] = ()) -> Path:
    """Find the rank file: in one of the folders, or in the `openai-whisper` package.

    Raises:
        BadInputError: It is nowhere; the message says how to get it.
    """
    name = "multilingual.tiktoken" if multilingual else "gpt2.tiktoken"
    package = find_spec("whisper")
    assets = [Path(place) / "assets" for place in (package.submodule_search_locations or [])
              ] if package else []  # fmt: skip
    for folder in (*folders, *assets):
        if (folder / name).is_file():
            return folder / name
    raise BadInputError(
        f"The vocabulary {name} is needed; it comes with"
        " `python main.py extras install faster-whisper`."
    )


def _printable(token: bytes) -> str:
    return "".join(_CHARACTERS[byte] for byte in token)


def _byte_characters() -> tuple[str, ...]:
    """GPT-2's writing of bytes: printable ones as themselves, the others from U+0100 on."""
    shown = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    hidden = [byte for byte in range(256) if byte not in shown]
    return tuple(
        chr(byte) if byte in shown else chr(256 + hidden.index(byte)) for byte in range(256)
    )


_CHARACTERS = _byte_characters()
