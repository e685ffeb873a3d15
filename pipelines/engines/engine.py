"""From settings to an open door: whichever kind of engine the recipe names."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.engines.completion import Completions
from pipelines.engines.config import EngineConfig
from pipelines.engines.openai_client import OpenAICompletions
from pipelines.engines.scripted import ScriptedCompletions
from pipelines.engines.vllm_server import VllmServer, start_vllm
from pipelines.errors import WrongUse
from pipelines.models import resolve_model


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that answers."""

    completions: Completions
    start_seconds: float = 0.0
    server: VllmServer | None = field(default=None)

    async def counters(self) -> dict[str, int]:
        """The engine's own counts of tokens; empty where it has none."""
        return await self.server.counters() if self.server else {}


@asynccontextmanager
async def open_engine(config: EngineConfig, models: Path, log: Path) -> AsyncIterator[Engine]:
    """Open the engine that `config` names and close it behind the caller, whatever happens.

    Raises WrongUse for settings that do not fit the kind, OutsideFailed when the engine does not come up.
    """
    match config.kind:
        case "scripted":
            yield Engine(ScriptedCompletions(config.script_delay))
        case "openai":
            async with _client(config, _needed(config.url, "url", config), _key(config)) as client:
                yield Engine(client)
        case "vllm":
            model = resolve_model(_needed(config.model, "model", config), models)
            server = await start_vllm(config, model, log)
            try:
                async with _client(config, f"{server.url}/v1", server.key) as client:
                    yield Engine(client, server.start_seconds, server)
            finally:
                server.stop()


def _client(config: EngineConfig, url: str, key: str | None) -> OpenAICompletions:
    return OpenAICompletions(
        url,
        config.served_name,
        key=key,
        max_in_flight=config.max_in_flight,
        seed_requests=config.seed_requests,
    )


def _needed(value: str | None, name: str, config: EngineConfig) -> str:
    if value is None:
        raise WrongUse(
            "engine_settings",
            f"an engine of kind {config.kind} needs `{name}`",
            mend=f"Write `{name}:` below the engine in the recipe.",
        )
    return value


def _key(config: EngineConfig) -> str | None:
    """The key from the environment; never from a file that others may read."""
    if config.api_key_variable is None:
        return None
    key = os.environ.get(config.api_key_variable)
    if not key:
        raise WrongUse(
            "teacher_key_missing",
            f"the environment variable {config.api_key_variable} is not set",
            mend="Set it for the worker, or take `api_key_variable` out of the recipe.",
        )
    return key
