"""Documents with their entities, made by script from a seed.

Modules in the order of the data: ``pools`` (lists of names and words), ``world`` (the people of
one document), ``makers`` (values with their types), ``grammar`` and ``rules`` (sentences),
``families`` (whole documents), ``noise`` (typos, case, line breaks), ``documents`` (all of it,
by seed), ``concepts`` and ``prompts`` (labels, as a user may write them), ``examples``
(gliner's training format).
"""

from training.generator.documents import Document, document, documents
from training.generator.registry import HELD_OUT

__all__ = ["HELD_OUT", "Document", "document", "documents"]
