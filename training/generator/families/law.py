"""Law and order: contracts, filings, police, summons, witnesses."""

from __future__ import annotations

from training.generator.families.tools import Parts, join, line, paragraph, prose, say
from training.generator.registry import family
from training.generator.world import World


@family("legal", 1.5)
def contract_clause(world: World) -> Parts:
    """The parties and a few clauses."""
    rng = world.rng
    rows = [
        line(
            world,
            "[This Agreement|THIS LEASE|This contract|This deed|The licence] [is made|is entered into|is dated|made] [on|as of|] {date} [between|by and between] "
            "[{full_name}|{company}|{titled_name}|{company}, a company registered in {country}][, residing at {address},|, of {address},|, with offices at {address},|] "
            '[("{Noun}") |]and [{full_name/2}|{company/2}|{name_caps/2}][, {address/2}|, tax ID {tax_id/2}|, born {dob/2}|].',
        )
    ]
    for number in range(1, rng.randint(2, 6)):
        head = rng.choice(
            [
                f"{number}. ",
                f"({chr(96 + number)}) ",
                f"Section {number}. ",
                f"Clause {number}.{rng.randint(1, 9)} ",
                "",
            ]
        )
        rows.append(
            [
                head,
                *(
                    say(world, "legalese")
                    if world.chance(0.7)
                    else paragraph(world, (1, 1), (0, 0), "bank")
                ),
            ]
        )
    if world.chance(0.5):
        rows.append(
            line(
                world,
                "[Signed|IN WITNESS WHEREOF|Executed] [at {city} |][on {date}|][: |, ]{full_name}[, {full_name/2}| and {name_caps/2}|]",
            )
        )
    return join(rows, rng.choice(["\n", "\n\n", " "]))


@family("legal", 1.3)
def court_filing(world: World) -> Parts:
    """Caption and statement."""
    rows = [
        line(world, "[IN THE |]{court}[\n|, {county}\n|\nCase No. {case_number}\n][{name_caps}, Plaintiff,|{full_name} (Plaintiff)|{company}, Petitioner] [v.|vs.|against] [{name_caps/2}, Defendant.|{full_name/2}|{company/2}]"),
        paragraph(world, (2, 5), (1, 3), "law", "legalese"),
        line(world, "[Dated|DATED|Filed]: {date}[\n|, ][{full_name/3}|/s/ {full_name/3}|{titled_name/3}][, Bar No. {certificate_license_number/3}|, Attorney for Plaintiff|\n{address/3}\n{phone_number/3}|]"),
    ]  # fmt: skip
    return join(rows, world.rng.choice(["\n\n", "\n"]))


@family("legal", 1)
def subpoena(world: World) -> Parts:
    """Held out: somebody is ordered to appear."""
    rows = [
        line(world, "[SUMMONS|SUBPOENA|NOTICE TO APPEAR|Witness summons][ - |\n|: ]{court}[, No. {case_number}|]"),
        line(world, "[To|TO|YOU]: [{name_caps}|{full_name}|{name_last_first}], {address}[, DOB {dob}|]"),
        line(world, "[You are commanded|You are hereby ordered|The witness is required] to [appear|attend] [before {titled_name/2} |]on {date} at {time} [in room {port_plain}|and bring {np}|at {address/3}]."),
        paragraph(world, (1, 3), (1, 2), "law", "legalese"),
        line(world, "[Issued by|Clerk]: {full_name/4}[, {phone_number/4}|, {county}|]"),
    ]  # fmt: skip
    return join(rows, world.rng.choice(["\n", " "]))


@family("police", 1.5)
def police_report(world: World) -> Parts:
    """What happened, who, with which car."""
    rng = world.rng
    rows = [
        line(
            world,
            "[On|At approximately] [{date} at {time}|{time} on {date}|{date_time}][,|] [officers|I|Officer {last_name/2}|PC {last_name/2}|Deputy {full_name/2}] [responded|was dispatched|was called|attended] to {address} "
            "[regarding|for|following] [a {noun}|a report of {verbing} {nouns}|a collision|a burglary|a noise complaint|a stolen vehicle].",
        )
    ]
    people = [
        "[The driver|The suspect|The complainant|The victim|The witness], {any_name} ([DOB|born|b.] {dob}), [{verbed} {np}|was {adj}|stated that {clause}].",
        "{full_name/3}, {age/3}, of {address/3}, [was driving|drove] a {adj} {noun}, [plate|registration|license plate] {plate}[, VIN {vin}|].",
        "[Suspect described as|Subject:] a {race_ethnicity} {gender_word}, [about|approximately] {age} years old, {measure_plain} tall.",
        "[License|DL|Driving licence] {driver_license} [was checked|came back valid|expired]. [Phone|Contact]: {phone_number}.",
        "{titled_last} was [taken to|transported to|booked into] [{prison}|{clinic}] [at {time}|by ambulance|].",
        "[Evidence|Item {number_plain}|Property]: [a {product}, serial {device_identifier}|{number_plain} {nouns}|fingerprints ({biometric_identifier})|{money} in cash].",
    ]  # fmt: skip
    rows += [line(world, rng.choice(people)) for _ in range(rng.randint(1, 4))]
    rows += prose(world, (0, 2), (0, 2), "law", "Clean")
    if world.chance(0.4):
        rows.insert(
            0,
            line(
                world,
                "[Report|Incident|Case][ no.| #|:] {case_number}[, {county}|, {city} Police|].",
            ),
        )
    return join(rows, rng.choice([" ", " ", "\n"]))


@family("legal", 1)
def witness_statement(world: World) -> Parts:
    """Somebody swears."""
    rows = [
        line(world, "I, {full_name}, [of {address}|born on {dob}|{a_occupation}|residing in {city}, {county}], [state as follows|declare|make oath and say|hereby certify]:"),
        paragraph(world, (2, 5), (1, 3), "law", "Clean"),
        line(world, "[Sworn|Declared|Signed] at {city} on {date}[, before me, {titled_name/2}|, {full_name}|]."),
    ]  # fmt: skip
    return join(rows, world.rng.choice(["\n", " ", "\n\n"]))


@family("government", 1)
def permit_application(world: World) -> Parts:
    """An application to an office, in prose and fields mixed."""
    rows = [
        line(
            world,
            "[Application|Registration|Notice|Renewal] [to|with|of] the {organization}[, {county}|, {city}|][.|:]",
        )
    ]
    rows += prose(
        world, (3, 6), (0, 1), world.rng.choice(["law", "person", "contact", "car"]), "legalese"
    )
    return join(rows, world.rng.choice(["\n", " ", "\n- "]))
