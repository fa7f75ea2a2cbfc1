"""Install a wheel with only its base dependencies in a new environment, and use it.

python tests/smoke_wheel.py dist/gliner_fast-*.whl
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

GOLDEN = Path(__file__).parent / "data" / "golden_default.json"
CHECK = """
import json, sys
from gliner_fast import GLiNER
def key(number, e):
    return number, e["start"], e["end"], e["label"]
cases = json.load(open(sys.argv[1], encoding="utf-8"))
cases = [case for case in cases if not case["truncated"]][:10]
model = GLiNER.from_pretrained()
expected, found = set(), set()
for number, case in enumerate(cases):
    expected |= {key(number, e) for e in case["entities"]}
    answer = model.detect(case["text"], case["labels"], **case["params"])
    found |= {key(number, e) for e in answer}
# int8 may move an entity over the threshold.
print(json.dumps({
    "as_golden": len(expected & found) >= 0.97 * max(len(expected), len(found)) > 0,
    "heavy": sorted({"torch", "transformers", "fastapi", "onnx"} & set(sys.modules)),
}))
"""
#: Commands of extras that are not installed, and what they have to answer.
MISSING = {
    ("convert", "checkpoint", "target"): "pip install 'gliner-fast[convert]'",
    ("serve", "--help"): "pip install 'gliner-fast[server]'",
}


def says_what_is_missing(command: Path, scratch: str) -> bool:
    """Whether every command of an extra ends in one line that names the extra."""
    for arguments, install in MISSING.items():
        done = subprocess.run([command, *arguments], cwd=scratch, text=True, capture_output=True)
        lines = done.stderr.splitlines()
        if done.returncode != 1 or len(lines) != 1 or install not in lines[0]:
            print(f"{' '.join(arguments)}: {done.returncode}, {done.stderr}", file=sys.stderr)
            return False
    return True


def main(wheel: Path) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        venv.create(folder, with_pip=True)
        python = folder / "bin" / "python"
        run = {"check": True, "cwd": scratch, "text": True, "stdout": subprocess.PIPE}
        subprocess.run([python, "-m", "pip", "install", "--quiet", wheel.resolve()], **run)
        answer = json.loads(subprocess.run([python, "-c", CHECK, GOLDEN], **run).stdout)
        version = subprocess.run([folder / "bin" / "gliner-fast", "--version"], **run).stdout
        explained = says_what_is_missing(folder / "bin" / "gliner-fast", scratch)
        site = next(folder.glob("lib/python*/site-packages"))
        installed = sum(p.stat().st_size for p in site.rglob("*") if p.is_file())
    print(
        f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, installed with dependencies "
        f"{installed / 1e6:.0f} MB, {version.strip()}, {answer}, "
        f"missing extras explained: {explained}"
    )
    return 0 if answer["as_golden"] and not answer["heavy"] and explained else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
