"""`graft completion SHELL`: the script that lets a shell complete commands, rule codes and formats."""

from enum import StrEnum
from typing import Annotated

import typer
from typer._completion_shared import get_completion_script


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(help="Your shell.")],
) -> None:
    """Print a script for completion.

    As for: source <(graft completion bash). `graft --install-completion` installs it.
    """
    script = get_completion_script(prog_name="graft", complete_var="_GRAFT_COMPLETE", shell=shell.value)
    typer.echo(script)
