"""Amounts of money, and numbers that are none."""

from __future__ import annotations

from training.generator.text import Node, Part
from training.generator.world import Person, World, maker


@maker("monetary_amount", "money")
def monetary_amount(world: World, person: Person) -> Part:
    rng = world.rng
    mark = rng.choice(person.country.money)
    value = rng.choice([rng.uniform(1, 99), rng.uniform(10, 999), rng.uniform(1000, 99999)])
    roll = rng.random()
    if roll < 0.06:
        number = f"{rng.randint(1, 90)}{rng.choice(['', '.5', '.2'])}"
        scale = rng.choice(["million", "billion", "m", "bn", "k", "M"])
        text = f"{mark}{number}{' ' if len(scale) > 2 else ''}{scale}"
    elif roll < 0.14:
        word = rng.choice(
            ["dollars", "euros", "pounds", "US dollars", "Swiss francs", "rupees", "bucks"]
        )
        text = f"{int(value):,} {word}"
    else:
        number = rng.choice([f"{value:,.2f}", f"{value:.2f}", f"{value:,.0f}", f"{value:,.2f}"])
        if person.country.sep == "." and rng.random() < 0.6:
            number = number.replace(",", "\0").replace(".", ",").replace("\0", ".")
        if mark.isalpha():
            text = rng.choice([f"{mark} {number}", f"{number} {mark}"])
        else:
            text = rng.choice([f"{mark}{number}", f"{mark}{number}", f"{mark} {number}"])
            if mark == "€" and rng.random() < 0.5:
                text = f"{number} €"
    return Node("monetary_amount", (text,))


@maker("number_plain")
def number_plain(world: World, person: Person) -> Part:
    """A count: no entity."""
    rng = world.rng
    return rng.choice(
        [
            str(rng.randint(2, 12)),
            str(rng.randint(2, 99)),
            f"{rng.randint(100, 99999):,}",
            rng.choice(["two", "three", "four", "six", "ten"]),
            rng.choice(["two", "three", "five", "a dozen", "forty", "several hundred"]),
        ]
    )


@maker("percent_plain")
def percent_plain(world: World, person: Person) -> Part:
    rng = world.rng
    return rng.choice([f"{rng.randint(1, 99)}%", f"{rng.uniform(0, 30):.1f}%", f"{rng.randint(2, 90)} percent",
                       f"{rng.uniform(0, 9):.1f} per cent"])  # fmt: skip


@maker("measure_plain")
def measure_plain(world: World, person: Person) -> Part:
    rng = world.rng
    unit = rng.choice(
        """kg km mm mg litres °C MB GB ms metres miles inches lbs kWh mph hPa mmol/L bpm mmHg""".split()
    )
    number = rng.choice([str(rng.randint(1, 400)), f"{rng.uniform(0.1, 99):.1f}"])
    return f"{number} {unit}" if unit != "°C" or rng.random() < 0.5 else f"{number}{unit}"
