"""Names of fields, for forms and data. A field name is no entity; its value is of a slot."""

from __future__ import annotations

import random
import re

__all__ = ["FIELDS", "PLAIN_FIELDS", "field_name"]


def _f(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in text.split(";"))


#: Slot of a value -> names of its field, in plain words.
FIELDS: dict[str, tuple[str, ...]] = {
    "form_name": _f(
        "name; full name; patient name; customer; client; applicant; employee name; insured; "
        "account holder; cardholder name; contact; passenger; tenant; student name; owner; "
        "borrower; payee; beneficiary name; signed by; attending; emergency contact"
    ),
    "first_name": _f(
        "first name; given name; forename; fname; firstname; given names; first; name first"
    ),
    "last_name": _f(
        "last name; surname; family name; lname; lastname; last; name last; maiden name"
    ),
    "phone_number": _f(
        "phone; phone number; telephone; tel; mobile; cell; contact number; home phone; "
        "work phone; daytime phone; phone no; mobile no; contact phone; primary phone"
    ),
    "fax_number": _f("fax; fax number; fax no; facsimile"),
    "email": _f(
        "email; e-mail; email address; mail; contact email; user email; e-mail address; primary email"
    ),
    "url": _f("url; website; homepage; link; web; site; callback url; profile"),
    "user_name": _f(
        "username; user name; user; login; user id; account name; screen name; handle; created by"
    ),
    "password": _f(
        "password; passwd; pwd; pass; secret; db password; user password; passphrase; temp password"
    ),
    "street_address": _f(
        "street; street address; address; address line 1; address 1; addr; street name; location"
    ),
    "address": _f(
        "address; home address; mailing address; billing address; shipping address; full address; "
        "residence; site address; property address"
    ),
    "city": _f("city; town; city name; place; birthplace; municipality; place of birth; locality"),
    "state": _f("state; province; region; state province; issuing state"),
    "postcode": _f("zip; zip code; postcode; postal code; plz; zipcode; post code"),
    "country": _f(
        "country; country of residence; nation; country name; country of birth; residence country"
    ),
    "county": _f("county; county of residence; county name"),
    "dob": _f("dob; date of birth; birth date; birthday; born; birthdate; d.o.b.; birth dt"),
    "date_figures": _f(
        "date; start date; end date; issue date; expiry date; hire date; admission date; due date; "
        "visit date; order date; effective date; signed on; date issued; discharge date; "
        "last updated; valid until; date of service; date received; effective"
    ),
    "time": _f(
        "time; start time; end time; arrival time; check-in; opens; shift start; appointment time"
    ),
    "stamp": _f(
        "timestamp; created at; updated at; last login; created; ts; datetime; logged at; modified; event time"
    ),
    "age": _f("age; patient age; age years; age at visit; current age"),
    "ssn": _f(
        "ssn; social security number; social security no; soc sec; ss#; ssn number; social; taxpayer ssn"
    ),
    "national_id": _f(
        "national id; id number; identity card; id card no; national insurance no; personal id; "
        "citizen id; id no; government id"
    ),
    "passport_number": _f(
        "passport; passport number; passport no; travel document; document number"
    ),
    "driver_license": _f(
        "driver license; driving licence; dl number; license no; driver's license; dl; licence number"
    ),
    "mrn": _f(
        "mrn; medical record number; record number; chart number; patient id; hospital no; medical record no; "
        "patient number"
    ),
    "health_plan": _f(
        "member id; health plan number; insurance id; beneficiary number; subscriber id; policy member; "
        "insurance no; plan id; health plan beneficiary number; medicare no"
    ),
    "account_number": _f(
        "account; account number; account no; acct; bank account; acct no; account id; a/c no"
    ),
    "iban": _f("iban; iban number; bank account iban"),
    "bank_routing_number": _f(
        "routing number; sort code; routing; aba; bank code; routing no; bsb; transit number"
    ),
    "swift_bic": _f("swift; bic; swift code; swift bic; bic code"),
    "card": _f(
        "card number; credit card; card; cc number; card no; payment card; debit card; pan; cc"
    ),
    "cvv": _f("cvv; cvc; security code; cvv2; card security code"),
    "pin": _f("pin; pin code; card pin; access pin; pin number"),
    "tax_id": _f("tax id; vat number; tin; ein; tax number; vat id; tax no; vat; utr"),
    "money": _f(
        "amount; total; balance; price; salary; fee; total due; net; gross; deposit; premium; income; "
        "annual salary; subtotal; paid; claim amount; rent"
    ),
    "employee_id": _f(
        "employee id; emp id; staff id; employee number; personnel no; badge; emp no; worker id"
    ),
    "customer_id": _f(
        "customer id; client id; customer number; cust no; member number; client no; customer no"
    ),
    "unique_id": _f("unique id; uuid; guid; record id; uid; person id; subject id; entity id"),
    "certificate_license_number": _f(
        "license number; certificate number; cert no; licence no; registration no; "
        "npi; permit no; professional license; certification id"
    ),
    "ipv4": _f(
        "ip; ip address; client ip; source ip; host; remote addr; server; ipv4; src; last ip"
    ),
    "ipv6": _f("ipv6; ipv6 address; ip6; source ipv6; address v6"),
    "mac": _f("mac; mac address; hwaddr; hardware address; ethernet; bssid; physical address"),
    "api_key": _f(
        "api key; token; access token; secret key; api token; auth token; client secret; secret; "
        "access key; bearer token"
    ),
    "http_cookie": _f("cookie; set-cookie; session cookie; cookies; http cookie"),
    "device_identifier": _f(
        "device id; serial number; imei; device; serial no; asset serial; device serial; udid"
    ),
    "biometric_identifier": _f(
        "biometric id; fingerprint id; biometric; face id; iris id; voiceprint; biometric ref"
    ),
    "vin": _f("vin; vehicle id; chassis number; vehicle identification number; vin number"),
    "plate": _f("license plate; plate; plate number; registration; number plate; vehicle reg; tag"),
    "coordinate": _f("coordinates; location; gps; lat lon; position; geo; latlng; coords"),
    "occupation": _f("occupation; job title; position; profession; role; job; title"),
    "company": _f(
        "company; employer; organization; business name; company name; vendor; supplier; workplace"
    ),
    "clinic": _f("hospital; clinic; facility; ordering facility; provider; practice"),
    "organization": _f("organization; organisation; agency; institution; association; affiliation"),
    "university": _f("university; college; school; institution; alma mater"),
    "degree": _f("degree; qualification; highest degree; degree awarded"),
    "field_of_study": _f("major; field of study; subject; course; program of study"),
    "education_level": _f("education; education level; highest education; level of education"),
    "employment_status": _f(
        "employment status; employment; work status; employment type; job status"
    ),
    "gender": _f("gender; sex; gender identity; sex at birth"),
    "sexuality": _f("sexual orientation; sexuality; orientation"),
    "political_view": _f(
        "political affiliation; party; political view; political views; party affiliation"
    ),
    "race_ethnicity": _f("race; ethnicity; race ethnicity; ethnic group; ethnic origin"),
    "religious_belief": _f(
        "religion; faith; religious affiliation; religious belief; denomination"
    ),
    "language": _f(
        "language; preferred language; primary language; native language; spoken language; mother tongue"
    ),
    "nationality": _f("nationality; citizenship; nationality at birth"),
    "blood_type": _f("blood type; blood group; abo rh; bloodtype"),
    "court": _f("court; court name; venue; jurisdiction"),
    "prison": _f("facility; prison; place of detention; detention facility; jail"),
    "place_name": _f("place; venue; site; point of interest; meeting point"),
    "landmark": _f("landmark; nearest landmark; sight"),
    "medication": _f("medication; drug; rx; current medication; prescribed"),
    "condition": _f("diagnosis; condition; chief complaint; reason for visit; problem; history"),
    "product": _f("product; item; description; article; model"),
    "order_number": _f("order number; order id; po number; order no; purchase order"),
    "invoice_number": _f("invoice; invoice number; invoice no; inv no; bill no"),
    "ticket_id": _f("ticket; ticket id; case id; request id; incident"),
    "tracking_number": _f("tracking number; tracking; shipment; parcel no"),
    "pnr": _f("booking reference; pnr; confirmation; reservation code"),
    "case_number": _f("case no; docket; case number; cause no; file no"),
    "version": _f("version; build; firmware; app version; release"),
}

#: Fields whose value is no entity.
PLAIN_FIELDS: dict[str, tuple[str, ...]] = {
    "number_plain": _f(
        "count; quantity; qty; items; visits; dependents; points; attempts; retries; rating; size"
    ),
    "port_plain": _f("port; status code; code; timeout; limit; page; line; zone; unit"),
    "measure_plain": _f(
        "weight; height; length; dose; distance; memory; load; bp; temperature; volume"
    ),
    "percent_plain": _f("progress; discount; rate; share; tax rate; battery; coverage"),
    "model_plain": _f("sku; model; part number; item code; lot; batch; grade; class; room"),
    "hash_plain": _f("commit; sha256; checksum; etag; hash; revision; digest; fingerprint sha"),
    "noun": _f(
        "category; type; topic; department; subject; source; channel; reason; tag; group; status"
    ),
    "adj": _f(
        "priority; status; severity; state of item; condition of goods; level; risk; quality"
    ),
    "placeholder": _f(
        "fax; middle name; notes; comment; suffix; other; email 2; secondary phone; password; ssn; "
        "api key; allergies; spouse; remarks; token; referral"
    ),
    "flight_plain": _f("flight; flight no; carrier; seat; gate"),
    "isbn_plain": _f("isbn; ean; barcode"),
    "weekday": _f("day; day of week; weekday; collection day"),
    "year_plain": _f("year; model year; tax year; since; vintage"),
    "dose_plain": _f("dose; strength; dosage"),
}

_STYLES = (
    "title",
    "title",
    "title",
    "snake",
    "snake",
    "camel",
    "upper",
    "lower",
    "sentence",
    "constant",
    "kebab",
)


def field_style(rng: random.Random, code: bool = False) -> str:
    """One way of writing the field names of a document."""
    return rng.choice(("snake", "snake", "camel", "kebab", "constant") if code else _STYLES)


def field_name(rng: random.Random, slot: str, style: str) -> str:
    """A name of a slot's field in a style."""
    names = FIELDS.get(slot) or PLAIN_FIELDS[slot]
    name = rng.choice(names)
    if style in ("title", "sentence", "lower", "upper"):
        if style == "title":
            return " ".join(w if "." in w else w.capitalize() for w in name.split()).replace(
                "Id", "ID"
            )
        return {"upper": name.upper(), "lower": name}.get(style, name.capitalize())
    words = re.findall(r"[A-Za-z0-9]+", name)
    if style == "camel":
        return words[0] + "".join(w.capitalize() for w in words[1:])
    joined = ("-" if style == "kebab" else "_").join(words)
    return joined.upper() if style == "constant" else joined
