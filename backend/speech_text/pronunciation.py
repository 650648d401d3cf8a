"""A character's pronunciations: words and phrases, and what is said for each.

Whole words in any case; in scripts without spaces between words, anywhere. The longest entry
wins, and what was put in is not looked at again.
"""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend.errors import BadInputError

MAX_ENTRIES = 500
MAX_WORD, MAX_SAY = 60, 200
MAX_FILE_BYTES = 512 * 1024
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """What is written, and what is said for it."""

    word: str
    say: str


def pronounce(text: str, entries: tuple[Pronunciation, ...]) -> str:
    """Put what is to be said for every entry that occurs in a text."""
    if not entries:
        return text
    pattern, said = _compiled(entries)
    return pattern.sub(lambda match: said.get(match.group().casefold(), match.group()), text)


def check_pronunciations(rows: Sequence[Any]) -> tuple[Pronunciation, ...]:
    """Make entries of pairs of texts.

    Args:
        rows: Mappings with "word" and "say".

    Raises:
        BadInputError: The first row that cannot be used, by its number and word.
    """
    if len(rows) > MAX_ENTRIES:
        raise BadInputError(
            f"There are {len(rows):,} pronunciations and the limit is {MAX_ENTRIES}; remove some."
        )
    entries: list[Pronunciation] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        entry = _entry(number, row)
        if entry.word.casefold() in seen:
            raise BadInputError(f'Row {number}: "{entry.word}" is there twice; keep one of them.')
        seen.add(entry.word.casefold())
        entries.append(entry)
    return tuple(entries)


def stored_pronunciations(rows: Iterable[Any]) -> tuple[Pronunciation, ...]:
    """Entries as the database holds them, which were checked before."""
    return tuple(Pronunciation(str(row["word"]), str(row["say"])) for row in rows)


def as_csv(entries: Iterable[Pronunciation]) -> str:
    """The entries as a table with a header, for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("word", "say"))
    writer.writerows((entry.word, entry.say) for entry in entries)
    return out.getvalue()


def as_json(entries: Iterable[Pronunciation]) -> str:
    """The entries as a list of objects with "word" and "say"."""
    rows = [{"word": entry.word, "say": entry.say} for entry in entries]
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def read_file(data: bytes) -> tuple[Pronunciation, ...]:
    """Read a CSV or JSON file; a header row is optional, commas, semicolons and tabs divide.

    Raises:
        BadInputError: What is wrong with it.
    """
    if len(data) > MAX_FILE_BYTES:
        raise BadInputError("The file is larger than 512 KB; it is no list of pronunciations.")
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInputError("The file is not UTF-8 text; save it as CSV in UTF-8.") from error
    rows = _json_rows(text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text)
    return check_pronunciations(rows)


def _entry(number: int, row: Any) -> Pronunciation:
    word, say = (row.get("word"), row.get("say")) if isinstance(row, dict) else (None, None)
    if not isinstance(word, str) or not isinstance(say, str):
        raise BadInputError(f'Row {number} needs two texts, "word" and "say".')
    word, say = _clean(word), _clean(say)
    if not word:
        raise BadInputError(f"Row {number} has no word; write what is to be replaced.")
    if not any(char.isalnum() for char in say):
        raise BadInputError(f'Row {number}: "{word}" has nothing to say; write how it sounds.')
    for name, text, limit in (("word", word, MAX_WORD), ("say", say, MAX_SAY)):
        if len(text) > limit:
            raise BadInputError(
                f'Row {number}: "{text[:20]}…" has {len(text)} characters, and a {name} has at '
                f"most {limit}."
            )
    return Pronunciation(word, say)


def _clean(text: str) -> str:
    """NFC, on one line, without control and format characters."""
    visible = "".join(
        " " if char.isspace() else char
        for char in text
        if char.isspace() or not unicodedata.category(char).startswith("C")
    )
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def _json_rows(text: str) -> list[Any]:
    try:
        rows = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInputError("The file is not valid JSON; export a list to see its form.") from error
    if isinstance(rows, dict):
        return [{"word": word, "say": say} for word, say in rows.items()]
    return rows if isinstance(rows, list) else [rows]


def _csv_rows(text: str) -> list[Any]:
    head = text.split("\n", 1)[0]
    mark = max(",;\t", key=head.count)
    try:
        cells = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if any(row)]
    except csv.Error as error:
        raise BadInputError(f"The file is not a table of two columns ({error}).") from error
    if cells and [cell.strip().lower() for cell in cells[0][:2]] == ["word", "say"]:
        cells = cells[1:]
    return [
        {"word": row[0], "say": row[1]} if len(row) >= 2 else {"word": row[0], "say": None}
        for row in cells
    ]


@lru_cache(maxsize=16)
def _compiled(
    entries: tuple[Pronunciation, ...],
) -> tuple[re.Pattern[str], dict[str, str]]:
    ordered = sorted(entries, key=lambda entry: -len(entry.word))
    pattern = re.compile("|".join(_bounded(entry.word) for entry in ordered), re.I)
    return pattern, {entry.word.casefold(): entry.say for entry in ordered}


def _bounded(word: str) -> str:
    """The pattern of a word that is not a part of a longer one."""
    start = r"(?<!\w)" if _is_word(word[0]) else ""
    end = r"(?!\w)" if _is_word(word[-1]) else ""
    return start + re.escape(word) + end


def _is_word(char: str) -> bool:
    return char.isalnum() and not _UNSPACED.match(char)
