"""How to reach people: phone, fax, mail, web, user names."""

from __future__ import annotations

import random
import re
import unicodedata

from training.generator.pools import Pool, last_names, nouns, things
from training.generator.text import Node, Part
from training.generator.world import Person, World, fill, maker

_MAIL_HOSTS = Pool(
    """gmail.com yahoo.com hotmail.com outlook.com icloud.com aol.com protonmail.com proton.me
        live.com msn.com mail.com gmx.de gmx.net web.de t-online.de orange.fr free.fr
        laposte.net libero.it btinternet.com yahoo.co.uk hotmail.co.uk sky.com shaw.ca
        rogers.com bigpond.com comcast.net verizon.net sbcglobal.net fastmail.com zoho.com
        yandex.com qq.com 163.com rediffmail.com uol.com.br example.com example.org example.net
        test.com email.com""".split()
)
_TOP = """com com com com com com org org net io co co.uk co.uk de fr edu gov info biz app dev health us ca com.au
    eu nl example example example example test invalid local it es se no dk fi pl pt ie ch at be cz jp cn in
    com.br mx co.za co.nz com.sg nz au ac.uk org.uk gov.uk nhs.uk me tv ai cloud online shop store xyz site
    tech clinic care law bank news club team works email""".split()
_COMPANY_WORDS = Pool(
    """bright north blue green silver summit river stone cloud data health care lake star nova
        apex vertex prime core wave path way point light field tech soft works group labs media
        link net home trade bank pay med bio eco solar agri logi trans inter metro urban global
        first true clear swift quick smart open next iron oak pine fox hawk lion bear wolf atlas
        orbit pulse spark forge craft mint leaf root seed bloom harbor anchor compass bridge
        tower peak""".split()
)


def ascii_word(text: str) -> str:
    """Letters of a name as they appear in mail addresses."""
    text = text.replace("ß", "ss").replace("ø", "o").replace("Ø", "O").replace("ł", "l")
    flat = unicodedata.normalize("NFKD", text)
    return re.sub(r"[^A-Za-z0-9]", "", flat).lower() or "x"


def host(rng: random.Random, held_out: bool = False) -> str:
    """A domain: a company's, or of any words."""
    if rng.random() < 0.5:
        return f"{_domain_word(rng, held_out)}.{rng.choice(_TOP)}"
    word = _COMPANY_WORDS.draw(rng, held_out) + rng.choice(
        ["", "", _COMPANY_WORDS.draw(rng, held_out)]
    )
    if rng.random() < 0.15:
        word += f"-{_COMPANY_WORDS.draw(rng, held_out)}"
    if rng.random() < 0.1:
        return f"{rng.choice(['example', 'test', 'acme'])}.{rng.choice(_TOP)}"
    if rng.random() < 0.12:
        return (
            f"{rng.choice('''mail corp portal clinic cs hr'''.split())}.{word}.{rng.choice(_TOP)}"
        )
    return f"{word}.{rng.choice(_TOP)}"


def _domain_word(rng: random.Random, held_out: bool) -> str:
    """``tinylathe``, ``harlow-law``, ``weekly.spade``."""
    words = [
        ascii_word(last_names(rng.choice(["en_US", "en_GB", "de_DE", "it_IT"])).draw(rng, held_out))
        if rng.random() < 0.2
        else rng.choice(things())
        for _ in range(rng.choice([1, 2, 2, 2, 3]))
    ]
    if rng.random() < 0.1:
        words.append(str(rng.randint(1, 2030)))
    return rng.choice(["", "", "", "-", "-", "."]).join(words)


def _local(world: World, person: Person) -> str:
    rng = world.rng
    first, last = ascii_word(person.given), ascii_word(person.family)
    number = rng.choice(["", "", "", str(rng.randint(1, 99)), str(person.birth.year),
                         f"{person.birth.year % 100:02d}", str(rng.randint(100, 9999))])  # fmt: skip
    local = rng.choice(
        [f"{first}.{last}{number}", f"{first}{last}{number}", f"{first[0]}{last}{number}",
         f"{first}_{last}{number}", f"{first}{last[0]}{number}", f"{first[0]}.{last}{number}",
         f"{last}.{first}{number}", f"{last}{first[0]}{number}", f"{first}-{last}", f"{first}{number}",
         f"{first}.{last}", f"{last}{number}", f"{first[0]}{ascii_word(person.middle)[0]}{last}"]
    )  # fmt: skip
    roll = rng.random()
    if roll < 0.08:
        one, two = (rng.choice(nouns() if rng.random() < 0.4 else things()) for _ in range(2))
        return one + rng.choice([".", "_", "-", ""]) + two + number
    if roll < 0.1:
        return rng.choice(
            [rng.choice(things()), first[0] + last[0], first[0], first[:3], number or last]
        )
    if roll < 0.13:
        local += f"+{rng.choice(['news', 'work', 'shop', 'spam', 'test', 'bills'])}"
    elif roll < 0.17:
        local = local.title() if "." in local else local.capitalize()
    return local


@maker("email", kept=True)
def email(world: World, person: Person) -> Part:
    """The person's own address."""
    rng = world.rng
    where = _MAIL_HOSTS.draw(rng) if rng.random() < 0.5 else host(rng, world.held_out)
    text = f"{_local(world, person)}@{where}"
    if rng.random() < 0.03:
        text = text.upper()
    return Node("email", (text,))


@maker("role_email")
def role_email(world: World, person: Person) -> Part:
    """``billing@…``: still a mail address."""
    role = world.rng.choice(
        """support info billing sales hello help contact hr jobs accounts office admin press
            invoices returns noreply no-reply service team legal privacy claims bookings hey ask mail post
            news media editor reception records orders shop studio frontdesk volunteer rsvp desk
            feedback abuse security webmaster postmaster member members letters tickets""".split()
    )
    return Node("email", (f"{role}@{host(world.rng, world.held_out)}",))


def _phone(world: World, person: Person) -> str:
    text = fill(world.rng, world.rng.choice(person.country.phones))
    if world.chance(0.04):
        text = text.replace("-", "\u2011" if world.chance(0.3) else "\u2013")
    return text


@maker("phone_number")
def phone_number(world: World, person: Person) -> Part:
    return Node("phone_number", (_phone(world, person),))


@maker("fax_number")
def fax_number(world: World, person: Person) -> Part:
    return Node("fax_number", (_phone(world, person),))


@maker("user_name", kept=True)
def user_name(world: World, person: Person) -> Part:
    rng = world.rng
    roll = rng.random()
    first, last = ascii_word(person.given), ascii_word(person.family)
    number = rng.choice(
        ["", str(rng.randint(1, 99)), str(rng.randint(100, 2025)), "_" + str(rng.randint(1, 99))]
    )
    word, other = (rng.choice(nouns() if rng.random() < 0.5 else things()) for _ in range(2))
    if roll < 0.5:
        text = rng.choice(
            [f"{first}{last}{number}", f"{first[0]}{last}{number}", f"{first}_{last}{number}",
             f"{first[:4]}{last[:3]}{number}", f"{first[0]}{last[:5]}_{rng.randint(1, 99)}",
             f"{first}.{last}", f"{last}{first[0]}{number}", f"{first}{number}", f"{last}_{first[0]}",
             f"{first}{last[0]}{number}", f"{last[:6]}{rng.randint(10, 999)}", f"{first}-{last[0]}"]
        )  # fmt: skip
    elif roll < 0.85:
        text = rng.choice(
            [f"{word}_{other}{number}", f"{word.title()}{other.title()}{number}", f"{word}{number}",
             f"the_{word}_{other}", f"x{word.title()}x{number}", f"{first}_the_{word}",
             f"{word}.{other}", f"{word}{other}{rng.randint(1, 999)}", f"real{first.title()}{number}",
             f"{first}loves{word}", f"mr{word}{number}", f"{word}queen{number}", f"xX_{word}_Xx"]
        )  # fmt: skip
    else:
        text = fill(
            rng, rng.choice(["u######", "^^####", "~~~###", "~~####", "usr_&&&&&&", "~#####"])
        )
    if rng.random() < 0.1:
        text = text.capitalize()
    return Node("user_name", (text,))


@maker("handle")
def handle(world: World, person: Person) -> list[Part]:
    """``@name``: the sign is not part of the name."""
    made = user_name(world, person)
    assert isinstance(made, Node)
    return ["@", Node("user_name", (str(made.parts[0]).replace(".", "_").replace("-", "_"),))]


@maker("url")
def url(world: World, person: Person) -> Part:
    rng = world.rng
    scheme = rng.choice(
        ["https://", "https://", "https://", "http://", "", "www.", "https://www.", "ftp://"]
    )
    where = host(rng, world.held_out)
    if scheme in ("https://", "http://") and rng.random() < 0.25:
        where = (
            f"{rng.choice(['portal', 'app', 'my', 'api', 'login', 'docs', 'shop', 'm'])}.{where}"
        )
    path = ""
    depth = rng.choice([0, 0, 1, 1, 1, 2, 2, 3]) if scheme else rng.choice([0, 1, 1])
    for _ in range(depth):
        path += "/" + rng.choice(
            [rng.choice(nouns()), rng.choice(nouns()), str(rng.randint(1, 99999)), "p", "users",
             "u", "account", "reset", fill(rng, "&&&&&&&&"), f"{rng.choice(nouns())}-{rng.choice(nouns())}",
             ascii_word(person.given), f"~{ascii_word(person.family)}", "view", "en", "about"]
        )  # fmt: skip
    if depth and rng.random() < 0.25:
        path += rng.choice([".html", ".php", ".pdf", "/", "/index.html"])
    if depth and rng.random() < 0.18:
        path += f"?{rng.choice('''id token ref user q session'''.split())}={fill(rng, rng.choice(['####', '&&&&&&&&', '~~~~~']))}"
    if scheme == "" and not path and rng.random() < 0.5:
        path = "/" + rng.choice(nouns())
    return Node("url", (f"{scheme}{where}{path}",))


@maker("profile_url")
def profile_url(world: World, person: Person) -> Part:
    made = ascii_word(person.given) + world.rng.choice(["", "-", "."]) + ascii_word(person.family)
    site = world.rng.choice(
        ["linkedin.com/in/", "github.com/", "facebook.com/", "instagram.com/", "twitter.com/",
         "www.linkedin.com/in/", "https://www.linkedin.com/in/", "https://github.com/",
         "https://x.com/", "t.me/", "medium.com/@", "https://orcid.org/0000-0002-"]
    )  # fmt: skip
    if site.endswith("0002-"):
        made = fill(world.rng, "####-####")
    return Node("url", (site + made,))
