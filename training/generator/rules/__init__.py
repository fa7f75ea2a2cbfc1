"""Sentences as rules. Importing this registers all of them."""

from training.generator.rules import clean, statements, statements_more, talk

__all__ = ["clean", "statements", "statements_more", "talk"]
