"""Texts on which a quantized model is compared with the one it came from.

Written for this purpose, of many kinds; all persons, numbers and addresses are made up. What
counts is not what a model finds in them but whether quantizing changes it.
"""

from __future__ import annotations

__all__ = ["PROMPTS", "TEXTS"]

_CANONICAL = (
    "first_name",
    "last_name",
    "user_name",
    "email",
    "phone_number",
    "street_address",
    "city",
    "state",
    "postcode",
    "country",
    "date_of_birth",
    "date",
    "time",
    "age",
    "occupation",
    "company_name",
    "ssn",
    "account_number",
    "credit_debit_card",
    "medical_record_number",
    "ipv4",
    "url",
    "password",
)
_NATURAL = (
    "person name",
    "email address",
    "telephone number",
    "home address",
    "place",
    "birth date",
    "date",
    "organization",
    "job title",
    "identification number",
    "bank account number",
    "credit card number",
    "ip address",
    "login name",
)
#: Label sets; every text is read with each.
PROMPTS = (_CANONICAL, _NATURAL, _CANONICAL[:8], _CANONICAL[:3:-1])

TEXTS = (
    "Patient Helena Brandt, born 12 June 1974, was admitted on 3 March 2023 with chest pain. "
    "MRN 5538291. Next of kin: Oskar Brandt, 0171 5550143.",
    "From: priya.nair@northfield-labs.example\nTo: support@harbour.example\nMy user name is "
    "pnair_77 and the portal at https://portal.harbour.example/login refuses my password.",
    "Invoice 2024-0193 for Cedar & Stone Ltd, 14 Mill Lane, Bath BA1 5QT, United Kingdom. "
    "Please pay to account 40291188 before 31/01/2025.",
    "Please update my address: Tomasz Zielinski, 88 Harbor View Drive, Apt 12, Duluth, MN 55802.",
    "2024-11-05 04:12:09 sshd[812]: Failed password for root from 203.0.113.77 port 51122",
    '{"name": "Ines Carvalho", "email": "ines.c@example.org", "dob": "1990-08-21", '
    '"ssn": "219-09-9999", "card": "5500 0000 0000 0004"}',
    "name,phone,city\nAmara Okafor,+44 20 7946 0958,Leeds\nLiam Byrne,(312) 555-0187,Chicago",
    "The defendant, Mr. Walter J. Huang, 46, a plumber residing at 9 Quarry Road, Albany, New "
    "York, appeared before the court on Tuesday at 9:30 AM.",
    "hey its zoe!! got a new number 555-0162, the old one is dead. dinner at 7pm friday?",
    "DISCHARGE SUMMARY\nNAME: GUSTAVO PEREIRA\nDOB: 04/19/1958\nATTENDING: DR. LENA FISCHER\n"
    "FOLLOW-UP: 05/02/2024 14:15",
    "Our meeting with Kestrel Analytics moved to 17 October. Dial in at https://meet.example.com/"
    "k7 or call Joan Whitaker on +1 415 555 0134.",
    "host: 10.20.30.40\nuser: deploy\npassword: T!ger-Lily42\nendpoint: http://10.20.30.41:8080",
    "Maria-Luisa Esposito works as a radiographer at San Marco Clinic in Trieste, Italy.",
    "Please transfer 2,400 euros from account 7781234409 to my sister, Greta Lindqvist.",
    "The bridge was closed for repairs in spring. Traffic was led over the old road, and the "
    "council expects the work to end within the year.",
    "Ticket 88213: customer Dmitri Volkov (d.volkov@example.net) reports that the order confirmed "
    "on 2 Feb 2024 was sent to 31 Lakeshore Blvd, Toronto, Ontario M5V 2T6.",
    "To whom it may concern: Ms. Aisha Rahman, 29, has been employed by Bluewater Shipping as a "
    "logistics planner since 1 September 2019.",
    "curl -u admin:hunter2 http://192.0.2.15/api/v1/users?id=40412",
    "Emergency contact for Noah Petersen: mother, Karin Petersen, 503.555.0119, before 6 pm.",
    "I, Rebecca Stone, social security number 078-05-1120, authorise the release of my records.",
    "The compiler folds constants before it allocates registers; see section 4.2 of the manual.",
    "Dear Mr. Adeyemi, your card ending in 4111 1111 1111 1111 expires 08/26. Reply to "
    "cards@unionbank.example or visit us at 200 Main Street, Springfield, IL 62701.",
    "Seen by Dr. Hiroshi Tanaka at 11:45. 67-year-old retired teacher from Osaka, Japan. "
    "Record no. A-4410-2297.",
    "Log in as 'kmurphy' with the temporary password Blue-Kettle-19, then change it.",
)
