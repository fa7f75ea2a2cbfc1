"""Values with their types. Importing this registers all of them."""

from training.generator.makers import (
    computing,
    contact,
    dates,
    identifiers,
    money,
    names,
    organizations,
    places,
    things,
    traits,
)

__all__ = [
    "computing",
    "contact",
    "dates",
    "identifiers",
    "money",
    "names",
    "organizations",
    "places",
    "things",
    "traits",
]
