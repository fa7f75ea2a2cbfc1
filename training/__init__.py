"""The default model, from nothing: generate, train, convert, evaluate.

Not part of the package that users install. ``docs/training.md`` says what to run.
"""
