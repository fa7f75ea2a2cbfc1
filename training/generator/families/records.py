"""Data: JSON, tables, markup, dumps, lists."""

from __future__ import annotations

import json

from training.generator.families.tools import Parts, field_style, fields, join, line
from training.generator.registry import family
from training.generator.rules.fields import field_name
from training.generator.text import plain
from training.generator.world import World


def _escaped(value: Parts) -> Parts:
    """Values that need no JSON escapes, which would change their text."""
    text = plain(value)
    return value if json.dumps(text, ensure_ascii=False) == f'"{text}"' else ["n/a"]


def _object(world: World, style: str, count: int, indent: str) -> Parts:
    out: Parts = ["{", indent]
    rows = fields(world, count, style)
    for index, (name, value) in enumerate(rows):
        safe = _escaped(value)
        number = plain(safe).isdigit() and not plain(safe).startswith("0") and world.chance(0.5)
        quote = "" if number else '"'
        colon = world.rng.choice([": ", ": ", ":"]) if indent else ":"
        out += [f'"{name}"{colon}{quote}', *safe, quote]
        out.append(("," + (indent or " ")) if index + 1 < len(rows) else "")
    return [*out, indent[: max(0, len(indent) - 2)], "}"]


@family("json", 2.5, prose=False)
def json_record(world: World) -> Parts:
    """One object or a few."""
    rng = world.rng
    style = field_style(rng, code=True)
    indent = rng.choice(["", "\n  ", "\n    "])
    count = rng.randint(2, 9)
    if world.chance(0.7):
        return _object(world, style, count, indent)
    out: Parts = ["["]
    for index in range(rng.randint(2, 3)):
        world.focus = str(index + 1)
        out += [", " if index else "", *_object(world, style, min(count, 4), "")]
    return [*out, "]"]


@family("json", 1, prose=False)
def json_event(world: World) -> Parts:
    """An event with an object in it."""
    style = field_style(world.rng, code=True)
    head = line(
        world,
        '\\{"event": "[login|signup|update|error|{noun}]", "ts": "{stamp}", "[user|data|payload]": ',
    )
    return [str(p).replace("\\", "") if isinstance(p, str) else p for p in head] + [
        *_object(world, style, world.rng.randint(2, 6), ""), "}"
    ]  # fmt: skip


def _table(world: World, separator: str, rows: int, header: bool) -> Parts:
    rng = world.rng
    style = field_style(rng, code=True) if world.chance(0.6) else "title"
    count = rng.randint(3, 8)
    from training.generator.rules.fields import FIELDS, PLAIN_FIELDS

    slots = rng.sample([*FIELDS], count) + (
        [rng.choice([*PLAIN_FIELDS])] if world.chance(0.4) else []
    )
    out: list[Parts] = []
    if header:
        out.append([separator.join(field_name(rng, slot, style) for slot in slots)])
    for index in range(rows):
        world.focus = str(index + 1)
        cells: list[Parts] = []
        for slot in slots:
            value = world.value(slot)
            cell: Parts = list(value) if isinstance(value, (list, tuple)) else [value]
            text = plain(cell)
            if separator == "," and ("," in text or "\n" in text):
                cell = ['"', *cell, '"'] if '"' not in text else [""]
            elif world.chance(0.05):
                cell = [""]
            cells.append(cell)
        out.append(join(cells, separator))
    return join(out, "\n")


@family("csv", 2, prose=False)
def csv_rows(world: World) -> Parts:
    """Comma-separated, with or without a header."""
    return _table(world, ",", world.rng.randint(1, 4), world.chance(0.75))


@family("csv", 1, prose=False)
def tsv_rows(world: World) -> Parts:
    """Other separators."""
    return _table(
        world,
        world.rng.choice(["\t", ";", "|", " | "]),
        world.rng.randint(1, 4),
        world.chance(0.75),
    )


@family("table", 1, prose=False)
def markdown_table(world: World) -> Parts:
    """A table with bars, or with spaces."""
    body = _table(world, " | ", world.rng.randint(1, 4), True)
    out: Parts = ["| "]
    for part in body:
        if isinstance(part, str) and "\n" in part:
            part = part.replace("\n", " |\n| ")
        out.append(part)
    return [*out, " |"]


@family("key-value", 2, prose=False)
def key_values(world: World) -> Parts:
    """Pairs in every notation."""
    rng = world.rng
    style = field_style(rng)
    gap = rng.choice([": ", "=", " = ", " -> ", ":", "\t", " | "])
    rows = [[f"{name}{gap}", *value] for name, value in fields(world, rng.randint(2, 10), style)]
    return join(rows, rng.choice(["\n", "\n", ", ", "; ", " | ", "&"]) if gap != " | " else "\n")


@family("list", 1.2, prose=False)
def bullet_list(world: World) -> Parts:
    """Bulleted values, with or without names."""
    rng = world.rng
    mark = rng.choice(["- ", "* ", "\u2022 ", "\u2013 ", "\u2713 "])
    rows = []
    for name, value in fields(world, rng.randint(2, 8), rng.choice(["title", "lower", "sentence"])):
        rows.append(
            [mark, rng.choice([f"{name}: ", f"**{name}**: ", f"{name} - ", f"{name} "]), *value]
        )
    head = (
        line(world, "[{Noun}|{full_name}|Details|Contacts|{company}|Notes][:|]\n")
        if world.chance(0.5)
        else []
    )
    return [*head, *join(rows, "\n")]


@family("list", 1, prose=False)
def contact_list(world: World) -> Parts:
    """People, one to a line."""
    rng = world.rng
    row = rng.choice(
        ["{plain_name}, {phone_number}, {email}", "{name_last_first} - {phone_number}", "{plain_name} <{email}>",
         "{plain_name} ({occupation}), {company}", "{plain_name}\t{employee_id}\t{email}", "{name_last_first}; {dob}; {city}",
         "{user_name} {email} {ipv4}", "{form_name} / {address}", "{first_name}: {phone_number}", "{plain_name}, {age}, {city}",
         "{name_caps} {mrn} {dob}", "{plain_name} [{money}|{date}|{time}]"]
    )  # fmt: skip
    rows = []
    for index in range(rng.randint(2, 7)):
        world.focus = str(index + 1)
        mark = rng.choice(["", "", f"{index + 1}. ", "- "]) if index == 0 else mark  # noqa: F821
        rows.append([mark if not mark[:1].isdigit() else f"{index + 1}. ", *line(world, row)])
    return join(rows, "\n")


@family("sql", 1.2, prose=False)
def sql_dump(world: World) -> Parts:
    """Inserts and updates."""
    rng = world.rng
    rows = []
    for _ in range(rng.randint(1, 3)):
        found = [
            (n, v) for n, v in fields(world, rng.randint(2, 7), "snake") if "'" not in plain(v)
        ]
        if not found:
            continue
        if world.chance(0.75):
            names = ", ".join(n for n, _ in found)
            cells = join([["'", *v, "'"] for _, v in found], ", ")
            rows.append(
                [
                    *line(world, "[INSERT INTO|insert into] {nouns} "),
                    f"({names}) VALUES (",
                    *cells,
                    ");",
                ]
            )
        else:
            name, value = found[0]
            sets = join([[f"{n} = '", *v, "'"] for n, v in found[1:] or found], ", ")
            rows.append(
                [
                    *line(world, "[UPDATE|update] {nouns} "),
                    "SET ",
                    *sets,
                    f" WHERE {name} = '",
                    *value,
                    "';",
                ]
            )
    return join(rows or [line(world, "SELECT * FROM {nouns} WHERE email = '{email}';")], "\n")


@family("xml", 1.3, prose=False)
def xml_record(world: World) -> Parts:
    """Elements or attributes."""
    rng = world.rng
    style = field_style(rng, code=True)
    root = plain(line(world, "{noun}"))
    found = fields(world, rng.randint(2, 8), style)
    if world.chance(0.25):
        pairs = join([[f'{n}="', *v, '"'] for n, v in found if '"' not in plain(v)], " ")
        return [f"<{root} ", *pairs, "/>"]
    gap = rng.choice(["\n  ", "", "\n"])
    rows = [[f"<{n}>", *v, f"</{n}>"] for n, v in found]
    return [f"<{root}>", gap, *join(rows, gap), gap.rstrip(" "), f"</{root}>"]


@family("html", 1.2, prose=False)
def html_snippet(world: World) -> Parts:
    """A piece of a page."""
    rng = world.rng
    rows = []
    for name, value in fields(world, rng.randint(2, 6), "title"):
        row = rng.choice(
            [[f"<tr><td>{name}</td><td>", *value, "</td></tr>"], [f"<li>{name}: ", *value, "</li>"],
             [f"<p><b>{name}</b> ", *value, "</p>"], [f"<dt>{name}</dt><dd>", *value, "</dd>"],
             ["<span class='v'>", *value, "</span>"], [f"<label>{name}</label> ", *value, "<br>"]]
        )  # fmt: skip
        rows.append(list(row))
    if world.chance(0.4):
        rows.append(line(world, '<a href="mailto:{email}">{full_name}</a>'))
    if world.chance(0.3):
        rows.append(line(world, "<p>{Clean}</p>"))
    return join(rows, rng.choice(["\n", "", "\n"]))


@family("csv", 0.8, prose=False)
def query_string(world: World) -> Parts:
    """Pairs of a form that was posted."""
    found = [
        (n, v) for n, v in fields(world, world.rng.randint(2, 6), "snake") if " " not in plain(v)
    ]
    if not found:
        return line(world, "user={user_name}&email={email}")
    return join([[f"{n}=", *v] for n, v in found], "&")
