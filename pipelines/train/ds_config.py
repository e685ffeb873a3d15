"""DeepSpeed's configuration from ours."""

from typing import Any

from pipelines.train.config import TrainConfig


def deepspeed_config(config: TrainConfig, *, world_size: int, accumulate: int) -> dict[str, Any]:
    """For `accumulate` batches a rank and step. The optimiser is torch's AdamW: nothing is compiled at run time."""
    return {
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": accumulate,
        "train_batch_size": world_size * accumulate,
        "gradient_clipping": config.gradient_clipping,
        "bf16": {"enabled": config.precision == "bfloat16"},
        "zero_optimization": {
            "stage": config.zero_stage,
            "contiguous_gradients": True,
            "overlap_comm": False,
            "stage3_gather_16bit_weights_on_model_save": config.zero_stage == 3,  # noqa: PLR2004 - ZeRO-3
        },
        "steps_per_print": 1_000_000_000,
        "wall_clock_breakdown": False,
    }
