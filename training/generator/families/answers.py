"""Values that only a question or a field's name explains: interviews, forms by chat, corrections."""

from __future__ import annotations

import random

from training.generator.families.tools import Parts, capital, join, line, say, values
from training.generator.registry import family
from training.generator.rules.fields import FIELDS, PLAIN_FIELDS, field_name
from training.generator.world import World

#: Fields that are asked for most often; the others come up too.
_ASKED = (
    "form_name", "phone_number", "email", "dob", "street_address", "address", "postcode", "city", "ssn",
    "account_number", "card", "mrn", "health_plan", "user_name", "password", "pin",
    "employee_id", "customer_id", "tax_id", "country", "state", "company", "occupation", "plate",
)  # fmt: skip
_PAIRS = (
    ("Q", "A"), ("Interviewer", "Respondent"), ("Nurse", "Patient"), ("Bot", "Visitor"), ("Clerk", "Applicant"),
    ("Officer", "Driver"), ("Reception", "Guest"), ("Support", "User"), ("Teller", "Member"), ("HR", "Employee"),
    ("Doctor", "Patient"), ("Advisor", "Client"), ("System", "User"), ("Intake", "Caller"), ("Desk", "Passenger"),
)  # fmt: skip


_SHORT = {
    "number": ("no.", "nr.", "#"), "account": ("acct.", "a/c"), "social security": ("soc. sec.", "s.s."), "telephone": ("tel.",),
    "phone": ("ph.",), "employee": ("emp.",), "customer": ("cust.",), "member": ("mem.", "memb."), "medical": ("med.",),
    "record": ("rec.",), "registration": ("reg.",), "certificate": ("cert.",), "license": ("lic.",), "licence": ("lic.",),
    "address": ("addr.",), "department": ("dept.",), "birth": ("b.",), "patient": ("pt.",), "hospital": ("hosp.",),
    "password": ("pw", "pass.", "key"), "policy": ("pol.",), "document": ("doc.",), "security": ("sec.",), "user name": ("usr.",),
    "routing": ("rtg.",), "company": ("co.",), "university": ("univ.",), "nationality": ("nat.",), "vehicle": ("veh.",),
}  # fmt: skip


def _shortened(rng: random.Random, name: str) -> str:
    """A name of a field as clerks abbreviate it."""
    for word, short in _SHORT.items():
        if word in name and rng.random() < 0.8:
            name = name.replace(word, rng.choice(short))
    return name.removesuffix(".") if rng.random() < 0.2 else name


def _field(world: World) -> tuple[str, Parts]:
    """A field's name in plain words, and its value."""
    rng = world.rng
    slot = rng.choice(_ASKED if rng.random() < 0.6 else list(FIELDS))
    if rng.random() < 0.12:
        slot = rng.choice(list(PLAIN_FIELDS))
    name = field_name(rng, slot, "lower")
    return _shortened(rng, name) if rng.random() < 0.25 else name, values(world, slot)


def _filled(world: World, template: str, name: str, value: Parts) -> Parts:
    """A template with ``@`` for the field's name and ``=`` for its value."""
    parts: Parts = []
    for piece in line(world, template):
        if not isinstance(piece, str) or "=" not in piece:
            parts.append(piece.replace("@", name) if isinstance(piece, str) else piece)
            continue
        # The last sign: one before it separates a name from its value.
        before, _, after = piece.replace("@", name).rpartition("=")
        parts += [before, *value, after]
    return parts


@family("transcript", 2.5)
def interview(world: World) -> Parts:
    """One asks, the other answers; or a form that is filled in by chat."""
    rng = world.rng
    one, two = rng.choice(_PAIRS)
    if rng.random() < 0.25:
        one, two = one.upper(), two.upper()
    mark = rng.choice([": ", ": ", " - ", "> ", ":\n"])
    heads = (
        (f"{one}{mark}", f"{two}{mark}")
        if rng.random() < 0.75
        else ("", rng.choice(["", "> ", "- "]))
    )
    rows: list[Parts] = []
    for _ in range(rng.randint(2, 6)):
        name, value = _field(world)
        ask = _filled(
            world,
            "[What is|What's|And|Can I have|May I take|Could you confirm|Tell me|Please enter|I need|Next,|Do you know] "
            "[your|your|the|the patient's|your current] @[?|, please?|.| please]",
            name,
            value,
        )
        answer = _filled(
            world,
            "[|||It's |It is |That's |Sure, |Yes, |Um, |uh |OK. |Let me see... |I think it's |Here: |Yes. ]="
            "[||.|.|, I think.| I believe.|, if I remember right.|, thanks|, same as before.]",
            name,
            value,
        )
        rows += [[heads[0], *capital(ask)], [heads[1], *answer]]
        if rng.random() < 0.15:
            rows.append([heads[0], *say(world, rng.choice(["thanks", "Clean", "ask"]))])
        if rng.random() < 0.12:
            rows.append(
                [
                    heads[1],
                    *line(
                        world, "[I don't know|I'd rather not say|none|n/a|skip|not sure, sorry][.|]"
                    ),
                ]
            )
    return join(rows, "\n")


@family("mixed", 3)
def field_sentences(world: World) -> Parts:
    """Sentences with a field's name as subject: all fields, in all their names."""
    rng = world.rng
    rows: list[Parts] = []
    for _ in range(rng.randint(1, 4)):
        name, value = _field(world)
        rows.append(
            capital(
                _filled(
                    world,
                    "[[My|The|His|Her|Our|Your|The patient's|The new|The old|{first_name/2}'s] @ [is|is|was|is now|should be|reads|has changed to|must be] =[.|]|"
                    "[Please|Kindly] [update|change|correct|note|verify|use|check] [my|the|our] @[: | to | - |, ]=[.|, thanks.|, not the other one.|]|"
                    "@[: | - | = |: |\t| ]=[|;|,|.]|"
                    "[Use|I used|We have|They gave|He gave|She wrote|It shows|Found|On file:] = [as|as the|for the|under] @[.| {when_plain}.|]|"
                    "[For|Under|As] @[,| {he}] [put|enter|gave|wrote|use] =[.|]|"
                    "[The form|My card|The letter|The database|Her file|The screenshot|The log] [shows|has|lists|gives|says] @ =[.| and nothing else.|, which is {adj}.]|"
                    "{full_name/2} [\\(@ =\\)|, @ =,] [{verbed} {np}|{verbs} {np}|was {adj}|asked for the {noun}].|"
                    "[What happened to|Who added|Is|Why does it say|Can you confirm] @ =[?|, please?]]",
                    name,
                    value,
                )
            )
        )
        if rng.random() < 0.4:
            rows.append(say(world, rng.choice(["Clean", "any_clean", "clean_life"])))
    return join(rows, rng.choice([" ", " ", "\n"]))


#: What needs no frame to be known.
_EVIDENT = (
    "plain_name", "plain_name", "full_name", "name_last_first", "name_caps", "titled_name", "titled_last",
    "first_name", "email", "email", "phone_number", "address", "street_address", "url", "ipv4", "mac", "ssn",
    "card", "date", "date_time", "city", "any_country", "company", "occupation", "user_name", "money",
)  # fmt: skip


@family("mixed", 2)
def bare_value(world: World) -> Parts:
    """A cell of a table or a search box: a value or two and nothing else, or a word like one."""
    rng = world.rng
    pieces = [
        line(
            world,
            "[{Thing} {Thing}|{Thing}|{np}|{adj} {noun}|{Action} the {noun}|{Thing} {noun}|{word}]",
        )
        if rng.random() < 0.25
        else values(world, rng.choice(_EVIDENT))
        for _ in range(rng.choice([1, 1, 1, 2, 3]))
    ]
    return join(pieces, rng.choice([", ", "\n", " ", "; ", " / ", "\t"]))


@family("mixed", 4)
def sentence_then_address(world: World) -> Parts:
    """A sentence ends and an address begins: the model sees no white space between them."""
    rng = world.rng
    rows: list[Parts] = []
    for _ in range(rng.randint(1, 3)):
        slot = rng.choice(["email", "email", "email", "role_email", "url", "user_name"])
        before = say(world, rng.choice(["Clean", "any_clean", "clean_life", "thanks", "hope"]))
        after = line(
            world,
            "[.|| or {phone_number}|\n{phone_number}| ({first_name})|, thanks.| works too.| is new.|]",
        )
        rows.append([*before, rng.choice([" ", " ", "\n", "\n\n"]), *values(world, slot), *after])
    return join(rows, rng.choice([" ", "\n"]))
