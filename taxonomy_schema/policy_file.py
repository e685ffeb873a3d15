"""`.graft.yaml` -> the policy of the rules. Only its section `rules:` is read here; the rest is the service's."""

import difflib
import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

from taxonomy_schema.findings import Finding, Place, Severity
from taxonomy_schema.places import Path as Steps
from taxonomy_schema.policy import DEFAULT_POLICY, Policy
from taxonomy_schema.policy_rules import PolicyFault
from taxonomy_schema.rule import quoted
from taxonomy_schema.schema import schema
from taxonomy_schema.spots import YamlSource
from taxonomy_schema.yaml_source import Odd, read_yaml

POLICY_FILE: Final = ".graft.yaml"
SECTION: Final = "rules"
_LARGEST: Final = 64 * 1024
_SCHEMA: Final = "policy-rules"


def read_policy(root: Path) -> tuple[Policy, tuple[Finding, ...]]:
    """The policy of the taxonomy in a folder, and what is wrong with its file; without a file, the usual policy."""
    file = root / POLICY_FILE
    try:
        data = file.read_bytes() if file.is_file() and not file.is_symlink() else None
    except OSError as error:
        return DEFAULT_POLICY, (
            _finding(
                Place(file=POLICY_FILE),
                f"The file cannot be read ({error.strerror}), so the usual rules count.",
                "Make the file readable (chmod u+r).",
            ),
        )
    return policy_of(data)


def policy_of(data: bytes | None) -> tuple[Policy, tuple[Finding, ...]]:
    """The policy that a file's bytes hold, and what is wrong with them. A faulty section counts as none; with hints
    alone it counts as it is.
    """
    if data is None:
        return DEFAULT_POLICY, ()
    if len(data) > _LARGEST:
        return DEFAULT_POLICY, (
            _finding(
                Place(file=POLICY_FILE),
                f"The file is larger than {_LARGEST:,} bytes and is not read, so the usual rules count.",
                "Remove what is no setting, such as long comments.",
            ),
        )
    try:
        source = read_yaml(data.decode("utf-8-sig"), POLICY_FILE)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        place = Place(file=POLICY_FILE, line=line)
        return DEFAULT_POLICY, (
            _finding(
                place,
                "The file is not UTF-8 and cannot be read, so the usual rules count.",
                "In your editor choose “Save with encoding”, UTF-8 (without BOM).",
            ),
        )
    if source.findings:
        return DEFAULT_POLICY, tuple(source.findings)
    if source.data is not None and not isinstance(source.data, dict):
        mend = "Write keys and values, such as “rules:” with its settings below it."
        return DEFAULT_POLICY, (
            _finding(Place(file=POLICY_FILE), "The file has no keys at its top, so it sets nothing.", mend),
        )
    written = (source.data or {}).get(SECTION)
    read = rules_from({} if written is None else written, source, (SECTION,))
    return (read, tuple(_idle(read, source))) if isinstance(read, Policy) else (DEFAULT_POLICY, read)


def rules_from(written: Any, source: YamlSource, at: Steps = (SECTION,)) -> Policy | tuple[Finding, ...]:
    """The policy that the section says, or what is wrong with it; `at` is where it stands in the file."""
    findings = [
        _finding(source.lines.value(source.spot(path)), *_said(error, path))
        for error in _validator().iter_errors(_plain(written))
        for path in [(*at, *error.instance_path, *_unknown(error))]
    ]
    if not findings:
        findings = list(_unknown_codes(written, source, at))
    return tuple(findings) if findings else _policy(written)


def _policy(written: Mapping[str, Any]) -> Policy:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in written.items()
        if key not in ("raise", "excluded_topics")
    }
    topics = written.get("excluded_topics", {})
    return Policy(
        raised=tuple(written.get("raise", ())),
        excluded_topics=tuple((topic, tuple(words)) for topic, words in topics.items()),
        **values,
    )


def _unknown_codes(written: Mapping[str, Any], source: YamlSource, at: Steps) -> Any:
    if not written.get("raise"):
        return
    from taxonomy_schema.rules import ALL_RULES  # every rule is loaded only to know its code

    known = {rule.code: rule for rule in ALL_RULES}
    for index, code in enumerate(written["raise"]):
        if code not in known:
            near = difflib.get_close_matches(code, known, n=1)
            mend = f"Did you mean {near[0]}, “{known[near[0]].title}”?" if near else "Remove it."
            place = source.lines.value(source.spot((*at, "raise", index)))
            yield _finding(place, f"There is no finding {quoted(code)}, so nothing would be raised.", mend)


def _idle(policy: Policy, source: YamlSource) -> Iterator[Finding]:
    """Hints on what the section raises and need not: an error cannot become one."""
    if not policy.raised:
        return
    from taxonomy_schema.rules import ALL_RULES

    always = {rule.code: rule for rule in ALL_RULES if rule.severity is Severity.ERROR and not rule.lenient}
    for index, code in enumerate(policy.raised):
        if code in always:
            place = source.lines.value(source.spot((SECTION, "raise", index)))
            said = f"{code}, {quoted(always[code].title)}, is an error in every taxonomy, so raising it sets nothing."
            yield PolicyFault.finding(place, said, "Remove it.", Severity.HINT)


@functools.cache
def _validator() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema(_SCHEMA))


def _plain(value: Any) -> Any:
    """What the schema can judge: a date and the like become `null`, which it refuses everywhere."""
    if isinstance(value, Odd):
        return None
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _unknown(error: Any) -> Steps:
    return tuple(error.kind.unexpected[:1]) if error.kind.name == "additionalProperties" else ()


def _said(error: Any, path: Steps) -> tuple[str, str]:
    """What is wrong, and what to write."""
    key = quoted(".".join(map(str, path)))
    known = schema(_SCHEMA)["properties"]
    if _unknown(error):
        near = difflib.get_close_matches(str(path[-1]), known, n=1)
        return f"The key {key} is not known, so it would set nothing.", (
            f"Did you mean “{near[0]}”?" if near else f"Known here are {', '.join(known)}."
        )
    about = known.get(str(path[1]), {}) if len(path) > 1 else {}
    form = {name: about[name] for name in ("type", "minimum", "maximum") if name in about}
    wanted = f" ({json.dumps(form)})" if form else ""
    return (
        f"{key} cannot be this: {_short(error.message)}.",
        f"Write here: {about.get('description', 'a mapping of keys to values.')}{wanted}",
    )


def _short(message: str) -> str:
    return quoted(message)[1:-1]


def _finding(place: Place, message: str, mend: str) -> Finding:
    return PolicyFault.finding(place, message, mend)
