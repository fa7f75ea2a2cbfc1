"""Narrower feed-forward layers."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs torch (extra 'training')")
pytest.importorskip("faker", reason="the generator needs faker (extra 'training')")

import torch
from training.network import Network, Shape, load_network, save_checkpoint
from training.prune import main, narrowed
from training.tokens import ENT, save_tokenizer, train_tokenizer


def layer(inputs: int = 12, outputs: int = 5) -> tuple[torch.Tensor, ...]:
    torch.manual_seed(2)
    values = torch.randn(4_000, inputs) @ torch.randn(inputs, inputs) + torch.randn(inputs)
    return values, torch.randn(outputs, inputs), torch.randn(outputs)


def moments(values: torch.Tensor) -> torch.Tensor:
    ones = torch.cat([values, torch.ones(len(values), 1)], 1).double()
    return ones.T @ ones / len(ones)


def test_what_others_can_say_goes_first() -> None:
    values, weight, bias = layer()
    values[:, 3] = 2 * values[:, 7] - 1  # a copy
    values[:, 5] = 0.25  # a constant
    kept, smaller, moved, error = narrowed(weight, bias, moments(values), 10)
    assert len({3, 7} & set(kept.tolist())) == 1 and 5 not in kept.tolist()
    expected = values @ weight.T + bias
    assert (values[:, kept] @ smaller.T + moved - expected).abs().max() < 1e-2
    assert error < 1e-4


def test_the_rest_is_adjusted_as_least_squares_would() -> None:
    values, weight, bias = layer()
    expected = values @ weight.T + bias
    kept, smaller, moved, error = narrowed(weight, bias, moments(values), 8)
    left = torch.cat([values[:, kept], torch.ones(len(values), 1)], 1)
    best = torch.linalg.lstsq(left.double(), expected.double()).solution.float()
    torch.testing.assert_close(smaller, best[:-1].T, rtol=1e-2, atol=1e-2)
    torch.testing.assert_close(moved, best[-1], rtol=1e-2, atol=1e-2)
    lost = ((left @ best - expected) ** 2).sum() / ((expected - expected.mean(0)) ** 2).sum()
    torch.testing.assert_close(error.float(), lost, rtol=1e-2, atol=1e-4)


def test_a_checkpoint_without_its_idle_neurons_says_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tokenizer = train_tokenizer(2_600, seed=3, count=400)
    toy = {"width": 32, "layers": 2, "heads": 4, "head": 16, "buckets": 8, "max_width": 10}
    shape = Shape(vocab=tokenizer.get_vocab_size(), inner=48, **toy)
    torch.manual_seed(1)
    network = Network(shape).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
        for one in network.token_rep_layer.bert_layer["model"].encoder["layer"]:
            one.output.dense.weight[:, ::2] = 0
    source = tmp_path / "source"
    save_checkpoint(source, shape, network.state_dict(), tokenizer.token_to_id(ENT), "toy")
    save_tokenizer(tokenizer, source)
    target = tmp_path / "narrower"
    assert main([str(source), str(target), "--inner", "24", "--tokens", "3000"]) == 0
    assert "layer 1: 0.00%" in capsys.readouterr().out
    narrower = load_network(target).eval()
    assert narrower.shape.inner == 24
    ids = torch.randint(10, 2_000, (2, 30))
    counts, words = torch.tensor([30, 21]), torch.arange(10, 20).expand(2, -1)
    inputs = (ids, counts, words, torch.tensor([10, 10]), torch.tensor([[1, 3]] * 2))
    with torch.no_grad():
        torch.testing.assert_close(narrower(*inputs), network(*inputs), rtol=1e-3, atol=1e-2)

    for arguments, message in (
        ([str(source), str(target), "--inner", "24"], "is there already"),
        ([str(source), str(tmp_path / "new"), "--inner", "49"], "expected 1 to 48, got 49"),
        ([str(tmp_path / "none"), str(tmp_path / "new"), "--inner", "24"], "No such file"),
    ):
        with pytest.raises(SystemExit):
            main(arguments)
        assert message in capsys.readouterr().err
