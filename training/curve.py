"""The learning curve of a run: a table that grows, and its plot."""

from __future__ import annotations

import csv
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["CURVE_FILE", "Point", "add_point"]

CURVE_FILE = "curve.csv"


@dataclass(frozen=True, slots=True)
class Point:
    """What is known of the averaged weights at one time; the shares from 0 to 1."""

    step: int
    minutes: float
    rows: int
    tokens: int
    loss: float
    learning_rate: float
    held_out_f1: float
    handwritten_f1: float
    handwritten_precision: float
    handwritten_recall: float
    alarms: float

    def __str__(self) -> str:
        return (
            f"{self.minutes:.1f} min, step {self.step}: loss {self.loss:.3f}, "
            f"held-out F1 {self.held_out_f1:.3f}, handwritten F1 {self.handwritten_f1:.3f} "
            f"(P {self.handwritten_precision:.3f}, R {self.handwritten_recall:.3f}), "
            f"clean texts with an alarm {self.alarms:.1%}"
        )


def add_point(folder: Path, point: Point) -> None:
    """Add a line to the folder's table and draw it anew."""
    path = folder / CURVE_FILE
    row = {k: round(v, 4) if k != "learning_rate" else v for k, v in asdict(point).items()}
    new = not path.is_file()
    with path.open("a", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, row)
        if new:
            writer.writeheader()
        writer.writerow(row)
    _plot(path)


def _plot(path: Path) -> None:
    """Draw the learning curve beside its table, where matplotlib is installed."""
    try:
        import matplotlib as mpl

        mpl.use("Agg")
        from matplotlib import pyplot
    except ImportError:
        return
    with path.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    minutes = [float(row["minutes"]) for row in rows]
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    for name in ("held_out_f1", "handwritten_f1", "alarms"):
        axes.plot(minutes, [float(row[name]) for row in rows], marker=".", label=name)
    other = axes.twinx()
    other.plot(minutes, [float(row["loss"]) for row in rows], "k:", label="loss")
    other.set(ylabel="loss", yscale="log")
    axes.set(xlabel="minutes", ylim=(0, 1))
    axes.grid(alpha=0.3)
    axes.legend(loc="center right")
    figure.tight_layout()
    figure.savefig(path.with_suffix(".png"), dpi=110)
    pyplot.close(figure)
