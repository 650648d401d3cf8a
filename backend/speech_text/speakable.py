"""Turn written text into what a voice can say: no markup, no code, no emoji, no stage directions.

Numbers, dates, money and short forms get their language's words; in a language that the program
has no words for they are left to the voice. What cannot be said at all comes back as an empty
string, so that the caller skips the piece instead of speaking noise.
"""

from __future__ import annotations

import re

from backend.speech_text.abbreviations import expand
from backend.speech_text.addresses import speak_addresses
from backend.speech_text.calendar_words import speak_dates, speak_times
from backend.speech_text.chatter import calm, calm_marks, speak_laughter
from backend.speech_text.emotes import take_emotes
from backend.speech_text.english import english_ordinals
from backend.speech_text.lexicon import Lexicon, lexicon_for
from backend.speech_text.markup import (
    without_block_marks,
    without_code,
    without_inline_marks,
    without_links,
    without_tags,
)
from backend.speech_text.numerals import speak_japanese_counters, speak_numbers, speak_rows
from backend.speech_text.pronunciation import Pronunciation, pronounce
from backend.speech_text.quantities import speak_measures, speak_money
from backend.speech_text.symbols import (
    single_spaced,
    speak_signs,
    without_invisible,
    without_names_marks,
    without_pictures,
)

MAX_CHARS = 20_000
"""A longer piece is cut: nobody waits for its end."""
_BEFORE_POINT = re.compile(r"\s+([,.!?;:…)\]])")
_STOPS = ".!?…,;:。！？、"


def speakable(
    text: str, language: str = "en", pronunciations: tuple[Pronunciation, ...] = ()
) -> str:
    """What a voice should say for `text`.

    Args:
        text: One piece of a reply, possibly with Markdown, HTML, emoji or stage directions.
        language: BCP 47 tag.
        pronunciations: The character's own; they come before every rule.

    Returns:
        Plain text on one line, or an empty string when nothing can be said.
    """
    lexicon = lexicon_for(language)
    text = without_invisible(text[:MAX_CHARS])
    text = pronounce(single_spaced(without_code(text)), pronunciations)
    text = speak_addresses(without_links(text), lexicon)
    text = without_block_marks(without_tags(text))
    text = take_emotes(text)[0]
    text = without_pictures(text)
    if lexicon is not None:
        text = _verbalised(text, lexicon)
    text = without_inline_marks(text)
    text = without_names_marks(text).replace("^", " ")
    text = re.sub(r"\s+[-–—]+\s+", ", ", text)
    return _on_one_line(text)


def _verbalised(text: str, lexicon: Lexicon) -> str:
    """The text with words for all that is written in digits, signs and short forms."""
    text = speak_laughter(expand(text, lexicon), lexicon)
    if any(char.isdecimal() for char in text):
        text = speak_rows(speak_dates(text, lexicon), lexicon)
        if lexicon.language == "en":
            text = english_ordinals(text, lexicon)
        text = speak_times(text, lexicon)
        text = speak_measures(speak_money(text, lexicon), lexicon)
        text = speak_signs(text, lexicon)
        if lexicon.language == "ja":
            text = speak_japanese_counters(text, lexicon)
        text = speak_numbers(text, lexicon)
    else:
        text = speak_signs(speak_money(text, lexicon), lexicon)
    return calm(text)


def _on_one_line(text: str) -> str:
    """Join lines, calm repeated marks, and give up when no letter or digit is left."""
    lines = [line.strip() for line in text.split("\n") if any(c.isalnum() for c in line)]
    joined = " ".join(
        line if line[-1] in _STOPS or index == len(lines) - 1 else f"{line}."
        for index, line in enumerate(lines)
    )
    joined = calm_marks(joined)
    joined = re.sub(r"\(\s*\)|\[\s*\]|\"\s*\"|“\s*”", " ", joined)
    joined = _BEFORE_POINT.sub(r"\1", re.sub(r"\s+", " ", joined))
    joined = re.sub(r"^[\s,;:.)!?\]、。-]+(?=\w)", "", joined).strip()
    return joined if any(char.isalnum() for char in joined) else ""
