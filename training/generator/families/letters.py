"""Mail, in its many forms, and other letters."""

from __future__ import annotations

from training.generator.families.tools import Parts, join, line, paragraph, prose, say, values
from training.generator.registry import family
from training.generator.world import World

_TOPICS = ("contact", "any", "work", "bank", "travel", "it", "health", "person", "car", "law")


def _topic(world: World) -> str:
    return world.rng.choice(_TOPICS)


def _letter(world: World, topic: str, facts: tuple[int, int] = (1, 5)) -> Parts:
    """Greeting, paragraphs, closing: any of them may be missing."""
    pieces: list[Parts] = []
    if world.chance(0.85):
        pieces.append(say(world, "hello"))
    if world.chance(0.5):
        pieces.append(say(world, "hope"))
    pieces.append(paragraph(world, facts, (0, 3), topic))
    if world.chance(0.4):
        pieces.append(say(world, world.rng.choice(["trouble", "ask", "thanks"])))
    if world.chance(0.8):
        pieces.append(say(world, "bye"))
    return join(pieces, world.rng.choice(["\n\n", "\n\n", "\n", " "]))


_SUBJECT = (
    "[Re: |RE: |Fwd: |AW: |]["
    "your {adj} {noun}|{noun} for {full_name}|{Noun} {noun}|order {order_number}|invoice {invoice_number}|"
    "appointment on {date}|question about {nouns}|{ticket_id}: {noun} is {adj}|change of address|welcome|"
    "[password reset|account locked|new login] ({user_name})|{company}: {noun}|meeting {weekday}|"
    "URGENT - {noun}|documents for {last_name}|quote {port_plain}|application: {occupation}|hello|"
    "reminder: {noun} due {date}|update on {product}|trip to {other_city}]"
)


def _headers(world: World) -> Parts:
    rng = world.rng
    rows = [
        line(
            world,
            'From: [{plain_name} <{email}>|{email}|"{name_last_first}" <{email}>|{plain_name} \\[mailto:{email}\\]]',
        ),
        line(
            world,
            "To: [{plain_name/2} <{email/2}>|{email/2}|{plain_name/2}|{role_email}|undisclosed recipients]",
        ),
        line(world, "Subject: " + _SUBJECT),
    ]
    if world.chance(0.7):
        rows.insert(rng.randint(0, 3), line(world, "[Date|Sent]: {mail_date}"))
    if world.chance(0.3):
        rows.insert(
            2,
            line(
                world,
                "[Cc|CC|Bcc]: [{email/4}|{plain_name/4} <{email/4}>|{plain_name/4}; {plain_name/5}]",
            ),
        )
    if world.chance(0.2):
        rows.append(
            line(
                world,
                "[Message-ID: <{hash_plain}@{noun}.{noun}>|X-Originating-IP: {ipv4}|Reply-To: {role_email}|Importance: High|Attachments: {file_path}]",
            )
        )
    return join(rows, "\n")


@family("e-mail", 3)
def mail_plain(world: World) -> Parts:
    """The body of a mail."""
    return _letter(world, _topic(world))


@family("e-mail", 2.5)
def mail_headers(world: World) -> Parts:
    """Headers and body."""
    return [*_headers(world), "\n\n", *_letter(world, _topic(world))]


@family("e-mail", 1.5)
def mail_reply_chain(world: World) -> Parts:
    """An answer above what it answers."""
    topic = _topic(world)
    first = _letter(world, topic, (1, 3))
    world.focus = "2"
    rule = world.rng.choice(
        ["On {mail_date}, {plain_name} <{email}> wrote:", "On {date}, at {time}, {full_name} wrote:",
         "-----Original Message-----\nFrom: {plain_name}\nSent: {mail_date}\nTo: {plain_name/1}\nSubject: " + _SUBJECT,
         "{full_name} <{email}> schrieb am {date}:", "> {first_name} wrote:"]
    )  # fmt: skip
    quoted = [*line(world, rule), "\n\n", *_letter(world, topic, (0, 3))]
    return [*first, "\n\n", *quoted]


@family("e-mail", 1.2)
def mail_forwarded(world: World) -> Parts:
    """Held out: a forwarded message with its own header block."""
    intro = paragraph(world, (0, 2), (0, 2), "contact")
    head = line(
        world,
        "---------- Forwarded message [---------|of {date} ----]\nFrom: {plain_name/2} <{email/2}>\nDate: {mail_date}\n"
        "Subject: Fwd: " + _SUBJECT + "\nTo: {email}",
    )  # fmt: skip
    world.focus = "2"
    return [*intro, "\n\n", *head, "\n\n", *_letter(world, _topic(world), (1, 4))]


@family("e-mail", 1)
def mail_notice(world: World) -> Parts:
    """A company's automatic mail to one customer."""
    rng = world.rng
    rows = [
        say(world, "hello"),
        line(
            world,
            "[Thank you for your order|We received your request|Your password was changed|Your payment was received|"
            "Your statement is ready|A new device signed in to your account|Welcome to {company}|Your parcel is on its way|"
            "Your appointment is confirmed|This is a reminder|We could not process your payment][.|!| on {date}.| at {date_time}.]",
        ),
    ]
    topic = rng.choice(["bank", "contact", "it", "travel"])
    rows += prose(world, (1, 4), (0, 2), topic, "thanks")
    rows.append(
        line(
            world,
            "[If this was not you, call {phone_number/3}.|Questions? Write to {role_email}.|Do not reply to this message.|"
            "Unsubscribe: {url}|{company}, {address/3}|Never share your password or code with anyone.|Manage your settings at {url}.]",
        )
    )
    return join(rows, rng.choice(["\n\n", "\n", " "]))


@family("letter", 1.5)
def letter_formal(world: World) -> Parts:
    """A letter with sender, addressee and date."""
    rng = world.rng
    sender = line(
        world,
        "[{plain_name}|{name_caps}|{company}]\n{address_lines}[\n{phone_number}|\nTel. {phone_number}|\n{email}|]",
    )
    addressee = line(
        world,
        "[{titled_name/2}|{plain_name/2}\n{company/2}|{company/2}|{organization}]\n{address_lines/2}",
    )
    when = line(world, "[{date}|{city}, {date}|Date: {date}|{day_date}]")
    blocks = [sender, when, addressee] if world.chance(0.6) else [when, addressee]
    if world.chance(0.4):
        blocks.append(line(world, "[Re|Subject|Ref|RE|Our ref][:|] " + _SUBJECT))
    blocks.append(_letter(world, _topic(world)))
    return join(blocks, rng.choice(["\n\n", "\n\n", "\n"]))


@family("letter", 1)
def tenancy_reference(world: World) -> Parts:
    """Held out: a landlord or employer vouches for somebody."""
    text = line(
        world,
        "[Reference for|Re:|Letter of recommendation:] {full_name}[, DOB {dob}|, {occupation}|]\n\n[I have known|We have known|I can confirm that] "
        "{titled_name} [for {number_plain} years|since {month_year}|has rented from us since {date}]. {He} [lives|lived|rents a flat] at {address} "
        "and [pays|paid] {money} [a month|every month|in rent]. ",
    )
    return [*text, *paragraph(world, (2, 5), (0, 3), world.rng.choice(["person", "contact", "work"])), "\n\n",
            *say(world, "bye")]  # fmt: skip


@family("letter", 0.8)
def postcard(world: World) -> Parts:
    """A few lines and an address."""
    body = paragraph(world, (1, 2), (1, 2), "travel", "clean_life")
    return [*say(world, "hello"), "\n", *body, "\n", *say(world, "bye"), *(
        ["\n\n", *values(world, "full_name"), "\n", *values(world, "address_lines")] if world.chance(0.5) else []
    )]  # fmt: skip


@family("newsletter", 0.7)
def newsletter(world: World) -> Parts:
    """Mostly text that concerns nobody."""
    rows = prose(
        world, (0, 2), (2, 5), "contact", world.rng.choice(["clean_news", "clean_life", "Clean"])
    )
    rows.append(
        line(
            world,
            "[Unsubscribe|View in browser|Privacy|Follow us][: {url}| at {url}| \\| Terms| any time.]",
        )
    )
    return join(rows, world.rng.choice(["\n\n", " ", "\n"]))
