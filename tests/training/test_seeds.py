"""Child seeds: independent of each other, and the same for good."""

from __future__ import annotations

import pytest
import torch

from ablate.training.seeds import child_generator, child_seed, seed_device


@pytest.mark.parametrize(
    ("purpose", "expected"),
    [
        ((0, "init"), 1_519_069_808_562_059_438),
        ((0, "shuffle", 1), 9_039_233_566_760_333_659),
        ((0, "shuffle", 2), 4_616_637_744_243_195_631),
        ((1, "shuffle", 1), 508_638_173_547_539_399),
        ((0, "dropout", 1), 248_420_055_756_719_262),
        ((0, "augment", 1), 8_557_311_236_174_590_203),
    ],
)
def test_golden_seeds(purpose: tuple[int, str], expected: int) -> None:
    assert child_seed(*purpose) == expected


def test_seeds_differ_by_cell_purpose_and_epoch() -> None:
    purposes = [(s, p, e) for s in range(20) for p in ("shuffle", "augment") for e in range(20)]
    seeds = {child_seed(*purpose) for purpose in purposes}
    assert len(seeds) == len(purposes)
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert child_seed(1, "a", 23) != child_seed(12, "a", 3) != child_seed(1, "a2", 3)


def test_generators_draw_from_their_seed_and_nothing_else() -> None:
    before = torch.get_rng_state()
    draws = [torch.rand(5, generator=child_generator(0, "shuffle", e)) for e in (1, 1, 2)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])
    assert torch.equal(before, torch.get_rng_state())


def test_seeding_a_cpu_cell_leaves_the_gpus_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    reached: list[int] = []
    monkeypatch.setattr(torch.cuda, "manual_seed", reached.append)
    monkeypatch.setattr(torch.cuda, "manual_seed_all", reached.append)
    with torch.random.fork_rng([]):
        seed_device(torch.device("cpu"), 7)
        drawn = torch.rand(3)
        assert reached == []
        assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(7)))
