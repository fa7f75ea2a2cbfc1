"""Names in lists, tables and programmes, beside other words in capitals: no sentence helps."""

from __future__ import annotations

from training.generator.families.tools import Parts, join, line
from training.generator.registry import family
from training.generator.rules.fields import FIELDS, PLAIN_FIELDS, field_name
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


_PAYEE = "[{name_caps/*}|{plain_name/*}|{name_last_first/*}|{full_name/*}|{company/*}]"
_PAYMENTS = (
    (_PAYEE, "{bank_routing_number/*}", "{account_number/*}", "{money}", "{employee_id/*}"),
    (_PAYEE, "{account_number/*}", "{bank_routing_number/*}", "{money}"),
    ("{employee_id/*}", _PAYEE, "{ssn/*}", "{money}", "{date_figures}"),
    (_PAYEE, "{iban/*}", "{swift_bic/*}", "{money}", "{invoice_number}"),
    ("{date_figures}", _PAYEE, "{account_number/*}", "{percent_plain}"),
    ("{mrn/*}", _PAYEE, "{dob/*}", "{health_plan/*}", "{noun}"),
    (_PAYEE, "{card/*}", "{cvv/*}", "{money}", "{customer_id/*}"),
    ("{customer_id/*}", _PAYEE, "{phone_number/*}", "{postcode/*}", "{money}"),
    (_PAYEE, "{ssn/*}", "{dob/*}", "{percent_plain}"),
)
_LABELS = {
    "bank_routing_number": "[routing|ABA|RTN|sort code|bank code|transit]", "account_number": "[account|acct|a/c|acct. no.|account no.]",
    "employee_id": "[emp.|staff no.|badge|employee]", "ssn": "[SSN|soc. sec.|social|SS#]", "iban": "[IBAN|]", "swift_bic": "[BIC|SWIFT]",
    "mrn": "[MRN|chart|record|hosp. no.]", "dob": "[DOB|born|b.]", "health_plan": "[plan|member|insurance]", "card": "[card|PAN|card no.]",
    "customer_id": "[client|cust. no.|member no.]", "phone_number": "[tel.|phone|]", "postcode": "[ZIP|]", "cvv": "[CVV|CVC]",
}  # fmt: skip


@family("table", 3, prose=False)
def payment_rows(world: World) -> Parts:
    """Numbers of banks, persons and cards side by side, with a heading, with a word each or bare."""
    rng = world.rng
    cells = list(rng.choice(_PAYMENTS))
    slots = [
        cell[1:-1].partition("/")[0] if cell.startswith("{") else "form_name" for cell in cells
    ]
    way = rng.choice(["heading", "words", "bare"])
    gap = rng.choice(["|", ";", ",", "\t", " | ", "  ", ", "])
    if way == "words":
        cells = [
            f"{_LABELS[slot]}[ |: | #]{cell}" if slot in _LABELS else cell
            for slot, cell in zip(slots, cells, strict=True)
        ]
        gap = rng.choice([", ", "; ", " / ", " - ", " "])
    mark = rng.choice(["", "", "", f"[D|P|6|R]{gap}", f"{_NUMBER}{gap}", "- "])
    rows = [line(world, mark + gap.join(cells)) for _ in range(rng.randint(1, 5))]
    if way == "heading":
        style = rng.choice(["title", "upper", "snake", "constant", "lower"])
        known = [*FIELDS, *PLAIN_FIELDS]
        heads = [field_name(rng, s if s in known else "noun", style) for s in slots]
        rows.insert(0, [gap.join(heads)])
    elif rng.random() < 0.3:
        rows.insert(0, line(world, f"[{_HEAD}|{{company}}|Batch {{number_plain}}|{{date}}|Payments {{date}}]"))  # fmt: skip
    if rng.random() < 0.25:
        rows.append(line(world, "[Total|T|Sum|9][ |: |, |; ]{money}"))
    return join(rows, "\n")


@family("table", 2, prose=False)
def credential_rows(world: World) -> Parts:
    """What one logs in to, as whom and with what; some of it elsewhere or masked."""
    rng = world.rng
    service = "[{noun}-{noun}|{noun}|{Thing}|{Thing} {noun}|router|nas|printer|vpn|mail|wiki|{url}|{ipv4/*}|guest network|backup]"
    word = "[{password/*}|{password/*}|{password/*}|{password/*}|{pin/*}|{api_key/*}|{placeholder}|****|see [the vault|{noun}|{first_name/*}]|none|expired]"
    who = "[{user_name/*}|{user_name/*}|{email/*}|{first_name/*}]"
    template = rng.choice(
        [
            f"{service}[  |\t| - |: | \\| ]{who}[ / |  |:|\t| - ]{word}[||  [rotated|changed|since|expires] {{date}}|  [printed on|ask|kept by|not for] {{np}}]",
            f"{service}[   |\t|: ]{word}[||   [{{clause}}|{{np}}|new since {{date}}|for {{nouns}}]]",
            f"{service}: [login|user|log in as|sign in as] {who}[, | / |; | with ][password|key|pw|pass|code|passphrase|secret] {word}[.|]",
            f"[Wi-Fi|WLAN|SSID|Network|Wifi|Hotspot]: {{noun}}{rng.choice(['', '-guest', '53', '_5G'])}[, | / |; ][key|password|code|pw|passphrase][ |: | is ]{word}[.|]",
        ]
    )
    rows = [line(world, template) for _ in range(rng.randint(1, 5))]
    if rng.random() < 0.3:
        rows.insert(0, line(world, "[# {Thing} {nouns}|{Thing} access|Logins, {date}|{company}|Do not share|{clause}.]"))  # fmt: skip
    return join(rows, "\n")
