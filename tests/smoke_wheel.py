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


def main(wheel: Path) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        venv.create(folder, with_pip=True)
        python = folder / "bin" / "python"
        run = {"check": True, "cwd": scratch, "text": True, "stdout": subprocess.PIPE}
        subprocess.run([python, "-m", "pip", "install", "--quiet", wheel.resolve()], **run)
        answer = json.loads(subprocess.run([python, "-c", CHECK, GOLDEN], **run).stdout)
        version = subprocess.run([folder / "bin" / "gliner-fast", "--version"], **run).stdout
        site = next(folder.glob("lib/python*/site-packages"))
        installed = sum(p.stat().st_size for p in site.rglob("*") if p.is_file())
    print(
        f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, installed with dependencies "
        f"{installed / 1e6:.0f} MB, {version.strip()}, {answer}"
    )
    return 0 if answer["as_golden"] and not answer["heavy"] else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
