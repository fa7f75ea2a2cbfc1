"""Install a wheel with only its base dependencies in a new environment, and use it.

python tests/smoke_wheel.py dist/gliner_fast-*.whl
"""

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

CHECK = """
import json, sys
from gliner_fast import GLiNER
text = "Reach me at (555) 123-4567 or johnd@example.com"
found = GLiNER.from_pretrained().detect(text, ["phone_number", "email"])
heavy = sorted({"torch", "transformers", "fastapi", "onnx"} & set(sys.modules))
print(json.dumps({"labels": [e["label"] for e in found], "heavy": heavy}))
"""


def main(wheel: Path) -> int:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        venv.create(folder, with_pip=True)
        python = folder / "bin" / "python"
        run = {"check": True, "cwd": scratch, "text": True, "stdout": subprocess.PIPE}
        subprocess.run([python, "-m", "pip", "install", "--quiet", wheel.resolve()], **run)
        answer = json.loads(subprocess.run([python, "-c", CHECK], **run).stdout)
        version = subprocess.run([folder / "bin" / "gliner-fast", "--version"], **run).stdout
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB, {version.strip()}, {answer}")
    return 0 if answer["labels"] and not answer["heavy"] else 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
