"""The labels that a request without ``labels`` asks for, and aliases of labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gliner_fast.types import Entity

__all__ = ["ANONYMIZER_LABELS", "DEFAULT_LABELS", "LabelMap", "check_aliases"]

# The 55 labels of Nemotron-PII.
DEFAULT_LABELS: tuple[str, ...] = (
    "occupation",
    "certificate_license_number",
    "first_name",
    "date_of_birth",
    "ssn",
    "medical_record_number",
    "password",
    "unique_id",
    "phone_number",
    "national_id",
    "swift_bic",
    "company_name",
    "country",
    "license_plate",
    "tax_id",
    "employee_id",
    "pin",
    "state",
    "email",
    "date_time",
    "api_key",
    "biometric_identifier",
    "credit_debit_card",
    "coordinate",
    "device_identifier",
    "city",
    "postcode",
    "bank_routing_number",
    "vehicle_identifier",
    "health_plan_beneficiary_number",
    "url",
    "ipv4",
    "last_name",
    "cvv",
    "customer_id",
    "date",
    "user_name",
    "street_address",
    "ipv6",
    "account_number",
    "time",
    "age",
    "fax_number",
    "county",
    "gender",
    "sexuality",
    "political_view",
    "race_ethnicity",
    "religious_belief",
    "language",
    "blood_type",
    "mac_address",
    "http_cookie",
    "employment_status",
    "education_level",
)

# Anonymizer sends the default labels and these.
ANONYMIZER_LABELS: tuple[str, ...] = (
    *DEFAULT_LABELS,
    "university",
    "court_name",
    "prison_detention_facility",
    "nationality",
    "degree",
    "field_of_study",
    "place_name",
    "landmark",
    "organization_name",
    "monetary_amount",
)


@dataclass(frozen=True, slots=True)
class LabelMap:
    """A caller's labels and the labels that the model sees in their place.

    Attributes:
        asked: The model's labels, distinct, in the caller's order.
        callers: The caller's own label for each of ``asked``.
    """

    asked: tuple[str, ...]
    callers: Mapping[str, str]

    @classmethod
    def of(cls, labels: Iterable[str], aliases: Mapping[str, str]) -> LabelMap:
        """Replace aliases. Where two labels mean the same one, the first in the list wins."""
        callers: dict[str, str] = {}
        for label in labels:
            callers.setdefault(aliases.get(label, label), label)
        return cls(tuple(callers), callers)

    def thresholds(
        self, thresholds: Mapping[str, float], aliases: Mapping[str, str]
    ) -> dict[str, float]:
        """Per-label thresholds by the model's labels; those of labels not asked for do nothing."""
        meant = {aliases.get(label, label): value for label, value in thresholds.items()}
        return {label: value for label, value in meant.items() if label in self.callers}

    def restore(self, entities: list[Entity]) -> list[Entity]:
        """Entities under the caller's labels, ordered by (start, end, label)."""
        if all(own == asked for asked, own in self.callers.items()):
            return entities
        renamed: list[Entity] = [{**e, "label": self.callers[e["label"]]} for e in entities]
        return sorted(renamed, key=lambda e: (e["start"], e["end"], e["label"]))


def check_aliases(aliases: Mapping[str, str]) -> None:
    """Refuse aliases whose meaning would depend on the order of look-ups.

    Raises:
        ValueError: If an alias leads to another alias or to itself.
    """
    for alias, label in aliases.items():
        if label in aliases:
            raise ValueError(f"alias {alias!r} leads to {label!r}, which is an alias itself")
