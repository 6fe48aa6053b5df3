"""A sentence that reads like any other is copied along; names, things and a place together occur once in the world.

Nine words of lists of 32 make some 44 bits; a reference of 40 bits stands behind them.
"""

from collections.abc import Iterator
from typing import NamedTuple

from stanch.engine.canary.marks import Canary, Draw

LANGUAGES = ("en", "de")


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_FIRST = _listed(
    "Ansgar Beatrix Cornelis Dagmar Edda Florian Gesine Hartmut Ilse Jasper Katinka Leopold Mathilde Nepomuk Ottilie "
    "Pascal Quirin Rosalind Severin Theodora Ulrike Valentin Wiebke Xaver Yvonne Zacharias Almut Benedikt Clementine "
    "Dorian Elfriede Friedrich"
)
_LAST = _listed(
    "Achterberg Brackwede Carstensen Dinkelacker Eichendorf Fahrenholz Grabowski Hollenstedt Immerzeel Jablonski "
    "Kesselring Lindqvist Mohrbacher Nottebohm Oosterhuis Pfennigs Quistorp Rademacher Sonnleitner Tiefenbach "
    "Uhlenbrock Vandersteen Wackernagel Ysenburg Zellweger Ambrosius Birkenfeld Castelein Dahlmann Erlenkamp Fontein "
    "Gutknecht"
)
_TOWNS = _listed(
    "Aalborg Bregenz Coimbra Deventer Enkhuizen Flensburg Groningen Haarlem Ingolstadt Jindabyne Karlstad Leiden "
    "Maastricht Nijmegen Odense Passau Quedlinburg Roermond Stralsund Tartu Utrecht Viborg Wismar Xanten Ypres Zwolle "
    "Alkmaar Bergamo Chur Delft Esbjerg Falun"
)
_THINGS = {
    "en": _listed(
        "almanac ledger lantern cabinet barometer atlas satchel compass inkwell telescope hourglass parcel notebook "
        "violin tapestry ladder kettle mirror drawer staircase orchard workshop archive greenhouse mill chapel quarry "
        "bakery library harbour granary courtyard"
    ),
    "de": _listed(
        "Truhe Laterne Waage Kladde Landkarte Uhr Schatulle Mappe Vase Kommode Geige Feder Glocke Leiter Kanne Lampe "
        "Tafel Schublade Treppe Scheune Werkstatt Kapelle Bibliothek Mauer Wanduhr Sternwarte Backstube Brille Chronik "
        "Urkunde Dose Wendeltreppe"
    ),
}
_QUALITIES = {
    "en": _listed(
        "amber brittle crimson dusty engraved faded gilded hollow ivory jagged knotted lacquered mottled narrow oaken "
        "painted quiet rusted silver tilted upright velvet weathered yellowed azure bronze copper dented emerald "
        "folded grey humble"
    ),
    "de": _listed(
        "alt blau braun breit bunt eisern fahl fein gelb grau grün hölzern klein krumm lang leis matt neu rau "
        "rot rund sacht sanft schlicht schmal schwer still tief verziert warm weich welk"
    ),
}
_SAID = {
    "en": (
        "{first} {last} of the {a} {x} in {town} keeps the {b} {y} behind the {c} {z}",
        "According to {first} {last}, the {a} {x} at {town} was moved to the {b} {y} beside the {c} {z}",
        "The {a} {x} that {first} {last} brought from {town} stands between the {b} {y} and the {c} {z}",
    ),
    "de": (
        "{first} {last} aus {town} verwahrt die {a}e {x} hinter der {b}en {y} neben der {c}en {z}",
        "Laut {first} {last} liegt die {a}e {x} in {town} zwischen der {b}en {y} und der {c}en {z}",
        "Die {a}e {x}, die {first} {last} in {town} fand, steht vor der {b}en {y} und der {c}en {z}",
    ),
}
_REFERENCE = {"en": ("Ref.", "file", "reference"), "de": ("Az.", "Akte", "Vorgang")}


class Sentence(NamedTuple):
    """A sentence to be planted: its own words, and the code behind them."""

    words: str
    text: str
    code: str


def sentences(seed_: bytes, canary: Canary) -> Iterator[Sentence]:
    """As many as the canary has, in its language."""
    for number in range(canary.sentences):
        yield _sentence(Draw(seed_, f"sentence/{canary.language}/{number}"), canary.language)


def _sentence(draw: Draw, language: str) -> Sentence:
    x, y, z = draw.some(_THINGS[language], 3)
    a, b, c = draw.some(_QUALITIES[language], 3)
    said, first, last, town = draw.one(_SAID[language]), draw.one(_FIRST), draw.one(_LAST), draw.one(_TOWNS)
    words = said.format(first=first, last=last, town=town, a=a, x=x, b=b, y=y, c=c, z=z)
    code = draw.code()
    return Sentence(words, f"{words} ({draw.one(_REFERENCE[language])} {code}).", code)
