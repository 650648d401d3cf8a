"""Numbers, dates, money, units and short forms as words, in each language."""

# ruff: noqa: E501 (one case a line reads better)

from __future__ import annotations

import pytest

from backend.speech_text.lexicon import LANGUAGES, lexicon_for
from backend.speech_text.speakable import speakable
from backend.speech_text.spelling import cardinal

ENGLISH = [
    ("I have 1,234,567 coins.", "I have one million two hundred thirty-four thousand five hundred sixty-seven coins."),
    ("It is -5 and +3.5 and 0.", "It is minus five and plus three point five and zero."),
    ("GPT-4 plays mp3 and H2O", "GPT-four plays mp3 and H2O"),
    ("agent 007", "agent zero zero seven"),
    ("my 1st, 2nd, 23rd and 100th", "my first, second, twenty-third and one hundredth"),
    ("pages 5-10 and 3–4", "pages five to ten and three to four"),
    ("1/2 a cup, 2½ cups, 3/4", "one half a cup, two and a half cups, three quarters"),
    ("a solid 9/10, 24/7", "a solid nine out of ten, twenty-four seven"),
    ("In 1999 we lost 1500 points", "In nineteen ninety-nine we lost one thousand five hundred points"),
    ("from 1999-2004, in 2000 and since 1905", "from nineteen ninety-nine to two thousand four, in two thousand and since nineteen oh-five"),
    ("2048 tokens in 2000 years", "two thousand forty-eight tokens in two thousand years"),
    ("1990s music, the '80s, my 20s, wait 30s", "nineteen nineties music, the eighties, my twenties, wait thirty seconds"),
    ("an RTX 4090 at 1080p", "an RTX forty ninety at ten eighty P"),
    ("call 555-123-4567", "call five five five, one two three, four five six seven"),
    ("call +1 555 123 4567 now", "call plus one, five five five, one two three, four five six seven now"),
    ("v2.0.1 on 10.0.0.1", "two point zero point one on ten point zero point zero point one"),
    ("#1 fan of No. 5", "number one fan of number five"),
    ("on 2026-03-14 at 10:30", "on March fourteenth, twenty twenty-six at ten thirty"),
    ("3/14/2026 and 31/12/1999", "March fourteenth, twenty twenty-six and December thirty-first, nineteen ninety-nine"),
    ("March 14, 2026; 14 March 2026; Dec. 5; May 5th", "March fourteenth, twenty twenty-six; March fourteenth, twenty twenty-six; December fifth; May fifth"),
    ("at 3pm, 9:05 a.m. and 14:00", "at three P M, nine oh five A M and fourteen hundred"),
    ("12:00 or 0:00, 16:9", "twelve o'clock or midnight, sixteen to nine"),
    ("$3.50, $1, $1,000 and £0.99", "three dollars and fifty cents, one dollar, one thousand dollars and ninety-nine pence"),
    ("12 €, €12.00, ¥500, 5 USD", "twelve euros, twelve euros, five hundred yen, five dollars"),
    ("$5M, $1.5 billion, 10k fans", "five million dollars, one point five billion dollars, ten thousand fans"),
    ("120 km/h, 16 GB, 21 °C, 60fps, 5%", "one hundred twenty kilometers per hour, sixteen gigabytes, twenty-one degrees Celsius, sixty frames per second, five percent"),
    ("1 km, 1.5 km, 2-3 kg, -4°C", "one kilometer, one point five kilometers, two to three kilograms, minus four degrees Celsius"),
    ("5:30pm, 6'2\" tall, $20/month, a 50/50 @ 5", "five thirty P M, six foot two tall, twenty dollars per month, a fifty fifty at five"),
    ("10 min. later, in 5 sec.", "ten minutes later, in five seconds."),
    ("=== Title ===", "Title"),
    ("1920x1080 at 2x", "one thousand nine hundred twenty times one thousand eighty at two times"),
    ("1+1=2 and x > 3", "one plus one equals two and x greater than three"),
    ("Dr. Lee met Mr. Fox, e.g. at St. Paul, etc.", "Doctor Lee met Mister Fox, for example at Saint Paul, et cetera."),
    ("Tom vs. Jerry w/o me btw", "Tom versus Jerry without me by the way"),
    ("The cats etc. Then dogs.", "The cats et cetera. Then dogs."),
    ("kotodama.app/docs or me@site.org", "kotodama dot app slash docs or me at site dot org"),
    ("https://a.com/x?y=" + "z" * 900, "a dot com"),
    ("hahahaha lol", "ha ha ha ha"),
    ("bahaha hehehe", "ha ha he he"),
    ("WHY ARE YOU YELLING at NASA", "why are you yelling at NASA"),
    ("@sam_k loves #MyNewSong", "sam k loves My New Song"),
    ('<speak>Hi <break time="1s"/><sub alias="World Wide Web">WWW</sub></speak>', "Hi, World Wide Web"),
    ('<prosody rate="slow"><say-as interpret-as="cardinal">12</say-as></prosody>', "twelve"),
    ("<think>plan</think>Hello", "Hello"),
    ("It works[1] [^2].", "It works."),
    ("x² + y³", "x squared plus y cubed"),
    ("1" * 50, ""),
    ("12345678901234567890", " ".join(["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "zero"] * 2)),
]  # fmt: skip
OTHERS = [
    ("de", "Das kostet 12,50 € am 14.03.2026 um 10:30 Uhr.", "Das kostet zwölf Euro und fünfzig Cent am vierzehnten März zweitausendsechsundzwanzig um zehn Uhr dreißig."),
    ("de", "1.234 Stück, 3,5 km/h, -4 °C, 5-10 kg", "eintausendzweihundertvierunddreißig Stück, drei Komma fünf Kilometer pro Stunde, minus vier Grad Celsius, fünf bis zehn Kilogramm"),
    ("de", "Am 3. Mai, z. B. 1 Frau und 1 Mann, ca. 5 %", "Am dritten Mai, zum Beispiel eine Frau und ein Mann, circa fünf Prozent"),
    ("de", "Seit 1999 im Jahr 1848, Version 3.5. Gut.", "Seit neunzehnhundertneunundneunzig im Jahr achtzehnhundertachtundvierzig, Version drei Komma fünf. Gut."),
    ("de-AT", "Um 1:00 Uhr, 1/2", "Um ein Uhr, ein halb"),
    ("es", "Cuesta 12,50 € el 14/03/2026 a las 10:30.", "Cuesta doce euros y cincuenta céntimos el catorce de marzo de dos mil veintiséis a las diez y treinta."),
    ("es", "1º, 3ª, 1 libra, 21 personas, $1", "primero, tercera, una libra, veintiuna personas, un dólar"),
    ("fr", "12,50 € le 14/03/2026 à 10h30", "douze euros et cinquante centimes le quatorze mars deux mille vingt-six à dix heures trente"),
    ("fr", "1 234,5 km, 1er mai, 2e fois, 80 %", "mille deux cent trente-quatre virgule cinq kilomètres, premier mai, deuxième fois, quatre-vingts pour cent"),
    ("it", "Costa 12,50 € il 14/03/2026, 3 km", "Costa dodici euro e cinquanta centesimi il quattordici marzo duemilaventisei, tre chilometri"),
    ("pt-BR", "Custa R$ 12,50 às 10:30, 2 kg", "Custa doze reais e cinquenta centavos às dez e trinta, dois quilogramas"),
    ("ru", "Стоит 100 ₽, 21 ₽, 2 ₽ и 3,14.", "Стоит сто рублей, двадцать один рубль, два рубля и три целых четырнадцать сотых."),
    ("ru", "14.03.2026 в 10:30, 5 км/ч, 1-й", "четырнадцатого марта две тысячи двадцать шестого года в десять тридцать, пять километров в час, первый"),
    ("ja", "500円、¥600、$3.50、3.14", "ごひゃくえん、ろっぴゃくえん、さんドルごじゅうセント、さんてんいちよん"),
    ("ja", "2026年4月9日10:30です", "にせんにじゅうろくねんしがつここのかじゅうじさんじゅっぷんです"),
    ("ja", "すごいｗｗｗ 3人で100%", "すごいははは 3人でひゃくパーセント"),
    ("zh", "500元，¥500，2026年3月14日 10:30", "五百元，五百元，二零二六年三月十四日 十点三十分"),
    ("zh", "100%，3.14，-5°C，101", "百分之一百，三点一四，负五摄氏度，一百零一"),
    ("ko", "500원, 2026년 6월 14일 10:30, 3시, 100% ㅋㅋㅋ", "오백 원, 이천이십육년 유월 십사일 열 시 삼십 분, 세 시, 백 퍼센트 하하"),
    ("pl", "Mam 5 kg i 3.14 o 10:30", "Mam 5 kg i 3.14 o 10:30"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), ENGLISH)
def test_english(text: str, said: str) -> None:
    assert speakable(text) == said


@pytest.mark.parametrize(("language", "text", "said"), OTHERS)
def test_other_languages(language: str, text: str, said: str) -> None:
    assert speakable(text, language) == said


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_can_count_and_name_what_it_lists(language: str) -> None:
    lexicon = lexicon_for(language)
    assert lexicon is not None
    assert len({cardinal(value, lexicon) for value in range(1, 200)}) == 199
    assert not any(char.isdigit() for char in cardinal(10**15 - 1, lexicon))
    assert len(lexicon.months) in (0, 12)
    for major, minor in lexicon.currencies.values():
        assert all(major.forms) and (minor is None or all(minor.forms))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["12", "3,5 km", "$3.50", "10:30", "-7 %", "1/3", "2026-03-14"])
def test_no_digit_is_left(language: str, text: str) -> None:
    said = speakable(text, language)
    assert said
    assert not any(char.isdigit() for char in said)
