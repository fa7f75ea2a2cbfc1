"""Text without an entity, and news, where entities are few."""

from __future__ import annotations

from training.generator.families.tools import Parts, join, line, paragraph, say
from training.generator.registry import families, family
from training.generator.world import World


def _run(world: World, rules: list[str], least: int, most: int) -> Parts:
    return join(
        [say(world, world.rng.choice(rules)) for _ in range(world.rng.randint(least, most))]
    )


@family("clean", 3)
def clean_news(world: World) -> Parts:
    """News without names."""
    return _run(world, ["clean_news", "clean_news", "clean_capitals", "Clean"], 1, 6)


@family("clean", 3)
def clean_technical(world: World) -> Parts:
    """Manuals, notes of releases, questions of programmers."""
    return _run(world, ["clean_tech", "clean_tech", "Clean", "manual"], 1, 6)


@family("clean", 2)
def clean_daily(world: World) -> Parts:
    """Recipes, opinions, small talk."""
    return _run(world, ["clean_life", "clean_life", "Clean", "thanks", "trouble", "ask"], 1, 5)


@family("clean", 1.5)
def clean_legal(world: World) -> Parts:
    """Conditions and policies."""
    return _run(world, ["legalese", "legalese", "Clean"], 1, 5)


@family("clean", 1)
def clean_explainer(world: World) -> Parts:
    """Held out: a heading, an explanation, numbered steps."""
    rows = [line(world, "[How|Why|What|When] [to {verb} {np}|{np} {verbed}|we {verb} {nouns}]")]
    rows += [[f"{n}. ", *say(world, "Clean")] for n in range(1, world.rng.randint(2, 5))]
    return join(rows, "\n")


@family("clean", 2)
def clean_manual(world: World) -> Parts:
    """Sentences of real documentation."""
    return _run(world, ["manual"], 1, 5)


@family("clean", 1.5)
def clean_numbers(world: World) -> Parts:
    """Numbers that look like something and are nothing."""
    return join(
        [
            line(
                world,
                "[[Version|Build|Release] [{version}|{hash_plain}] [of|for] {np}[.|, {measure_plain}.]|[Section|Page|Room|Gate|Table|Line] {port_plain}[: {clause}.|, {np}.]|"
                "[ISBN|EAN] {isbn_plain}[, {number_plain} pages.|.]|[Part|Model|SKU] {model_plain} [weighs {measure_plain}|costs less|{verbed} {np}].|"
                "[Flight|Train|Bus] {flight_plain} [is delayed by {number_plain} minutes|{verbed} {pp}].|{percent_plain} of {nouns} {verbed} in {year_plain}.|"
                "[Error|Code|Status] {port_plain}: {error}.|[checksum|commit|sha] {hash_plain} [does not match|is signed|{verbed}].|[password|token|api key|ssn]: {placeholder}|"
                "[The ratio|The score|The result] was {number_plain} to {number_plain}.|[Chapter|Verse|Act|Level] {number_plain}, {noun} {noun}.|"
                "[temperature|pressure|speed] {measure_plain} [at noon|on {weekday}|in {year_plain}].]",
            )
            for _ in range(world.rng.randint(1, 5))
        ],
        world.rng.choice([" ", "\n"]),
    )


_TITLE = "[{Thing} {Thing}|{Thing}|{Thing} {Thing}|{adj} {Thing}|{Thing} and {Thing}|The {Thing}|{Thing} of the {Thing}|{Thing} {Thing} {Thing}|{Thing} {noun}]"


@family("clean", 4)
def clean_titles(world: World) -> Parts:
    """Things with names, in capitals as people's names are: lists, courses, colours, exercises."""
    rng = world.rng
    several = "[, | / |; |: ]".join([_TITLE] * rng.randint(2, 6))
    rows = [
        line(
            world,
            f"[[Menu|Drinks|Colours|Yarns|Tools|Toppings|Tracks|Chapters|Rooms|Cards|Moves|Maps|{{Thing}}|{{Thing}} {{noun}}][:| -|\u2013] {several}[.|]|"
            f"[Step|Level|Round|Lesson|Day|Week|Row|Part|No.|{{Thing}}] {{number_plain}}[:|.| -] {_TITLE}[ and {_TITLE}|. {{Action}} the {{noun}}.|]|"
            f"{_TITLE}[: | - | \u2013 ][{{clause}}.|{{measure_plain}}|{{np}}|{{adj}}, {{adj}}|{several}]|"
            "{Action} the {noun}[, then {verb} the {noun}| before {verbing} {np}| and {verb} {np}|]. {Action} [it|them|{np}].|"
            "{Action} {nouns} [at|in|on|near|with] the {noun}. {Thing} is {adj}.|"
            f"[We like|I tried|Try|Avoid|Next time:|You get|In the box:] [the |]{_TITLE}[, {_TITLE}|] [and|or|with] {_TITLE}.|"
            f"[Is the|Was the|My|Our|A] {_TITLE} [worth it|any good|{{adj}}]? [{{number_plain}} of {{number_plain}}|Yes|No|Perhaps], {{clause}}.|"
            "[Two|Three|Seven|Ten|Twelve|Thirteen|Twenty] [of {Thing}|{nouns}] [count|make|take|beat] [One|Two|Five|Ten|Thirteen|{Thing}].]",
        )
        for _ in range(rng.randint(1, 6))
    ]
    return join(rows, rng.choice(["\n", "\n", "\n\n", " "]))


@family("news", 2)
def news_story(world: World) -> Parts:
    """News with people and places in it."""
    rng = world.rng
    opening = line(
        world,
        "[{other_city} [-|\u2014|(Reuters) -] |]["
        "{full_name}, {age}, [a|the] {occupation} [from|of] {city}, [{verbed} {np}|was {adj}|won {money}|told the {court} that {clause}]|"
        "The {organization} [said|announced] on {date} that {clause}|"
        "{company} [will|plans to|has] {verb} {np} in {other_city/*}, {any_country}|"
        "[Police|Rescuers|Firefighters] in {other_city/*}, {county}, [found|arrested|rescued] {full_name/2} {when_plain}|"
        "{titled_name}, [chair|head|director] of {company}, [resigned|defended {np}|said {clause}]|"
        "[Thousands|Hundreds|Dozens] gathered near {landmark} [on {date}|{when_plain}] to {verb} {np}].",
    )
    return [
        *opening,
        " ",
        *paragraph(
            world, (0, 4), (1, 4), rng.choice(["person", "law", "travel", "work"]), "clean_news"
        ),
    ]


@family("mixed", 1.5)
def article(world: World) -> Parts:
    """Longer prose, an entity here and there."""
    topic = world.rng.choice(["any", "person", "travel", "it", "work"])
    return paragraph(
        world,
        (1, 4),
        (2, 7),
        topic,
        world.rng.choice(["any_clean", "Clean", "clean_news", "clean_tech"]),
    )


@family("mixed", 2)
def statements_only(world: World) -> Parts:
    """Facts in a row, with no genre at all."""
    return paragraph(world, (1, 6), (0, 1), "any", "Clean")


@family("mixed", 2)
def collage(world: World) -> Parts:
    """Several documents after one another: long texts, and breaks between genres."""
    rng = world.rng
    others = [f for f in families(world.held_out) if f.name != "collage"]
    pieces = []
    for _ in range(rng.randint(2, 4)):
        pieces.append(list(rng.choice(others).make(World(rng, world.held_out))))
    return join(pieces, rng.choice(["\n\n", "\n", "\n\n---\n\n", " "]))
