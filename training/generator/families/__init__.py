"""Whole documents. Importing this registers every family."""

from training.generator.families import (
    clean,
    clinic,
    law,
    letters,
    machines,
    paperwork,
    records,
    scenes,
    talk,
    work,
)

__all__ = [
    "clean",
    "clinic",
    "law",
    "letters",
    "machines",
    "paperwork",
    "records",
    "scenes",
    "talk",
    "work",
]
