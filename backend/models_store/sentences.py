"""What a voice says of itself when it is listened to, in its own language."""

from __future__ import annotations

_SENTENCES = {
    "ar": "مرحبا! هذا هو صوتي.",
    "ca": "Hola! Així sona la meva veu.",
    "cs": "Ahoj! Takhle zní můj hlas.",
    "da": "Hej! Sådan lyder min stemme.",
    "de": "Hallo! So klingt meine Stimme.",
    "el": "Γεια σου! Έτσι ακούγεται η φωνή μου.",
    "en": "Hello! This is how I sound.",
    "es": "¡Hola! Así suena mi voz.",
    "fi": "Hei! Tältä minun ääneni kuulostaa.",
    "fr": "Bonjour ! Voici ma voix.",
    "hu": "Szia! Így szól a hangom.",
    "id": "Halo! Beginilah suara saya.",
    "is": "Halló! Svona hljómar röddin mín.",
    "it": "Ciao! Questa è la mia voce.",
    "ko": "안녕하세요! 제 목소리예요.",
    "nl": "Hallo! Zo klinkt mijn stem.",
    "no": "Hei! Slik høres stemmen min ut.",
    "pl": "Cześć! Tak brzmi mój głos.",
    "pt": "Olá! É assim que soa a minha voz.",
    "ro": "Bună! Așa sună vocea mea.",
    "ru": "Привет! Вот так звучит мой голос.",
    "sk": "Ahoj! Takto znie môj hlas.",
    "sv": "Hej! Så här låter min röst.",
    "tr": "Merhaba! Sesim böyle geliyor.",
    "uk": "Привіт! Ось так звучить мій голос.",
    "vi": "Xin chào! Đây là giọng của tôi.",
    "zh": "你好！这就是我的声音。",
}
_COUNTING = "1, 2, 3, 4, 5."
"""Every language reads digits in its own words."""


def own_sentence(language: str) -> str:
    """The sentence of a language: "en", "en_GB" or "en-US"; numbers where none is written."""
    return _SENTENCES.get(language.replace("_", "-").split("-")[0].lower(), _COUNTING)
