"""Names of fields without values: schemas, interfaces, options, blank forms. Nobody is in them."""

from __future__ import annotations

from training.generator.families.tools import Parts, join, line, say
from training.generator.registry import family
from training.generator.rules.fields import FIELDS, PLAIN_FIELDS, field_name
from training.generator.world import World

#: Fields of which programs have more than of others.
_COMMON = (
    "email", "form_name", "first_name", "last_name", "phone_number", "user_name", "password", "address", "city",
    "country", "postcode", "dob", "ssn", "stamp", "customer_id", "api_key", "url", "ipv4", "account_number", "card",
)  # fmt: skip
_NUMBER = "[1|2|4|8|10|12|16|20|32|36|40|64|80|100|120|128|200|255|500|1000]"
_SQL_TYPE = (
    f"[text|TEXT|varchar({_NUMBER})|VARCHAR({_NUMBER})|nvarchar({_NUMBER})|char({_NUMBER})|CHAR({_NUMBER})|int|INT|integer|INTEGER|bigint|BIGINT|"
    "bigserial|SERIAL|smallint|int4|float8|boolean|BOOLEAN|date|DATE|datetime|DATETIME|timestamp|TIMESTAMP|time|timestamp with time zone|"
    "smalldatetime|numeric(10,2)|DECIMAL(8, 2)|double precision|money|real|uuid|UUID|jsonb|json|citext|tsvector|inet|cidr|macaddr|blob|BLOB|"
    "clob|longtext|mediumtext|tinyint(1)|bit|enum('{noun}','{noun}')|{noun}_type|varbinary(64)|hstore|interval|point|xml]"
)
_SQL_REST = (
    "[||| NOT NULL| not null| NULL| UNIQUE| unique not null| PRIMARY KEY| primary key| DEFAULT NULL| DEFAULT 0| DEFAULT ''| default false|"
    " DEFAULT CURRENT_TIMESTAMP| REFERENCES {nouns} (id)| REFERENCES {noun}({noun}_id) ON DELETE CASCADE| CHECK (length({noun}) > 3)|"
    " GENERATED ALWAYS AS IDENTITY| COMMENT '{np}'| COLLATE nocase|  -- {np}| -- {clause}]"
)
_CODE_TYPE = (
    "[string|str|String|int|Int|number|bool|boolean|Boolean|float|Date|datetime|date|UUID|bytes|any|object|Optional\\[str\\]|str \\| None|"
    "list\\[str\\]|string\\[\\]|List<String>|Vec<u8>|Option<String>|i64|u32|uint64|int32|int64|\\[\\]byte|ID|ID!|String!|EmailStr|SecretStr|"
    "CharField|Decimal|LocalDate|{Noun}|{Noun}Type|{Noun} \\| null|Map<string, {Noun}>]"
)


def _name(world: World, style: str) -> str:
    """A field's name, now and then with what programs put around it."""
    rng = world.rng
    roll = rng.random()
    source = _COMMON if roll < 0.5 else list(FIELDS) if roll < 0.85 else list(PLAIN_FIELDS)
    name = field_name(rng, rng.choice(source), style)
    if style in ("snake", "kebab") and rng.random() < 0.2:
        gap = "_" if style == "snake" else "-"
        extra = rng.choice(
            ["hash", "salt", "verified", "encrypted", "count", "status", "type", "file", "path", "ref", "masked"]
        )  # fmt: skip
        return f"{name}{gap}{extra}" if rng.random() < 0.8 else f"is{gap}{name}{gap}{extra}"
    return name


def _names(world: World, style: str, least: int = 2, most: int = 9) -> list[str]:
    return list(dict.fromkeys(_name(world, style) for _ in range(world.rng.randint(least, most))))


def _rows(world: World, names: list[str], template: str) -> list[Parts]:
    """A row of each name: it stands for ``¤``, and for ``¦`` padded, so that columns align."""
    width = max(map(len, names)) + world.rng.choice([1, 2, 4])
    return [
        [
            part.replace("¦", name.ljust(width)).replace("¤", name)
            if isinstance(part, str)
            else part
            for part in line(world, template)
        ]
        for name in names
    ]


@family("schema", 1.5, prose=False)
def table_schema(world: World) -> Parts:
    """Tables of a database as they are created and changed."""
    rng = world.rng
    names = _names(world, rng.choice(["snake", "snake", "snake", "constant", "camel"]))
    gap, indent = rng.choice(["¤ ", "¦"]), rng.choice(["    ", "  ", "\t", ""])
    rows = _rows(world, names, f"{indent}{gap}{_SQL_TYPE}{_SQL_REST}")
    if rng.random() < 0.3:
        rows.append(
            line(
                world,
                f"{indent}[PRIMARY KEY|UNIQUE|CONSTRAINT {{noun}}_{{noun}} CHECK|FOREIGN KEY|INDEX {{noun}}_idx] ({rng.choice(names)})",
            )
        )
    head = line(
        world,
        "[|||-- {clause}\n|/* {np} */\n|BEGIN;\n]"
        '[CREATE TABLE|create table|CREATE TABLE IF NOT EXISTS|CREATE TEMP TABLE] [{nouns}|{noun}_{nouns}|public.{nouns}|`{noun}`|"{nouns}"] (\n',
    )
    tail = line(
        world,
        "\n)[;||;| ENGINE=InnoDB;| PARTITION BY RANGE ({noun});]"
        f"[||\nCREATE INDEX ON {{nouns}} ({rng.choice(names)});|\nALTER TABLE {{nouns}} ADD COLUMN {rng.choice(names)} {_SQL_TYPE}{_SQL_REST};|"
        f"\nALTER TABLE {{nouns}} DROP COLUMN {rng.choice(names)};|\nGRANT SELECT ({rng.choice(names)}) ON {{nouns}} TO {{noun}};|\nCOMMIT;]",
    )
    return [*head, *join(rows, ",\n"), *tail]


@family("schema", 1.5, prose=False)
def code_interface(world: World) -> Parts:
    """Types of a program: messages, classes, models, fragments of them."""
    rng = world.rng
    kind = rng.choice(["typescript", "python", "proto", "struct", "graphql", "prisma", "openapi"])
    style = "camel" if kind in ("typescript", "graphql", "prisma") else "snake"
    names = _names(world, style)
    if kind == "openapi":
        rows = _rows(
            world,
            names,
            "  ¤:\n    type: [string|integer|boolean|object|array]"
            '[|\n    format: [email|date|date-time|password|uuid|uri|ipv4]|\n    description: {np}|\n    maxLength: {number_plain}|\n    nullable: true|\n    pattern: "^\\[0-9\\]+$"]',
        )
        return [*line(world, "[{Noun}:\n  type: object\n  ||required:\n  - id\n]properties:\n"), *join(rows, "\n")]  # fmt: skip
    template = {
        "typescript": f"  [|readonly ]¤[:|?:] {_CODE_TYPE};[|| // {{np}}]",
        "python": f'    ¤: {_CODE_TYPE}[|| = None| = ""| = Field(...)| = Field(max_length={_NUMBER})|  # {{np}}]',
        "proto": "  [|optional |repeated ][string|int32|int64|bool|bytes|google.protobuf.Timestamp|{Noun}] ¤ = [1|2|3|4|5|6|7|8|12|15];",
        "struct": f'    [|pub ]¦{_CODE_TYPE}[,| `json:"¤"`|;|]',
        "graphql": f"  ¤: {_CODE_TYPE}[|| @deprecated| # {{np}}]",
        "prisma": "  ¦[String|Int|DateTime|Boolean|Json]?[| @unique| @id| @default(now())|]",
    }[kind]
    head = {
        "typescript": "[export |][interface|type] {Noun}[ =|] \\{",
        "python": '[@dataclass\n|]class {Noun}[(BaseModel)|({Noun}):|:|(models.Model):][\n    """{clause}."""|]',
        "proto": "message {Noun} \\{",
        "struct": "[type {Noun} struct \\{|pub struct {Noun} \\{|struct {Noun} \\{]",
        "graphql": "[type|input] {Noun} \\{",
        "prisma": "model {Noun} \\{",
    }[kind]
    rows = _rows(world, names, template)
    end: Parts = [] if kind == "python" else ["\n}"]
    return [*line(world, head), "\n", *join(rows, "\n"), *end]


@family("schema", 1.5, prose=False)
def options_help(world: World) -> Parts:
    """What a command prints about its options."""
    rng = world.rng
    names = _names(world, "kebab", 2, 7)
    width = max(map(len, names)) + 14
    rows: list[Parts] = []
    for name in names:
        value = rng.choice(
            [
                "",
                name.upper(),
                "NAME",
                "FILE",
                "PATH",
                "N",
                "VALUE",
                "<string>",
                f"<{name}>",
                "{noun}",
            ]
        )
        short = rng.choice([f"-{name[0]}, ", f"-{name[0].upper()}, ", "    ", ""])
        left = f"  {short}--{name}{rng.choice([' ', '='])}{value}".rstrip("= ")
        rows.append(
            [
                *line(world, left.replace("[", "\\[").ljust(width)),
                *line(
                    world,
                    "[{verb} [the|a|every] {noun}|{np}|[the|a] {noun} to {verb}|do not {verb} {nouns}|{verb} {nouns} from [a|the] {noun}, not [the|a] {noun}|"
                    "read [it|the {noun}|the password|the token|the key] from [a {noun}|the environment|standard input|a file|the keyring]|"
                    "how many {nouns} to {verb}|{noun} of the {noun}|ask for [the|a] [password|PIN|passphrase|token]|as which user to {verb}|"
                    "may be given [twice|again|more than once]|same as --{noun} {noun}|print [the version|this help|{nouns}] and exit]"
                    "[|||.| (default: {noun})| (default: {number_plain})| \\[required\\]| (deprecated)]",
                ),
            ]
        )
    head = line(
        world,
        "[usage:|Usage:|Usage is] {noun}[ \\[-h\\]| \\[OPTIONS\\]| \\[options\\] FILE...| <command> \\[flags\\]]\n[\n{clause}.\n\n|\n|\n[options|Options|optional arguments|Flags|flags]:\n]",
    )
    tail = line(world, "[||\n\n{Clean}|\n\nExample: {noun} --{noun} {noun}.{noun}|\n\nSee also: {noun}(1), {noun}(5)]")  # fmt: skip
    return [*head, *join(rows, "\n"), *tail]


@family("schema", 1.5)
def data_dictionary(world: World) -> Parts:
    """What each field is for: documentation, forms' hints, messages about mistakes, blank forms."""
    rng = world.rng
    style = rng.choice(["snake", "camel", "title", "sentence", "lower"])
    names = _names(world, style, 2, 7)
    template = rng.choice(
        [
            "| ¤ | [string|text|integer|date|boolean|enum|object] | [yes|no|required|optional|-] | [{clause}|{np}|as on the [card|form|letter]|[the|a] {noun} of the {noun}|never logged|may be empty]. |",
            "- `¤` ([string|integer|date|boolean|array][|, optional|, required]): [{np}|{clause}|used to {verb} {nouns}|the {noun}'s {noun}|write-only|[format|pattern] as in {np}].",
            "¤: [string|text|date|required|optional|number|max. {number_plain} characters|as printed|free text|[one|any] of {noun}, {noun}, {noun}]",
            "¤ - [{np}|{clause}|how we {verb} {nouns}|needed to {verb} {np}|kept for {number_plain} [days|months|years]|shown to nobody]",
            "[The|Your] ¤ [is|must be] [required|invalid|missing|too long|too short|unique|encrypted|in block capitals|left blank|already in use|masked]. [Enter|Check|Correct|Confirm] it[.| and {verb} {np}.]",
            "¤[: |:  | ][______________|................|\\[ \\]|\\[          \\]|____ / ____ / ____|__________ (block capitals)|(please print)|(for {noun} use only)|(if any)]",
            '"¤.[invalid|missing|label|hint]": "[Please enter|Enter|Check|We need|Forgot] [your|a valid|the] [{noun}|{np}|name|email|phone number|date of birth|card number|address|account number][.|?|]"',
            "¤ -> [{noun}_{noun}|{noun}|dropped|masked|hashed|{Noun}.{noun}]",
        ]
    )
    rows = _rows(world, names, template)
    if rng.random() < 0.4:
        rows.insert(
            0, line(world, "[[Fields|Columns|Parameters|Attributes|{Thing} {noun}|Table {noun}]:|{clause}.|# {Thing} {noun}\n]")
        )  # fmt: skip
    if rng.random() < 0.3:
        rows.append(say(world, "Clean"))
    return join(rows, "\n")
