"""Talk: chat, tickets, forum, reviews, messages, transcripts, notes."""

from __future__ import annotations

from training.generator.families.tools import (
    Parts,
    capital,
    join,
    line,
    paragraph,
    prose,
    say,
    statements,
)
from training.generator.registry import family
from training.generator.text import Node, Part
from training.generator.world import World

_CHAT = ("contact", "any", "it", "travel", "bank", "person", "car", "health")


def _turn(world: World, topic: str) -> Parts:
    """One message of a chat."""
    roll = world.rng.random()
    if roll < 0.55:
        return statements(world, 1, topic)[0]
    return say(
        world,
        world.rng.choice(["trouble", "ask", "thanks", "clean_life", "hope", "Clean", "clean_life"]),
    )


def _speakers(world: World) -> tuple[list[Part], list[Part]]:
    """How two people are named before their lines."""
    rng = world.rng
    roll = rng.random()
    if roll < 0.25:
        pairs = [("Agent", "Customer"), ("A", "B"), ("Me", "You"), ("Support", "User"), ("Caller", "Operator"),
                 ("Q", "A"), ("Bot", "Visitor"), ("Host", "Guest"), ("Student", "Advisor")]  # fmt: skip
        one, two = rng.choice(pairs)
        return [one], [two]
    slot = "user_name" if roll < 0.5 else "first_name" if roll < 0.85 else "plain_name"
    one, two = world.value(slot, "1"), world.value(slot, "2")
    assert isinstance(one, (str, Node)) and isinstance(two, (str, Node))
    return [one], [two]


def _dialogue(world: World, turns: int, topic: str, head: str) -> Parts:
    """Turns of two speakers; ``head`` is a template before each, with ``@`` for the speaker."""
    names = _speakers(world)
    rows = []
    for turn in range(turns):
        side = turn % 2 if world.chance(0.8) else world.rng.randint(0, 1)
        world.focus = "12"[side]
        before, _, after = head.partition("@")
        rows.append([*line(world, before), *names[side], *line(world, after), *_turn(world, topic)])
    return join(rows, "\n")


@family("chat", 2.5)
def chat_plain(world: World) -> Parts:
    """Names and lines."""
    rng = world.rng
    head = rng.choice(["@: ", "@: ", "<@> ", "@ - ", "@> ", "@:\n", "\\[@\\] "])
    return _dialogue(world, rng.randint(2, 8), rng.choice(_CHAT), head)


@family("chat", 1.2)
def chat_timestamps(world: World) -> Parts:
    """Held out: each line with its time."""
    rng = world.rng
    head = rng.choice(
        ["\\[{time}\\] @: ", "{time} @: ", "{stamp} <@> ", "@  {time}\n", "({time}) @ - "]
    )
    return _dialogue(world, rng.randint(2, 6), rng.choice(_CHAT), head)


@family("chat", 1)
def chat_export(world: World) -> Parts:
    """An exported conversation with its heading."""
    rng = world.rng
    head = line(
        world,
        "[Conversation|Chat|Transcript|Thread] [with {full_name/2}|{ticket_id}|#{noun}|exported {date}][\n|\n---\n|:\n]",
    )
    row = rng.choice(["{date_figures}, {time} - @: ", "@ ({date}):\n", "*@*: ", "@ wrote: "])
    return [*head, *_dialogue(world, rng.randint(2, 5), rng.choice(_CHAT), row)]


@family("chat", 2)
def message_single(world: World) -> Parts:
    """One message alone: short, no frame around it."""
    rng = world.rng
    pieces = [_turn(world, rng.choice(_CHAT)) for _ in range(rng.randint(1, 3))]
    return join(pieces)


@family("sms", 1.5)
def sms(world: World) -> Parts:
    """Text messages of companies and friends."""
    rng = world.rng
    start = line(
        world,
        "[{company}: |Hi {first_name}, |{first_name} |Reminder: |ALERT: |Dr {last_name/3}: |[Msg|SMS] from {phone_number/3}: |]"
        "[your appointment is on {date} at {time}|your code is {port_plain}, do not share it|{money} was spent at {company/3} on card ending {port_plain}|"
        "your parcel {tracking_number} arrives {when_plain}|your taxi ({plate}) is here|call {phone_number/3} about {full_name}|running late, there by {time}|"
        "table for {number_plain} at {time} under {last_name}|the key is with {first_name/3} at {street_address}|can u send {email} the {noun}|"
        "pls pick up {medication} for {first_name/4}|we are at {place_name}, come before {time}|new number: {phone_number}|{Noun} is {adj}, {verb} it {when_plain}|"
        "ur verification link: {url}|balance of acct {account_number} is {money}][.|!||. Reply STOP to opt out.| - {first_name/3}]",
    )
    return capital(
        [*start, *([" ", *_turn(world, rng.choice(_CHAT))] if world.chance(0.4) else [])]
    )


@family("ticket", 2)
def ticket_prose(world: World) -> Parts:
    """A customer describes a problem."""
    rng = world.rng
    pieces = [say(world, "trouble")]
    pieces += prose(world, (1, 4), (0, 2), rng.choice(["it", "contact", "bank", "car"]), "trouble")
    if world.chance(0.5):
        pieces.insert(0, say(world, "hello"))
    if world.chance(0.5):
        pieces.append(say(world, "thanks"))
    return join(pieces, rng.choice([" ", " ", "\n"]))


@family("ticket", 1.5)
def ticket_form(world: World) -> Parts:
    """A ticket with a few fields above the description."""
    rng = world.rng
    rows = [
        line(world, "[Ticket|Case|Incident|Request][: | #| ID: ]{ticket_id}"),
        line(
            world,
            "[Reported by|Requester|Opened by|Customer|From][: | - ][{form_name}|{full_name} <{email}>|{user_name}|{email}]",
        ),
        line(
            world, "[Priority|Severity|Status][: ][high|low|normal|P1|P3|open|closed|pending|{adj}]"
        ),
        line(world, "[Opened|Created|Date][: ][{date_time}|{date}|{stamp}]"),
        line(world, "[Product|Device|Category][: ][{product}|{noun}|{product} {version}]"),
        line(world, "[Phone|Callback][: ]{phone_number}"),
    ]
    rng.shuffle(rows)
    rows = rows[: rng.randint(2, 6)]
    rows.append([*line(world, "[Description|Details|Issue|Problem|Notes][:\n|: ]"),
                 *join([say(world, "trouble"), *prose(world, (1, 4), (0, 2), "it", "trouble")])])  # fmt: skip
    if world.chance(0.3):
        world.focus = "2"
        rows.append(
            [
                *line(world, "[Resolution|Reply|Comment by {first_name}|Agent note][: ]"),
                *paragraph(world, (0, 2), (1, 2), "it", "clean_tech"),
            ]
        )
    return join(rows, "\n")


@family("forum", 1.5)
def forum_post(world: World) -> Parts:
    """A thread's first post and an answer."""
    rng = world.rng
    title = line(
        world,
        "[Title: |Topic: |# |][{adj} {noun} {verbs}|how to {verb} {np}|{product} vs {product}|anyone from {other_city}|help with {nouns}|is {company/*} {adj}][?|!|]",
    )
    head = line(
        world,
        "[\n|\nPosted by |\nby |\nOP: ]{user_name}[ on {date}| at {date_time}| ({number_plain} posts)|, {city}|]\n",
    )
    body = paragraph(
        world,
        (1, 3),
        (1, 4),
        rng.choice(["person", "it", "any", "car"]),
        rng.choice(["any_clean", "clean_life", "clean_tech"]),
    )
    out = [*capital(title), *head, *body]
    if world.chance(0.5):
        world.focus = "2"
        out += [
            "\n\n",
            *line(world, "{user_name} [replied|wrote|says|answered][:\n|: |,\n]"),
            *paragraph(world, (0, 2), (1, 2), "any"),
        ]
    return out


@family("review", 1.2)
def product_review(world: World) -> Parts:
    """A review: names of products and prices, seldom of people."""
    head = line(
        world,
        "[{number_plain} stars|\u2605\u2605\u2605\u2605\u2606|5/5|2/5|{adj}!|Great {noun}|Not {adj}][ - | by {full_name}, | by {user_name}, |: |\n]{product}[ from {company/*}|]\n",
    )
    body = paragraph(
        world, (0, 2), (2, 5), world.rng.choice(["any", "contact", "person"]), "clean_life"
    )
    tail = line(
        world,
        "[\n- {first_name}, {city}|\n{full_name}, {date}|\nVerified buyer, {country}| Bought for {money}.||\nReviewed by {user_name}]",
    )
    return [*head, *body, *tail]


@family("transcript", 1)
def voicemail(world: World) -> Parts:
    """A message left on a machine."""
    rng = world.rng
    pieces = [
        line(
            world,
            "[hi|hello|hey|um hi|good morning|yeah hi] [{first_name/2}|this is for {full_name/2}|{titled_last/2}|it's me], [it's|this is|my name is] {full_name} [calling |][from {company}|from {clinic}|about the {noun}|returning your call|]",
        )
    ]
    pieces += statements(
        world, rng.randint(1, 3), rng.choice(["contact", "health", "travel", "bank"])
    )
    pieces.append(
        line(
            world,
            "[call me back|give me a ring|you can reach me] [at|on] {phone_number}[, that's {phone_number} again|, ask for {first_name}|] [thanks bye|ok bye|talk soon|have a good one]",
        )
    )
    return join(pieces, rng.choice([", ", " ", ". ", " uh "]))


@family("transcript", 1)
def transcript_helpdesk(world: World) -> Parts:
    """Held out: a recorded call, verified step by step."""
    rng = world.rng
    rows = [line(world, "[Agent|OPERATOR|Representative]: [Thank you for calling|You have reached|Welcome to] {company}, [this is|my name is] {first_name/2}. [How can I help|What can I do for you|May I have your name]?"),
            line(world, "[Caller|CUSTOMER|Client]: [Yes, |Hi, |Sure. ][this is|my name is|I'm] {full_name}. ")]  # fmt: skip
    asks = [
        ("your phone number", "{phone_number}"), ("your date of birth", "{dob}"), ("your address", "{address}"),
        ("the last four", "{number_plain}"), ("your account number", "{account_number}"), ("your email", "{email}"),
        ("the card number", "{card}"), ("your zip code", "{postcode}"), ("your member ID", "{health_plan}"),
        ("your customer number", "{customer_id}"), ("the order number", "{order_number}"), ("your PIN", "{pin}"),
        ("your user name", "{user_name}"), ("the serial number", "{device_identifier}"), ("the plate", "{plate}"),
    ]  # fmt: skip
    rng.shuffle(asks)
    for ask, slot in asks[: rng.randint(2, 5)]:
        rows.append(
            line(
                world,
                f"[Agent|OPERATOR|Representative]: [And|Okay, and|Could I get|May I have|Please give me] {ask}[, please|]?",
            )
        )
        rows.append(
            line(
                world,
                f"[Caller|CUSTOMER|Client]: [It's |That's |Sure, |Um, |Yes, |]{slot}[.|, I think.| .]",
            )
        )
    return join(rows, "\n")


@family("notes", 1.2)
def meeting_notes(world: World) -> Parts:
    """Who was there, what was said, who does what."""
    rng = world.rng
    rows = [
        line(
            world,
            "[Meeting notes|Minutes|Notes|Standup|Weekly sync|Board meeting][ - |: |, ][{date}|{noun} {noun}|{company}|{day_date}, {time}]",
        )
    ]
    rows.append(
        line(
            world,
            "[Attendees|Present|Participants|Attending][: ]{full_name/2}, {full_name/3}[, {full_name/4}|, {first_name/4}, {first_name/5}| and {titled_last/4}|]",
        )
    )
    for _ in range(rng.randint(2, 5)):
        bullet = rng.choice(["- ", "* ", "\u2022 ", "1. "])
        roll = rng.random()
        if roll < 0.5:
            rows.append(
                [
                    bullet,
                    *line(
                        world,
                        "{first_name/3} [to|will|should] {verb} {np}[ by {date}| by {weekday}|]",
                    ),
                ]
            )
        elif roll < 0.75:
            rows.append([bullet, *statements(world, 1, "work")[0]])
        else:
            rows.append([bullet, *say(world, "Clean")])
    return join(rows, "\n")


@family("notes", 1.2)
def note_scribbled(world: World) -> Parts:
    """A note to oneself: fragments."""
    pieces = statements(world, world.rng.randint(1, 4), world.rng.choice(_CHAT))
    return join(pieces, world.rng.choice(["\n", " / ", "; ", "\n- ", " ... ", ", "]))
