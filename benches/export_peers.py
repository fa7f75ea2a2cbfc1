"""Export a checkpoint with gliner's own exporters, for ``bench_cpu.py`` to compare with.

    python benches/export_peers.py CHECKPOINT DST [--openvino]

Needs the ``reference`` extra, and openvino with ``--openvino``. Writes ``model.onnx``,
``model_quantized.onnx`` (gliner's own quantization) and ``model.xml``.
"""

import argparse
from pathlib import Path

from gliner import GLiNER


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("checkpoint")
    parser.add_argument("target", type=Path)
    parser.add_argument("--openvino", action="store_true")
    args = parser.parse_args()
    model = GLiNER.from_pretrained(args.checkpoint).eval()
    if args.openvino:
        print(model.export_to_openvino(args.target))
    else:
        print(model.export_to_onnx(args.target, quantize=True))


if __name__ == "__main__":
    main()
