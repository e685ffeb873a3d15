"""Any server with OpenAI's chat completions: vLLM that we start, vLLM elsewhere, or another."""

import asyncio
import random
from types import TracebackType
from typing import Any, Literal, Self

from openai import APIConnectionError, APIStatusError, AsyncOpenAI, AuthenticationError, NotFoundError
from openai.types.chat import ChatCompletion

from pipelines.engines.completion import Choice, Completion, CompletionRequest, JsonSchema, Regex, Structure
from pipelines.errors import OutsideFailed, StageError, WrongUse

_TRIES = 5
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 20.0
_TIMEOUT = 600.0
_WORTH_ANOTHER_TRY = frozenset({408, 409, 425, 429})
_FINISHED: dict[str, Literal["stop", "length"]] = {"stop": "stop", "length": "length"}


class OpenAICompletions:
    """At most `max_in_flight` requests at once; tries again on lost connections, 429 and 5xx."""

    def __init__(
        self,
        url: str,
        model: str,
        *,
        key: str | None = None,
        max_in_flight: int = 64,
        seed_requests: bool = False,
        first_wait: float = _FIRST_WAIT,
    ) -> None:
        self._url, self._model, self._seed_requests, self._first_wait = url, model, seed_requests, first_wait
        self._places = asyncio.Semaphore(max_in_flight)
        # Waiting is ours: the library's own retries would hold a place and say nothing of why.
        self._client = AsyncOpenAI(base_url=url, api_key=key or "none", max_retries=0, timeout=_TIMEOUT)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.close()

    async def complete(self, request: CompletionRequest) -> Completion:
        async with self._places:
            for tried in range(1, _TRIES + 1):
                try:
                    return _completion(await self._ask(request))
                except (APIConnectionError, APIStatusError) as error:
                    if tried == _TRIES or not _transient(error):
                        raise self._explained(error) from error
                    wait = min(_LONGEST_WAIT, self._first_wait * 2 ** (tried - 1))
                    await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311 - spreads the retries
        raise AssertionError("unreachable")  # pragma: no cover - the loop returns or raises

    async def _ask(self, request: CompletionRequest) -> ChatCompletion:
        further: dict[str, Any] = {}
        if request.seed is not None and self._seed_requests:
            further["seed"] = request.seed
        if request.frequency_penalty:
            further["frequency_penalty"] = request.frequency_penalty
        if request.stop:
            further["stop"] = list(request.stop)
        if request.structured is not None:
            # vLLM's own field; other servers that do not know it ignore it, and the parser then does the work.
            further["extra_body"] = {"structured_outputs": _structured(request.structured)}
        answer: ChatCompletion = await self._client.chat.completions.create(
            model=self._model,
            messages=[message.model_dump() for message in request.messages],  # type: ignore[misc]
            temperature=request.temperature,
            max_tokens=request.max_tokens,
            **further,
        )
        return answer

    def _explained(self, error: APIConnectionError | APIStatusError) -> StageError:
        match error:
            case AuthenticationError():
                return WrongUse(
                    "teacher_refused_key",
                    f"{self._url} does not take our key: {error}",
                    mend="Set the environment variable that the recipe names in `api_key_variable`.",
                )
            case NotFoundError():
                return WrongUse(
                    "teacher_unknown_model",
                    f"{self._url} does not serve {self._model!r}: {error}",
                    mend="Correct `url` (it ends in /v1) or `served_name` in the recipe.",
                )
            case APIStatusError() if not _transient(error):
                return WrongUse(
                    "teacher_refused",
                    f"{self._url} refused a request: {error}",
                    mend="Compare `max_model_len`, `max_tokens` and `chunk_words` in the recipe with what it serves.",
                )
        return OutsideFailed(
            "teacher_unreachable",
            f"no answer from the teacher at {self._url} after {_TRIES} tries: {error}",
            mend="Check that the server is up and reachable from here, then retry: finished samples are kept.",
        )


def _structured(structure: Structure) -> dict[str, Any]:
    match structure:
        case JsonSchema(schema):
            # A small model left free to write whitespace may write nothing else.
            return {"json": schema, "disable_any_whitespace": True}
        case Choice(options):
            return {"choice": list(options)}
        case Regex(pattern):
            return {"regex": pattern}


def _transient(error: APIConnectionError | APIStatusError) -> bool:
    if isinstance(error, APIStatusError):
        return error.status_code in _WORTH_ANOTHER_TRY or error.status_code >= 500  # noqa: PLR2004 - HTTP
    return True


def _completion(answer: ChatCompletion) -> Completion:
    choice = answer.choices[0]
    usage = answer.usage
    return Completion(
        text=choice.message.content or "",
        finish_reason=_FINISHED.get(choice.finish_reason, "other"),
        prompt_tokens=usage.prompt_tokens if usage else 0,
        completion_tokens=usage.completion_tokens if usage else 0,
    )
