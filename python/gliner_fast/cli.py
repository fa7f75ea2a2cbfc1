"""The command ``gliner-fast``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from gliner_fast.errors import GlinerFastError
from gliner_fast.types import DEFAULT_CHUNK_LENGTH, DEFAULT_THRESHOLD

__all__ = ["main"]

#: Exit status of whatever fails; argparse exits with 2 on a wrong command line.
_FAILED = 1


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line (without the program's name) and return its exit status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        if arguments[:1] == ["serve"]:
            # The server has its own options; only it may need FastAPI.
            from gliner_fast.server.run import main as serve

            return serve(arguments[1:])
        args = _parser().parse_args(arguments)
        return int(args.run(args))
    except GlinerFastError as error:
        print(f"gliner-fast: {error}", file=sys.stderr)
        return _FAILED
    except OSError as error:
        # A full disk, a folder that may not be written: the system's words say it best.
        where = f"{error.filename}: " if error.filename else ""
        print(f"gliner-fast: {where}{error.strerror or error}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gliner-fast",
        description="Detect entities, PII first of all, with GLiNER models and without torch.",
    )
    parser.add_argument(
        "--version", action="version", version=f"gliner-fast {version('gliner-fast')}"
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_convert(commands)
    _add_detect(commands)
    _add_verify(commands)
    _add_eval(commands)
    # Listed for --help; main() hands it over before parsing.
    commands.add_parser("serve", help="serve the OpenAI-style endpoint", add_help=False)
    return parser


def _add_convert(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "convert",
        help="turn a GLiNER checkpoint into a model folder",
        description="Turn a GLiNER checkpoint into an ONNX model folder, without torch.",
    )
    parser.add_argument("source", metavar="SRC", help="checkpoint folder or Hub name (owner/name)")
    parser.add_argument("target", metavar="DST", type=Path, help="folder to write")
    parser.add_argument(
        "--precision",
        choices=["fp32", "fp16", "int8"],
        default="fp32",
        help="of the encoder's weights (default: fp32)",
    )
    parser.add_argument("--force", action="store_true", help="replace DST if it exists")
    parser.add_argument(
        "--allow-lossy",
        action="store_true",
        help="write an int8 model even if it does not keep the fp32 model's entities",
    )
    parser.add_argument(
        "--weight-bits",
        type=int,
        choices=[7, 8],
        help="of int8's weights (default: 7, or 8 where 7 does not keep the entities)",
    )
    parser.add_argument("--revision", help="branch, tag or commit on the Hub")
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    parser.set_defaults(run=_convert)


def _convert(args: argparse.Namespace) -> int:
    from gliner_fast.convert import convert
    from gliner_fast.convert.layers import Quantization
    from gliner_fast.hub import HubOptions
    from gliner_fast.manifest import Manifest

    folder = convert(
        args.source,
        args.target,
        args.precision,
        force=args.force,
        allow_lossy=args.allow_lossy,
        weight_bits=args.weight_bits,
        progress=not args.quiet,
        hub=HubOptions(revision=args.revision),
    )
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(f"{folder}: {args.precision}, {size / 1e6:.1f} MB")
    if fidelity := Manifest.load(folder).fidelity:
        form = Quantization(fidelity["weight_bits"], tuple(fidelity["kept_fp32"]))
        print(f"int8 against fp32 on calibration texts: F1 {fidelity['f1']:.4f}; {form}")
    return 0


def _add_detect(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "detect",
        help="find entities in a text",
        description="Read a text from a file or standard input; write its entities as JSON.",
    )
    parser.add_argument("file", nargs="?", type=Path, help="UTF-8 text file (default: stdin)")
    parser.add_argument("--labels", required=True, help="labels to look for, separated by commas")
    parser.add_argument("--model", help="model folder or Hub name (default: the built-in model)")
    parser.add_argument(
        "--precision",
        choices=["fp32", "fp16", "int8"],
        help="of a checkpoint, which is converted once (default: fp32)",
    )
    parser.add_argument(
        "--device", choices=["auto", "cpu", "cuda", "mps"], help="default: $DEVICE, then auto"
    )
    parser.add_argument("--threshold", type=float, default=DEFAULT_THRESHOLD)
    parser.add_argument("--chunk-length", type=int, default=DEFAULT_CHUNK_LENGTH)
    parser.add_argument(
        "--overlap", type=int, help="default: 128, or a third of a shorter --chunk-length than 384"
    )
    parser.add_argument("--flat", action="store_true", help="no overlapping entities in a window")
    parser.set_defaults(run=_detect)


def _detect(args: argparse.Namespace) -> int:
    from gliner_fast.model import GLiNER

    model = GLiNER.from_pretrained(args.model, device=args.device, precision=args.precision)
    try:
        raw = args.file.read_bytes() if args.file else sys.stdin.buffer.read()
    except OSError as error:
        raise GlinerFastError(f"{args.file}: {error.strerror}") from None
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        # The exception itself holds the bytes.
        raise GlinerFastError(f"the text is not UTF-8 (at byte {error.start})") from None
    entities = model.detect(
        text,
        [label.strip() for label in args.labels.split(",") if label.strip()],
        threshold=args.threshold,
        chunk_length=args.chunk_length,
        overlap=args.overlap,
        flat_ner=args.flat,
    )
    print(json.dumps({"entities": entities}, ensure_ascii=False, indent=2))
    return 0


def _add_eval(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from gliner_fast.evaluation import command

    parser = commands.add_parser(
        "eval",
        help="measure a model on annotated texts",
        description="Measure a model on annotated texts: precision, recall, F1, thresholds.",
    )
    command.add_arguments(parser)
    parser.set_defaults(run=command.run)


def _add_verify(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "verify",
        help="compare a model folder's files with their hashes",
        description="Compare every file of a model folder with the SHA-256 in its manifest.",
    )
    parser.add_argument("folder", type=Path)
    parser.set_defaults(run=_verify)


def _verify(args: argparse.Namespace) -> int:
    from gliner_fast.manifest import Manifest

    manifest = Manifest.load(args.folder)
    manifest.verify(args.folder)
    print(
        f"{args.folder}: {manifest.model_id}, {manifest.precision}, {len(manifest.files)} files, ok"
    )
    return 0
