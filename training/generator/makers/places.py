"""Places: addresses of many countries, and their parts alone."""

from __future__ import annotations

import random
from dataclasses import dataclass

from training.generator.countries import COUNTRIES, US_STATES, Country
from training.generator.pools import Pool, last_names, listed
from training.generator.text import Node, Part, phrases
from training.generator.world import Person, World, fill, maker

_TREES = Pool(
    phrases(
        """Oak;Maple;Juniper;Cedar;Pine;Elm;Birch;Willow;Chestnut;Walnut;Magnolia;Sycamore;Hickory;
    Aspen;Spruce;Laurel;Cherry;Poplar;Linden;Hawthorn;Park;Lake;Hill;Church;Mill;River;Station;
    Market;Bridge;School;High;Main;King;Queen;Victoria;Albert;George;Union;Center;Spring;Garden;
    Meadow;Forest;Sunset;Ridge;Valley;Highland;Prospect;Franklin;Lincoln;Jefferson;Madison;
    Washington;Adams;Jackson;Monroe;Canal;Harbor;Bay;Ocean;Broad;Water;Front;Court;Liberty;
    Commerce;Industrial;Railroad;Orchard;Vine;Rose;Ivy;Heather;Foxglove;Kestrel;Falcon;Heron;
    Quail;Pheasant;Stonebridge;Ashford;Brookside;Fairview;Greenfield;Hillcrest;Kingsway;Lakeview;
    Northgate;Oakwood;Pleasant;Riverside;Southfield;Woodland;Millbrook;Thornhill;Blackwood;
    Whitehall;Redwood;Silver;Copper;Granite;Marble;Crescent;Old Mill;Old Post;Long;Short;Upper;
    Lower;East;West;North;South;Bluebell;Primrose;Elderberry;Cottonwood;Cypress;Palmetto;
    Saguaro;Mesquite;Bluff;Canyon;Mesa;Summit;Timber;Wagon Wheel;Quarry;Foundry"""
    )
)
_US_SUFFIX = """Street St. St Avenue Ave Ave. Road Rd Rd. Drive Dr Dr. Lane Ln Court Ct Boulevard Blvd Blvd.
    Way Place Pl Terrace Circle Cir Parkway Pkwy Trail Loop Highway Square Plaza Crescent Row
    Run Crossing Hollow Point""".split()
_UK_SUFFIX = """Street Road Lane Avenue Close Drive Gardens Grove Crescent Terrace Way Court Place Mews
    Square Walk Row Green Hill Rise Gate Park View Rd St. Ave""".split()
_ORDINALS = """1st 2nd 3rd 4th 5th 6th 7th 8th 9th 10th 11th 12th 14th 21st 23rd 34th 42nd 57th 72nd 86th
    110th 125th""".split()  # fmt: skip
_DE_STREETS = """Haupt Bahnhof Garten Berg Schul Kirch Linden Rosen Goethe Schiller Mozart Beethoven Wald
    Ring Markt Mühlen Wiesen Birken Eichen Ahorn Friedrich Wilhelm Karl Kaiser Luisen Post Feld
    Dorf Hof Burg Schloss See Strand Hafen Brücken Park""".split()
_NL_STREETS = """Kerk Dorps Prins Konings Haven Molen Linden Eiken Juliana Wilhelmina""".split()
_FR_STREETS = phrases(
    """de la République; Victor Hugo; de la Paix; des Lilas; du Moulin; de l'Église; Jean Jaurès;
    Pasteur; du Général de Gaulle; des Écoles; de la Gare; Saint-Michel; des Roses; du Marché;
    Émile Zola; de Verdun; des Champs; Gambetta; de Bretagne; du Château; Molière; des Vignes"""
)
_ES_STREETS = phrases(
    """Mayor; de Alcalá; San Juan; del Sol; de la Constitución; Real; Santa María; de Goya; Colón;
    de la Paz; Cervantes; Hidalgo; Juárez; Reforma; das Flores; Paulista; Augusta;
    Independencia; Libertad; del Prado; San Martín; Morelos; XV de Novembro; Sete de Setembro"""
)
_IT_STREETS = phrases(
    """Roma; Garibaldi; Mazzini; Dante; Verdi; Cavour; Vittorio Emanuele; della Libertà; San Marco;
    dei Fiori; Manzoni; Marconi; Leopardi; XX Settembre; della Repubblica; Matteotti"""
)
_PL_STREETS = """Lipowa Słowackiego Mickiewicza Długa Krótka Polna Leśna Kościuszki Piłsudskiego Ogrodowa
    Szkolna Sienkiewicza Rynek Wolności Kwiatowa""".split()
_IN_AREAS = phrases(
    """MG Road; Gandhi Nagar; Park Street; Sector 18; Lajpat Nagar; Koramangala 4th Block; Anna
    Salai; Linking Road; Indiranagar; Salt Lake Sector V; Banjara Hills; Civil Lines; Bandra
    West; Nehru Road; Jubilee Hills; Shivaji Nagar; Model Town; Hill Road; Station Road"""
)


@dataclass(frozen=True, slots=True)
class Place:
    """One address, before it is written down. Empty parts are left out."""

    street: str
    city: str
    state: str
    short: str
    postcode: str
    country: str
    code: str


def _number(rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.35:
        return str(rng.randint(1, 99))
    if roll < 0.75:
        return str(rng.randint(100, 2999))
    if roll < 0.95:
        return str(rng.randint(3000, 19999))
    return f"{rng.randint(1, 400)}{rng.choice('ABCDabc')}"


def _street_us(world: World, person: Person) -> str:
    rng = world.rng
    roll = rng.random()
    if roll < 0.12:
        name = rng.choice(_ORDINALS)
    elif roll < 0.62:
        name = _TREES.draw(rng, world.held_out)
    else:
        name = last_names(rng.choice(["en_US", "en_GB"])).draw(rng, world.held_out)
    roll = rng.random()
    suffix = rng.choice(_US_SUFFIX)
    if roll < 0.3:
        suffix = listed("address", "en_US", "street_suffixes", closed=True).draw(
            rng, world.held_out
        )
    way = ""
    if rng.random() < 0.15:
        way = rng.choice("""N. S. E. W. N S E W NE NW SW SE North South East West""".split()) + " "
    text = f"{_number(rng)} {way}{name} {suffix}"
    roll = rng.random()
    if roll < 0.2:
        unit = rng.choice(
            ["Apt", "Apt.", "Suite", "Unit", "#", "Ste", "Ste.", "Apartment", "Floor"]
        )
        number = rng.choice(
            [str(rng.randint(1, 40)), f"{rng.randint(1, 30)}{rng.choice('ABCDEF')}",
             str(rng.randint(100, 1900)), rng.choice("ABCDEF")]
        )  # fmt: skip
        gap = "" if unit == "#" and rng.random() < 0.7 else " "
        text += f"{rng.choice([', ', ' ', ', '])}{unit}{gap}{number}"
    elif roll < 0.24:
        text = rng.choice(["P.O. Box ", "PO Box ", "P O Box "]) + str(rng.randint(10, 9999))
    elif roll < 0.26:
        road = rng.choice(["Highway", "Hwy", "County Road", "State Route", "Route", "FM", "US-"])
        text = f"{_number(rng)} {road}{'' if road == 'US-' else ' '}{rng.randint(1, 400)}"
    return text


def _street_uk(world: World, person: Person) -> str:
    rng = world.rng
    name = _TREES.draw(rng, world.held_out)
    if rng.random() < 0.3:
        name = last_names("en_GB").draw(rng, world.held_out)
    text = f"{rng.randint(1, 220)}{rng.choice(['', '', '', '', 'a', 'B'])} {name} "
    text += rng.choice(_UK_SUFFIX)
    roll = rng.random()
    if roll < 0.15:
        text = f"Flat {rng.randint(1, 40)}{rng.choice(['', '', 'A', 'B'])}, {text}"
    elif roll < 0.22:
        text = f"{_TREES.draw(rng)} {rng.choice(['Cottage', 'House', 'Lodge', 'Farm'])}, {text}"
    return text


def _street_de(world: World, person: Person) -> str:
    rng = world.rng
    house = (
        f"{rng.randint(1, 180)}{rng.choice(['', '', '', 'a', 'b', '-' + str(rng.randint(2, 9))])}"
    )
    if person.code == "NL":
        return f"{rng.choice(_NL_STREETS)}{rng.choice(['straat', 'weg', 'laan', 'plein'])} {house}"
    if person.code == "SE":
        name = listed("address", "sv_SE", "street_prefixes").draw(rng)
        return f"{name}{rng.choice(['gatan', 'vägen', 'gränd'])} {house}"
    if person.code == "CH" and rng.random() < 0.3:
        return f"Rue {rng.choice(_FR_STREETS)} {house}"
    end = rng.choice(["straße", "str.", "strasse", "weg", "allee", "platz", "gasse", "ring"])
    return f"{rng.choice(_DE_STREETS)}{end} {house}"


def _street_fr(world: World, person: Person) -> str:
    rng = world.rng
    kind = rng.choice(["rue", "avenue", "boulevard", "place", "allée", "chemin", "Rue", "bd"])
    extra = rng.choice(["", "", "", " bis", " ter"])
    comma = rng.choice(["", "", ","])
    return f"{rng.randint(1, 190)}{extra}{comma} {kind} {rng.choice(_FR_STREETS)}"


def _street_es(world: World, person: Person) -> str:
    rng = world.rng
    kinds = ["Rua", "Avenida", "Av.", "Travessa"] if person.code == "BR" else [
        "Calle", "Avenida", "Av.", "C/", "Plaza", "Paseo", "Calle",
    ]  # fmt: skip
    number = rng.choice([f", {rng.randint(1, 300)}", f" {rng.randint(1, 300)}"])
    floor = rng.choice(["", "", "", f", {rng.randint(1, 9)}º {rng.choice('ABCD')}"])
    return f"{rng.choice(kinds)} {rng.choice(_ES_STREETS)}{number}{floor}"


def _street_it(world: World, person: Person) -> str:
    rng = world.rng
    kind = rng.choice(["Via", "Viale", "Piazza", "Corso", "via"])
    return f"{kind} {rng.choice(_IT_STREETS)}{rng.choice([', ', ' '])}{rng.randint(1, 220)}"


def _street_pl(world: World, person: Person) -> str:
    rng = world.rng
    flat = rng.choice(["", "", f"/{rng.randint(1, 60)}", f" m. {rng.randint(1, 60)}"])
    return f"{rng.choice(['ul. ', 'ul. ', 'al. ', ''])}{rng.choice(_PL_STREETS)} " + (
        f"{rng.randint(1, 150)}{flat}"
    )


def _street_in(world: World, person: Person) -> str:
    rng = world.rng
    house = rng.choice(
        [f"{rng.randint(1, 400)}", f"Flat {rng.randint(1, 40)}0{rng.randint(1, 9)}",
         f"H.No. {rng.randint(1, 99)}-{rng.randint(1, 9)}", f"{rng.randint(1, 60)}/{rng.randint(1, 9)}",
         f"Plot No. {rng.randint(1, 300)}"]
    )  # fmt: skip
    return f"{house}, {rng.choice(_IN_AREAS)}"


_STREETS = {
    "us": _street_us, "uk": _street_uk, "de": _street_de, "fr": _street_fr, "es": _street_es,
    "it": _street_it, "pl": _street_pl, "in": _street_in,
}  # fmt: skip


def _made_up_city(world: World) -> str:
    """A town that no list has: models must read the context too."""
    rng = world.rng
    roll = rng.random()
    if roll < 0.35:
        ends = (
            """ville ton burg field ford wood dale port haven stead mouth bury shire ham""".split()
        )
        name = last_names("en_US").draw(rng, world.held_out)
        return name + rng.choice(ends)
    if roll < 0.6:
        start = rng.choice(
            """North South East West New Lake Port Fort Mount Saint Upper Grand""".split()
        )
        return f"{start} {last_names('en_US').draw(rng, world.held_out)}"
    locale, attribute = rng.choice(
        [("cs_CZ", "cities"), ("da_DK", "cities"), ("de_DE", "cities"), ("en_IN", "cities"),
         ("fi_FI", "cities"), ("hr_HR", "cities"), ("id_ID", "cities"), ("it_IT", "cities"),
         ("nl_NL", "cities"), ("pl_PL", "cities"), ("pt_PT", "cities"), ("sk_SK", "cities"),
         ("de_AT", "cities"), ("nl_BE", "cities"), ("ro_RO", "cities"), ("sl_SI", "cities")]
    )  # fmt: skip
    return listed("address", locale, attribute).draw(rng, world.held_out)


def make_place(world: World, person: Person) -> Place:
    """A new address in the person's country."""
    rng = world.rng
    country: Country = person.country
    city, state, short, postcode = rng.choice(country.cities).split("|")
    if rng.random() < 0.2:
        city = _made_up_city(world)
    pattern = postcode or country.postcode
    if person.code == "US" and rng.random() < 0.12:
        pattern += "-####"
    return Place(
        street=_STREETS[country.street](world, person),
        city=city,
        state=state,
        short=short,
        postcode=fill(rng, pattern),
        country=rng.choice(country.names),
        code=person.code,
    )


def _place(world: World, person: Person) -> Place:
    """The person's own address: always the same."""
    found = person.kept.get("_place")
    if found is None:
        made = make_place(world, person)
        person.kept["_place"] = made  # type: ignore[assignment]
        return made
    return found  # type: ignore[return-value]


def _state(world: World, place: Place) -> Part:
    if not place.state:
        return ""
    text = place.short if place.short and world.chance(0.6) else place.state
    return Node("state" if place.code != "GB" and place.code != "IE" else "county", (text,))


def write_address(world: World, place: Place, lines: bool = False, country: bool = False) -> Part:
    """An address as one group, on one line or several."""
    rng = world.rng
    gap = "\n" if lines else rng.choice([", ", ", ", ", ", " ", " - "])
    street = Node("street_address", (place.street,))
    city = Node("city", (place.city,))
    postcode = Node("postcode", (place.postcode,)) if place.postcode else ""
    state = _state(world, place)
    style = COUNTRIES[place.code].street
    parts: list[Part] = [street, gap]
    if style in ("de", "fr", "es", "it", "pl"):
        parts += [postcode, " " if postcode else "", city]
        if state and rng.random() < 0.5:
            parts += [rng.choice([", ", " (", " "]), state]
            if parts[-2] == " (":
                parts.append(")")
    elif style == "uk":
        parts.append(city)
        if state and rng.random() < 0.5:
            parts += [gap if lines else ", ", state]
        if postcode:
            parts += [gap if lines and rng.random() < 0.5 else rng.choice([" ", ", "]), postcode]
    else:
        parts.append(city)
        if state:
            parts += [rng.choice([", ", ", ", " "]), state]
        if postcode:
            parts += [rng.choice([" ", " ", " ", " - "]), postcode]
    if country or rng.random() < 0.12:
        parts += [gap if gap != " " else ", ", Node("country", (place.country,))]
    return Node("address", tuple(parts))


@maker("address")
def address(world: World, person: Person) -> Part:
    return write_address(world, _place(world, person))


@maker("address_lines")
def address_lines(world: World, person: Person) -> Part:
    return write_address(world, _place(world, person), lines=True)


@maker("new_address")
def new_address(world: World, person: Person) -> Part:
    """An address that is not the person's own."""
    return write_address(world, make_place(world, person))


@maker("street_city")
def street_city(world: World, person: Person) -> Part:
    """Street and city without more, as in speech."""
    place = _place(world, person)
    word = world.rng.choice([" in ", ", ", ", "])
    city = Node("city", (place.city,))
    return Node("address", (Node("street_address", (place.street,)), word, city))


@maker("street_address")
def street_address(world: World, person: Person) -> Part:
    return Node("street_address", (_place(world, person).street,))


@maker("city")
def city(world: World, person: Person) -> Part:
    return Node("city", (_place(world, person).city,))


@maker("other_city")
def other_city(world: World, person: Person) -> Part:
    """A city that is nobody's address."""
    if world.chance(0.25):
        return Node("city", (_made_up_city(world),))
    code = world.rng.choice(list(COUNTRIES))
    return Node("city", (world.rng.choice(COUNTRIES[code].cities).split("|")[0],))


@maker("city_state")
def city_state(world: World, person: Person) -> list[Part]:
    place = _place(world, person)
    state = _state(world, place)
    if not state:
        return [Node("city", (place.city,)), ", ", Node("country", (place.country,))]
    return [Node("city", (place.city,)), ", ", state]


@maker("postcode")
def postcode(world: World, person: Person) -> Part:
    place = _place(world, person)
    text = place.postcode or fill(world.rng, "#####")
    return Node("postcode", (text,))


@maker("state")
def state(world: World, person: Person) -> Part:
    """A state or province; of the person's country where it has any."""
    place = _place(world, person)
    if place.state and place.code not in ("GB", "IE"):
        return Node("state", (place.short if place.short and world.chance(0.3) else place.state,))
    locale, attribute = world.rng.choice(
        [("en_US", "states"), ("de_DE", "states"), ("en_IN", "states"), ("es_MX", "states"),
         ("pl_PL", "regions"), ("nl_NL", "provinces"), ("en_AU", "states")]
    )  # fmt: skip
    return Node("state", (listed("address", locale, attribute, closed=True).draw(world.rng),))


@maker("us_state")
def us_state(world: World, person: Person) -> Part:
    name = world.rng.choice(list(US_STATES))
    return Node("state", (US_STATES[name] if world.chance(0.2) else name,))


@maker("country")
def country(world: World, person: Person) -> Part:
    return Node("country", (world.rng.choice(person.country.names),))


@maker("any_country")
def any_country(world: World, person: Person) -> Part:
    name = listed("address", "en_US", "countries", closed=True).draw(world.rng, world.held_out)
    return Node("country", (name,))


@maker("county")
def county(world: World, person: Person) -> Part:
    rng = world.rng
    if person.country.counties:
        return Node("county", (rng.choice(person.country.counties),))
    if rng.random() < 0.4:
        return Node(
            "county",
            (listed("address", "en_GB", "counties", closed=True).draw(rng, world.held_out),),
        )
    name = last_names("en_US").draw(rng, world.held_out)
    return Node("county", (f"{name} {rng.choice(['County', 'County', 'Parish', 'Co.'])}",))


_PLACES = Pool(
    phrases(
        """Park; Gardens; Beach; Forest; Valley; Bay; Island; Lake; Hills; Square; Marina; Trail;
        Reservoir; Heights; Village; Quarter; Market; Woods; Falls; Ridge; Springs; Meadows;
        Common; Point; Creek; Harbour; Pier; Nature Reserve; Canyon; Moor; Fen; Promenade;
        Shopping Centre; Mall"""
    )
)
_LANDMARKS = Pool(
    phrases(
        """Lighthouse; Tower; Bridge; Cathedral; Castle; Monument; Memorial; Palace; Abbey;
        Fountain; Arch; Temple; Observatory; Museum of Art; Opera House; Clock Tower; Town Hall;
        Fort; Statue; Windmill; Basilica; Mausoleum; Obelisk; Aqueduct; Citadel; Planetarium"""
    )
)
_FAMOUS = Pool(
    """Eiffel Tower;Golden Gate Bridge;Statue of Liberty;Big Ben;Tower Bridge;Brandenburg Gate;
    Sagrada Familia;Taj Mahal;Colosseum;Sydney Opera House;Empire State Building;Lincoln Memorial;
    Mount Rushmore;Space Needle;Buckingham Palace;Hoover Dam;Burj Khalifa;Acropolis;Louvre;
    Edinburgh Castle;Notre-Dame;Gateway Arch;Alcatraz;Stonehenge;Hagia Sophia;Petronas Towers;
    Tokyo Tower;Christ the Redeemer;Machu Picchu;Charles Bridge;White House;Niagara Falls""".replace(
        "\n    ", ""
    ).split(";")
)


def _place_word(world: World) -> str:
    rng = world.rng
    if rng.random() < 0.5:
        return _TREES.draw(rng, world.held_out)
    return last_names("en_GB").draw(rng, world.held_out)


@maker("place_name")
def place_name(world: World, person: Person) -> Part:
    word = _PLACES.draw(world.rng, world.held_out)
    if word in ("Lake", "Island", "Bay", "Point") and world.chance(0.4):
        return Node("place_name", (f"{word} {_place_word(world)}".replace("Bay ", "Bay of "),))
    return Node("place_name", (f"{_place_word(world)} {word}",))


@maker("landmark")
def landmark(world: World, person: Person) -> Part:
    if world.chance(0.45):
        return Node("landmark", (_FAMOUS.draw(world.rng, world.held_out),))
    word = _LANDMARKS.draw(world.rng, world.held_out)
    return Node("landmark", (f"{_place_word(world)} {word}",))


@maker("coordinate")
def coordinate(world: World, person: Person) -> Part:
    """Latitude and longitude as one value."""
    rng = world.rng
    north, east = rng.uniform(-60, 70), rng.uniform(-179, 179)
    digits = rng.randint(2, 7)
    ns, ew = "NS"[north < 0], "EW"[east < 0]
    roll = rng.random()
    if roll < 0.5:
        gap = rng.choice([", ", ",", " ", ", "])
        text = f"{north:.{digits}f}{gap}{east:.{digits}f}"
    elif roll < 0.7:
        gap = rng.choice([", ", " "])
        text = f"{abs(north):.{digits}f}° {ns}{gap}{abs(east):.{digits}f}° {ew}"
    elif roll < 0.8:
        text = f"{abs(north):.{digits}f}{ns}, {abs(east):.{digits}f}{ew}"
    else:

        def dms(value: float) -> str:
            value = abs(value)
            minutes = value % 1 * 60
            mark = rng.choice(["′", "'"])
            return f"{int(value)}°{int(minutes):02d}{mark}{int(minutes % 1 * 60):02d}" + (
                "″" if mark == "′" else '"'
            )

        text = f"{dms(north)}{ns} {dms(east)}{ew}"
    return Node("coordinate", (text,))
