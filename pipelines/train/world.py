"""The ranks of a training and how they agree."""

import os
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch._C._distributed_c10d import HashStore


@dataclass(frozen=True, slots=True)
class World:
    rank: int
    size: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """The one rank that writes what is written once."""
        return self.rank == 0

    def total(self, *values: float) -> list[float]:
        """Each value summed over all ranks."""
        tensor = torch.tensor(values, dtype=torch.float64, device=self.device)
        dist.all_reduce(tensor)
        totals: list[float] = tensor.tolist()
        return totals

    def wait_for_all(self) -> None:
        dist.barrier()


def join_world() -> World:
    """Meet the other ranks: NCCL on accelerators, gloo elsewhere. Call it before DeepSpeed is imported."""
    rank, size = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
    if torch.cuda.is_available():
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
        backend = "nccl"
    else:
        device, backend = torch.device("cpu"), "gloo"
        os.environ["DS_ACCELERATOR"] = "cpu"
    if "RANK" in os.environ:
        dist.init_process_group(backend, device_id=device if backend == "nccl" else None)
    else:
        # Alone there is nobody to find, so no port is opened either.
        os.environ.update(RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1", MASTER_PORT="1")
        dist.init_process_group(backend, store=HashStore(), rank=0, world_size=1)
    return World(rank, size, device)
