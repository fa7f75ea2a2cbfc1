"""Turn GLiNER checkpoints into ONNX model folders, without torch.

Needs the ``convert`` extra. The stages are the modules, in this order: ``source`` finds the
files, ``config`` checks what they ask for, ``weights`` reads tensors (``unpickle`` for
``pytorch_model.bin``), ``tokenizer`` writes ``tokenizer.json``, ``graph`` and ``layers``
are the vocabulary that ``encoder`` and ``head`` build the network with, ``attention`` (standard
operators) and ``fused`` (this project's own) are the two forms of its core, and ``pipeline``
runs them and writes the folder.
"""

from gliner_fast.convert.pipeline import PRECISIONS, convert

__all__ = ["PRECISIONS", "convert"]
