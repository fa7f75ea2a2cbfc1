"""Names in lists, tables and programmes, beside other words in capitals: no sentence helps."""

from __future__ import annotations

from training.generator.families.tools import Parts, join, line
from training.generator.registry import family
from training.generator.world import World

_NUMBER = "[1|2|3|4|5|6|7|8|9|10|11|12|17|24]"
_HEAD = "[{Thing}|{Thing} {Thing}|{Thing} {noun}|Table {Thing}|Team {Thing}|The {Thing}|{Thing} 4|Group B|Group 12|{adj} {nouns}]"
_LEAD = "[Present|Absent|Bride|Groom|Guests|Crew|Cast|Drivers|Judges|With|Also|Reserve|Winners|Losers|Singers|Thanks to|From|For|To|Kids|Speakers|Cc|Signed|In charge|On call|Lead|Editor|Photos|Buddy|Guide|Solo|Signed by|Night porter|Coach|Captain|Dance by|Words by]"
#: Rows of a list. One document uses one or two of these, several times.
_ROWS = (
    f"[{_HEAD}|{_LEAD}][: | - | \u2013 |:\n][{{first_name/*}}, {{first_name/*}}[, {{first_name/*}}|] [and|&|+] {{first_name/*}}|{{first_name/*}}, {{first_name/*}}|{{first_name/*}} and {{first_name/*}}|{{first_name/*}}]",
    f"[{_HEAD}|{_LEAD}][: | - | \u2013 |: ][{{last_name/*}}, {{last_name/*}}[, {{last_name/*}}|]|{{last_name/*}} / {{last_name/*}}|{{last_name/*}}; {{last_name/*}}; {{last_name/*}}]",
    f"[{_HEAD}|{_LEAD}][: | - | \u2013 |: ]{{plain_name/*}}[, {{plain_name/*}}|; {{plain_name/*}}| and {{plain_name/*}}|]",
    f"{_NUMBER}[. | |) |: ][{{Thing}} {{noun}}|{{Thing}} {{Thing}}|{{Thing}}|The {{Thing}}][ - | \u2013 |: | / |, by ][{{plain_name/*}}|{{first_name/*}}|{{last_name/*}}|{{titled_last/*}}|{{initial_last/*}}]",
    "[{plain_name/*}|{last_name/*}|{name_caps/*}] [v|vs|vs.|beat|bt|d.|-] [{plain_name/*}|{last_name/*}|{name_caps/*}][ {number_plain}-{number_plain}|: {number_plain}\u2013{number_plain}|, {number_plain} [moves|sets|rounds]|]",
    "[{plain_name/*}|{name_last_first/*}|{first_name/*}][, | / | - |; | \u2013 |\t][{other_city/*}|{any_country}|{occupation/*}|{age/*}|{dob/*}|{date}|{gender/*}|{company/*}|{phone_number/*}|{email/*}][[, | / |; ][{Thing} {noun}|{any_country}|{date}|{money}|{percent_plain}|{adj}]| ({adj})| ({Thing})]",
    "[{name_last_first/*}|{plain_name/*}][[, |; |\t|  ][{number_plain}|{Thing}|{adj}|{date_figures}|{percent_plain}|{measure_plain}]| ({number_plain})| ({date_figures})| ({year_plain})]",
    "[{Thing} of the {Thing}|{adj} {Thing}|{Thing} {Thing}|{Thing}][ for | by | with | from |: ][{first_name/*}|{plain_name/*}|{first_name/*} and {first_name/*}|{first_name/*}, {first_name/*} and the {noun}]",
    "[To|For|In memory of|Happy birthday,|Goodbye|Welcome,|Hello|Love to|Ask] [{first_name/*}|{plain_name/*}|{first_name/*} and {first_name/*}][, who {verbed} {np}|, from {first_name/*}| - {clause}|][.|!|]",
    "[{first_name/*}|{plain_name/*}|{titled_last/*}][ \u2013 | - |: |, | ][{verbed} {np}|{np}|{Action} the {noun}|{adj}|{Thing} {noun}|{clause}][.|]",
    "[{any_country}|{other_city/*}][: | - |, | / ][{plain_name/*}|{number_plain}|{Thing}|{first_name/*}, {first_name/*}][, {plain_name/*}|]",
    "[Left|Right|Centre|Above|Below|Back row|Front row|Second from left][: | - |, ][{plain_name/*}|{first_name/*}][, {plain_name/*}| and {first_name/*}|][, {place_name}|, {other_city/*}|][.|]",
)
#: Rows that look the same and hold no name.
_PLAIN = (
    f"[{_HEAD}|{_LEAD}][: | - | \u2013 |:\n]{{Thing}}, {{Thing}}[, {{Thing}}|][ and {{Thing}}|]",
    f"{_NUMBER}[. | |) |: ]{{Thing}}[ {{Thing}}| {{noun}}|][ - | \u2013 |: | / ][{{Thing}}|{{Thing}} {{noun}}|{{np}}|{{measure_plain}}|{{adj}}]",
    "{Thing}[: | - |, ]{adj}, {adj}[, {adj}|][.|]",
    "[{Thing}|{Thing} {Thing}][[, |: |\t][{number_plain}|{measure_plain}|{percent_plain}|{Thing}]| ({number_plain})| ({Thing})]",
    "{Action} the {noun}[.|, {verb} the {noun}.|]",
)


@family("list", 6)
def roster(world: World) -> Parts:
    """Rows of one or two kinds, a heading, a row of another kind."""
    rng = world.rng
    rows: list[Parts] = []
    if rng.random() < 0.6:
        rows.append(
            line(
                world,
                "[{Thing} {Thing}|{Thing} {noun}|{Thing} of {Thing}|The {Thing} {Thing}|{company}|{organization}|{place_name}]"
                "[, {date}|, {other_city}| {year_plain}| - {Thing}|: {np}|][|.|:]",
            )
        )
    kinds = rng.sample(_ROWS, rng.choice([1, 1, 2, 3]))
    for _ in range(rng.randint(2, 6)):
        rows.append(line(world, rng.choice(kinds)))
        if rng.random() < 0.3:
            rows.append(line(world, rng.choice(_PLAIN)))
    if rng.random() < 0.3:
        rows.append(line(world, rng.choice(_PLAIN)))
    start = 1 if len(rows) > 2 and rng.random() < 0.5 else 0
    body = rows[start:]
    rng.shuffle(body)
    return join([*rows[:start], *body], rng.choice(["\n", "\n", "\n", "; ", "\n\n", " | "]))


@family("clean", 4)
def clean_roster(world: World) -> Parts:
    """The same without names."""
    rng = world.rng
    rows = [line(world, rng.choice(_PLAIN)) for _ in range(rng.randint(2, 7))]
    return join(rows, rng.choice(["\n", "\n", "\n\n", "; ", " "]))
