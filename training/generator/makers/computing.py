"""What computers know people by: addresses, secrets, cookies."""

from __future__ import annotations

import random
import string

from training.generator.makers.contact import ascii_word
from training.generator.pools import nouns
from training.generator.text import Node, Part
from training.generator.world import Person, World, fill, maker

_ALNUM = string.ascii_letters + string.digits


def _random(rng: random.Random, length: int, letters: str = _ALNUM) -> str:
    return "".join(rng.choice(letters) for _ in range(length))


@maker("ipv4")
def ipv4(world: World, person: Person) -> Part:
    rng = world.rng
    head = rng.choice(
        ["10.{}.{}.{}", "192.168.{}.{}", "172.16.{}.{}", "{}.{}.{}.{}", "{}.{}.{}.{}", "203.0.113.{}",
         "198.51.100.{}", "192.0.2.{}", "172.31.{}.{}", "100.64.{}.{}"]
    )  # fmt: skip
    parts = [rng.randint(1, 254) for _ in range(head.count("{}"))]
    return Node("ipv4", (head.format(*parts),))


@maker("ipv6")
def ipv6(world: World, person: Person) -> Part:
    rng = world.rng
    groups = [fill(rng, "&" * rng.choice([4, 4, 4, 3, 2, 1])) for _ in range(8)]
    head = rng.choice(["2001:db8", "2001:0db8", "fe80", "fd00", "2a02:" + groups[0], "2607:f8b0",
                       "2a00:1450", "2400:cb00", f"{groups[1]}:{groups[2]}"])  # fmt: skip
    roll = rng.random()
    if roll < 0.35:
        text = f"{head}::{':'.join(groups[: rng.randint(1, 4)])}"
    elif roll < 0.55:
        text = f"{head}:{groups[3]}::{groups[4]}"
    else:
        text = ":".join((head.split(":") + groups)[:8])
    if rng.random() < 0.1:
        text = text.upper()
    return Node("ipv6", (text,))


@maker("mac_address", "mac")
def mac_address(world: World, person: Person) -> Part:
    rng = world.rng
    octets = [fill(rng, "&&") for _ in range(6)]
    gap = rng.choice([":", ":", ":", "-"])
    text = gap.join(octets)
    if rng.random() < 0.08:
        joined = "".join(octets)
        text = ".".join(joined[i : i + 4] for i in (0, 4, 8))
    return Node("mac_address", (text.upper() if rng.random() < 0.55 else text,))


@maker("password", kept=True)
def password(world: World, person: Person) -> Part:
    """Passwords as people choose them, and as managers make them."""
    rng = world.rng
    word = rng.choice(nouns())
    leet = word.replace("a", "@").replace("o", "0").replace("e", "3").replace("i", "1").capitalize()
    number = str(rng.choice([rng.randint(1, 99), rng.randint(1950, 2025), rng.randint(100, 9999)]))
    sign = rng.choice("!@#$%&*?")
    name = ascii_word(person.given)
    text = rng.choice(
        [f"{word.capitalize()}{number}{sign}", f"{leet}{number}", f"{leet}{sign}{number}", f"{name}{number}",
         f"{name.capitalize()}{sign}{number}", f"{word}{number}", f"{word}-{rng.choice(nouns())}-{rng.choice(nouns())}",
         _random(rng, rng.randint(8, 16)), _random(rng, rng.randint(8, 12)) + sign + _random(rng, 2),
         f"{word}{sign}{number}", f"My{word.capitalize()}{number}{sign}", f"{sign}{leet}{sign}{number}",
         f"{rng.choice(['Winter', 'Summer', 'Spring', 'Autumn'])}{rng.randint(2015, 2026)}{sign}",
         f"{word.capitalize()}_{rng.choice(nouns()).capitalize()}{number}", _random(rng, 10) + sign + _random(rng, 3),
         rng.choice(["hunter2", "letmein", "P@ssw0rd", "qwerty123", "Passw0rd!", "iloveyou1", "admin123",
                     "welcome1", "abc123", "Tr0ub4dor&3", "correcthorse", "S3cret!", "changeme"]),
         f"{leet}{rng.choice(nouns())}{number}"]
    )  # fmt: skip
    return Node("password", (text,))


@maker("api_key")
def api_key(world: World, person: Person) -> Part:
    rng = world.rng
    lower = string.ascii_lowercase + string.digits
    text = rng.choice(
        ["sk_live_" + _random(rng, 24), "sk_test_" + _random(rng, 24), "pk_live_" + _random(rng, 24),
         "AKIA" + _random(rng, 16, string.ascii_uppercase + "234567"), "ghp_" + _random(rng, 36),
         "xoxb-" + fill(rng, "############-") + _random(rng, 24), "AIza" + _random(rng, 35),
         "sk-proj-" + _random(rng, 32), fill(rng, "&" * 32), fill(rng, "&" * 40), _random(rng, 40),
         "glpat-" + _random(rng, 20), "npm_" + _random(rng, 36), "key-" + fill(rng, "&" * 32),
         "SG." + _random(rng, 22) + "." + _random(rng, 20), "hf_" + _random(rng, 34),
         "eyJ" + _random(rng, 24) + "." + _random(rng, 30) + "." + _random(rng, 28),
         _random(rng, 20, lower) + "==", "api_" + _random(rng, 20, lower), "tok_" + _random(rng, 18),
         fill(rng, "&&&&&&&&-&&&&-&&&&-&&&&-&&&&&&&&&&&&"), "dop_v1_" + fill(rng, "&" * 32),
         "rk_" + _random(rng, 22), "Bearer-" + _random(rng, 20), _random(rng, 26) + "/" + _random(rng, 13)]
    )  # fmt: skip
    return Node("api_key", (text,))


@maker("http_cookie")
def http_cookie(world: World, person: Person) -> Part:
    rng = world.rng
    name = rng.choice(
        ["session_id", "sessionid", "PHPSESSID", "JSESSIONID", "sid", "_ga", "csrftoken", "auth_token",
         "remember_me", "connect.sid", "uid", "ASP.NET_SessionId", "user_session", "_fbp", "tracking_id"]
    )  # fmt: skip
    value = rng.choice(
        [fill(rng, "&" * rng.choice([16, 24, 32])), _random(rng, rng.randint(12, 26)),
         f"GA1.2.{fill(rng, '#########')}.{fill(rng, '##########')}", fill(rng, "&&&&&&&&-&&&&-&&&&")]
    )  # fmt: skip
    text = f"{name}={value}"
    roll = rng.random()
    if roll < 0.2:
        text += rng.choice(["; Path=/", "; path=/; HttpOnly", "; Secure", "; HttpOnly"])
    elif roll < 0.35:
        text += f"; {rng.choice(['theme', 'lang', 'csrf'])}={rng.choice(['dark', 'en', fill(rng, '&&&&&&')])}"
    return Node("http_cookie", (text,))


@maker("hash_plain")
def hash_plain(world: World, person: Person) -> Part:
    """Commit and file hashes: no entity, though they look like keys."""
    return fill(world.rng, "&" * world.rng.choice([7, 8, 12, 40, 40, 64]))


@maker("port_plain")
def port_plain(world: World, person: Person) -> Part:
    return str(
        world.rng.choice(
            [22, 53, 80, 443, 3000, 3306, 5000, 5432, 6379, 8000, 8080, 8443, 9090, 27017]
        )
    )


@maker("placeholder")
def placeholder(world: World, person: Person) -> Part:
    """What stands where a secret would: no entity."""
    return world.rng.choice(
        ["<your-api-key>", "YOUR_API_KEY", "********", "xxxxxxxx", "REDACTED", "<password>", "${SECRET}",
         "{{ token }}", "changeme-please", "TBD", "n/a", "N/A", "none", "null", "***", "XXX-XX-XXXX",
         "<insert value>", "[removed]", "not provided", "unknown", "-", "to be confirmed"]
    )  # fmt: skip
