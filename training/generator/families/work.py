"""Work and school: applications, CVs, staff, bookings, trips."""

from __future__ import annotations

from training.generator.families.tools import Parts, fields, join, line, paragraph, prose, say
from training.generator.registry import family
from training.generator.world import World


@family("cv", 1.5)
def cv(world: World) -> Parts:
    """A life in lines."""
    rng = world.rng
    rows = [
        line(
            world,
            "[{full_name}|{name_caps}|CV - {full_name}|Curriculum vitae\n{plain_name}][\n{occupation_title}|]\n[{address}|{city_state}|{address_lines}][ \\| |\n| \u00b7 ]{phone_number}[ \\| |\n| \u00b7 ]{email}[ \\| {profile_url}|\n{url}|]",
        )
    ]
    if world.chance(0.4):
        rows.append(
            line(
                world,
                "[Born|Date of birth|DOB]: {dob}[, {nationality}|, {city}|  Nationality: {nationality}]",
            )
        )
    rows.append(line(world, "[Experience|Work|Employment history|EXPERIENCE][\n|: ]"))
    for _ in range(rng.randint(1, 3)):
        rows.append(
            line(
                world,
                "[{month_year}|{year_plain}] [-|to|\u2013] [{month_year}|{year_plain}|present|today][: |  |, ][{occupation_title/*}, {company/*}|{company/*} - {occupation_title/*}|{occupation_title/*} at {company/*} ({other_city/*})][. {Clean}|]",
            )
        )
    rows.append(
        line(
            world,
            "[Education|EDUCATION|Studies][\n|: ]{degree} [in |, ]{field_of_study}, {university}[, {year_plain}| ({year_plain})|]",
        )
    )
    if world.chance(0.6):
        rows.append(
            line(
                world,
                "[Languages|Skills]: {language} ([native|fluent]), {language} ([basic|B2|good])[, {noun} {verbing}|]",
            )
        )
    if world.chance(0.3):
        rows.append(
            line(
                world,
                "[References|Referee]: {titled_name/2}, {company/2}, [{phone_number/2}|{email/2}]",
            )
        )
    if world.chance(0.3):
        rows.append(
            line(
                world,
                "[Licences|Certificates]: {certificate_license_number}[, driving licence {driver_license}|]",
            )
        )
    return join(rows, rng.choice(["\n", "\n", "\n\n"]))


@family("hr", 1.3)
def hr_mail(world: World) -> Parts:
    """Personnel matters in sentences."""
    rows = [say(world, "hello")] if world.chance(0.6) else []
    rows += prose(world, (3, 6), (0, 2), "work", "Clean")
    if world.chance(0.5):
        rows.append(say(world, "bye"))
    return join(rows, world.rng.choice([" ", "\n", "\n\n"]))


@family("hr", 1.2, prose=False)
def hr_form(world: World) -> Parts:
    """Fields of a personnel file."""
    rng = world.rng
    gap = rng.choice([": ", ":\t", " .... ", ": ", " = ", "\t"])
    rows = [
        [f"{name}{gap}", *value]
        for name, value in fields(
            world, rng.randint(4, 12), rng.choice(["title", "sentence", "upper"])
        )
    ]
    head = line(
        world,
        "[{company}|Personnel record|New hire form|Employee data|HR-{port_plain}|Emergency contact form]",
    )
    return join([head, *rows], "\n")


@family("hr", 1)
def performance_review(world: World) -> Parts:
    """Held out: how somebody did."""
    rows = [
        line(world, "[Performance review|Annual appraisal|Probation report|Mid-year check-in][: | for | - ]{full_name}[, {occupation_title}|, employee ID {employee_id}| ({employee_id})][, {company}|]"),
        line(world, "[Review period|Period]: {month_year} [to|-] {month_year}. [Reviewer|Manager|Appraiser]: {full_name/2}."),
        paragraph(world, (2, 4), (2, 4), "work", "Clean"),
        line(world, "[Rating|Salary|Raise|Next review]: [{number_plain}|{money}|{percent_plain}|{date}]. [Signed|Acknowledged]: {full_name}, {date}"),
    ]  # fmt: skip
    return join(rows, world.rng.choice(["\n", "\n\n", " "]))


@family("hr", 1)
def cover_letter(world: World) -> Parts:
    """Somebody applies."""
    rows = [
        say(world, "hello"),
        line(world, "I [am writing to apply|would like to apply|wish to be considered] for the [position|role|post] of {occupation} [at {company}|advertised on {url}|in {other_city}|]. I [am|work as] {a_occupation} [with {number_plain} years of experience|from {city}|at {company/3}] and [hold|have] a {degree} in {field_of_study} from {university}."),
        paragraph(world, (1, 4), (1, 3), "work", "Clean"),
        say(world, "bye"),
    ]  # fmt: skip
    return join(rows, "\n\n")


@family("school", 1.2)
def school_record(world: World) -> Parts:
    """A pupil's record or a teacher's note."""
    rows = [
        line(world, "[Student|Pupil|Child|Learner]: {form_name}[, born {dob}|, DOB {dob}|, age {age}|, grade {number_plain}|][, {school}|, student no. {customer_id}|]"),
        line(world, "[Parents|Guardian|Mother|Father|Contact]: {full_name/2}[ and {full_name/3}|], [{phone_number/2}|{email/2}|{address/2}]"),
        paragraph(world, (1, 4), (1, 3), "person", "Clean"),
        line(world, "[Teacher|Class teacher|Advisor|Principal]: {titled_name/4}[, {date}|, {school}|]"),
    ]  # fmt: skip
    return join(rows[: world.rng.randint(2, 4)], world.rng.choice(["\n", " ", "\n\n"]))


@family("travel", 1.5)
def travel_booking(world: World) -> Parts:
    """An itinerary."""
    rng = world.rng
    rows = [
        line(world, "[Booking|Itinerary|Reservation|E-ticket|Boarding pass][: | no. | reference ]{pnr}"),
        line(world, "[Passenger|Guest|Traveller|Name]: [{name_caps}|{name_last_first}|{full_name}][, passport {passport_number}|, DOB {dob}|, {nationality}|, frequent flyer {customer_id}|]"),
        line(world, "[Flight|Train|Bus] {flight_plain} [from |]{other_city/*} [to|-|\u2192] {other_city/*}, {date}, [dep.|departs|] {time}[, arr. {time}|, seat {model_plain}|]"),
        line(world, "[Hotel|Stay|Accommodation]: [{place_name} Inn|{noun} hotel], {address/3}, [check-in {date}|{date} - {date}|{number_plain} nights]"),
        line(world, "[Total|Paid|Price]: {money}[ with card {card}| (card {card}, exp {month_year})|]"),
        line(world, "[Contact|Phone|Questions]: {phone_number}[, {email}|]"),
    ]  # fmt: skip
    rows = [r for r in rows if world.chance(0.75)] or rows
    if world.chance(0.5):
        rows.append(paragraph(world, (0, 2), (0, 2), "travel", "clean_life"))
    return join([r for r in rows if r], rng.choice(["\n", "\n", ". ", "; "]))


@family("real estate", 0.8)
def listing(world: World) -> Parts:
    """A flat, a car or a job is offered."""
    rows = [
        line(
            world,
            "[For sale|For rent|Wanted|Vacancy|Offered|To let][: | - |, ][{adj} {noun}|{product}|{occupation_title}|{number_plain} room flat][ in {other_city}| at {street_address}, {city}|, {money}|]",
        )
    ]
    rows += prose(world, (1, 3), (1, 3), world.rng.choice(["contact", "car"]), "clean_life")
    return join(rows, world.rng.choice([". ", "\n", " "]))


@family("profile", 1.2)
def bio(world: World) -> Parts:
    """Who somebody is: on a website, a dating profile, a programme."""
    rows = [
        line(
            world,
            "[{full_name}|{titled_name}|{first_name}|About me: {first_name}][ ({age})|, {age}|][,| is| -] {a_occupation} [from|in|based in] {city}[, {country}|].",
        )
    ]
    rows += prose(world, (2, 6), (0, 2), "person", "clean_life")
    return join(rows)


@family("record", 1.2)
def record_prose(world: World) -> Parts:
    """Held out: a record read out as sentences."""
    rows = [
        line(
            world,
            "[The file|The database|Our register|The card index] [lists|has|shows|knows] {any_name}[ under {customer_id}| as number {employee_id}|] [with the following particulars|as follows|and these details]:",
        )
    ]
    rows += prose(
        world, (3, 7), (0, 1), world.rng.choice(["any", "contact", "person", "bank", "it"]), "Clean"
    )
    return join(rows, world.rng.choice([" ", "\n"]))
