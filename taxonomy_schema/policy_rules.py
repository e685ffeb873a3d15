"""What is wrong beside the leaves: the policy file, and a change that cannot be read."""

from typing import Final

from taxonomy_schema.rule import Rule


class PolicyFault(Rule):
    code = "GL900"
    title = "The policy file cannot be read"
    docs = (
        "`.graft.yaml`, at the top of the taxonomy, has a key that is not known, a value that is none for its key, or "
        "more than can be read. In a pull request that changes the file it is an error of the pull request. On the "
        "default branch it stops all spending until it is mended, since no limit is known then; checks go on, with the "
        "usual settings of the rules. Raising what is an error in any case is no more than a hint. "
        "`graft lint .graft.yaml` checks the file; the maintainers' guide has every key."
    )


class UnreadableChange(Rule):
    code = "GL901"
    title = "What a pull request changes cannot be told"
    docs = (
        "The branch and the taxonomy's base branch have no commit in common, or a commit is missing, so that nobody "
        "can say which leaves it adds or changes. Begin a branch from the base branch, and put your leaf there: "
        "`git fetch origin`, then `git switch -c my-leaf origin/main` with the taxonomy's own base branch."
    )


POLICY_RULES: Final[tuple[type[Rule], ...]] = (PolicyFault, UnreadableChange)
