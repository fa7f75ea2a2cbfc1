"""A checkpoint → one with narrower feed-forward layers, nearly the same function.

``python -m training.prune CHECKPOINT NARROWER --inner 256``. In every layer those neurons go whose
absence the others can best make good, one after the other, and what reads the others is adjusted
to it: the output stays as close as it can, in squares, on documents of the generator.

Source: Hassibi and Stork, "Second order derivatives for network pruning: Optimal Brain Surgeon"
(1992), with a layer's own squared error in place of the network's, and columns in place of weights.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from tqdm import tqdm

from training.batches import Stream, StreamOptions
from training.generator.examples import WindowOptions
from training.network import Network, load_network, save_checkpoint
from training.tokens import ENT, save_tokenizer

__all__ = ["main", "narrowed", "pruned"]

#: Added to the diagonal, as a share of its mean: neurons may be copies of one another.
_DAMPING = 1e-5


def narrowed(weight: Tensor, bias: Tensor, moments: Tensor, keep: int) -> tuple[Tensor, ...]:
    """A linear layer with fewer inputs.

    Args:
        weight: (outputs, inputs)
        bias: (outputs)
        moments: Mean products of any two inputs over the data, a constant 1 being the last of
            them: (inputs + 1, inputs + 1).
        keep: Inputs to keep, at least 1.

    Returns:
        The inputs kept, rising (keep,); their weights (outputs, keep); the bias (outputs); and
        the error, a share of the outputs' variance ().
    """
    inputs = weight.shape[1]
    moments = moments.double()
    layer = torch.cat([weight, bias[:, None]], 1).double()
    centred = moments - torch.outer(moments[-1], moments[-1])
    variance = (layer @ centred * layer).sum()
    damping = _DAMPING * moments.diagonal().mean()
    inverse = torch.linalg.inv(moments + damping * torch.eye(inputs + 1, dtype=torch.float64))
    alive = torch.ones(inputs, dtype=torch.bool)
    error = torch.zeros((), dtype=torch.float64)
    for _ in range(inputs - keep):
        # What the squared error grows by if a column goes and the others are adjusted.
        cost = (layer[:, :-1] ** 2).sum(0) / inverse.diagonal()[:-1]
        cost[~alive] = torch.inf
        gone = int(cost.argmin())
        error += cost[gone]
        factor = inverse[gone] / inverse[gone, gone]
        layer -= torch.outer(layer[:, gone], factor)
        inverse -= torch.outer(inverse[:, gone], factor)
        alive[gone] = False
        # Exactly zero, not by rounding alone; the diagonal is divided by.
        layer[:, gone] = 0
        inverse[gone, gone] = 1
    kept = alive.nonzero()[:, 0]
    share = error / variance.clamp(min=torch.finfo(torch.float64).tiny)
    return kept, layer[:, kept].float(), layer[:, -1].float(), share


@contextmanager
def _moments(network: Network) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """Sums of products of each feed-forward layer's inner values, and the mask of real tokens.

    The caller puts the mask of the next batch, (row, token), in the second list.
    """
    width = network.shape.inner + 1
    sums = [torch.zeros(width, width, dtype=torch.float64) for _ in range(network.shape.layers)]
    masks: list[Tensor] = []

    def watch(index: int, values: Tensor) -> None:
        values = values[masks[-1]].double()
        values = torch.cat([values, torch.ones(len(values), 1, dtype=torch.float64)], 1)
        sums[index] += values.T @ values

    hooks = [
        layer.output.dense.register_forward_pre_hook(
            lambda _, inputs, index=index: watch(index, inputs[0])
        )
        for index, layer in enumerate(_layers(network))
    ]
    try:
        yield sums, masks
    finally:
        for hook in hooks:
            hook.remove()


def _layers(network: Network) -> nn.ModuleList:
    layers = network.token_rep_layer.bert_layer["model"].encoder["layer"]
    assert isinstance(layers, nn.ModuleList)
    return layers


def pruned(
    network: Network, tokenizer: Tokenizer, inner: int, tokens: int, seed: int
) -> tuple[Network, list[float]]:
    """A network with ``inner`` neurons in each feed-forward layer, and each layer's error.

    Args:
        tokens: How many, of the generator's training families, the layers are watched on.
    """
    stream = Stream(
        tokenizer, StreamOptions(seed, joined=0.2), WindowOptions(max_width=network.shape.max_width)
    )
    network.eval()
    with _moments(network) as (sums, masks), torch.inference_mode(), tqdm(total=tokens) as progress:
        for batch in stream:
            masks.append(torch.arange(batch.ids.shape[1]) < batch.counts[:, None])
            network(batch.ids, batch.counts, batch.word_tokens, batch.word_counts, batch.labels)
            progress.update(int(masks.pop().sum()))
            if progress.n >= tokens:
                break
    smaller = Network(replace(network.shape, inner=inner))
    weights = network.state_dict()
    errors = []
    for (name, _), layer, sum_ in zip(_named_layers(network), _layers(network), sums, strict=True):
        up, down = layer.intermediate["dense"], layer.output.dense
        kept, weight, bias, error = narrowed(
            down.weight.detach(), down.bias.detach(), sum_ / sum_[-1, -1], inner
        )
        weights[f"{name}.intermediate.dense.weight"] = up.weight.detach()[kept]
        weights[f"{name}.intermediate.dense.bias"] = up.bias.detach()[kept]
        weights[f"{name}.output.dense.weight"] = weight
        weights[f"{name}.output.dense.bias"] = bias
        errors.append(float(error))
    smaller.load_state_dict(weights)
    return smaller, errors


def _named_layers(network: Network) -> Iterator[tuple[str, nn.Module]]:
    wanted = {id(layer) for layer in _layers(network)}
    return ((name, module) for name, module in network.named_modules() if id(module) in wanted)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.prune", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="checkpoint folder")
    parser.add_argument("narrower", type=Path, help="folder to write")
    parser.add_argument("--inner", type=int, required=True, help="neurons that a layer keeps")
    parser.add_argument("--tokens", type=int, default=130_000, help="to watch the layers on")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    if args.narrower.exists():
        parser.error(f"{args.narrower}: is there already")
    try:
        network = load_network(args.checkpoint)
        name = json.loads((args.checkpoint / "gliner_config.json").read_text("utf-8"))["name"]
    except OSError as error:
        parser.error(str(error))
    if not 0 < args.inner <= network.shape.inner:
        parser.error(f"--inner: expected 1 to {network.shape.inner}, got {args.inner}")
    tokenizer = Tokenizer.from_file(str(args.checkpoint / "tokenizer.json"))
    smaller, errors = pruned(network, tokenizer, args.inner, args.tokens, args.seed)
    ent = tokenizer.token_to_id(ENT)
    save_checkpoint(args.narrower, smaller.shape, smaller.state_dict(), ent, name)
    save_tokenizer(tokenizer, args.narrower)
    for index, error in enumerate(errors):
        print(f"layer {index}: {error:.2%} of the outputs' variance lost")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
