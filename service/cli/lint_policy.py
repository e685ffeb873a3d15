"""By which policy a taxonomy's leaves are judged: its `.graft.yaml`, and hosts that were named besides."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from taxonomy_schema.findings import Finding
from taxonomy_schema.policy import DEFAULT_POLICY, Policy

POLICY_FILE: Final = ".graft.yaml"


def policy_here(root: Path, hosts: Sequence[str]) -> tuple[Policy, tuple[Finding, ...]]:
    """The policy of the taxonomy in a folder, and what is wrong with its file. Without one, nothing is loaded."""
    if not (root / POLICY_FILE).exists():
        return _allowing(DEFAULT_POLICY, hosts), ()
    from taxonomy_schema.policy_file import read_policy

    policy, findings = read_policy(root)
    return _allowing(policy, hosts), findings


def policy_at(repository: Path, commit: str, hosts: Sequence[str]) -> Policy:
    """The policy as it stands at a commit; one that cannot be read counts as none, as in a pull request."""
    from taxonomy_schema.errors import TreeError
    from taxonomy_schema.gitio import git, resolve
    from taxonomy_schema.policy_file import policy_of

    try:
        data = git(repository, "cat-file", "blob", f"{resolve(repository, commit)}:{POLICY_FILE}")
    except TreeError:
        return _allowing(DEFAULT_POLICY, hosts)
    return _allowing(policy_of(data)[0], hosts)


def _allowing(policy: Policy, hosts: Sequence[str]) -> Policy:
    return policy._replace(hosts=(*policy.hosts, *hosts)) if hosts else policy
