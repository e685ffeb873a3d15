"""Write the table of settings in docs/operating.md from service/settings.py.

`python scripts/settings_table.py` rewrites the part between the two markers; with `--check` it only says whether that
part is current. The source is read, not imported, because a setting's meaning is the text that stands below it.
"""

import argparse
import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE, PAGE = ROOT / "service" / "settings.py", ROOT / "docs" / "operating.md"
BEGIN = "<!-- settings: written by scripts/settings_table.py -->"
END = "<!-- end of settings -->"


@dataclass(frozen=True)
class Setting:
    variable: str
    default: str
    meaning: str


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="only say whether the table is current")
    check = parser.parse_args().check
    page = PAGE.read_text()
    wanted = with_table(page, table(SOURCE.read_text()))
    if page == wanted:
        return 0
    if check:
        sys.stdout.write("docs/operating.md is stale: python scripts/settings_table.py\n")
        return 1
    PAGE.write_text(wanted)
    return 0


def settings(source: str) -> Iterator[Setting]:
    """Return the fields of `Settings` in their order, each with the text below it."""
    tree = ast.parse(source)
    [body] = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Settings"]
    for field, below in zip_longest(body, body[1:]):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            yield Setting(f"GRAFT_{field.target.id.upper()}", default_of(field.value), text_of(below))


def default_of(value: ast.expr | None) -> str:
    match value:
        case None:
            return "must be set"
        case ast.Constant(value=None | "") | ast.Tuple(elts=[]) | ast.Call(func=ast.Name(id="Field")):
            return ""
        case ast.Constant(value=bool(constant)):
            return f"`{str(constant).lower()}`"
        case ast.Constant(value=str(constant)):
            return f"`{constant}`"
        case ast.BinOp(right=ast.Constant(value=str(tail))):
            return f"`~/{tail}`"
        case _:
            return f"`{ast.unparse(value)}`"


def text_of(node: ast.stmt | None) -> str:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
        case _:
            return ""


def table(source: str) -> str:
    rows = [
        f"| `{setting.variable}` | {setting.default} | {setting.meaning} |" for setting in settings(source)
    ]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


def with_table(page: str, text: str) -> str:
    head, rest = page.split(BEGIN)
    return f"{head}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    sys.exit(main())
