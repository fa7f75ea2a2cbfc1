"""Money on paper: statements, invoices, payments, forms, scans."""

from __future__ import annotations

from training.generator.families.tools import (
    Parts,
    field_style,
    fields,
    join,
    line,
    paragraph,
    prose,
    say,
)
from training.generator.registry import family
from training.generator.world import World


@family("bank statement", 1.5, prose=False)
def bank_statement(world: World) -> Parts:
    """Holder, account, movements."""
    rng = world.rng
    head = [
        line(world, "{company/2}[, {address/2}| - Statement of account|]"),
        line(world, "[Account holder|Customer|Name]: {form_name}"),
        line(world, "[Account|Account no.|A/C]: {account_number}[  Sort code: {bank_routing_number}|, routing {bank_routing_number}|]"),
        line(world, "IBAN: {iban}[  BIC: {swift_bic}|]"),
        line(world, "[Period|Statement date|From]: {date_figures}[ to {date_figures}| - {date_figures}|]"),
        line(world, "{address}"),
        line(world, "[Customer no.|Client ID]: {customer_id}"),
        line(world, "[Opening balance|Balance brought forward]: {money}"),
    ]  # fmt: skip
    rows = [r for r in head if world.chance(0.6)] or head[1:3]
    gap = rng.choice(["  ", "\t", " | ", ", "])
    for _ in range(rng.randint(2, 7)):
        what = line(
            world,
            "[{company/*}|POS {company/*} {other_city/*}|ATM withdrawal|Salary {company/3}|Transfer to {full_name/*}|Direct debit {company/*}|Interest|Rent {last_name/*}|Card purchase {noun}|Standing order {initial_last/*}|Refund {order_number}|Fee]",
        )
        rows.append(
            [
                *line(world, "{date_figures}"),
                gap,
                *what,
                gap,
                *line(world, "[{money}|-{money}|{number_plain}.00]"),
            ]
        )
    rows.append(line(world, "[Closing balance|New balance|Total]: {money}"))
    return join(rows, "\n")


@family("invoice", 1.5, prose=False)
def invoice(world: World) -> Parts:
    """Seller, buyer, items, how to pay."""
    rng = world.rng
    rows = [
        line(world, "[INVOICE|Invoice|Bill|Receipt|Rechnung][ no. | #|: ]{invoice_number}[  Date: {date_figures}|, {date}|\nDate: {date}]"),
        line(world, "[From: |Seller: |]{company/2}[\n{address_lines/2}|, {address/2}][\nVAT: {tax_id/2}|, tax ID {tax_id/2}|]"),
        line(world, "[Bill to|To|Sold to|Customer]: [{full_name}|{company}|{full_name}, {company}][\n{address_lines}|, {address}|][\nCustomer no. {customer_id}|]"),
    ]  # fmt: skip
    for _ in range(rng.randint(1, 4)):
        rows.append(
            line(
                world,
                "{number_plain} [x |pcs |][{product}|{adj} {noun}|{noun} {verbing}][ | @ |  |\t]{money}",
            )
        )
    rows.append(
        line(
            world,
            "[Subtotal {money}, |VAT {percent_plain}, |][Total|TOTAL DUE|Amount due|Grand total][: | ]{money}",
        )
    )
    if world.chance(0.7):
        rows.append(
            line(
                world,
                "[Pay by|Due|Terms]: {date}[, IBAN {iban}|, account {account_number}, routing {bank_routing_number}|, card {card}|]",
            )
        )
    if world.chance(0.4):
        rows.append(
            line(
                world,
                "[Questions|Contact|Phone]: {phone_number/2}[, {role_email}|, fax {fax_number/2}|, {url}]",
            )
        )
    return join(rows, "\n")


@family("payment", 1.2)
def wire_instructions(world: World) -> Parts:
    """Where to send money."""
    rows = [say(world, "hello")] if world.chance(0.5) else []
    rows.append(
        line(
            world,
            "[Please|Kindly] [wire|transfer|remit|pay] {money} [to the account below|to the following account|by {date}][:|.]",
        )
    )
    rows += prose(world, (2, 5), (0, 1), "bank", "thanks")
    return join(rows, world.rng.choice(["\n", " "]))


@family("payment", 1)
def payment_dispute(world: World) -> Parts:
    """Held out: somebody disputes a charge."""
    rows = [
        line(world, "[I dispute|I do not recognise|I want to contest|Please reverse] [the|a] [charge|payment|debit] of {money} [from|by|to] {company/*} on {date}[, card {card}|, account {account_number}|]."),
        *prose(world, (2, 4), (1, 2), "bank", "trouble"),
        line(world, "[You have my|My] [details|particulars]: {full_name}[, {address}|, born {dob}|, {phone_number}|, {email}]."),
    ]  # fmt: skip
    return join(rows, world.rng.choice([" ", "\n"]))


@family("payment", 1)
def loan_application(world: World) -> Parts:
    """Who asks for money, and on what grounds."""
    rows = [
        line(
            world,
            "[Applicant|Borrower|I,] {full_name}[ (SSN {ssn})|, SSN {ssn},|, born {dob},|] [applies|requests|asks] for [a loan|a mortgage|credit] of {money}[ for {np}|].",
        )
    ]
    rows += prose(world, (2, 5), (0, 2), world.rng.choice(["bank", "work"]), "legalese")
    return join(rows)


@family("form", 1.5, prose=False)
def form_lines(world: World) -> Parts:
    """Label, colon, value."""
    rng = world.rng
    gap = rng.choice([": ", ":  ", ":", " - ", ":\n", " : ", ": ____ "])
    rows = [
        [f"{name}{gap}", *value]
        for name, value in fields(
            world, rng.randint(3, 12), rng.choice(["title", "sentence", "upper", "lower"])
        )
    ]
    return join(rows, rng.choice(["\n", "\n", "\n\n", "; ", "  |  ", ", "]))


@family("form", 1, prose=False)
def form_numbered(world: World) -> Parts:
    """Held out: numbered questions with answers."""
    rows = []
    for number, (name, value) in enumerate(
        fields(world, world.rng.randint(4, 9), "sentence"), start=1
    ):
        rows.append(
            [
                f"{number}{world.rng.choice(['.', ')'])} {name}{world.rng.choice(['?', ':', ' ->'])} ",
                *value,
            ]
        )
    return join(rows, "\n")


@family("form", 1.2, prose=False)
def scanned_form(world: World) -> Parts:
    """A form as a scanner reads it: ruled lines, boxes, odd spaces."""
    rng = world.rng
    rows = []
    for name, value in fields(world, rng.randint(3, 9), "upper"):
        dots = rng.choice(["....", "____", " ", ": ", "  :  ", " |", "\n"])
        rows.append(
            [
                rng.choice(["", "", "\u2610 ", "[x] ", f"{rng.randint(1, 30)} "]),
                name,
                dots,
                " ",
                *value,
            ]
        )
    return join(rows, rng.choice(["\n", "   ", "\n\n"]))


@family("shipping", 1, prose=False)
def shipping_label(world: World) -> Parts:
    """Sender, addressee, tracking."""
    rows = [
        line(world, "[SHIP TO|To|Deliver to|Recipient]: [{full_name}|{name_caps}][\n{company}|]\n{address_lines}[\n{phone_number}|]"),
        line(world, "[FROM|Sender|Return to]: [{company/2}|{full_name/2}]\n{address_lines/2}"),
        line(world, "[Tracking|Tracking no.|Parcel]: {tracking_number}[  Weight: {measure_plain}|\nOrder: {order_number}|]"),
    ]  # fmt: skip
    world.rng.shuffle(rows)
    return join(rows[: world.rng.randint(1, 3)], world.rng.choice(["\n\n", "\n"]))


@family("shipping", 1)
def order_confirmation(world: World) -> Parts:
    """An order in sentences: many numbers that are no entities."""
    rows = [
        line(
            world,
            "[Thanks for your order|Order confirmation|Your order {order_number}][, {first_name}|][!|.] [{number_plain} x {product}|{product}, {model_plain}] [for|at] {money}.",
        )
    ]
    rows += prose(world, (1, 4), (0, 2), world.rng.choice(["contact", "bank"]), "clean_life")
    return join(rows, world.rng.choice([" ", "\n"]))


@family("form", 1)
def application_prose(world: World) -> Parts:
    """A form filled by somebody who writes sentences."""
    style = field_style(world.rng)
    rows = [[f"{name}: ", *value] for name, value in fields(world, world.rng.randint(2, 5), style)]
    return [*join(rows, "\n"), "\n", *paragraph(world, (1, 3), (0, 2), "any", "Clean")]
