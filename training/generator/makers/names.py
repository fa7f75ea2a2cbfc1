"""Names of people, in the ways they are written.

A title is no part of a name. A middle initial is outside the parts but inside the group; a
written-out middle name belongs to the given names.
"""

from __future__ import annotations

from training.generator.text import Node, Part
from training.generator.world import Person, World, maker

_TITLES_MALE = ("Mr.", "Mr", "Dr.", "Dr", "Prof.", "Mr.")
_TITLES_FEMALE = ("Ms.", "Mrs.", "Ms", "Mrs", "Dr.", "Dr", "Prof.", "Miss")
#: What else stands before a name.
_ROLES = tuple(
    " ".join(role.split())
    for role in """Coach;Captain;Sergeant;Officer;Constable;Detective;Inspector;Lieutenant;Major;Colonel;Nurse;
        Sister;Father;Brother;Reverend;Pastor;Rabbi;Imam;Judge;Justice;Senator;Mayor;Councillor;Professor;
        Chef;Sir;Dame;Lady;Lord;Uncle;Aunt;Auntie;Nana;Grandma;Grandpa;Granny;Cousin;Principal;President;
        Chairman;Midwife;Comrade;Chief;Agent;Deputy;Trooper;Second mate;Skipper;Buddy;Tutor;Referee;Señor;
        Herr;Frau;Madame;Monsieur;Signora;Don;Mx.;Rev.;Sgt.;Capt.;Lt.;Hon.;night porter;the widow;my friend;
        our neighbour;little;old;young;poor;the late;my boss;your colleague;our tenant;his sister;her brother;
        my daughter;their son;my husband;her wife;the driver;the caretaker;our guide""".split(";")
)
_SUFFIXES = ("Jr.", "Sr.", "II", "III", "MD", "PhD", "M.D.", "Esq.", "RN", "CPA")


def _first(text: str) -> Node:
    return Node("first_name", (text,))


def _last(text: str) -> Node:
    return Node("last_name", (text,))


def _group(*parts: Part) -> Node:
    return Node("person_name", tuple(parts))


def _title(world: World, person: Person) -> str:
    if world.chance(0.25):
        return world.rng.choice(_ROLES)
    return world.rng.choice(_TITLES_MALE if person.male else _TITLES_FEMALE)


@maker("first_name")
def first_name(world: World, person: Person) -> Part:
    """The given name, now and then the short form."""
    return _first(person.nick if world.chance(0.1) else person.given)


@maker("last_name")
def last_name(world: World, person: Person) -> Part:
    return _last(person.family)


@maker("given_names")
def given_names(world: World, person: Person) -> Part:
    """Given and middle name: one span, as everywhere."""
    return _first(f"{person.given} {person.middle}")


@maker("middle_given")
def middle_given(world: World, person: Person) -> Part:
    """A middle name apart from the given one, as in quotes."""
    return _first(person.middle)


@maker("plain_name")
def plain_name(world: World, person: Person) -> Part:
    """Given and family name, nothing else."""
    return _group(_first(person.given), " ", _last(person.family))


@maker("full_name")
def full_name(world: World, person: Person) -> Part:
    """Given before family name, sometimes with middle name or initial."""
    roll = world.rng.random()
    given, family = person.given, person.family
    if roll < 0.1:
        return _group(_first(given), f" {person.middle[0]}. ", _last(family))
    if roll < 0.15:
        return _group(_first(f"{given} {person.middle}"), " ", _last(family))
    if roll < 0.17:
        return _group(_first(given), f" {person.middle[0]} ", _last(family))
    if roll < 0.19 and person.nick != given:
        return _group(_first(given), ' "', _first(person.nick), '" ', _last(family))
    return _group(_first(given), " ", _last(family))


@maker("titled_name")
def titled_name(world: World, person: Person) -> list[Part]:
    """``Dr. Alan Whitfield``, ``Alan Whitfield, MD``."""
    name = full_name(world, person)
    if world.chance(0.2):
        separator = "" if world.chance(0.2) else ","
        return [name, f"{separator} {world.rng.choice(_SUFFIXES)}"]
    return [f"{_title(world, person)} ", name]


@maker("titled_last")
def titled_last(world: World, person: Person) -> list[Part]:
    """``Mrs. Gonzalez``."""
    return [f"{_title(world, person)} ", _last(person.family)]


@maker("doctor")
def doctor(world: World, person: Person) -> list[Part]:
    """A physician as colleagues write of one."""
    title = world.rng.choice(["Dr. ", "Dr ", "Dr. ", "Prof. ", "DR. "])
    roll = world.rng.random()
    if roll < 0.45:
        return [title, _last(person.family)]
    if roll < 0.6:
        return [f"{title}{person.given[0]}. ", _last(person.family)]
    if roll < 0.75:
        suffix = world.rng.choice(["MD", "M.D.", "DO", "FRCP", "MBBS", "NP", "PA-C"])
        return [_group(_first(person.given), " ", _last(person.family)), f", {suffix}"]
    return [title, _group(_first(person.given), " ", _last(person.family))]


@maker("name_last_first")
def name_last_first(world: World, person: Person) -> Part:
    """``Gonzalez, Maria``, the way of lists and records."""
    family = person.family.upper() if world.chance(0.4) else person.family
    given = person.given.upper() if family.isupper() and world.chance(0.5) else person.given
    comma = "," if world.chance(0.9) else ""
    if world.chance(0.15):
        return _group(_last(family), f"{comma} ", _first(given), f" {person.middle[0]}.")
    return _group(_last(family), f"{comma} ", _first(given))


@maker("name_caps")
def name_caps(world: World, person: Person) -> Part:
    """All capitals."""
    return _group(_first(person.given.upper()), " ", _last(person.family.upper()))


@maker("initial_last")
def initial_last(world: World, person: Person) -> Part:
    """``M. Gonzalez``: an initial is no name by itself."""
    return _group(f"{person.given[0]}. ", _last(person.family))


@maker("any_name")
def any_name(world: World, person: Person) -> Part | list[Part]:
    """Any way of writing a whole name."""
    roll = world.rng.random()
    if roll < 0.72:
        return full_name(world, person)
    if roll < 0.84:
        return titled_name(world, person)
    if roll < 0.92:
        return name_last_first(world, person)
    if roll < 0.97:
        return name_caps(world, person)
    return initial_last(world, person)


@maker("form_name")
def form_name(world: World, person: Person) -> Part | list[Part]:
    """A name as filled into a form."""
    roll = world.rng.random()
    if roll < 0.45:
        return full_name(world, person)
    if roll < 0.75:
        return name_last_first(world, person)
    if roll < 0.92:
        return name_caps(world, person)
    return titled_name(world, person)


@maker("he")
def he(world: World, person: Person) -> Part:
    return "he" if person.male else "she"


@maker("He")
def he_capital(world: World, person: Person) -> Part:
    return "He" if person.male else "She"


@maker("his")
def his(world: World, person: Person) -> Part:
    return "his" if person.male else "her"


@maker("His")
def his_capital(world: World, person: Person) -> Part:
    return "His" if person.male else "Her"


@maker("him")
def him(world: World, person: Person) -> Part:
    return "him" if person.male else "her"


@maker("relative")
def relative(world: World, person: Person) -> Part:
    """Somebody's relation to somebody: no entity."""
    return world.rng.choice(
        """wife husband mother father sister brother daughter son partner aunt uncle cousin
            neighbour roommate grandmother grandfather niece nephew friend colleague""".split()
    )
