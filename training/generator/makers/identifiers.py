"""Numbers that stand for people, accounts and things, in the forms that issuers use."""

from __future__ import annotations

import random

from training.generator.countries import COUNTRIES
from training.generator.text import Node, Part
from training.generator.world import Person, World, fill, maker


def _pick(world: World, *patterns: str) -> str:
    return fill(world.rng, world.rng.choice(patterns))


@maker("ssn", kept=True)
def ssn(world: World, person: Person) -> Part:
    """US social security numbers, as they are written and mistyped."""
    rng = world.rng
    area = rng.choice([rng.randint(1, 899), rng.randint(100, 899)])
    group, serial = rng.randint(1, 99), rng.randint(1, 9999)
    gap = rng.choice(["-", "-", "-", "-", " ", "", "."])
    return Node("ssn", (f"{area:03d}{gap}{group:02d}{gap}{serial:04d}",))


@maker("national_id", kept=True)
def national_id(world: World, person: Person) -> Part:
    """An identity number of the person's country; in the US, of another."""
    patterns = [p for p in person.country.national if not p.startswith("ssn=")]
    if not patterns:
        code = world.rng.choice([c for c in COUNTRIES if c != "US"])
        patterns = list(COUNTRIES[code].national)
    return Node("national_id", (_pick(world, *patterns),))


@maker("passport_number", kept=True)
def passport_number(world: World, person: Person) -> Part:
    text = _pick(world, "%########", "^########", "^^#######", "^#######", "##^^#####", "^^######")
    return Node("passport_number", (text,))


@maker("driver_license", kept=True)
def driver_license(world: World, person: Person) -> Part:
    rng = world.rng
    if person.code == "GB":
        stem = "".join(c for c in person.family.upper() if "A" <= c <= "Z")[:5].ljust(5, "9")
        text = f"{stem}{fill(rng, '######')}{person.given[0].upper()}{fill(rng, '^#^^')}"
    else:
        text = _pick(
            world, "^#######", "^###-####-####", "^########", "########", "#########", "^^######",
            "^############", "^## ### ###", "^^-########", "DL-#######", "^###-###-##-###-#",
            "###-##-####", "^^-^#######", "^#-##-####", "^##-##-####", "^^#######",
        )  # fmt: skip
    return Node("driver_license", (text,))


@maker("certificate_license_number", kept=True)
def certificate_license_number(world: World, person: Person) -> Part:
    text = _pick(
        world, "RN-######", "MD######", "LIC-#####", "CPA-######", "^^-#####", "#######", "PE-#####",
        "CERT-####-####", "LN######", "BAR-######", "^######", "SRA ######", "##^####", "GMC #######",
        "NMC ##^####^", "CDL-#######", "L#####-^", "C-##-#####", "PL########", "AWS-####-^^^",
        "ISO-CERT-#####", "FAA #######", "DEA ^^#######", "NPI %#########", "REG######", "TX-##-####",
    )  # fmt: skip
    return Node("certificate_license_number", (text,))


@maker("medical_record_number", "mrn", kept=True)
def medical_record_number(world: World, person: Person) -> Part:
    text = _pick(
        world, "MRN-#######", "MR######", "#######", "########", "##-##-##", "^^######", "M#######",
        "MRN#######", "########-#", "00######", "H########", "###-##-###", "MR-####-####", "P######",
        "PT-######", "######", "E########", "###-####", "^######", "MRN-##-####", "^^^-######",
        "### ### ####", "HN#######",
    )  # fmt: skip
    return Node("medical_record_number", (text,))


@maker("health_plan_beneficiary_number", "health_plan", kept=True)
def health_plan(world: World, person: Person) -> Part:
    text = _pick(
        world, "HPB-##-#####", "HPB-#######", "^^^#########", "#^^#-^^#-^^##", "#^*#^*#^^##", "W#########",
        "###-##-####A", "HP########", "##########", "XZB#########", "^^######", "^########", "BEN-######",
        "MBR-######-##", "MEM########", "#### ##### #", "U## ### ####", "HIC-#########", "POL-######-^",
        "^^^ ### ### ###", "^##########", "H####-###",
    )  # fmt: skip
    return Node("health_plan_beneficiary_number", (text,))


@maker("account_number", kept=True)
def account_number(world: World, person: Person) -> Part:
    text = _pick(
        world, "########", "##########", "#########", "############", "#### #### ####", "###-######",
        "####-####-####", "##-####-#######-##", "ACC-########", "AC#######", "####-######-#####",
        "00##########", "#######-###", "######-#", "ACCT-#######", "## #### ####",
    )  # fmt: skip
    return Node("account_number", (text,))


@maker("iban", kept=True)
def iban(world: World, person: Person) -> Part:
    country = world.rng.choice(
        [("DE", 18), ("GB", 18), ("FR", 23), ("ES", 20), ("NL", 14), ("IT", 23), ("CH", 17),
         ("AT", 16), ("BE", 12), ("PL", 24), ("SE", 20), ("IE", 18), ("PT", 21), ("DK", 14)]
    )  # fmt: skip
    code, length = country
    body = list(fill(world.rng, "#" * length))
    if code in ("GB", "NL", "IE"):
        body[:4] = fill(world.rng, "^^^^")
    text = f"{code}{fill(world.rng, '##')}{''.join(body)}"
    if world.chance(0.6):
        text = " ".join(text[i : i + 4] for i in range(0, len(text), 4))
    return Node("bank_account_iban", (text,))


@maker("bank_routing_number", kept=True)
def bank_routing_number(world: World, person: Person) -> Part:
    if person.code in ("GB", "IE"):
        text = _pick(world, "##-##-##", "######", "## ## ##")
    elif person.code == "IN":
        text = _pick(world, "^^^^0######")
    elif person.code in ("AU", "CA"):
        text = _pick(world, "###-###", "#####-###", "0########")
    else:
        text = _pick(world, "0########", "1########", "2########", "3########", "0####-####")
    return Node("bank_routing_number", (text,))


@maker("swift_bic", kept=True)
def swift_bic(world: World, person: Person) -> Part:
    code = """US GB DE FR ES IT NL CH IE BE AT CA AU SG HK JP SE DK PL PT IN AE BR MX ZA""".split()
    rng = world.rng
    head = rng.choice(
        [fill(rng, "^^^^"), "CHAS", "BOFA", "DEUT", "BNPA", "HSBC", "COBA", "BARC", "UBSW", "CITI"]
    )
    tail = fill(rng, rng.choice(["**", "**", "**XXX", "*****", "2^", "33", "22XXX", "2L"]))
    return Node("swift_bic", (f"{head}{rng.choice(code)}{tail}",))


def _luhn(digits: str) -> str:
    total = 0
    for index, char in enumerate(reversed(digits)):
        value = int(char) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def card_number(rng: random.Random) -> str:
    """A card number with a right check digit, mostly; people mistype them."""
    prefix, length = rng.choice(
        [("4", 16), ("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("34", 15), ("37", 15),
         ("6011", 16), ("65", 16), ("3528", 16), ("36", 14), ("4111", 16), ("5500", 16)]
    )  # fmt: skip
    digits = prefix + fill(rng, "#" * (length - len(prefix) - 1))
    digits += _luhn(digits) if rng.random() < 0.85 else fill(rng, "#")
    if rng.random() < 0.05:
        digits = rng.choice(
            ["4111111111111111", "4242424242424242", "5555555555554444", "378282246310005"]
        )
    groups = (4, 6, 5) if len(digits) == 15 else (4, 6, 4) if len(digits) == 14 else (4, 4, 4, 4)
    gap = rng.choice([" ", " ", " ", "-", "-", "", ""])
    parts, at = [], 0
    for size in groups:
        parts.append(digits[at : at + size])
        at += size
    return gap.join(parts)


@maker("credit_debit_card", "card", kept=True)
def credit_debit_card(world: World, person: Person) -> Part:
    return Node("credit_debit_card", (card_number(world.rng),))


@maker("cvv", kept=True)
def cvv(world: World, person: Person) -> Part:
    return Node("cvv", (_pick(world, "###", "###", "###", "####"),))


@maker("pin", kept=True)
def pin(world: World, person: Person) -> Part:
    return Node("pin", (_pick(world, "####", "####", "####", "######", "#####", "##-##"),))


@maker("tax_id", kept=True)
def tax_id(world: World, person: Person) -> Part:
    return Node("tax_id", (_pick(world, *person.country.tax),))


@maker("employee_id", kept=True)
def employee_id(world: World, person: Person) -> Part:
    text = _pick(
        world, "EMP-#####", "E######", "######", "emp####", "EMP#####", "P-####", "#####", "EID-####",
        "S#####", "^^-####", "EMP-^^-###", "W######", "HR-#####", "########", "####-^", "STF-####",
        "E-#####", "EMP_####", "N######", "BADGE-####", "ID#####", "##-####",
    )  # fmt: skip
    return Node("employee_id", (text,))


@maker("customer_id", kept=True)
def customer_id(world: World, person: Person) -> Part:
    text = _pick(
        world, "CUST-#####", "C-######", "CID######", "########", "CUS-####-##", "K######", "CL-#####",
        "cus_**********", "#######", "CUST#######", "C########", "CN-######", "^^^-#####", "######",
        "ACME-#####", "CU-######", "M-#######", "client-####", "### ### ###", "CRM-######",
    )  # fmt: skip
    return Node("customer_id", (text,))


@maker("unique_id")
def unique_id(world: World, person: Person) -> Part:
    text = _pick(
        world, "&&&&&&&&-&&&&-4&&&-a&&&-&&&&&&&&&&&&", "&&&&&&&&-&&&&-4&&&-b&&&-&&&&&&&&&&&&",
        "&&&&&&&&-&&&&-1&&&-9&&&-&&&&&&&&&&&&", "&&&&&&&&&&&&&&&&&&&&&&&&", "01************************",
        "UID-########", "UID#######", "REC-######-&&&&", "&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&", "SUBJ-####-##",
        "ID-####-####-####", "urn-&&&&&&&&", "GUID-&&&&&&&&", "U-#########", "rec************",
    )  # fmt: skip
    if world.chance(0.15) and text[8:9] == "-":
        text = text.upper()
    return Node("unique_id", (text,))


@maker("biometric_identifier")
def biometric_identifier(world: World, person: Person) -> Part:
    text = _pick(
        world, "FP-########", "FPR-####-####", "IRIS-######", "RET-#####-^", "VP-#######", "BIO-########",
        "FACE-&&&&&&&&", "FID-######", "BIO-^^-####", "fp_&&&&&&&&&&&&", "IR######", "DNA-####-##",
        "PALM-######", "FT-&&&&&&&&&&&&", "VOICE-#####", "BIOM#########", "IRIS-&&&&-&&&&-&&&&",
        "FNG-##-######", "TMPL-&&&&&&&&&&", "GAIT-####",
    )  # fmt: skip
    return Node("biometric_identifier", (text,))


@maker("device_identifier")
def device_identifier(world: World, person: Person) -> Part:
    text = _pick(
        world, "35#############", "86#############", "## ###### ###### #", "C02*********", "SN-########",
        "F2L*********", "SN##########", "R58M#######^", "&&&&&&&&&&&&&&&&", "DEV-&&&&&&&&", "S/N ^^########",
        "********-****************", "DEV-####-^^", "^^^#######", "IMEI######-###", "5CD#######", "PF-######",
        "ASSET-#####", "01-######-######-#", "device_&&&&&&&&&&", "G0#########", "##^^####^^##",
    )  # fmt: skip
    return Node("device_identifier", (text,))


_VIN = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"


@maker("vehicle_identifier", "vin", kept=True)
def vehicle_identifier(world: World, person: Person) -> Part:
    rng = world.rng
    head = rng.choice(
        """1HG 1FT 2HG 3VW JH4 WBA WDB WVW 5YJ 1G1 JTD KMH SAL VF1 ZFA 4T1 2T1 YV1 1C4 KNA WAU""".split()
    )
    return Node(
        "vehicle_identifier",
        (head + "".join(rng.choice(_VIN) for _ in range(8)) + fill(rng, "######"),),
    )


@maker("license_plate", "plate", kept=True)
def license_plate(world: World, person: Person) -> Part:
    text = _pick(world, *person.country.plates)
    if world.chance(0.04):
        text = world.rng.choice(["GO-HIKE", "MYTRUCK", "SK8ER", "LUVBUG", "BIGRIG", "4EVRYNG"])
    return Node("license_plate", (text,))
