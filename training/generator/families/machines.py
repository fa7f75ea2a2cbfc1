"""What machines write and read: logs, configuration, code, dumps."""

from __future__ import annotations

from training.generator.families.tools import (
    Parts,
    field_style,
    fields,
    join,
    line,
    paragraph,
    say,
)
from training.generator.grammar import add_rules
from training.generator.registry import family
from training.generator.rules.fields import field_name
from training.generator.text import plain
from training.generator.world import World

add_rules(
    {
        "log.message": [
            "[user|User|account|login] {user_name} [logged in|logged out|failed login|locked|authenticated|created] [from |at |src |ip=]{ipv4}",
            "[Failed|Accepted] password for [invalid user |]{user_name} from {ipv4} port {port_plain} ssh2",
            "[request|GET|POST|PUT|DELETE] /[api/|v1/|]{noun}/{port_plain} [200|201|404|500|403] {measure_plain}",
            "[connection|session|client] [from|to] [{ipv4}|{ipv6}][:{port_plain}|] [closed|opened|refused|timed out|established]",
            "[DHCPACK|DHCPREQUEST|lease] [on|for] {ipv4} to {mac} [via eth0|({noun}-{noun})|]",
            "[sent|queued|bounced|delivered] [mail|message|notification] [to|for] <{email}> [id {hash_plain}|status=sent|size={port_plain}|]",
            "[payment|charge|refund] [of |amount=]{money} [card=|card ]{card} [approved|declined] [customer|cust][ |=]{customer_id}",
            "[cache|queue|worker|job|index] {noun} [rebuilt|started|stopped|failed|took {measure_plain}|retry {number_plain}]",
            "[loaded|starting|upgraded to|deployed] {noun}-{noun} {version}[ ({hash_plain})|]",
            "[token|api_key|key|Authorization: Bearer][=| |: ]{api_key} [rejected|accepted|expired|rotated]",
            "[cookie|Set-Cookie|header]: {http_cookie}",
            "[device|sensor|host|node] [{device_identifier}|{noun}-{port_plain}] [online|offline|battery {percent_plain}|heartbeat ok|reports {coordinate}]",
            "[patient|record|row|entity] [id=|][{unique_id}|{mrn}] [updated|read|exported] by [{user_name}|{employee_id}]",
            "[exception|error|panic|warning]: {noun} {verbed}[ at line {port_plain}| in {file_path}|: {error}]",
            "[disk|memory|cpu] usage {percent_plain}[, {measure_plain} free|]",
            "[invalid credentials|password mismatch|no such user|permission denied][ for {user_name}| from {ipv4}|]",
        ],
        "log.head": [
            "{stamp} [INFO|WARN|ERROR|DEBUG|NOTICE|CRITICAL] ",
            "\\[{stamp}\\] [INFO|WARN|ERROR|DEBUG]: ",
            "{stamp} {noun}-{port_plain} [sshd|kernel|nginx|cron|app|{noun}]\\[{port_plain}\\]: ",
            "[INFO|WARN|ERROR|DEBUG] {stamp} \\[{noun}\\] - ",
            "{ipv4} - [-|{user_name}] \\[{stamp}\\] ",
            "[I|E|W]{port_plain} {stamp} ",
            "level=[info|warn|error] ts={stamp} msg=",
            "",
        ],
    }
)


@family("log", 2, prose=False)
def log_lines(world: World) -> Parts:
    """Lines of one program."""
    head = world.rng.choice(["{log.head}", "{log.head}", "{stamp} ", "[info|warn|error]: "])
    rows = [
        [*line(world, head), *say(world, "log.message")] for _ in range(world.rng.randint(1, 6))
    ]
    return join(rows, "\n")


@family("log", 1, prose=False)
def log_audit(world: World) -> Parts:
    """Held out: who did what to which record, as pairs."""
    rows = []
    for _ in range(world.rng.randint(1, 4)):
        pairs = [
            line(world, "ts={stamp}"),
            line(world, "[actor|user|who]={user_name}"),
            line(world, "[action|event]=[read|write|login|export|delete]"),
        ]
        pairs += [[f"{n}=", *v] for n, v in fields(world, world.rng.randint(1, 4), "snake", 0.3)]
        rows.append(join(pairs, " "))
    return join(rows, "\n")


@family("log", 1, prose=False)
def access_log(world: World) -> Parts:
    """A web server's log."""
    row = ('{ipv4} - [-|-|{user_name}] \\[{stamp}\\] "[GET|POST|HEAD] /[{noun}|{noun}/{noun}|{noun}.html|api/{noun}?id={port_plain}|users/{user_name}] HTTP/1.1" '
           '[200|301|404|500|401] {port_plain}[ "{url}"| "-"|] [ "{noun}/{version}"|]')  # fmt: skip
    return join([line(world, row) for _ in range(world.rng.randint(1, 5))], "\n")


_SECRETS = (
    "password",
    "api_key",
    "user_name",
    "ipv4",
    "email",
    "url",
    "http_cookie",
    "mac",
    "ipv6",
    "pin",
)


def _settings(world: World, style: str, count: int) -> list[tuple[str, Parts]]:
    """Settings of a program: secrets and addresses among harmless ones."""
    found = fields(world, count // 2, style, 0.6)
    for slot in world.rng.sample(_SECRETS, min(len(_SECRETS), count - count // 2)):
        value = world.value(slot)
        parts = list(value) if isinstance(value, (list, tuple)) else [value]
        if world.chance(0.12):
            parts = list(line(world, "{placeholder}"))
        found.append((field_name(world.rng, slot, style), parts))
    world.rng.shuffle(found)
    return found


@family("config", 1.3, prose=False)
def config_env(world: World) -> Parts:
    """``.env`` files."""
    quote = world.rng.choice(["", "", '"', "'"])
    prefix = world.rng.choice(["", "", "APP_", "DB_", "export "])
    rows = [
        [f"{prefix}{name}={quote}", *value, quote]
        for name, value in _settings(world, "constant", world.rng.randint(2, 8))
    ]
    if world.chance(0.4):
        rows.insert(
            0,
            [
                "# ",
                *line(
                    world,
                    "[{noun} settings|do not commit|generated {date}|contact {email}|{company}]",
                ),
            ],
        )
    if world.chance(0.2):
        rows.append(
            line(world, "DATABASE_URL=postgres://{user_name}:{password}@{ipv4}:{port_plain}/{noun}")
        )
    return join(rows, "\n")


@family("config", 1, prose=False)
def config_ini(world: World) -> Parts:
    """Sections of keys."""
    rng = world.rng
    rows: list[Parts] = []
    gap = rng.choice([" = ", "=", " : "])
    for _ in range(rng.randint(1, 3)):
        rows.append([*line(world, "\\[{noun}\\]")])
        rows += [
            [f"{name}{gap}", *value]
            for name, value in _settings(
                world, rng.choice(["snake", "lower", "kebab"]), rng.randint(2, 4)
            )
        ]
    return join(rows, "\n")


@family("config", 1, prose=False)
def config_toml(world: World) -> Parts:
    """Held out: TOML."""
    rows: list[Parts] = [line(world, "\\[[{noun}|{noun}.{noun}]\\]")]
    rows += [
        [f'{name} = "', *value, '"']
        for name, value in _settings(world, "snake", world.rng.randint(3, 7))
    ]
    return join(rows, "\n")


@family("config", 1.3, prose=False)
def config_yaml(world: World) -> Parts:
    """YAML, one or two levels."""
    rng = world.rng
    style = field_style(rng, code=True)
    rows: list[Parts] = []
    for _ in range(rng.randint(1, 3)):
        rows.append([*line(world, "{noun}"), ":"])
        for name, value in _settings(world, style, rng.randint(2, 5)):
            quote = rng.choice(["", "", '"', "'"])
            rows.append([f"  {name}: {quote}", *value, quote])
    return join(rows, "\n")


@family("code", 1, prose=False)
def code_snippet(world: World) -> Parts:
    """A program with somebody's data in it."""
    rng = world.rng
    rows = []
    for name, value in _settings(
        world, rng.choice(["snake", "camel", "constant"]), rng.randint(1, 5)
    ):
        quote = rng.choice(['"', "'"])
        rows.append(
            [
                rng.choice(["", "", "const ", "let ", "self.", "String "]),
                name,
                " = ",
                quote,
                *value,
                quote,
                rng.choice(["", ";", ""]),
            ]
        )
    if world.chance(0.6):
        rows.insert(
            0,
            line(
                world,
                "[# |// |-- |/* ][author: {full_name} <{email}>|TODO({user_name}): {verb} {np}|written by {first_name} on {date}|{clause}|copyright {company}][ */|]",
            ),
        )
    if world.chance(0.5):
        rows.append(
            line(world, "[print|log|assert|return|call]({noun}_{noun}[, {port_plain}|])[;|]")
        )
    return join(rows, "\n")


@family("code", 0.8)
def commit_message(world: World) -> Parts:
    """A change, who made it, who reviewed it."""
    rows = (
        [line(world, "commit {hash_plain}\nAuthor: {plain_name} <{email}>\nDate: {stamp}\n")]
        if world.chance(0.6)
        else []
    )
    rows.append(
        line(
            world,
            "[fix|feat|docs|chore|test|Add|Remove|Update][: | ]{verb} {np}[ (#{port_plain})|]",
        )
    )
    rows += [say(world, "clean_tech") for _ in range(world.rng.randint(0, 2))]
    rows.append(
        line(
            world,
            "[Signed-off-by|Reviewed-by|Co-authored-by|Reported-by]: {plain_name/2} <{email/2}>",
        )
    )
    return join(rows, "\n")


@family("code", 0.8)
def stack_overflow(world: World) -> Parts:
    """A technical question with pasted output."""
    out = [*paragraph(world, (0, 1), (1, 3), "it", "clean_tech"), "\n\n"]
    out += join([say(world, "log.message") for _ in range(world.rng.randint(1, 3))], "\n")
    return (
        [*out, "\n\n", *paragraph(world, (0, 1), (0, 2), "it", "clean_tech")]
        if plain(out).strip()
        else out
    )


@family("network", 1, prose=False)
def command_output(world: World) -> Parts:
    """What a terminal shows."""
    rng = world.rng
    rows = [
        line(
            world,
            "[$|>|#|{user_name}@{noun}:~$] [ip addr|ifconfig|arp -a|netstat -an|who|last|dig {noun}.{noun}|nmap -sn {ipv4}|cat {file_path}]",
        )
    ]
    kinds = ["inet {ipv4}[/24|] [brd {ipv4}|scope global|netmask 255.255.255.0]", "[ether|link/ether] {mac}[ brd ff:ff:ff:ff:ff:ff|]", "inet6 {ipv6}[/64|] scope [link|global]",
             "? ({ipv4}) at {mac} on en0", "tcp 0 0 {ipv4}:{port_plain} {ipv4}:{port_plain} [ESTABLISHED|LISTEN]", "{user_name} pts/0 {ipv4} {stamp}",
             "Nmap scan report for {ipv4}", "{noun}: {clause}", "Host is up ({measure_plain} latency)."]  # fmt: skip
    rows += [line(world, rng.choice(kinds)) for _ in range(rng.randint(1, 5))]
    return join(rows, "\n")
