"""CHANGELOG.md: what is new in a release and who is to thank. Pure."""

from pipelines.release.config import Contributor, ReleaseConfig
from pipelines.release.markdown import code, escape, mention
from pipelines.release.papers import DataManifest, ReleaseReport


def changelog(config: ReleaseConfig, report: ReleaseReport, data: DataManifest) -> str:
    since = f"Since {escape(config.previous_version)}." if config.previous_version else "The first release."
    sections = [f"# {escape(config.version)}", since, escape(report.summary)]
    by_leaf: dict[str, list[Contributor]] = {}
    for contribution in config.contributions:
        by_leaf.setdefault(contribution.leaf_id, []).append(contribution)
    new = {leaf.leaf_id for leaf in data.leaves if leaf.new} | by_leaf.keys()
    if new:
        lines = [_line(leaf, by_leaf.get(leaf, [])) for leaf in sorted(new)]
        sections.append("## New and changed leaves\n\n" + "\n".join(lines))
    logins = sorted({contribution.login for contribution in config.contributions}, key=str.lower)
    if logins:
        sections.append("## Thanks\n\n" + ", ".join(mention(login) for login in logins))
    return "\n\n".join(sections) + "\n"


def _line(leaf: str, contributions: list[Contributor]) -> str:
    credit = ", ".join(
        mention(each.login) + (f" in #{each.pull_request}" if each.pull_request else "")
        for each in contributions
    )
    return f"- {code(leaf)}" + (f" by {credit}" if credit else "")
