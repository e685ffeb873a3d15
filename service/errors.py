"""What may go wrong in the service.

ServiceError
├── Misconfigured      settings are missing or wrong; the process does not start
├── Refusal            we chose not to; says why and who may
├── LeaseLost          another worker holds this stage now; what this one writes is refused
└── GitHubFailed       GitHub did not do what was asked
    ├── GitHubGone         what was asked for is not there (any more)
    ├── GitHubBusy         try again, not before `retry_after` seconds; `limited`: a limit of GitHub's is met
    ├── NotInstalled       our App may not act on this repository; others are not concerned
    └── RepositoryMoved    it has another name or owner at GitHub by now; others are not concerned
"""


class ServiceError(Exception):
    """The root of the service's errors; `mend` says what to do next."""

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend


class Misconfigured(ServiceError):
    pass


class Refusal(ServiceError):
    """Not a failure: `code` is stable (`not_allowed`, `not_approved`), the message is for the person who asked."""

    def __init__(self, code: str, message: str, *, mend: str = "") -> None:
        super().__init__(message, mend=mend)
        self.code = code


class LeaseLost(ServiceError):
    pass


class GitHubFailed(ServiceError):
    pass


class GitHubGone(GitHubFailed):
    pass


class GitHubBusy(GitHubFailed):
    def __init__(self, message: str, *, retry_after: float, limited: bool = False) -> None:
        super().__init__(message, mend=f"Wait {retry_after:.0f} s.")
        self.retry_after = retry_after
        self.limited = limited


class NotInstalled(GitHubFailed):
    pass


class RepositoryMoved(GitHubFailed):
    """`now` is what it is called; None where that cannot be seen. Printed, it says what to do too."""

    def __init__(self, repository: str, now: str | None) -> None:
        called = f"is now {now} at GitHub" if now else "has another name or owner at GitHub now"
        wanted = now or "its present name, with the App installed on it"
        super().__init__(
            f"{repository} {called}",
            mend=f"Set GRAFT_REPOSITORIES to {wanted}, in place of {repository}, and start anew.",
        )
        self.repository = repository
        self.now = now

    def __str__(self) -> str:
        return f"{self.message}. {self.mend}"
