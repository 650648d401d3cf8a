"""What the built-in persona does with languages other than English."""

# ruff: noqa: E501 (one line a text reads better than wrapped strings)

from __future__ import annotations

import re
import unicodedata

from backend.engines.llm.persona_model.phrases import REPLIES
from backend.engines.llm.persona_model.turn import Turn
from backend.engines.llm.persona_model.words import content_words, normalized

FOREIGN: dict[str, dict[str, tuple[str, ...]]] = {
    "ja": {
        "greeting": ("こんにちは、{char}です。来てくれてうれしいです。",),
        "who": ("わたしは{char}です。よろしくお願いします。",),
        "unknown": (
            "ごめんなさい、それはわかりません。言語モデルがつながると、もっと話せますよ。",
            "うーん、まだわかりません。もう少し教えてくれますか。",
        ),
    },
    "de": {
        "greeting": ("Hallo{vocative}! Schön, dass du da bist.", "Hi{vocative}! Wie geht es dir?"),
        "who": ("Ich bin {char}. Schön, dich kennenzulernen!",),
        "unknown": (
            "Das weiß ich leider nicht. Ohne Sprachmodell kenne ich nur meine eigene kleine Welt.",
            "Da bin ich überfragt. Erzählst du mir mehr darüber?",
        ),
    },
    "es": {
        "greeting": ("¡Hola{vocative}! Qué bien que estés aquí.", "¡Hola{vocative}! ¿Cómo estás?"),
        "who": ("Soy {char}. ¡Mucho gusto!",),
        "unknown": (
            "No lo sé, lo siento. Sin un modelo de lenguaje solo conozco mi pequeño mundo.",
            "De eso no sé nada. ¿Me cuentas más?",
        ),
    },
    "fr": {
        "greeting": (
            "Salut{vocative} ! Quel plaisir de te voir.",
            "Bonjour{vocative} ! Comment ça va ?",
        ),
        "who": ("Je suis {char}. Quel plaisir de te rencontrer !",),
        "unknown": (
            "Pardon, je ne sais pas. Sans modèle de langue, je ne connais que mon petit monde.",
            "Là, je ne sais pas. Tu m'en dis plus ?",
        ),
    },
}
"""Fallback lines for characters of other languages: what small talk needs most."""

FROM_CARD = {
    "de": "In meinem Steckbrief steht: {told}",
    "es": "Mi ficha dice: {told}",
    "fr": "Ma fiche dit : {told}",
}
"""How a sentence about the character is told, where it cannot be turned to the first person."""

_GREETINGS = re.compile(
    r"^(?:こんにち[はわ]|こんばん[はわ]|おはよう|やあ|hallo|hello|hi|hey|moin|servus|guten \w+|hola|buen[oa]s \w+|salut|bonjour|bonsoir|coucou)\b"
)
_WHO = re.compile(
    r"誰|だれ|名前|\bwer bist du|\bwie hei(?:ß|ss)t du|\bquién eres|\bcómo te llamas|\bqui es[- ]tu|\bcomment tu t'appelles|\bwho are you"
)
_COMMON = {
    "de": "ich du ist nicht und das der die was wie wer mir dir ein eine bist kannst auf mit warum heute magst sie er es den dem im ist",
    "es": "yo tú eres es no que el la los qué cómo quién una por estoy tienes hoy me gusta muy",
    "fr": "je tu es est pas que le la les quoi comment qui une pour suis avez aujourd'hui moi toi très",
}
_COMMON_WORDS = {language: frozenset(line.split()) for language, line in _COMMON.items()}


def foreign_reply(turn: Turn) -> str:
    """The reply to a line that is not English or to a character who speaks another language."""
    language = _language_of(turn.heard)
    if language == "en" and not turn.card.language.startswith("en"):
        language = turn.card.language
    if language == "en":
        return ""
    own = turn.card.language == language
    answer = _from_card(turn, language) if own or language != "other" else ""
    if answer:
        return answer
    table = FOREIGN.get(language)
    if table is None or (not own and not _latin(turn.heard)):
        return turn.pick(REPLIES["foreign"])
    plain = normalized(turn.heard)
    kind = "who" if _WHO.search(plain) else "greeting" if _GREETINGS.match(plain) else "unknown"
    return turn.pick(table[kind])


def _from_card(turn: Turn, language: str) -> str:
    """The example or the statement that holds most of what was said."""
    said = " ".join(turn.said)
    common = _COMMON_WORDS.get(language, frozenset())
    query = [word for word in content_words(turn.heard) if word not in common]
    for exchange_hit in turn.card.exchange_index.search(query):
        answer = turn.own(turn.card.exchanges[exchange_hit.index].answer)
        if exchange_hit.coverage >= 0.5 and normalized(answer) not in said:
            return answer
    for hit in turn.card.statement_index.search(query):
        text = turn.own(turn.card.statements[hit.index].text)
        if hit.coverage >= 0.4 and normalized(text) not in said:
            return FROM_CARD.get(language, "{told}").format(told=text)
    return ""


def _language_of(text: str) -> str:
    """The language of a line: "en", one that there are lines for, or "other"."""
    letters = [char for char in text if char.isalpha()]
    if re.search(r"[ぁ-ゟ゠-ヿ]", text):
        return "ja"
    if letters and sum(_latin(char) for char in letters) < 0.5 * len(letters):
        return "other"
    tokens = normalized(text).split()
    for language, common in _COMMON_WORDS.items():
        if len(tokens) >= 2 and sum(token in common for token in tokens) >= max(
            2, 0.34 * len(tokens)
        ):
            return language
    return "en"


def _latin(text: str) -> bool:
    return all("LATIN" in unicodedata.name(char, "") for char in text if char.isalpha())
