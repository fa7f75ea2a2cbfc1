"""Score any model on any annotated text: ``gliner-fast eval``.

The modules in the order of the data: ``readers`` (files → examples), ``mapping`` (label names),
``predictors`` and ``peers`` (texts → spans), ``scores`` (spans → counts → figures), ``report``
(figures → table, JSON, plot); ``run`` composes them and ``command`` is the command line.
"""

from gliner_fast.evaluation.readers import FORMATS, read_examples
from gliner_fast.evaluation.run import EvaluationOptions, evaluate
from gliner_fast.evaluation.scores import Figures, Scores, score
from gliner_fast.evaluation.types import Example, LabelledSpan

__all__ = [
    "FORMATS",
    "EvaluationOptions",
    "Example",
    "Figures",
    "LabelledSpan",
    "Scores",
    "evaluate",
    "read_examples",
    "score",
]
