"""Write what gliner itself answers, and a graph that gliner itself exports, for the tests.

    python export/make_gliner_answers.py tests/data

Needs the ``reference`` extra. Both are of the checkpoint ``variants/standard``:
``golden_gliner_api.json`` holds calls of ``GLiNER.inference`` with their results, and
``gliner_export`` gliner's ONNX export with ``entities.json``, its entities by gliner and torch.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from gliner import GLiNER

from variants import LABELS, TEXTS

SHARED = ["first_name", "last_name", "email", "phone_number", "city", "country", "date"]
DOCUMENTS = [
    "Payment by card 502091614615 was declined on July 03, 2024. Lara Group hired Crystal as an "
    "engineer in South Kevinland, Mauritania.",
    "Please call me at 809-605-8421 or write to leslie38@example.com.\nJohn Smith, Chile",
    "",
    "My name is Shawn Stevenson \U0001f600 and I was born on 1984-02-11 in Port Elena, Tajikistan.",
    "Nothing to see here.",
]
DESCRIBED = {"PERSON": "first_name", "MAIL": "email", "WHEN": "date"}
PER_TEXT = [SHARED, ["email", "phone_number"], ["city"], ["first_name", "date"], SHARED]
CALLS: list[dict[str, Any]] = [
    {"labels": SHARED},
    {"labels": SHARED, "threshold": 0.2},
    {"labels": SHARED, "threshold": 0.2, "flat_ner": False},
    {"labels": SHARED, "threshold": 0.22, "flat_ner": False, "multi_label": True},
    {"labels": SHARED, "threshold": 0.22, "multi_label": True},
    {"labels": SHARED, "threshold": 0.2, "return_class_probs": True, "batch_size": 2},
    {"labels": DESCRIBED, "threshold": 0.2},
    {"labels": DESCRIBED, "threshold": 0.2, "return_class_probs": True},
    {"labels": PER_TEXT, "threshold": 0.2},
    {"labels": ["email", "email", "city"], "threshold": 0.2},
    {"labels": []},
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("target", type=Path)
    args = parser.parse_args()
    tiny = GLiNER.from_pretrained(str(args.target / "variants" / "standard"))
    calls = [{"arguments": c, "entities": tiny.inference(DOCUMENTS, **c)} for c in CALLS]
    golden = {"texts": DOCUMENTS, "calls": calls}
    (args.target / "golden_gliner_api.json").write_text(json.dumps(golden) + "\n")

    folder = args.target / "gliner_export"
    tiny.export_to_onnx(folder)
    arguments = {"labels": LABELS, "threshold": 0.3, "flat_ner": False}
    answer = {"texts": TEXTS, **arguments, "entities": tiny.inference(TEXTS, **arguments)}
    (folder / "entities.json").write_text(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
