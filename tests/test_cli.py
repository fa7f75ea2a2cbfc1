"""The command as users run it: exit statuses, one sentence for an error, no traceback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gliner_fast import __version__
from samples import VARIANTS, copied, edit_config

MAIL = "leslie38@example.com"
TEXT = f"\u00e9\U0001f600 Please call me at 809-605-8421 or write to {MAIL}."


def _run(
    *arguments: object, text: bytes = b"", command: tuple[str, ...] = ("-m", "gliner_fast")
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-W", "error", *command, *map(str, arguments)],
        input=text,
        capture_output=True,
        check=False,
        timeout=120,
    )


def _fails(done: subprocess.CompletedProcess[bytes], *words: str) -> None:
    """One line on standard error, nothing on standard output."""
    message = done.stderr.decode()
    assert done.returncode == 1
    assert done.stdout == b""
    assert message.startswith("gliner-fast: ")
    assert message.count("\n") == 1
    assert all(word in message for word in words), message


def test_help_lists_the_commands() -> None:
    done = _run("--help")
    assert done.returncode == 0
    assert all(word in done.stdout.decode() for word in ("convert", "detect", "verify", "serve"))
    for command in ("convert", "detect", "verify"):
        done = _run(command, "--help")
        assert (done.returncode, done.stderr) == (0, b"")
        assert done.stdout.startswith(f"usage: gliner-fast {command}".encode())


def test_version_and_the_installed_command() -> None:
    script = Path(sys.executable).with_name("gliner-fast")
    done = subprocess.run([script, "--version"], capture_output=True, check=True)
    assert done.stdout.decode().strip() == f"gliner-fast {__version__}"
    assert _run("--version").stdout == done.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["no-such-command"],
        ["convert"],
        ["convert", "a"],
        ["convert", "a", "b", "--precision", "int4"],
        ["detect"],
        ["detect", "--labels", "a", "--threshold", "high"],
        ["detect", "--labels", "a", "--device", "tpu"],
        ["verify"],
        ["detect", "--labels", "a", "--surprise"],
    ],
)
def test_a_wrong_command_line_is_explained(arguments: list[str]) -> None:
    done = _run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(b"usage: gliner-fast")
    assert b"Traceback" not in done.stderr


def test_convert_verify_and_detect(tmp_path: Path) -> None:
    target = tmp_path / "model"
    done = _run(
        "convert", VARIANTS / "standard", target, "--precision", "int8", "--quiet", "--allow-lossy"
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith(f"{target}: int8, ")
    done = _run("verify", target)
    assert done.returncode == 0
    assert done.stdout.decode().startswith(f"{target}: standard, int8, ")
    done = _run("detect", "--model", target, "--labels", "person,date", "--threshold", "0",
                text=TEXT.encode())  # fmt: skip
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["entities"]

    _fails(_run("convert", VARIANTS / "standard", target, "--quiet"), "exists already", "--force")
    assert _run("convert", VARIANTS / "no-rnn", target, "--force", "--quiet").returncode == 0
    with (target / "model.onnx.data").open("r+b") as stream:
        stream.write(b"\xff")
    _fails(_run("verify", target), "model.onnx.data: differs from its SHA-256")


def test_convert_shows_its_progress(tmp_path: Path) -> None:
    done = _run("convert", VARIANTS / "standard", tmp_path / "model")
    assert done.returncode == 0
    assert b"converting to fp32" in done.stderr


def test_detect_reads_a_file_or_standard_input(tmp_path: Path) -> None:
    arguments = ("--labels", "email, phone_number,,", "--threshold", "0.5")
    (tmp_path / "text.txt").write_bytes(TEXT.encode())
    done = _run("detect", *arguments, text=TEXT.encode())
    assert (done.returncode, done.stderr) == (0, b"")
    found = json.loads(done.stdout)["entities"]
    assert {(e["label"], e["text"]) for e in found} == {
        ("email", MAIL),
        ("phone_number", "809-605-8421"),
    }
    assert all(TEXT[e["start"] : e["end"]] == e["text"] for e in found)
    assert _run("detect", tmp_path / "text.txt", *arguments).stdout == done.stdout
    short = _run("detect", *arguments, "--chunk-length", "100", text=TEXT.encode())
    assert (short.returncode, short.stdout) == (0, done.stdout)


def test_detect_in_a_precision() -> None:
    done = _run("detect", "--labels", "email", "--precision", "int8", text=TEXT.encode())
    assert done.returncode == 0 and MAIL.encode() in done.stdout
    done = _run("detect", "--labels", "email", "--precision", "fp32", text=TEXT.encode())
    _fails(done, "precision: expected int8, which pii-default was converted to")


def test_what_detect_cannot_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = ("--labels", "email")
    _fails(_run("detect", *labels, text=b"secret \xff\xfe"), "not UTF-8 (at byte 7)")
    assert b"secret" not in _run("detect", *labels, text=b"secret \xff").stderr
    _fails(_run("detect", tmp_path / "absent.txt", *labels), "absent.txt: No such file")
    _fails(_run("detect", tmp_path, *labels), "Is a directory")
    _fails(_run("detect", *labels, "--threshold", "2"), "threshold: expected a number in [0, 1]")
    _fails(_run("detect", *labels, "--chunk-length", "0"), "chunk_length: expected")
    _fails(_run("detect", *labels, "--model", "./absent"), "./absent: is not a folder")
    monkeypatch.setenv("DEVICE", "tpu")
    _fails(_run("detect", *labels), "device: expected one of auto, cpu, cuda, mps, got 'tpu'")
    assert _run("detect", *labels, "--device", "cpu").returncode == 0
    monkeypatch.delenv("DEVICE")
    _fails(_run("detect", *labels, "--model", tmp_path), "has neither")


def test_what_convert_cannot_convert(tmp_path: Path) -> None:
    target = tmp_path / "model"
    source = copied("standard", tmp_path / "source")
    edit_config(source, span_mode="token_level")
    _fails(_run("convert", source, target, "--quiet"), "span_mode: 'token_level' is not supported")
    _fails(_run("convert", tmp_path / "absent", target), "is not a folder")
    _fails(_run("convert", "two words", target), "expected a folder or a Hub name")
    _fails(_run("convert", "somebody/absent", target), "is not cached, and offline mode is on")
    _fails(_run("verify", tmp_path), "has no gliner_fast.json")
    assert [path.name for path in tmp_path.iterdir()] == ["source"]


def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = _run("convert", VARIANTS / "standard", tmp_path / "file" / "model", "--quiet")
    _fails(done, str(tmp_path / "file"))


def test_the_script_under_export_is_the_same_command(tmp_path: Path) -> None:
    script = Path(__file__).parents[1] / "export" / "export_onnx.py"
    done = _run(VARIANTS / "standard", tmp_path / "model", "--quiet", command=(str(script),))
    assert (done.returncode, done.stderr) == (0, b"")
    shutil.rmtree(tmp_path / "model")
