"""Packing changes nothing: a row's loss is the same alone and among others."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipelines.models import resolve_model
from pipelines.train.batches import model_inputs, summed_loss
from pipelines.train.config import TrainConfig
from pipelines.train.packing import pack
from pipelines.train.rows import TokenRow
from pipelines.train.weights import load_model

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder: Path = resolve_model("tiny:1", tmp_path_factory.mktemp("models"))
    model = load_model(folder, TrainConfig(base_model="tiny:1"), "sdpa")
    with torch.no_grad():
        for weights in model.parameters():
            weights.mul_(6)  # so that attention is far from even and a leak would show
    return model


def rows() -> list[TokenRow]:
    random = np.random.default_rng(1)
    return [
        TokenRow(random.integers(3, 259, size), np.arange(size) >= size // 3) for size in (7, 40, 2, 90, 23)
    ]


def loss(model: Any, some: list[TokenRow]) -> torch.Tensor:
    inputs, labels = model_inputs(pack(some), "sdpa", CPU)
    return summed_loss(model(**inputs).logits, labels)


def test_packed_rows_lose_what_they_lose_alone(model: Any) -> None:
    together = loss(model, rows()).item()
    alone = sum(loss(model, [row]).item() for row in rows())
    assert together == pytest.approx(alone, rel=1e-5)


def test_each_row_in_its_place_gives_the_logits_it_gives_alone(model: Any) -> None:
    packed = pack(rows())
    inputs, _ = model_inputs(packed, "sdpa", CPU)
    inputs["logits_to_keep"] = 0
    logits = model(**inputs).logits[0]
    for number, row in enumerate(rows()):
        alone = model(input_ids=torch.from_numpy(row.ids)[None], use_cache=False).logits[0]
        assert torch.allclose(logits[packed.rows == number], alone, atol=1e-4)


def test_without_the_mask_rows_would_leak_into_each_other(model: Any) -> None:
    inputs, labels = model_inputs(pack(rows()), "sdpa", CPU)
    size = inputs["input_ids"].shape[1]
    inputs["attention_mask"] = torch.ones(size, size, dtype=torch.bool).tril()[None, None]
    leaked = summed_loss(model(**inputs).logits, labels).item()
    assert leaked != pytest.approx(loss(model, rows()).item(), rel=1e-4)


def test_gradients_of_packed_rows_are_the_sum_of_their_own(model: Any) -> None:
    model.zero_grad()
    loss(model, rows()).backward()
    together = [weights.grad.clone() for weights in model.parameters()]
    model.zero_grad()
    for row in rows():
        loss(model, [row]).backward()
    for packed, weights in zip(together, model.parameters(), strict=True):
        assert (packed - weights.grad).norm() <= 1e-4 * weights.grad.norm()


def test_an_empty_batch_costs_nothing_and_has_gradients_of_nothing(model: Any) -> None:
    model.zero_grad()
    empty = loss(model, [])
    empty.backward()
    assert empty.item() == 0
    assert all(not weights.grad.any() for weights in model.parameters())
