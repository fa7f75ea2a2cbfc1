"""Results → JSON, a table, a plot."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gliner_fast.errors import MissingDependencyError
from gliner_fast.evaluation.run import Result
from gliner_fast.evaluation.scores import Figures, Scores

__all__ = ["as_json", "as_table", "comparison", "plot_sweep"]

_MOST_CONFUSIONS = 15


def as_json(result: Result) -> dict[str, Any]:
    """All figures of a result, without any text of the data."""
    scores = result.scores
    return {
        "model": result.name,
        "note": result.note,
        "threshold": result.threshold,
        "prompt": list(result.labels),
        "documents": scores.documents,
        "micro": {"strict": asdict(scores.micro()), "relaxed": asdict(scores.micro(True))},
        "macro": {"strict": asdict(scores.macro()), "relaxed": asdict(scores.macro(True))},
        "labels": {
            label: {
                "strict": asdict(scores.strict[label].figures()),
                "relaxed": asdict(scores.relaxed[label].figures()),
            }
            for label in sorted(scores.strict)
        },
        "clean": {
            "documents": scores.clean,
            "alarmed": scores.alarmed,
            "false_alarm_rate": scores.false_alarm_rate,
        },
        "confusion": [
            {"gold": gold, "predicted": predicted, "count": count}
            for (gold, predicted), count in sorted(
                scores.confusion.items(), key=lambda item: (-item[1], item[0])
            )
        ],
        "sweep": [
            {
                "threshold": threshold,
                "strict": asdict(each.micro()),
                "relaxed": asdict(each.micro(True)),
                "false_alarm_rate": each.false_alarm_rate,
            }
            for threshold, each in result.sweep
        ],
        "groups": {
            group or "(none)": {
                "documents": each.documents,
                "strict": asdict(each.micro()),
                "false_alarm_rate": each.false_alarm_rate,
            }
            for group, each in result.groups.items()
        },
        "latency_ms": asdict(result.latency),
    }


def _rows(table: Iterable[Sequence[str]]) -> str:
    """Columns of equal width, the first to the left and the others to the right."""
    rows = [list(row) for row in table]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )


def _cells(figures: Figures) -> list[str]:
    return [f"{v:.3f}" for v in (figures.precision, figures.recall, figures.f1, figures.f2)]


_HEAD = ["", "P", "R", "F1", "F2", "relaxed F1", "gold", "found"]


def _line(name: str, strict: Figures, relaxed: Figures) -> list[str]:
    return [
        name,
        *_cells(strict),
        f"{relaxed.f1:.3f}",
        str(strict.gold),
        str(strict.predicted),
    ]


def as_table(result: Result, groups: bool = False) -> str:
    """A report for people."""
    scores = result.scores
    parts = [f"{result.name}: {scores.documents} documents, threshold {result.threshold}"]
    if result.note:
        parts.append(f"note: {result.note}")
    rows = [_HEAD]
    rows.append(_line("micro", scores.micro(), scores.micro(True)))
    rows.append(_line("macro", scores.macro(), scores.macro(True)))
    for label in sorted(scores.strict, key=lambda n: (-scores.strict[n].gold, n)):
        rows.append(_line(label, scores.strict[label].figures(), scores.relaxed[label].figures()))
    parts.append(_rows(rows))
    if scores.clean:
        rate = scores.alarmed / scores.clean
        parts.append(
            f"documents without entities: {scores.clean}, "
            f"with a false alarm: {scores.alarmed} ({rate:.1%})"
        )
    wrong = [
        (gold, predicted, count)
        for (gold, predicted), count in scores.confusion.most_common()
        if gold != predicted
    ][:_MOST_CONFUSIONS]
    if wrong:
        rows = [["most frequent confusions", "taken for", "times"]]
        parts.append(_rows(rows + [[g, p, str(c)] for g, p, c in wrong]))
    if result.sweep:
        rows = [["threshold", "P", "R", "F1", "F2", "relaxed F1", "false alarms"]]
        for threshold, each in result.sweep:
            alarms = each.false_alarm_rate
            rows.append(
                [
                    f"{threshold:g}",
                    *_cells(each.micro()),
                    f"{each.micro(True).f1:.3f}",
                    "-" if alarms is None else f"{alarms:.1%}",
                ]
            )
        parts.append(_rows(rows))
    if groups and result.groups:
        rows = [["group", "documents", "F1", "relaxed F1", "false alarms"]]
        for group, each in sorted(result.groups.items(), key=lambda g: g[1].micro().f1):
            alarms = each.false_alarm_rate
            rows.append(
                [
                    group or "(none)",
                    str(each.documents),
                    f"{each.micro().f1:.3f}",
                    f"{each.micro(True).f1:.3f}",
                    "-" if alarms is None else f"{alarms:.1%}",
                ]
            )
        parts.append(_rows(rows))
    late = result.latency
    parts.append(
        f"latency: median {late.median:.1f} ms, 95 % within {late.p95:.1f} ms; "
        f"{late.documents_per_second:.1f} documents/s, "
        f"{late.characters_per_second:,.0f} characters/s"
    )
    return "\n\n".join(parts)


def comparison(rows: Sequence[tuple[str, Scores, float]], labels: str = "shared labels") -> str:
    """Predictors side by side over some labels, usually those that all of them know.

    Args:
        rows: Name, scores over those labels, median milliseconds.
        labels: What to call them.
    """
    table = [[f"over {labels}", "P", "R", "F1", "F2", "relaxed F1", "ms"]]
    for name, scores, median in rows:
        table.append(
            [name, *_cells(scores.micro()), f"{scores.micro(True).f1:.3f}", f"{median:.1f}"]
        )
    return _rows(table)


def plot_sweep(result: Result, path: Path) -> None:
    """Precision, recall, F1 and F2 over the threshold, as an image.

    Raises:
        MissingDependencyError: If matplotlib is not installed.
    """
    try:
        matplotlib = importlib.import_module("matplotlib")
        matplotlib.use("Agg")
        pyplot: Any = importlib.import_module("matplotlib.pyplot")
    except ImportError:
        raise MissingDependencyError("matplotlib", "eval", "--plot") from None
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    thresholds = [threshold for threshold, _ in result.sweep]
    for name in ("precision", "recall", "f1", "f2"):
        values = [getattr(each.micro(), name) for _, each in result.sweep]
        axes.plot(thresholds, values, marker="o", label=f"strict {name}")
    axes.plot(
        thresholds,
        [each.micro(True).f1 for _, each in result.sweep],
        linestyle="--",
        label="relaxed f1",
    )
    rates = [each.false_alarm_rate for _, each in result.sweep]
    if all(rate is not None for rate in rates):
        axes.plot(thresholds, rates, linestyle=":", color="black", label="false-alarm rate")
    axes.set(xlabel="threshold", ylim=(0, 1), title=f"{result.name}, micro")
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
