"""What families share: sentences, runs of prose, fields of a form."""

from __future__ import annotations

from collections.abc import Sequence

import training.generator.makers
import training.generator.rules  # noqa: F401 - registers them
from training.generator.grammar import expand
from training.generator.rules.fields import FIELDS, PLAIN_FIELDS, field_name, field_style
from training.generator.rules.statements_more import STATEMENTS
from training.generator.text import Node, Part, plain
from training.generator.world import World

__all__ = [
    "TOPICS",
    "Parts",
    "capital",
    "field_style",
    "fields",
    "join",
    "line",
    "paragraph",
    "prose",
    "say",
    "statements",
    "values",
]

Parts = list[Part]

#: Statements that belong together, by theme. Nothing keeps a family from mixing.
TOPICS: dict[str, tuple[str, ...]] = {
    "contact": ("name", "phone_number", "email", "address", "url", "fax_number", "city", "user_name"),
    "health": ("name", "medical_record_number", "date_of_birth", "age", "gender", "health_plan_beneficiary_number",
               "blood_type", "medication", "condition", "date", "time", "phone_number", "race_ethnicity",
               "religious_belief", "language", "occupation", "device_identifier"),
    "bank": ("name", "account_number", "bank_routing_number", "swift_bic", "credit_debit_card", "cvv", "pin",
             "monetary_amount", "tax_id", "ssn", "customer_id", "date", "codes", "address"),
    "work": ("name", "occupation", "company_name", "employee_id", "employment_status", "monetary_amount",
             "university", "degree", "field_of_study", "education_level", "date", "email", "language",
             "certificate_license_number", "address", "ssn", "tax_id"),
    "law": ("name", "court_name", "prison_detention_facility", "date", "address", "county", "state", "codes",
            "date_of_birth", "driver_license", "license_plate", "vehicle_identifier", "organization_name",
            "nationality", "certificate_license_number", "monetary_amount", "biometric_identifier"),
    "it": ("name", "user_name", "password", "ipv4", "ipv6", "mac_address", "api_key", "http_cookie", "url",
           "device_identifier", "date_time", "email", "unique_id", "codes", "customer_id", "pin"),
    "travel": ("name", "city", "country", "date", "time", "national_id", "phone_number", "landmark", "place_name",
               "codes", "nationality", "monetary_amount", "coordinate", "credit_debit_card", "email"),
    "person": ("name", "age", "gender", "city", "country", "occupation", "sexuality", "political_view",
               "race_ethnicity", "religious_belief", "language", "nationality", "date_of_birth", "university",
               "education_level", "employment_status", "place_name", "phone_number", "county"),
    "car": ("name", "license_plate", "vehicle_identifier", "driver_license", "address", "date", "time",
            "monetary_amount", "phone_number", "customer_id", "codes"),
    "any": tuple(STATEMENTS),
}  # fmt: skip


def line(world: World, template: str) -> Parts:
    """Pieces of a template."""
    return expand(template, world)


def capital(parts: Parts) -> Parts:
    """With a capital first letter, where the text begins outside an entity."""
    if parts and isinstance(parts[0], str) and parts[0][:1].islower():
        parts[0] = parts[0][0].upper() + parts[0][1:]
    return parts


def say(world: World, rule: str) -> Parts:
    """One sentence of a rule."""
    return capital(expand("{" + rule + "}", world))


def _pick(world: World, topic: str) -> str:
    names = TOPICS[topic]
    return world.rng.choices(names, [STATEMENTS[n] for n in names])[0]


def statements(world: World, count: int, topic: str = "any") -> list[Parts]:
    """Statements of a theme about the person in focus; now and then about somebody else."""
    found = []
    for _ in range(count):
        focus = world.focus
        if world.chance(0.12):
            world.focus = world.rng.choice(["3", "4", "*"])
        found.append(say(world, f"say.{_pick(world, topic)}"))
        world.focus = focus
    return found


def join(pieces: Sequence[Parts], separator: str = " ") -> Parts:
    """Pieces with a separator between them."""
    out: Parts = []
    for index, piece in enumerate(pieces):
        if index:
            out.append(separator)
        out.extend(piece)
    return out


def _closed(parts: Parts) -> Parts:
    """With an end mark, as running text has."""
    end = plain(parts)[-1:]
    if end and (end.isalnum() or end in ")\"'"):
        return [*parts, "."]
    return parts


def prose(
    world: World,
    facts: tuple[int, int],
    clean: tuple[int, int],
    topic: str = "any",
    rule: str = "any_clean",
) -> list[Parts]:
    """Statements and plain sentences in any order."""
    rng = world.rng
    found = [_closed(s) for s in statements(world, rng.randint(*facts), topic)]
    found += [say(world, rule) for _ in range(rng.randint(*clean))]
    rng.shuffle(found)
    return found


def paragraph(
    world: World,
    facts: tuple[int, int],
    clean: tuple[int, int],
    topic: str = "any",
    rule: str = "any_clean",
) -> Parts:
    """A paragraph of :func:`prose`, sometimes broken in two."""
    found = prose(world, facts, clean, topic, rule)
    if len(found) > 3 and world.chance(0.3):
        cut = world.rng.randint(1, len(found) - 1)
        return [*join(found[:cut]), world.rng.choice(["\n\n", "\n"]), *join(found[cut:])]
    return join(found)


def values(world: World, slot: str) -> Parts:
    """The value of a slot as a list."""
    value = world.value(slot)
    return list(value) if isinstance(value, (list, tuple)) else [value]


_HEAVY = ("form_name", "first_name", "last_name", "phone_number", "email", "street_address", "city", "postcode",
          "state", "dob", "date_figures", "address", "ssn", "user_name", "password", "country")  # fmt: skip


def fields(
    world: World, count: int, style: str, plain_share: float = 0.25
) -> list[tuple[str, Parts]]:
    """Distinct fields with values, in any order."""
    rng = world.rng
    names = [*FIELDS, *_HEAVY, *_HEAVY]
    chosen: dict[str, None] = {}
    while len(chosen) < count:
        source = list(PLAIN_FIELDS) if rng.random() < plain_share else names
        chosen[rng.choice(source)] = None
    found: dict[str, Parts] = {}
    for slot in chosen:
        name = field_name(rng, slot, style)
        if name not in found:
            found[name] = values(world, slot)
    return list(found.items())


def typed(type_name: str, parts: Sequence[Part]) -> Node:
    """Pieces as one entity."""
    return Node(type_name, tuple(parts))
