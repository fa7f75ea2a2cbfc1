"""Other detectors to compare with, where they are installed: Presidio, and gliner on torch."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from gliner_fast.errors import InvalidInputError, MissingDependencyError
from gliner_fast.evaluation.types import LabelledSpan, Predictor

__all__ = ["PEERS", "PRESIDIO_LABELS", "GlinerPeer", "PresidioPeer", "load_peer"]

#: Presidio's entities under the default labels' names. Its PERSON, LOCATION and DATE_TIME are
#: wider than any of ours; where they are wanted, map the gold labels to theirs with a file.
PRESIDIO_LABELS = {
    "CREDIT_CARD": "credit_debit_card",
    "EMAIL_ADDRESS": "email",
    "IBAN_CODE": "account_number",
    "MAC_ADDRESS": "mac_address",
    "PHONE_NUMBER": "phone_number",
    "UK_NHS": "medical_record_number",
    "URL": "url",
    "US_BANK_NUMBER": "account_number",
    "US_DRIVER_LICENSE": "certificate_license_number",
    "US_ITIN": "tax_id",
    "US_PASSPORT": "national_id",
    "US_SSN": "ssn",
}
_IP = "IP_ADDRESS"
_SPACY_MODEL = "en_core_web_sm"


class PresidioPeer:
    """presidio-analyzer with its default recognizers, in English.

    Without spaCy's English model its pattern recognizers run alone, on spaCy's bare tokenizer;
    ``note`` says so. Labels are those of :data:`PRESIDIO_LABELS`.
    """

    def __init__(self) -> None:
        try:
            analyzer = importlib.import_module("presidio_analyzer")
            engines = importlib.import_module("presidio_analyzer.nlp_engine")
            spacy = importlib.import_module("spacy")
        except ImportError:
            raise MissingDependencyError(
                "presidio-analyzer", "presidio", "--peer presidio"
            ) from None
        _without_network()
        version = importlib.import_module("importlib.metadata").version("presidio-analyzer")
        self.name = f"presidio-analyzer {version}"
        self.note = ""
        if spacy.util.is_package(_SPACY_MODEL):
            nlp = engines.SpacyNlpEngine(models=[{"lang_code": "en", "model_name": _SPACY_MODEL}])
            nlp.load()
        else:
            self.note = (
                f"pattern recognizers alone: spaCy's model {_SPACY_MODEL} is not installed, so "
                "Presidio finds no names or places and weighs no context"
            )
            nlp = engines.SpacyNlpEngine(models=[{"lang_code": "en", "model_name": "blank"}])
            nlp.nlp = {"en": spacy.blank("en")}
        self._analyzer: Any = analyzer.AnalyzerEngine(nlp_engine=nlp, supported_languages=["en"])
        known = set(self._analyzer.get_supported_entities("en"))
        self._entities = sorted((known & set(PRESIDIO_LABELS)) | {_IP})
        self.labels: frozenset[str] | None = frozenset(
            [PRESIDIO_LABELS[e] for e in self._entities if e != _IP] + ["ipv4", "ipv6"]
        )

    def predict(
        self, text: str, labels: Sequence[str], thresholds: Sequence[float]
    ) -> list[list[LabelledSpan]]:
        """Entities of one text for each of the thresholds."""
        found = []
        for result in self._analyzer.analyze(text, language="en", entities=self._entities):
            if result.entity_type == _IP:
                label = "ipv6" if ":" in text[result.start : result.end] else "ipv4"
            else:
                label = PRESIDIO_LABELS[result.entity_type]
            if label in labels:
                found.append(LabelledSpan(result.start, result.end, label, float(result.score)))
        return [[s for s in found if s.score >= threshold] for threshold in thresholds]


def _without_network() -> None:
    """Presidio asks tldextract, which would fetch its list of domains: take the packaged one."""
    module: Any = importlib.import_module("tldextract.tldextract")
    module.TLD_EXTRACTOR = module.TLDExtract(suffix_list_urls=())


class GlinerPeer:
    """gliner itself, on torch, whole texts as ``predict_entities`` reads them."""

    def __init__(self, source: str, flat: bool = True) -> None:
        try:
            gliner = importlib.import_module("gliner")
        except ImportError:
            raise MissingDependencyError("gliner", "reference", "--peer gliner") from None
        version = importlib.import_module("importlib.metadata").version("gliner")
        self.name = f"gliner {version} on torch"
        self.note = "whole texts; words past the model's max_len are cut off"
        self.labels: frozenset[str] | None = None
        self._flat = flat
        self._model: Any = gliner.GLiNER.from_pretrained(source)
        self._model.eval()

    def predict(
        self, text: str, labels: Sequence[str], thresholds: Sequence[float]
    ) -> list[list[LabelledSpan]]:
        """Entities of one text for each of the thresholds."""
        found = [
            LabelledSpan(e["start"], e["end"], e["label"], float(e["score"]))
            for e in self._model.predict_entities(
                text, list(labels), flat_ner=self._flat, threshold=thresholds[0]
            )
        ]
        return [[s for s in found if s.score > threshold] for threshold in thresholds]


PEERS = ("presidio", "gliner")


def load_peer(name: str, source: str) -> Predictor:
    """A peer by name; ``source`` is the checkpoint that gliner loads.

    Raises:
        InvalidInputError: If there is no such peer.
        MissingDependencyError: If it is not installed.
    """
    if name == "presidio":
        return PresidioPeer()
    if name == "gliner":
        return GlinerPeer(source)
    raise InvalidInputError("peer", f"one of {', '.join(PEERS)}", repr(name))
