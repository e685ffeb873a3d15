"""`graft lint [PATH|A..B]` without options: the shortest way from the shell to the findings."""

import os
import sys
from typing import Final

from service.cli.lint_target import lint_target
from service.cli.lint_text import errors_among, say, show
from taxonomy_schema.errors import TaxonomyError

FINE: Final = 0
FINDINGS: Final = 1
WRONG_USE: Final = 2
_INTERRUPTED: Final = 130


def lint_plain(target: str = ".") -> int:
    """Print what is found; the exit code: 0 fine, 1 errors, 2 no such target."""
    try:
        linted = lint_target(target)
        show(linted.findings, linted.texts, linted.leaves)
        sys.stdout.flush()
    except TaxonomyError as error:
        say(str(error), error=True, fg="red")
        return WRONG_USE
    except KeyboardInterrupt:
        say("interrupted", error=True, fg="red")
        return _INTERRUPTED
    except BrokenPipeError:  # whoever read along has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FINDINGS if errors_among(linted.findings) else FINE
