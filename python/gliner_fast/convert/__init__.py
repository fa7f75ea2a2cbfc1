"""Turn GLiNER checkpoints into ONNX model folders, without torch.

Needs the ``convert`` extra. The stages are the modules, in this order: ``checkpoint`` reads a
folder, with ``config`` (what it asks for), ``weights`` (``unpickle`` for ``pytorch_model.bin``)
and ``tokenizer``. ``graph`` and ``layers`` are the vocabulary that ``encoder`` and ``head`` build
the network with; ``attention`` (standard operators) and ``fused`` (this project's own) are the two
forms of its core, and ``graphs`` writes both. ``fidelity`` measures int8 on the texts of
``calibration``, and ``pipeline`` runs all this and writes the folder.
"""

from gliner_fast.convert.pipeline import PRECISIONS, convert

__all__ = ["PRECISIONS", "convert"]
