"""Dates and times in every common form. Relative ones (``yesterday``) are no dates."""

from __future__ import annotations

import random
from datetime import date, timedelta

from training.generator.text import Node, Part
from training.generator.world import Person, World, maker

_MONTHS = """January February March April May June July August September October November December""".split()  # fmt: skip
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def _ordinal(day: int) -> str:
    if 10 < day % 100 < 14:
        return f"{day}th"
    return f"{day}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th') }"


def write_date(rng: random.Random, day: date, person: Person, figures: bool = False) -> str:
    """A date in one of the forms of the person's country, or ISO's."""
    d, m, y = day.day, day.month, day.year
    month = _MONTHS[m - 1]
    short = month[:3] if month != "September" or rng.random() < 0.5 else "Sept"
    roll = rng.random()
    if figures or roll < 0.5:
        roll = rng.random()
        if roll < 0.35:
            return f"{y}-{m:02d}-{d:02d}"
        sep = person.country.sep if rng.random() < 0.85 else rng.choice("/-.")
        first, second = (d, m) if person.country.day_first else (m, d)
        year = f"{y % 100:02d}" if rng.random() < 0.2 else str(y)
        if rng.random() < 0.7:
            return f"{first:02d}{sep}{second:02d}{sep}{year}"
        if roll > 0.97:
            return f"{y}{m:02d}{d:02d}"
        return f"{first}{sep}{second}{sep}{year}"
    forms = [
        f"{month} {d}, {y}", f"{month} {_ordinal(d)}, {y}", f"{short} {d}, {y}", f"{short}. {d}, {y}",
        f"{month} {d}", f"{short} {d}", f"{month} {_ordinal(d)}", f"{month} {d} {y}",
    ]  # fmt: skip
    day_forms = [
        f"{d} {month} {y}", f"{_ordinal(d)} {month} {y}", f"{d} {short} {y}", f"{d}-{short}-{y}",
        f"{_ordinal(d)} of {month} {y}", f"{d} {month}", f"{_ordinal(d)} of {month}", f"{d}. {month} {y}",
        f"{d:02d}-{short.upper()}-{y}", f"{d:02d} {short.upper()} {y}", f"the {_ordinal(d)} of {month}",
    ]  # fmt: skip
    if person.country.day_first or rng.random() < 0.2:
        return rng.choice(day_forms).removeprefix("the ")
    return rng.choice(forms)


def some_day(rng: random.Random) -> date:
    """A day of the last years, or of the next."""
    return date(2026, 1, 1) + timedelta(days=int(rng.triangular(-3600, 700, 0)))


def write_time(rng: random.Random) -> str:
    hour, minute, second = rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59)
    if rng.random() < 0.4:
        minute = rng.choice([0, 15, 30, 45])
    half = hour % 12 or 12
    mark = "AM" if hour < 12 else "PM"
    dots = "a.m." if hour < 12 else "p.m."
    return rng.choice(
        [f"{half}:{minute:02d} {mark}", f"{half}:{minute:02d}{mark.lower()}", f"{half}:{minute:02d} {mark.lower()}",
         f"{hour:02d}:{minute:02d}", f"{hour}:{minute:02d}", f"{hour:02d}:{minute:02d}:{second:02d}",
         f"{half} {mark}", f"{half}{mark.lower()}", f"{half} {dots}", f"{half}:{minute:02d} {dots}",
         f"{hour:02d}:{minute:02d}", f"{half}.{minute:02d}{mark.lower()}", f"{hour:02d}{minute:02d} hrs",
         f"{hour:02d}{minute:02d} hours", f"{hour:02d}h{minute:02d}", f"{hour:02d}:{minute:02d} UTC",
         f"{half}:{minute:02d}:{second:02d} {mark}", f"{half} o'clock"]
    )  # fmt: skip


def stamp(rng: random.Random) -> str:
    """A machine's date and time as one value."""
    day = some_day(rng)
    h, m, s = rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59)
    clock = f"{h:02d}:{m:02d}:{s:02d}"
    iso = day.isoformat()
    month = _MONTHS[day.month - 1][:3]
    zone = rng.choice(["+0000", "+0200", "-0500", "+0530", "-0800"])
    return rng.choice(
        [f"{iso} {clock}", f"{iso}T{clock}Z", f"{iso}T{clock}", f"{iso} {h:02d}:{m:02d}",
         f"{iso}T{clock}.{rng.randint(0, 999):03d}Z", f"{iso} {clock},{rng.randint(0, 999):03d}",
         f"{day.day:02d}/{month}/{day.year}:{clock} {zone}", f"{month} {day.day:>2} {clock}",
         f"{iso}T{clock}{zone[:3]}:{zone[3:]}", f"{day.year}/{day.month:02d}/{day.day:02d} {clock}",
         f"{day.isoformat().replace('-', '')}T{clock.replace(':', '')}Z", f"{iso} {clock} UTC"]
    )  # fmt: skip


def _date(text: str) -> Node:
    return Node("date", (text,))


@maker("date")
def any_date(world: World, person: Person) -> Part:
    rng = world.rng
    day = some_day(rng)
    if rng.random() < 0.06:
        return _date(f"{_MONTHS[day.month - 1]} {day.year}")
    return _date(write_date(rng, day, person))


@maker("date_figures")
def date_figures(world: World, person: Person) -> Part:
    return _date(write_date(world.rng, some_day(world.rng), person, figures=True))


@maker("day_date")
def day_date(world: World, person: Person) -> list[Part]:
    """A weekday before the date is no part of it."""
    rng = world.rng
    day = some_day(rng)
    name = _DAYS[day.weekday()]
    if rng.random() < 0.3:
        name = name[:3]
    return [f"{name}{rng.choice([', ', ' '])}", _date(write_date(rng, day, person))]


@maker("month_year")
def month_year(world: World, person: Person) -> Part:
    day = some_day(world.rng)
    name = _MONTHS[day.month - 1]
    if world.chance(0.3):
        return _date(f"{day.month:02d}/{day.year}")
    return _date(f"{name if world.chance(0.7) else name[:3]} {day.year}")


@maker("date_of_birth", "dob")
def date_of_birth(world: World, person: Person) -> Part:
    """The person's birthday; the same day in changing forms."""
    text = write_date(world.rng, person.birth, person, figures=world.chance(0.5))
    if str(person.birth.year % 100) not in text:
        text = person.birth.isoformat()
    return Node("date_of_birth", (text,))


@maker("time")
def time_of_day(world: World, person: Person) -> Part:
    return Node("time", (write_time(world.rng),))


@maker("date_time")
def date_time(world: World, person: Person) -> Part:
    """Date and time as one value. Its parts count where a prompt has no label for the whole."""
    rng = world.rng
    roll = rng.random()
    day = some_day(rng)
    if roll < 0.6:
        return Node("date_time", (stamp(rng),))
    clock = f"{rng.randint(1, 12)}:{rng.randint(0, 59):02d} {rng.choice(['AM', 'PM', 'am', 'pm'])}"
    if rng.random() < 0.5:
        clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
    gap = rng.choice([" ", " ", ", ", " at ", " - "])
    text = write_date(rng, day, person, figures=roll < 0.85)
    return Node("date_time", (_date(text), gap, Node("time", (clock,))))


@maker("stamp")
def machine_stamp(world: World, person: Person) -> Part:
    return Node("date_time", (stamp(world.rng),))


@maker("mail_date")
def mail_date(world: World, person: Person) -> list[Part]:
    """The date line of a mail header."""
    rng = world.rng
    day = some_day(rng)
    clock = f"{rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}"
    name = _DAYS[day.weekday()]
    month = _MONTHS[day.month - 1]
    text = rng.choice(
        [f"{day.day} {month[:3]} {day.year} {clock}:{rng.randint(0, 59):02d} +0{rng.randint(0, 9)}00",
         f"{month} {day.day}, {day.year} at {clock}", f"{month[:3]} {day.day}, {day.year} {clock}",
         f"{day.day} {month} {day.year} {clock}"]
    )  # fmt: skip
    return [f"{name[:3] if rng.random() < 0.6 else name}, ", Node("date_time", (text,))]


@maker("age")
def age(world: World, person: Person) -> Part:
    """A number of years; ``years old`` stays outside."""
    years = 2026 - person.birth.year
    return Node("age", (str(max(years, 1)),))


@maker("age_word")
def age_word(world: World, person: Person) -> Part:
    """One word that holds the age: ``45-year-old``, ``45yo``."""
    years = max(2026 - person.birth.year, 1)
    return Node("age", (f"{years}{world.rng.choice(['-year-old', '-year-old', 'yo', '-yr-old'])}",))


@maker("age_sex")
def age_sex(world: World, person: Person) -> Part:
    """``62F``: one word, which is the age's."""
    years = max(2026 - person.birth.year, 1)
    return Node("age", (f"{years}{'M' if person.male else 'F'}",))


@maker("age_small")
def age_small(world: World, person: Person) -> Part:
    rng = world.rng
    text = rng.choice(
        [f"{rng.randint(2, 23)} months", f"{rng.choice(['six', 'nine', 'ten', 'four'])} months",
         f"{rng.randint(2, 11)} weeks", rng.choice(["thirty-four", "twenty-six", "fifty", "sixty-two",
                                                    "seventeen", "nine", "forty-one", "eleven"])]
    )  # fmt: skip
    return Node("age", (text,))


@maker("weekday")
def weekday(world: World, person: Person) -> Part:
    """A bare weekday: no entity."""
    return world.rng.choice(_DAYS)


@maker("year_plain")
def year_plain(world: World, person: Person) -> Part:
    """A bare year: no entity."""
    return str(world.rng.randint(1985, 2026))


@maker("when_plain")
def when_plain(world: World, person: Person) -> Part:
    """A relative time: no entity."""
    return world.rng.choice(
        """yesterday;last week;last month;this morning;two days ago;three weeks ago;tomorrow;
        next week;earlier today;last night;over the weekend;a few hours ago;next Monday;since
        Friday;within ten days;by the end of the quarter;last spring;in the evening;at noon;
        a month ago;this afternoon;later this year;for the past fortnight""".replace(
            "\n        ", " "
        ).split(";")
    ).strip()
