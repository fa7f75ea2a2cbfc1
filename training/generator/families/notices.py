"""Ordinary words in capitals in running text: headlines, products, rules, places with numbers."""

from __future__ import annotations

import random
import re

from training.generator.families.tools import Parts, capital, join, line, say, statements
from training.generator.registry import family
from training.generator.world import World

#: Words that stay small in a title.
_SMALL = frozenset(
    "a an the of in on at to for and or but by from with as is are was were be it its not no than that".split()
)
_WORD = re.compile(r"[^\W\d_]+")
_CLEAN = ("Clean", "clean_news", "clean_life", "clean_tech", "legalese", "manual")


def _capitals(rng: random.Random, parts: Parts, share: float) -> Parts:
    """Words outside entities in a title's capitals, or a share of them."""

    def capitalized(word: str) -> str:
        chosen = word.islower() and word not in _SMALL and rng.random() < share
        return word.capitalize() if chosen else word

    found: Parts = []
    for part in parts:
        if isinstance(part, str):
            part = _WORD.sub(lambda found: capitalized(found.group()), part)
        found.append(part)
    return found


@family("clean", 2)
def clean_headlines(world: World) -> Parts:
    """Headlines in present tense, alone, in a row or above a text."""
    rng = world.rng
    share = rng.choice([0.0, 0.0, 1.0])
    rows = [
        _capitals(
            rng,
            capital(
                line(
                    world,
                    "[{nouns}|{adj} {nouns}|{noun} {nouns}|{Thing} {nouns}|[The|A|Another|One] {noun}|[Why|How|Where|When|What] {nouns}|{number_plain} {nouns}|{verbing} {nouns}] "
                    "[{verb}|{verb}|{verbs}|{verb} [faster|slower|more|less|again|first]|[rise|fall|grow|shrink|climb|dip|soar|slip|sink|peak|return|arrive|vanish|wait|win|lose|open|close]] "
                    "[than {nouns}|faster than {nouns}|{pp}|{np}|{nouns}, {nouns}|as {nouns} {verb} {np}|by {percent_plain}|to {number_plain}|again|{nouns}: {noun}|after {noun} {noun}]",
                )
            ),
            share,
        )
        for _ in range(rng.choice([1, 1, 2, 3, 5]))
    ]
    if rng.random() < 0.6:
        rows.append(say(world, rng.choice(_CLEAN)))
        if rng.random() < 0.6:
            rows[-1] += [" ", *say(world, rng.choice(_CLEAN))]
    return join(rows, rng.choice(["\n", "\n\n", "\n", ". "]))


@family("clean", 2)
def clean_in_capitals(world: World) -> Parts:
    """Advertising, rules of games and headings: common words in capitals within a sentence."""
    rng = world.rng
    share = rng.choice([0.2, 0.4, 0.7, 1.0])
    rows = [
        _capitals(rng, say(world, rng.choice([*_CLEAN, "Clean"])), share)
        for _ in range(rng.randint(1, 4))
    ]
    rows.append(
        line(
            world,
            "[{Action} up {Things}.|{Action} {Thing} [if|when|unless] {clause}.|{adj} {Thing} {verbs}.|[Lowest|Highest|First|Last|Next|Any] {Thing} [leads|wins|loses|{verbs}].|"
            "{Things} high, {Things} low.|[No|Ask about|Mind] the {Thing} [on|in|at|by] [the |]{Things}.|{Thing} is a {Thing} of {Thing}.|{Thing} [{Thing}|{noun}] until {number_plain}.|"
            "[Today|Tonight|Now|Happy|New|Fresh|House|Daily]: {Thing} {Thing}, {Thing} and {adj} {Thing}.|]",
        )
    )
    rng.shuffle(rows)
    return join(rows, rng.choice([" ", " ", "\n"]))


@family("mixed", 2.5)
def facts_in_capitals(world: World) -> Parts:
    """The same around entities."""
    rng = world.rng
    share = rng.choice([0.3, 0.6, 1.0])
    rows = [_capitals(rng, s, share) for s in statements(world, rng.randint(1, 4))]
    rows += [
        _capitals(rng, say(world, rng.choice(_CLEAN)), share) for _ in range(rng.randint(0, 3))
    ]
    rng.shuffle(rows)
    return join(rows, rng.choice([" ", "\n"]))


_SPOT = "[Floor|Level|Bay|Platform|Gate|Pier|Hall|Zone|Row|Lane|Stand|Aisle|Court|Shelf|Track|Terminal|Locker|Stage|Hut|Dock|Berth|Cabin|Block|Wing|Car|Door|Table|Pump|Tank|Ward|Desk|Unit|{Thing}|{Thing}|{Thing}|{noun}|bay|gate|room|floor|line]"
_MARK = "[1|2|3|4|5|6|7|8|9|11|12|14|20|31|A|B|C|D|E|a|b|c|2A|B4|C 3|10 of 12|3 of 4|II|IV]"


@family("clean", 2)
def clean_places(world: World) -> Parts:
    """Places and things with a number or a letter, which are neither dates nor addresses."""
    rng = world.rng
    rows = [
        capital(
            line(
                world,
                f"[[The|A|Our|Every] {{noun}} [on|at|in|near|behind|by|next to|opposite] {_SPOT} {_MARK} [{{verbed}} {{np}}|{{verbs}} {{np}}|opens after {{np}}|is {{adj}}|is closed [{{when_plain}}|in winter|for repairs]].|"
                f"[Go|Walk|Report|Return|Move|Queue|Wait|Meet] [to|at|by|in|behind] {_SPOT} {_MARK}[ and {{verb}} {{np}}|, then {_SPOT} {_MARK}|].|"
                f"{_SPOT} {_MARK}[:| -|,|.] [{{np}}|{{clause}}|{{Thing}} {{noun}}|{{adj}}, {{adj}}|closed|empty].|"
                f"[{{Nouns}}|{{nouns}}] [must|should|may|can] {{verb}} in [{{noun}} {_MARK}|{{nouns}}|{{noun}}|{_SPOT} {_MARK}][, not in {{nouns}}|].|"
                f"[If|When|Where] in [doubt|{{noun}}|trouble|{{nouns}}], {{verb}} [it|them|the {{noun}}][ and {{verb}} {{np}}|].|"
                f"[See|Use|Take|Fill in|Sign] [Form|Figure|Table|Box|Part|Annex|Schedule|Note|Item|Step|{{Thing}}] {_MARK}[ on {_SPOT} {_MARK}|][.|, {{clause}}.]|"
                f"[Sailings|Trains|Lessons|Trips|Rows|Entries|Items|{{Nouns}}] [marked|with|without] [{_MARK}|a star|†|*] [run|{{verb}}|{{verbed}}] {{pp}}.|"
                f"{{Nouns}} {{verb}} [every|each] [two|three|{{number_plain}}] [hours|days|minutes|weeks][ from {{noun}} to {{noun}}|].]",
            )
        )
        for _ in range(rng.randint(1, 5))
    ]
    if rng.random() < 0.5:
        rows.append(say(world, rng.choice(_CLEAN)))
    return join(rows, rng.choice([" ", " ", "\n"]))


@family("clean", 2)
def clean_products(world: World) -> Parts:
    """Goods with made-up names, shades and sizes; specifications; notes of enthusiasts."""
    rng = world.rng
    brand = "[{Coined}|{Coined} {Thing}|{Thing} {Coined}|{Thing} {Thing}|{Coined} {model_plain}|{Thing}]"
    rows = [
        line(
            world,
            f"[[{{Thing}}|{{Noun}}|Kit|Base|Oil|Frame|Filling|Colour|Paper|Lens|Blend|Finish|Model|{{Nouns}}]: {brand}[, [shade|colour|size|lot|grade|no.] [{{number_plain}}|{{model_plain}}|214|7]|][ {{Thing}}|][, {{measure_plain}}|, {{number_plain}} {{nouns}}|].|"
            f"{brand}[, | - |: ][{{adj}}|{{measure_plain}}|{{Thing}} and {{Thing}}|{{adj}} {{noun}}][, {{adj}}|, {{measure_plain}}|].|"
            f"[I use|We tried|Swap|It needs|Best with|Ran out of] {brand}[, not {brand}| and {brand}|][.|, {{clause}}.]|"
            "[{noun} {adj}, {noun} {adj}|{Noun} {measure_plain} [across|long|wide|thick], {verbs} from [a|the] {noun}|{Nouns} {adj}, {nouns} {adj}][.|; beware of {nouns} under {measure_plain}.]|"
            "[x{number_plain}|{number_plain} x] {Thing} {noun}, {measure_plain}.|"
            "{Action} {number_plain} {nouns}[, {verb} {number_plain}|]. [Repeat|Turn|{Action}] [loosely|twice|{adv}|to the end][.|, then {verb} {np}.]|"
            "[worth it?|verdict:|Result:] [yes|no|{adj}|{adj}, {adj}][.|. {number_plain}/10.]]",
        )
        for _ in range(rng.randint(1, 6))
    ]
    return join(rows, rng.choice(["\n", " ", " ", "; "]))


@family("clean", 2)
def clean_advice(world: World) -> Parts:
    """A word, and what to do about it: first aid, repairs, drills, menus."""
    rng = world.rng
    mark = rng.choice([": ", ": ", " - ", " \u2013 ", ". ", ":\n"])
    head = rng.choice(
        ["[{Thing}|{Things}]", "[{Thing} {noun}|{Thing}]", "[{Things}|{Thing} {Things}]", "{Noun}"]
    )
    action = "[{verb} [it|them|the {noun}|{nouns}]|{verb} {adv}|[lay|keep|hold|rest|cool|warm|press|rinse|lift|lower|cover|wipe|leave|call] [it|them|the {noun}] [flat|still|low|dry|{adj}|{pp}]|{adj} {noun}[ for {number_plain} minutes|]|no {nouns}|[under|with|without|in] {adj} {noun}]"
    rows = [
        [
            *line(world, head),
            mark,
            *line(world, f"{action}[, {action}|][, {action}|; never {action}|][.|.|]"),
        ]
        for _ in range(rng.randint(1, 7))
    ]
    if rng.random() < 0.4:
        rows.insert(0, line(world, "[{Thing} {noun}|{Thing} and {Thing}|{Nouns}|What to do|Drill|In short|Points][:||.]"))  # fmt: skip
    return join(rows, rng.choice(["\n", "\n", " "]))


@family("clean", 1)
def clean_glossary(world: World) -> Parts:
    """Short forms and what they mean."""
    rng = world.rng
    rows: list[Parts] = []
    for _ in range(rng.randint(3, 9)):
        short = "".join(rng.choice("abcdefhimnoprstuvw") for _ in range(rng.choice([2, 3, 3, 4])))
        if rng.random() < 0.4:
            short = short.upper()
        rows.append([short, *line(world, "[ | = | - |: |\t][{np}|{noun}|{noun} {noun}|{adj} {noun}|{verb} {np}|{pp}|by {noun}|{word}|{word} {noun}]")])  # fmt: skip
    return join(rows, rng.choice([" \u00b7 ", "\n", "; ", ", "]))


@family("clean", 2)
def clean_documentation(world: World) -> Parts:
    """Sentences of libraries' documentation."""
    rows = [line(world, "{library_sentence}") for _ in range(world.rng.randint(1, 4))]
    if world.chance(0.3):
        rows.append(say(world, world.rng.choice(_CLEAN)))
    return join(rows)
