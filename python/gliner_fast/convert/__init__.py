"""Turn GLiNER checkpoints into ONNX model folders, without torch.

Needs the ``convert`` extra. The stages are the modules, in this order: ``source`` finds the
files, ``config`` checks what they ask for, ``weights`` reads tensors (``unpickle`` for
``pytorch_model.bin``), ``tokenizer`` writes ``tokenizer.json``, ``graph`` is the vocabulary that
``encoder`` and ``head`` build the network with, ``quantize`` holds the int8 form of a linear
layer, and ``pipeline`` runs them and writes the folder.
"""

from gliner_fast.convert.pipeline import PRECISIONS, convert

__all__ = ["PRECISIONS", "convert"]
