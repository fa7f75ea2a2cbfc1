"""Health: notes, letters, laboratory, nursing, pharmacy."""

from __future__ import annotations

from training.generator.families.tools import (
    Parts,
    fields,
    join,
    line,
    paragraph,
    prose,
    say,
    statements,
)
from training.generator.grammar import add_rules
from training.generator.registry import family
from training.generator.world import World

add_rules(
    {
        "clin.open": [
            "[Patient|Pt|The patient] {any_name}, [DOB|born|d.o.b.] {dob}, was [seen|examined|evaluated|reviewed] [at {clinic} |in clinic |][on {date} |{when_plain} |]by {doctor/2}.",
            "{age_word} {gender_word} [with a history of|presenting with|with known|complaining of] {condition}[ and {condition}|].",
            "[This is a|A pleasant|I saw this] {age_word} {race_ethnicity} {gender_word} who [presents|presented|returns] [with|for] {condition} [{when_plain}|for {number_plain} days].",
            "{titled_last} is a {age} year old {gender_word} [admitted|referred|brought in] [on {date} |]for {condition}.",
            "[Thank you for referring|I reviewed|I had the pleasure of seeing] {any_name} [in clinic |]on {date}.",
            "[Reason for visit|CC|Chief complaint|HPI|Presenting complaint]: {condition}, {number_plain} [days|weeks|hours]. {He} {verbed} {np}.",
            "{name_last_first} [MRN|mrn] {mrn} [{age}|{age_sex}|] [admitted|adm] {date_figures} [from ED|from home|] [dx|w/] {condition}",
            "[Called|Phoned|Visited] {titled_last} at {time}. [No answer.|{He} reports {condition}.|Spoke with {his} {relative}, {first_name/3}.]",
        ],
        "clin.exam": [
            "[Vitals|Obs|VS|On exam]: BP {number_plain}/{number_plain}, HR {number_plain}, [temp|T] {measure_plain}, SpO2 {percent_plain}.",
            "[Lungs|Chest|Abdomen|Heart|Skin|Neuro] [clear|soft|regular|unremarkable|normal|tender] [bilaterally|to palpation|on examination|].",
            "[No|Denies] [fever|chest pain|known allergies|nausea|trauma|recent travel|tobacco use|weight loss].",
            "[WBC|Hb|HbA1c|creatinine|potassium|TSH|CRP|INR|ferritin] [was|of|:] {measure_plain}[, normal|, elevated|, down from last visit|].",
            "[CT|MRI|X-ray|Ultrasound|ECG] [shows|showed|without|negative for] [{condition}|no acute findings|a small lesion|sinus rhythm].",
            "[Plan|Advice|A/P|Impression]: [continue|start|stop|increase] {medication} {dose_plain}, [follow up|review|return] in {number_plain} weeks.",
            "[Patient|He|She|Pt] [tolerated the procedure well|was counselled on diet|will call if worse|verbalised understanding|walks with a stick].",
            "[Allergies|All]: [NKDA|{medication}|none known|latex].",
            "[Ambulated|Slept|Ate] [well|poorly|with assistance]; [dressing|IV|catheter] [changed|removed|intact].",
        ],
        "clin.social": [
            "[Social|Social history|SH]: [lives with {his} {relative}|lives alone|married], {a_occupation}, [{religious_belief}|non-smoker|speaks {language}], {employment_status}.",
            "[She|He] [works|worked] as {a_occupation} at {company} [and lives in {city}|and is {employment_status}].",
            "[Emergency contact|NOK|Next of kin|Her husband|His wife|Daughter|His son][: | is |, ]{full_name/3}[, phone| at|,] {phone_number/3}.",
            "[Lives at|Address:|Home:] {address}. [Tel|Phone|Ph]: {phone_number}.",
            "[Insurance|Payer|Coverage]: {company/4}, [member|ID|beneficiary number] {health_plan}.",
            "[Pharmacy|PCP|GP|Referred by]: {doctor/5}, [fax|F] {fax_number/5}.",
            "[{His} health plan beneficiary number is|HPB] {health_plan} [and the MRN is|, MRN] {mrn}.",
            "[Blood type|Group] {blood_type}; [pacemaker|pump|device] [serial|S/N|ID] {device_identifier}.",
            "{He} [can be reached|prefers to be called] [at|on] {phone_number}[ or {email}|].",
            "{He} [identifies as|is] {race_ethnicity}, [prefers|speaks] {language} [and is {religious_belief}|].",
        ],
    }
)


def _course(world: World, count: int) -> Parts:
    rng = world.rng
    rules = [
        "clin.exam",
        "clin.exam",
        "clin.social",
        "clin.social",
        "say.medication",
        "say.condition",
        "say.date",
    ]
    return join([say(world, rng.choice(rules)) for _ in range(count)])


@family("clinical note", 2.5)
def clinical_note(world: World) -> Parts:
    """Free text of a visit."""
    pieces = [say(world, "clin.open"), _course(world, world.rng.randint(1, 6))]
    if world.chance(0.4):
        pieces.append(paragraph(world, (1, 3), (0, 1), "health"))
    if world.chance(0.4):
        pieces.append(
            line(
                world,
                "[Signed|Electronically signed by|Dictated by|Attending]: {doctor/2}[, {date_time}|, {date}|]",
            )
        )
    return join(pieces, world.rng.choice([" ", " ", "\n"]))


@family("clinical note", 1.5)
def soap_note(world: World) -> Parts:
    """Subjective, objective, assessment, plan."""
    rng = world.rng
    heads = rng.choice(
        [
            ("S:", "O:", "A:", "P:"),
            ("Subjective", "Objective", "Assessment", "Plan"),
            ("HPI:", "PE:", "IMP:", "PLAN:"),
        ]
    )
    rows = (
        [
            line(
                world,
                "[Patient: |Name: |Pt: |]{form_name}[  DOB: |, DOB |\nDOB: | - ]{dob}[  MRN: |, MRN |\nMRN: ]{mrn}",
            )
        ]
        if world.chance(0.6)
        else []
    )
    rows.append([heads[0], " ", *say(world, "clin.open"), " ", *say(world, "clin.social")])
    rows.append([heads[1], " ", *join([say(world, "clin.exam") for _ in range(rng.randint(1, 3))])])
    rows.append([heads[2], " ", *say(world, "say.condition")])
    rows.append([heads[3], " ", *join([say(world, "say.medication"), say(world, "say.date")])])
    return join(rows, rng.choice(["\n", "\n\n", " "]))


@family("discharge letter", 1.5)
def discharge_letter(world: World) -> Parts:
    """From the hospital to the family doctor."""
    rows = [
        line(world, "[{clinic}\n{address_lines/3}\n[Tel|T]: {phone_number/3}[  Fax: {fax_number/3}|]\n\n|{clinic} - Discharge summary\n|DISCHARGE SUMMARY\n|]"
                    "[Re|Patient|RE]: {form_name}[, |; |\n][DOB|born|D.O.B.][: | ]{dob}[\n{address}|, MRN {mrn}|\nMRN: {mrn}\nAdmitted: {date_figures}\nDischarged: {date_figures}]"),
        line(world, "[Dear {doctor/4},|Dear Colleague,|To whom it may concern,]"),
        join([say(world, "clin.open"), _course(world, world.rng.randint(2, 6))]),
        line(world, "[Yours sincerely|Regards|Sincerely|With kind regards],\n{doctor/2}[\n{occupation_title/2}|\nConsultant|\nBleep {port_plain}|]"),
    ]  # fmt: skip
    return join(rows, world.rng.choice(["\n\n", "\n"]))


@family("lab report", 1.2, prose=False)
def lab_report(world: World) -> Parts:
    """Header fields and a table of results."""
    rng = world.rng
    head = [
        line(world, "[Patient|Name|PATIENT NAME]: {form_name}"), line(world, "[MRN|Patient ID|Chart #]: {mrn}"),
        line(world, "[DOB|Date of Birth|Born]: {dob}"), line(world, "[Sex|Gender]: {gender}"),
        line(world, "[Collected|Specimen date|Drawn]: [{date_time}|{stamp}|{date_figures}]"),
        line(world, "[Ordering physician|Ordered by|Doctor]: {doctor/2}"), line(world, "[Lab|Facility|Site]: {clinic}"),
        line(world, "[Specimen|Accession|Sample][ ID|]: {model_plain}"), line(world, "[Age]: {age}"),
        line(world, "[Blood group|Blood type]: {blood_type}"), line(world, "[Insurance ID|Member ID]: {health_plan}"),
    ]  # fmt: skip
    rng.shuffle(head)
    rows = [join([r], "") for r in head[: rng.randint(3, 9)]]
    tests = """Glucose Sodium Potassium Creatinine Hemoglobin Platelets WBC TSH Ferritin Cholesterol
        LDL HDL ALT AST CRP""".split()
    gap = rng.choice(["\t", "  ", " | ", ": "])
    for test in rng.sample(tests, rng.randint(2, 6)):
        rows.append(
            [
                test,
                gap,
                *line(world, "{measure_plain}"),
                gap,
                rng.choice(["normal", "H", "L", "3.5-5.1", "ref 70-99", "flag"]),
            ]
        )
    return join(rows, "\n")


@family("clinical note", 1)
def nursing_handover(world: World) -> Parts:
    """Held out: a shift's handover, bed by bed."""
    rows = []
    for bed in range(1, world.rng.randint(2, 5)):
        world.focus = str(bed)
        rows.append([*line(world, f"[Bed|Room|Bay] {bed}[:| -|,] [{{name_last_first}}|{{full_name}}|{{titled_last}}], [{{age}} yrs|{{age}}, {{gender}}|{{age_sex}}], [MRN {{mrn}}, |DOB {{dob}}, |adm {{date_figures}}, |]{{condition}}. "),
                     *join([say(world, world.rng.choice(["clin.exam", "say.medication", "clin.social"])) for _ in range(world.rng.randint(1, 2))])])  # fmt: skip
    return join(rows, "\n")


@family("clinical form", 1.2, prose=False)
def prescription(world: World) -> Parts:
    """A pharmacy's slip."""
    rows = [
        line(world, "{clinic}[\n{address}|, {phone_number/2}|]"),
        line(world, "[Patient|For|Name]: {form_name}[  DOB: {dob}|, {age}|  Address: {address}|]"),
        line(world, "[Rx|Drug|Medication]: {medication} {dose_plain}, [one tablet|two puffs|apply] [daily|twice a day|at night|as needed] #{number_plain}"),
        line(world, "[Prescriber|Dr|Physician]: {doctor/2}[ DEA {certificate_license_number/2}| NPI {certificate_license_number/2}| Lic. {certificate_license_number/2}|]"),
        line(world, "[Date|Filled|Issued]: {date_figures}[  Refills: {port_plain}|]"),
        line(world, "[Member ID|Insurance|BIN]: {health_plan}"),
    ]  # fmt: skip
    keep = world.rng.randint(3, 6)
    return join(rows[:keep], world.rng.choice(["\n", "\n", "; "]))


@family("insurance", 1.2)
def insurance_claim(world: World) -> Parts:
    """A claim in words."""
    rows = prose(world, (3, 6), (0, 2), world.rng.choice(["car", "health", "contact"]), "Clean")
    rows.insert(
        0,
        line(
            world,
            "[Claim|Claim form|Loss report|Statement of loss][: | no. | for ][{case_number}|{full_name}|{company}][, policy {health_plan}|, {date}|].",
        ),
    )
    return join(rows, world.rng.choice([" ", "\n"]))


@family("clinical form", 1.2, prose=False)
def intake_form(world: World) -> Parts:
    """Fields a patient fills in."""
    rows = [
        [f"{name}: ", *value] for name, value in fields(world, world.rng.randint(4, 10), "title")
    ]
    extra = [
        say(world, f"say.{n}")
        for n in world.rng.sample(
            ["blood_type", "medication", "condition", "language", "religious_belief", "occupation"],
            2,
        )
    ]
    return join([*rows, *extra], world.rng.choice(["\n", "\n", "   ", "; "]))


@family("clinical note", 1)
def therapy_note(world: World) -> Parts:
    """About a life more than a body."""
    pieces = [
        say(world, "clin.open"),
        *statements(world, world.rng.randint(2, 5), "person"),
        say(world, "clin.social"),
    ]
    return join([[*p, "" if str(p[-1]).endswith((".", "!", "?")) else "."] for p in pieces])
