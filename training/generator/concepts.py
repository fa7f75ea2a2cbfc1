"""What a piece of text can be, and the names that users give to it.

A *type* is what a maker put into a text, as fine as it knows it (``passport_number``). A
*concept* is what a label asks for. Every type is a concept; some concepts are only wider ones
(``location``). An entity's label is the first concept of its chain that the prompt asks for: a
passport number is a ``passport number`` where the prompt has that, else a ``national_id`` where
the prompt has that, else nothing. That is how one text gets other labels under another prompt.

Groups (:data:`GROUPS`) are types that hold others: a person's name, an address.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from training.generator.text import phrases

__all__ = [
    "ANONYMIZER_LABELS",
    "CANONICAL",
    "DEFAULT_LABELS",
    "DISTRACTORS",
    "EXCLUSIVE_GROUPS",
    "GROUPS",
    "SURFACES",
    "canonical",
    "chain",
]

#: The package's default label set (Nemotron-PII's 55).
DEFAULT_LABELS: tuple[str, ...] = tuple(
    """occupation certificate_license_number first_name date_of_birth ssn medical_record_number
        password unique_id phone_number national_id swift_bic company_name country license_plate
        tax_id employee_id pin state email date_time api_key biometric_identifier
        credit_debit_card coordinate device_identifier city postcode bank_routing_number
        vehicle_identifier health_plan_beneficiary_number url ipv4 last_name cvv customer_id
        date user_name street_address ipv6 account_number time age fax_number county gender
        sexuality political_view race_ethnicity religious_belief language blood_type mac_address
        http_cookie employment_status education_level""".split()
)
#: What Anonymizer asks for besides.
ANONYMIZER_LABELS: tuple[str, ...] = tuple(
    """university court_name prison_detention_facility nationality degree field_of_study
        place_name landmark organization_name monetary_amount""".split()
)
CANONICAL: tuple[str, ...] = DEFAULT_LABELS + ANONYMIZER_LABELS

#: Types that hold other types.
GROUPS = frozenset({"person_name", "address", "date_time"})
#: Groups whose parts have no label of their own where the group has one.
EXCLUSIVE_GROUPS = frozenset({"date_time"})

#: Wider concepts of a type, nearest first.
_WIDER: dict[str, tuple[str, ...]] = {
    "bank_account_iban": ("account_number",),
    "booking_reference": ("reference_number",),
    "case_number": ("reference_number",),
    "city": ("address", "location"),
    "clinic": ("company_name", "organization_name"),
    "company_name": ("organization_name",),
    "country": ("location",),
    "county": ("location",),
    "court_name": ("organization_name",),
    "date_of_birth": ("date",),
    "driver_license": ("certificate_license_number",),
    "first_name": ("person_name",),
    "invoice_number": ("reference_number",),
    "ipv4": ("ip_address",),
    "ipv6": ("ip_address",),
    "landmark": ("place_name", "location"),
    "last_name": ("person_name",),
    "order_number": ("reference_number",),
    "passport_number": ("national_id",),
    "place_name": ("location",),
    "postcode": ("address",),
    "prison_detention_facility": ("organization_name",),
    "school": ("organization_name",),
    "ssn": ("national_id",),
    "state": ("location",),
    "street_address": ("address",),
    "ticket_id": ("reference_number",),
    "tracking_number": ("reference_number",),
    "university": ("organization_name",),
}

#: Names of a concept in prompts, natural words with spaces; styles are put on later. The
#: canonical name comes first and is written with underscores where it is canonical.
SURFACES: dict[str, tuple[str, ...]] = {
    "account_number": (
        "account number",
        "bank account number",
        "bank account",
        "account no",
        "financial account number",
    ),
    "address": ("address", "full address", "postal address", "mailing address", "home address"),
    "age": ("age", "person age", "age of a person", "patient age"),
    "api_key": ("api key", "access token", "secret key", "api token", "auth token"),
    "bank_account_iban": ("iban", "iban number", "international bank account number"),
    "bank_routing_number": (
        "bank routing number",
        "routing number",
        "aba number",
        "sort code",
        "bank code",
    ),
    "biometric_identifier": ("biometric identifier", "biometric id", "biometric data"),
    "blood_type": ("blood type", "blood group"),
    "booking_reference": ("booking reference", "reservation code", "confirmation code"),
    "case_number": ("case number", "docket number", "court case number"),
    "certificate_license_number": (
        "certificate license number",
        "license number",
        "professional license number",
        "certificate number",
        "licence number",
    ),
    "city": ("city", "town", "city name", "municipality"),
    "clinic": ("hospital", "clinic", "medical facility", "hospital name"),
    "company_name": ("company name", "company", "employer", "business name", "corporation"),
    "coordinate": ("coordinate", "coordinates", "gps coordinates", "geolocation", "geo location"),
    "country": ("country", "country name", "nation"),
    "county": ("county", "county name"),
    "court_name": ("court name", "court", "name of court"),
    "credit_debit_card": (
        "credit debit card",
        "credit card number",
        "credit card",
        "card number",
        "payment card number",
        "debit card number",
    ),
    "customer_id": ("customer id", "customer number", "client id", "customer identifier"),
    "cvv": ("cvv", "card security code", "cvc", "card verification value"),
    "date": ("date", "calendar date", "day"),
    "date_of_birth": ("date of birth", "dob", "birth date", "birthday", "birthdate"),
    "date_time": ("date time", "datetime", "timestamp", "date and time"),
    "degree": ("degree", "academic degree", "university degree"),
    "device_identifier": (
        "device identifier",
        "device id",
        "imei",
        "device serial number",
        "serial number",
    ),
    "driver_license": (
        "driver license",
        "drivers license number",
        "driver's license",
        "driving licence number",
        "driver license number",
    ),
    "education_level": ("education level", "level of education", "highest education"),
    "email": ("email", "email address", "e-mail", "e-mail address", "mail address"),
    "employee_id": ("employee id", "employee number", "staff id", "personnel number"),
    "employment_status": ("employment status", "work status", "job status"),
    "fax_number": ("fax number", "fax"),
    "field_of_study": ("field of study", "major", "subject of study", "academic major"),
    "file_path": ("file path", "file name", "path"),
    "first_name": ("first name", "given name", "forename", "name given"),
    "gender": ("gender", "sex", "gender identity"),
    "health_plan_beneficiary_number": (
        "health plan beneficiary number",
        "health insurance number",
        "insurance member id",
        "health plan number",
        "health insurance id",
    ),
    "http_cookie": ("http cookie", "cookie", "session cookie"),
    "invoice_number": ("invoice number", "invoice id", "invoice no"),
    "ip_address": ("ip address", "ip", "internet address"),
    "ipv4": ("ipv4", "ipv4 address"),
    "ipv6": ("ipv6", "ipv6 address"),
    "landmark": ("landmark", "monument", "famous building"),
    "language": ("language", "spoken language", "mother tongue"),
    "last_name": ("last name", "surname", "family name", "name family"),
    "license_plate": (
        "license plate",
        "license plate number",
        "licence plate",
        "number plate",
        "vehicle registration number",
    ),
    "location": ("location", "place", "geographic location", "geographical entity"),
    "mac_address": ("mac address", "mac", "hardware address"),
    "medical_condition": ("medical condition", "disease", "diagnosis", "illness"),
    "medical_record_number": (
        "medical record number",
        "mrn",
        "patient id",
        "patient number",
        "hospital number",
        "chart number",
    ),
    "medication": ("medication", "drug", "medicine", "drug name"),
    "monetary_amount": ("monetary amount", "money", "amount of money", "price", "amount"),
    "national_id": (
        "national id",
        "national id number",
        "identity card number",
        "national identification number",
        "government id",
    ),
    "nationality": ("nationality", "citizenship"),
    "occupation": ("occupation", "job title", "profession", "job", "position"),
    "order_number": ("order number", "order id", "purchase order number"),
    "organization_name": ("organization name", "organization", "organisation", "institution"),
    "passport_number": ("passport number", "passport", "passport no"),
    "password": ("password", "passphrase", "login password", "passcode"),
    "person_name": ("person", "person name", "name", "full name", "name of a person", "human"),
    "phone_number": (
        "phone number",
        "telephone",
        "telephone number",
        "contact number",
        "mobile number",
        "phone",
        "cell phone number",
        "mobile phone number",
    ),
    "pin": ("pin", "pin code", "pin number", "personal identification number"),
    "place_name": ("place name", "named place", "point of interest"),
    "political_view": ("political view", "political affiliation", "political opinion"),
    "postcode": ("postcode", "zip code", "postal code", "zip"),
    "prison_detention_facility": (
        "prison detention facility",
        "prison",
        "jail",
        "detention facility",
    ),
    "product": ("product", "product name", "device model"),
    "race_ethnicity": ("race ethnicity", "ethnicity", "race", "ethnic group"),
    "reference_number": ("reference number", "reference", "reference code"),
    "religious_belief": ("religious belief", "religion", "faith", "religious affiliation"),
    "school": ("school", "school name", "high school"),
    "sexuality": ("sexuality", "sexual orientation"),
    "software_version": ("software version", "version number", "version"),
    "ssn": (
        "ssn",
        "social security number",
        "us social security number",
        "social security no",
    ),
    "state": ("state", "province", "state or province", "federal state"),
    "street_address": ("street address", "street", "street name and number", "address line"),
    "swift_bic": ("swift bic", "swift code", "bic", "bic code"),
    "tax_id": ("tax id", "tax identification number", "vat number", "tax number", "ein"),
    "ticket_id": ("ticket id", "ticket number", "support ticket id"),
    "time": ("time", "time of day", "clock time"),
    "tracking_number": ("tracking number", "shipment number", "parcel number"),
    "unique_id": ("unique id", "unique identifier", "uuid", "record id"),
    "university": ("university", "college", "university name"),
    "url": ("url", "web address", "website", "link", "web link"),
    "user_name": ("user name", "username", "login name", "user id", "account name", "handle"),
    "vehicle_identifier": (
        "vehicle identifier",
        "vin",
        "vehicle identification number",
        "chassis number",
    ),
}

#: Labels that fit nothing in any generated document: negatives for every prompt.
DISTRACTORS: tuple[str, ...] = tuple(
    phrases(
        """animal; plant; bird species; chemical compound; protein; gene; cell type; film title;
        song title; book title; musical instrument; music genre; painting; dish; ingredient;
        drink; sports team; sports event; game character; planet; star; mountain range; ocean;
        weather event; war; treaty; law article; theorem; programming concept; algorithm; unit
        of measurement; chess opening; dance style; fabric; furniture; tool; weapon; aircraft
        type; ship name; train line; mineral; dinosaur; deity; mythical creature; holiday;
        festival; emotion; colour; shape; body part; symptom; surgical procedure; bacteria;
        virus; vitamin; award; stock ticker; financial index; sound; smell; sports position;
        crop; tree; insect; fish; tv show; newspaper; magazine; poem; opera; comic; board game;
        video game; toy; kitchen appliance; garment; shoe size; jewellery; perfume;
        architectural style; geological era; physical constant; enzyme; hormone; muscle; bone;
        satellite; spacecraft; bridge type; battle; dynasty; philosophical concept; literary
        genre"""
    )
)


@cache
def chain(type_name: str) -> tuple[str, ...]:
    """Concepts that may label an entity of a type, its own first.

    Raises:
        KeyError: If the type is unknown.
    """
    if type_name not in SURFACES:
        raise KeyError(type_name)
    return (type_name, *_WIDER.get(type_name, ()))


_CANONICAL_SET = frozenset(CANONICAL)


@cache
def canonical(type_name: str, labels: Collection[str] = _CANONICAL_SET) -> str | None:
    """The first of ``labels`` that a type falls under, or None."""
    return next((concept for concept in chain(type_name) if concept in labels), None)
