"""Whole documents. Importing this registers every family."""

from training.generator.families import (
    answers,
    clean,
    clinic,
    law,
    letters,
    machines,
    notices,
    paperwork,
    records,
    rosters,
    scenes,
    schemas,
    talk,
    work,
)

__all__ = [
    "answers",
    "clean",
    "clinic",
    "law",
    "letters",
    "machines",
    "notices",
    "paperwork",
    "records",
    "rosters",
    "scenes",
    "schemas",
    "talk",
    "work",
]
