"""Train the default model: ``python -m training.train --minutes 110 --output build/default``.

With several CPUs: ``torchrun --standalone --nproc-per-node 2 -m training.train …``.

Data is generated while training. The learning rate follows the clock, not a number of steps: a
run of so many minutes ends with the rate at zero, on whatever machine. A run that was stopped, by
Ctrl-C too, goes on where it was when started again with the same output folder.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import signal
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import DataLoader
from tqdm import tqdm

from training.batches import Batch, Stream, StreamOptions
from training.curve import Point, add_point
from training.generator.examples import WindowOptions
from training.generator.prompts import PromptOptions
from training.loss import LossOptions, loss_of
from training.muon import Muon
from training.network import Network, Shape, load_network, save_checkpoint
from training.options import parser
from training.probe import Probe
from training.replicas import Replicas
from training.tokens import ENT, save_tokenizer, train_tokenizer

__all__ = ["main", "train"]

_STATE = "state.pt"


def _rate(progress: float, warmup: float = 0.03) -> float:
    """Share of the highest learning rate: linear warm-up, then half a cosine to zero."""
    if progress < warmup:
        return progress / warmup
    return 0.5 * (1 + math.cos(math.pi * min(1.0, (progress - warmup) / (1 - warmup))))


class _Average:
    """Moving average of the weights: what is saved in the end."""

    def __init__(self, network: Network, decay: float) -> None:
        self._decay = decay
        self.weights = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: Network, step: int) -> None:
        decay = min(self._decay, (1 + step) / (10 + step))
        for key, value in network.state_dict().items():
            self.weights[key].lerp_(value, 1 - decay)


def _optimizers(network: Network, args: argparse.Namespace) -> list[torch.optim.Optimizer]:
    """Muon for the matrices, AdamW for embeddings, the recurrent layer, gains and biases."""
    groups: dict[str, list[Tensor]] = {"matrix": [], "table": [], "plain": []}
    for name, parameter in network.named_parameters():
        if parameter.dim() < 2:
            groups["plain"].append(parameter)
        elif args.optimizer == "adamw" or "embeddings" in name or name.startswith("rnn."):
            groups["table"].append(parameter)
        else:
            groups["matrix"].append(parameter)
    adamw = torch.optim.AdamW(
        [
            {"params": groups["table"], "weight_decay": args.weight_decay},
            {"params": groups["plain"], "weight_decay": 0.0},
        ],
        lr=args.lr,
        betas=(0.9, 0.98),
        fused=True,
    )
    if not groups["matrix"]:
        return [adamw]
    return [adamw, Muon(groups["matrix"], lr=args.lr, weight_decay=args.weight_decay)]


class _Run:
    """State of a training run."""

    def __init__(self, args: argparse.Namespace, tokenizer: Tokenizer, shape: Shape) -> None:
        self.args = args
        self.tokenizer = tokenizer
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.network = Network(shape).to(self.device)
        self.average = _Average(self.network, args.ema)
        self.optimizers = _optimizers(self.network, args)
        self.step = self.documents = self.rows = self.tokens = 0
        self.elapsed = 0.0

    def save(self) -> None:
        """Write the state; never half of it."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.weights,
            "optimizers": [each.state_dict() for each in self.optimizers],
            "progress": [self.step, self.documents, self.rows, self.tokens, self.elapsed],
        }
        scratch = self.args.output / f"{_STATE}.new"
        torch.save(state, scratch)
        scratch.replace(self.args.output / _STATE)

    def restore(self) -> None:
        state = torch.load(self.args.output / _STATE, map_location=self.device, weights_only=True)
        self.network.load_state_dict(state["network"])
        self.average.weights = state["average"]
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.documents, self.rows, self.tokens, self.elapsed = state["progress"]

    def start_from(self, folder: Path) -> None:
        """Take a checkpoint's weights."""
        self.network.load_state_dict(load_network(folder).state_dict())
        self.average = _Average(self.network, self.args.ema)

    def export(self, folder: Path) -> None:
        """Write the averaged weights as a gliner checkpoint."""
        ent = self.tokenizer.token_to_id(ENT)
        save_checkpoint(folder, self.network.shape, self.average.weights, ent, self.args.name)
        save_tokenizer(self.tokenizer, folder)


def train(args: argparse.Namespace) -> Path:
    """Train, and return the checkpoint's folder."""
    args.output.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(args.seed)
    random.seed(args.seed)
    if args.threads:
        torch.set_num_threads(args.threads)
    torch.set_float32_matmul_precision("high")
    replicas = Replicas()
    if replicas.first:
        _tokenizer(args)
    replicas.wait()
    tokenizer = _tokenizer(args)
    shape = _shape(args, tokenizer.get_vocab_size(), write=replicas.first)
    run = _Run(args, tokenizer, shape)
    if (args.output / _STATE).is_file():
        run.restore()
    elif args.start_from:
        run.start_from(args.start_from)
    size = sum(p.numel() for p in run.network.parameters())
    if replicas.first:
        print(f"{size / 1e6:.2f} M parameters, vocabulary {shape.vocab}, on {run.device}")
        print(f"from step {run.step}, {run.elapsed / 60:.1f} minutes, processes: {replicas.count}")
    # Which words are scored is drawn anew: differently in each process, and after a pause.
    torch.manual_seed(hash((args.seed, replicas.number, run.step)))
    probes = {
        "held_out": Probe.held_out(args.probe, tokenizer),
        "handwritten": Probe.handwritten(tokenizer),
    }
    share = (replicas.number, replicas.count)
    stream = Stream(
        tokenizer,
        StreamOptions(args.seed, args.batch_tokens, args.buffer, run.documents, share, args.joined),
        WindowOptions(max_width=shape.max_width),
        PromptOptions(most=args.most_labels, default=args.default_labels),
    )
    loader = DataLoader(
        stream,
        batch_size=None,
        num_workers=args.workers,
        prefetch_factor=8 if args.workers else None,
        pin_memory=run.device.type == "cuda",
        worker_init_fn=_outlive_signals,
    )
    network: Any = torch.compile(run.network, dynamic=True) if args.compile else run.network
    _loop(run, loader, probes, network, replicas)
    replicas.close()
    folder = args.output / args.name
    if replicas.first:
        run.export(folder)
        print(f"checkpoint: {folder}")
    return folder


def _loop(
    run: _Run, loader: DataLoader[Any], probes: dict[str, Probe], network: Any, replicas: Replicas
) -> None:
    args = run.args
    options = LossOptions(args.gamma, args.alpha, args.starts, args.bridges)
    begin = time.monotonic() - run.elapsed
    next_probe = run.elapsed + 60 * args.probe_minutes
    next_save = run.elapsed + 60 * args.save_minutes
    losses: list[Tensor] = []
    half = {"on": True, "off": False, "auto": None}[args.bf16]
    requests = _stop_requests()
    stopped = False
    with tqdm(
        total=round(args.minutes * 60),
        initial=round(run.elapsed),
        unit="s",
        disable=args.quiet or not replicas.first,
    ) as bar:
        for group in _groups(loader, args.accumulate):
            progress = min(1.0, run.elapsed / (60 * args.minutes))
            if args.steps:
                progress = max(progress, run.step / args.steps)
            if progress >= 1 or run.elapsed >= 60 * (args.stop_after or math.inf) or stopped:
                break
            for optimizer in run.optimizers:
                for parameters in optimizer.param_groups:
                    parameters["lr"] = args.lr * _rate(progress)
            run.network.zero_grad(set_to_none=True)
            loss = torch.zeros((), device=run.device)
            for batch in group:
                moved = batch.to(run.device)
                if half is None:
                    half = _half_is_faster(network, moved, options)
                    run.network.zero_grad(set_to_none=True)
                with torch.autocast(run.device.type, torch.bfloat16, enabled=half):
                    part = loss_of(network, moved, options) / len(group)
                part.backward()
                loss += part.detach()
            # One process's clock and anyone's wish to stop count for all: they end together.
            clock = time.monotonic() - begin if replicas.first else 0.0
            rows = sum(len(batch.counts) for batch in group)
            tokens = sum(int(batch.counts.sum()) for batch in group)
            counts = [clock, len(requests), rows, tokens]
            run.elapsed, wishes, rows, tokens = replicas.average(run.network, counts)
            stopped = wishes > 0
            torch.nn.utils.clip_grad_norm_(run.network.parameters(), 1.0)
            for optimizer in run.optimizers:
                optimizer.step()
            run.average.update(run.network, run.step)
            run.step += 1
            read = sum(batch.documents for batch in group)
            run.documents += read * max(1, args.workers) * replicas.count
            run.rows += int(rows)
            run.tokens += int(tokens)
            losses.append(loss)
            if run.step % 20 == 0:
                bar.n = min(bar.total, round(run.elapsed))
                recent = torch.stack(losses[-50:]).mean().item()
                bar.set_postfix(step=run.step, loss=f"{recent:.3f}", rows=run.rows)
            if run.elapsed >= next_probe and replicas.first:
                _record(run, probes, losses)
                losses.clear()
                next_probe = run.elapsed + 60 * args.probe_minutes
            if run.elapsed >= next_save and replicas.first:
                run.save()
                next_save = run.elapsed + 60 * args.save_minutes
    if replicas.first:
        if losses and not stopped:
            _record(run, probes, losses)
        run.save()


def _groups(loader: Iterable[Batch], size: int) -> Iterator[list[Batch]]:
    """Batches of a step. Several small ones take as long in every process as one large does in
    the mean: processes wait less for each other.
    """
    batches = iter(loader)
    while group := list(islice(batches, size)):
        yield group


def _outlive_signals(_: int) -> None:
    """In a process that makes data: a signal to all is for the trainer, which ends this one."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _stop_requests() -> list[int]:
    """A list that gets the number of each signal that asks the run to end."""
    received: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: received.append(n))
    return received


def _half_is_faster(network: Any, batch: Batch, options: LossOptions) -> bool:
    """Whether bfloat16 is the faster form of a step on this machine.

    GPUs, and CPUs with AMX, are several times faster in it. Others lose more by converting
    than the products gain.
    """
    if batch.ids.device.type == "cuda":
        return True
    times = {}
    for half in (False, True, False, True):
        begin = time.perf_counter()
        with torch.autocast("cpu", torch.bfloat16, enabled=half):
            loss_of(network, batch, options).backward()
        times[half] = time.perf_counter() - begin
    return times[True] < times[False]


def _record(run: _Run, probes: dict[str, Probe], losses: list[Tensor]) -> None:
    """Score the averaged weights and add a point to the learning curve."""
    averaged = Network(run.network.shape).to(run.device)
    averaged.load_state_dict(run.average.weights)
    held, hand = (probes[name].run(averaged, run.device) for name in ("held_out", "handwritten"))
    point = Point(
        step=run.step,
        minutes=run.elapsed / 60,
        rows=run.rows,
        tokens=run.tokens,
        loss=torch.stack(losses).mean().item() if losses else math.nan,
        learning_rate=run.optimizers[0].param_groups[0]["lr"],
        held_out_f1=held.f1,
        handwritten_f1=hand.f1,
        handwritten_precision=hand.precision,
        handwritten_recall=hand.recall,
        alarms=hand.alarms,
    )
    tqdm.write(str(point))
    add_point(run.args.output, point)


def _tokenizer(args: argparse.Namespace) -> Tokenizer:
    """The run's tokenizer, trained on first use."""
    path = args.output / "tokenizer.json"
    if args.start_from and not path.is_file():
        shutil.copyfile(args.start_from / "tokenizer.json", path)
    if not path.is_file():
        print(
            f"training a tokenizer of {args.vocab} tokens on {args.tokenizer_documents} documents"
        )
        train_tokenizer(args.vocab, args.seed, args.tokenizer_documents).save(str(path))
    return Tokenizer.from_file(str(path))


def _shape(args: argparse.Namespace, vocab: int, write: bool) -> Shape:
    """The shape asked for, or that of the checkpoint. A run that goes on must have the same one."""
    names = {f.name for f in fields(Shape)} - {"vocab"}
    if args.start_from:
        config = (args.start_from / "gliner_config.json").read_text(encoding="utf-8")
        shape = Shape.from_config(json.loads(config))
    else:
        shape = Shape(vocab=vocab, **{name: getattr(args, name) for name in names})
    path = args.output / "shape.json"
    if path.is_file():
        before = json.loads(path.read_text(encoding="utf-8"))
        if before != asdict(shape):
            raise SystemExit(f"{args.output}: holds a run of another shape ({before})")
    if write:
        path.write_text(json.dumps(asdict(shape)) + "\n", encoding="utf-8")
    return shape


def main(argv: list[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    train(parser(__doc__).parse_args(argv))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
