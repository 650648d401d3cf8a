"""Tell acts from speech: "*waves*" moves the face, "I *really* mean it" is said.

A pure function of the text. What stands between stars, underscores, brackets or tildes is judged
by its words (a form of a known verb, an adverb before it, whose hands or eyes move), and by where
it stands: in the middle of a sentence, after a word that wants it, it is emphasis.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend.speech_text.acts import (
    ACTING,
    BARE,
    FEELINGS,
    NOD,
    OTHER_TONGUES,
    emotion_of,
)

MAX_ACT = 160
"""Characters between the marks; more is no stage direction."""
_MARKED = re.compile(
    rf"(?<![*\w])\*(?P<star>[^*\n]{{1,{MAX_ACT}}})\*(?![*\w])"
    rf"|(?<![*\w])\*\*(?P<bold>[^*\n]{{1,{MAX_ACT}}})\*\*(?![*\w])"
    rf"|(?<![\w_])_(?P<under>[^_\n]{{1,{MAX_ACT}}})_(?![\w_])"
    rf"|(?<![\w~])~(?P<wave>[a-z][a-z ]{{1,40}})~(?![\w~])"
    rf"|\[(?P<square>[^\[\]\n]{{1,{MAX_ACT}}})\](?!\()"
    rf"|[(（](?P<round>[^()（）\n]{{1,{MAX_ACT}}})[)）]"
    rf"|【(?P<lens>[^【】\n]{{1,{MAX_ACT}}})】"
)
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = frozenset('.!?…。！？:;)"”』」\n~♪♡❤')
_BODY = frozenset(
    """
    eyes eye ears ear tail hand hands head cheeks cheek face smile lips voice heart hair brow
    brows eyebrow eyebrows shoulders shoulder fingers wings arms nose body gaze expression
    """.split()  # noqa: SIM905
)
_OWNERS = frozenset("her his their my its the she's he's".split())  # noqa: SIM905
_SUBJECTS = frozenset("she he they i it everyone chat".split())  # noqa: SIM905
_WANTS_A_WORD = frozenset(
    """
    a an the my your his her its our their this that these those i you he she it we they who
    everyone everybody nobody someone somebody always never often sometimes really still also only
    just even all is are was were be been being am isn't aren't wasn't don't doesn't didn't not no
    i'm i've you're he's she's it's we're they're that's who's what's keep keeps kept stop stops
    stopped start starts started like likes love loves loved hate hates hated enjoy of to for with
    in on at by from about into and or but so very too as than if when while because can could
    will would shall should may might must cannot can't won't more most less least some any each
    every how why what which where got get gets getting feel feels felt make makes made saw see
    heard hear mean means meant such quite pretty super more
    """.split()  # noqa: SIM905
)
_FOLLOWS_AN_ACT = frozenset(
    """
    her his their my your the a an at to up down around away back over into on in off out with
    closer close slightly both some back and nervously happily onto toward towards against near
    behind across through under it
    """.split()  # noqa: SIM905
)
_DEGREES = frozenset({"so", "too", "very"})
_CLOSING = frozenset({"it", "me", "you", "that", "this", "so", "too", "not"})
"""Words that want one after them, unless they end what is said."""
_NO_ACTS = frozenset(
    """
    yes this always is was has as us its thus perhaps besides sometimes towards thanks news guys
    things lots nothing something everything anything during king bring thing being going doing
    having less class boss miss pass guess unless across does says means needs wants likes
    years days times words people's let's that's it's what's here's there's who's where's series
    evening morning according including regarding amazing interesting boring exciting
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Emote:
    """An act that was taken out of a text.

    Attributes:
        at: How much of the text that is left stands before it, 0 to 1.
        emotion: The expression that it puts on, or nothing.
        nod: Whether the head nods.
    """

    at: float
    emotion: str = ""
    nod: bool = False


def take_emotes(text: str) -> tuple[str, tuple[Emote, ...]]:
    """Take the acts out of a reply, and the stars of emphasis with them.

    Returns:
        The text that is to be shown and said, and the acts in their order.
    """
    if not re.search(r"[*_~\[(（【]", text):
        return text, ()
    kept: list[str] = []
    found: list[tuple[int, str]] = []
    end = length = 0
    for match in _MARKED.finditer(text):
        meaning = _meaning(match, text)
        if meaning is None and (match["star"] is None or match["star"] != match["star"].strip()):
            continue
        before = text[end : match.start()]
        kept.append(before)
        length += len(before.strip())
        end = match.end()
        if meaning is None:
            kept.append(match["star"])
            length += len(match["star"])
        else:
            kept.append(" ")
            found.append((length, meaning))
    if not kept:
        return text, ()
    kept.append(text[end:])
    total = max(1, length + len(text[end:].strip()))
    left = re.sub(r"[ \t]{2,}", " ", "".join(kept))
    left = re.sub(r" +([,.!?;:])", r"\1", left).strip()
    if not any(char.isalnum() for char in left) and found:
        left = "".join(char for char in left if char not in ".,;: ")
    return left, tuple(_emotes(found, total))


def _emotes(found: list[tuple[int, str]], total: int) -> Iterator[Emote]:
    for position, meaning in found:
        yield Emote(min(1.0, position / total), emotion_of(meaning), meaning == NOD)


def _meaning(match: re.Match[str], text: str) -> str | None:
    """What an act means (nothing for one that the face cannot show), or None for speech."""
    kind = match.lastgroup or ""
    inner = (match[kind] or "").strip()
    if not inner or (inner[-1:] in "!?" and len(inner.split()) > 2):
        return None
    foreign = _foreign(inner, kind)
    if foreign is not None:
        return foreign
    words = [word.group().replace("’", "'").lower() for word in _WORD.finditer(inner)]
    if not words or not words[0].isascii():
        return None
    if kind in ("square", "lens"):
        return _tag(words)
    if kind == "round":
        return _aside(words, inner)
    if kind == "wave":
        return ACTING.get(words[0], BARE.get(words[0]))
    before = text[: match.start()].rstrip(" \t")
    apart = (
        not before
        or before[-1] in _SENTENCE_END
        or not (before[-1].isalnum() or before[-1] in ",'’-–—*_")
    )
    after = text[match.end() :].lstrip(" \t")
    if kind == "bold":
        return _act(words) if apart and (ACTING.get(words[0]) is not None) else None
    if apart or not after:
        return _set_apart(words, inner, before, apart)
    return _within(words, inner, before)


def _set_apart(words: list[str], inner: str, before: str, apart: bool) -> str | None:
    """An act that begins or ends a sentence."""
    last = _last_word(before)
    closes = last in _CLOSING and words[0].endswith("s")
    if not apart and last in _WANTS_A_WORD and not closes:
        return None
    if len(words) == 1:
        if not apart:
            return ACTING.get(words[0])
        return ACTING.get(
            words[0], BARE.get(words[0], None if inner[0].isupper() else FEELINGS.get(words[0]))
        )
    return _act(words)


def _within(words: list[str], inner: str, before: str) -> str | None:
    """An act in the middle of a sentence, if the word before does not want it."""
    last = _last_word(before) if before[-1].isalnum() else ""
    # "So *happy*" is emphasis, "so *smiles*" cannot be.
    wanted = last in _WANTS_A_WORD and not (last in _DEGREES and words[0].endswith("s"))
    if inner[0].isupper() or wanted:
        return None
    if len(words) == 1:
        return ACTING.get(words[0])
    return _act(words)


def _act(words: list[str]) -> str | None:
    """The meaning of a phrase such as "softly waves at chat" or "her ears twitch"."""
    first, *rest = words
    if first.endswith("ly") and rest:
        first, *rest = rest
    if first in _NO_ACTS:
        return None
    if first in ACTING:
        return _strongest([first, *rest])
    if first in BARE and (not rest or rest[0].endswith("ly")):
        return BARE[first]
    if first in _OWNERS and rest and rest[0] in _BODY:
        return _strongest(rest)
    if first in _SUBJECTS and rest:
        return _subject_act(first, rest)
    looks_like_a_verb = first.endswith("s") and not first.endswith("ss") and len(first) > 3
    if looks_like_a_verb and rest and (rest[0] in _FOLLOWS_AN_ACT or rest[0].endswith("ly")):
        return _strongest(rest)
    # A name and what its bearer does: "Kotone smiles".
    if rest and rest[0] in ACTING and rest[0].endswith("s") and first not in _WANTS_A_WORD:
        return _strongest(rest)
    return None


def _subject_act(subject: str, rest: list[str]) -> str | None:
    verb = rest[1] if rest[0].endswith("ly") and len(rest) > 1 else rest[0]
    if verb in ACTING:
        return _strongest(rest)
    if subject in ("i", "they") and verb in BARE:
        return BARE[verb]
    return None


def _strongest(words: list[str]) -> str:
    """What the first of the words that means anything to the face means."""
    for word in words[:8]:
        meaning = ACTING.get(word) or FEELINGS.get(word) or BARE.get(word)
        if meaning:
            # "Shakes her head and smiles" smiles; "tilts head" does nothing.
            return meaning
    return ""


def _tag(words: list[str]) -> str | None:
    """The meaning of square brackets: a feeling or an act by name."""
    if len(words) == 1:
        return FEELINGS.get(words[0], ACTING.get(words[0], BARE.get(words[0])))
    if len(words) > 8:
        return None
    if words[0] in ("emotion", "mood", "expression", "action"):
        return _tag(words[1:])
    return _act(words)


def _aside(words: list[str], inner: str) -> str | None:
    """The meaning of round brackets: only a short phrase that is clearly an act."""
    if len(words) == 1:
        return FEELINGS.get(words[0], ACTING.get(words[0], BARE.get(words[0])))
    if len(words) > 5 or any(char in ",;=" or char.isdigit() for char in inner):
        return None
    lead = words[1] if words[0].endswith("ly") else words[0]
    if lead in ACTING and (lead.endswith("s") or len(words) <= 3):
        return _act(words)
    return None


def _foreign(inner: str, kind: str) -> str | None:
    """The meaning of an act in another language than English."""
    lowered = inner.lower()
    wide = bool(re.search(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]", inner))
    if kind == "round" and len(inner) > (12 if wide else 24):
        return None
    for stem, meaning in OTHER_TONGUES.items():
        at = lowered.find(stem)
        if at < 0:
            continue
        if wide and not stem.isascii():
            return (
                meaning if kind != "bold" and not inner.endswith(("です", "ます", "！")) else None
            )
        first = lowered.split()[0]
        if not wide and (first.startswith(stem) if len(stem) > 3 else first == stem):
            return meaning
        if not wide and " " in stem and at == 0:
            return meaning
    return None


def _last_word(before: str) -> str:
    words = before[-24:].split()
    return words[-1].replace("’", "'").strip("\"'“”(*_,").lower() if words else ""
