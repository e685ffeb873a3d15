"""GitHub's refusals, in GitHub's own JSON."""

from __future__ import annotations

from typing import Any

from service.errors import ServiceError

DOCUMENTATION = "https://docs.github.com/rest"


class StandInError(ServiceError):
    """The stand-in cannot do what its operator asked; the message says what to do next."""


class GitError(StandInError):
    """A Git command failed; the message holds what Git said."""


class ApiError(Exception):
    """A refusal that the client sees: a status, a message and, for 422, which field is at fault."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: list[dict[str, Any]] | list[str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.headers = headers or {}

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {
            "message": self.message,
            "documentation_url": DOCUMENTATION,
            "status": str(self.status),
        }
        return body if self.errors is None else body | {"errors": self.errors}


def not_found() -> ApiError:
    return ApiError(404, "Not Found")


def forbidden(message: str = "Resource not accessible by integration") -> ApiError:
    return ApiError(403, message)


def invalid(resource: str, field: str, code: str, message: str | None = None) -> ApiError:
    """422 in GitHub's form: `code` is one of `missing`, `missing_field`, `invalid`, `already_exists`, `custom`."""
    error = {"resource": resource, "field": field, "code": code}
    if message is not None:
        error["message"] = message
    return ApiError(422, "Validation Failed", errors=[error])
