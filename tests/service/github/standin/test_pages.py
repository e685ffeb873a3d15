from __future__ import annotations

import re
from pathlib import Path

import pytest

from service.github.standin.pages.lines import lines_of
from service.github.standin.pages.markdown import markdown
from service.github.standin.tables import Annotation
from tests.service.github.standin.served import REPO, Served, open_a_pull

EVIL = '<script>alert(1)</script><img src=x onerror=alert(1)>"><svg onload=alert(1)> [x](javascript:alert(1))'
LIVE = re.compile(r"<script|<svg|<img(?! class=\"avatar\")|<[^>]*\son\w+=|href=\"javascript")


@pytest.fixture
def number(standin: Served, tmp_path: Path) -> int:
    """A pull request whose every text is an attack."""
    copy, number = open_a_pull(standin, tmp_path / "ada")
    copy.write("knowledge/new/qna.yaml", f"version: 3\ndomain: {EVIL}\n")
    copy.write("<b>.md", EVIL)
    sha = copy.commit(f"Add {EVIL}")
    copy.push()
    note = {"path": "knowledge/new/qna.yaml", "start_line": 2, "end_line": 2, "annotation_level": "failure"}
    output = {
        "title": EVIL,
        "summary": EVIL,
        "text": EVIL,
        "annotations": [note | {"title": EVIL, "message": EVIL}],
    }
    bot, ada = standin.bot(), standin.client("ada")
    bot.post(
        f"{REPO}/check-runs",
        json={"name": f"check {EVIL}", "head_sha": sha, "conclusion": "failure", "output": output},
    )
    ada.patch(f"{REPO}/pulls/{number}", json={"title": EVIL, "body": EVIL})
    bot.post(
        f"{REPO}/issues/{number}/comments",
        json={"body": f"<!-- mark -->\n| a | b |\n|--|--:|\n| {EVIL} | 2 |"},
    )
    standin.client("tess").post(f"{REPO}/issues/{number}/labels", json=[EVIL[:40]])
    release = bot.post(f"{REPO}/releases", json={"tag_name": "v1", "name": EVIL, "body": EVIL}).json()
    bot.post(f"/repos/orchard/taxonomy/releases/{release['id']}/assets?name=a%3Cb%3E.txt", content=b"bytes")
    return number


def test_every_page_that_a_page_links_to_is_there_and_runs_nothing(standin: Served, number: int) -> None:
    client = standin.client()
    waiting, seen = ["/"], {"/"}
    while waiting:
        path = waiting.pop()
        answer = client.get(f"{standin.base_url}{path}", headers={"Accept": "text/html"})
        assert answer.status_code == 200, path
        assert answer.headers["content-security-policy"].startswith("default-src 'none'"), path
        if "text/html" not in answer.headers["content-type"]:
            continue
        assert not LIVE.search(answer.text), (path, LIVE.search(answer.text))
        assert " style=" not in answer.text
        links = {link.partition("#")[0] for link in re.findall(r'href="(/[^"]*)"', answer.text)}
        waiting += sorted(links - seen)
        seen |= links
    assert {f"/orchard/taxonomy/pull/{number}/{part}" for part in ("files", "checks", "commits")} <= seen
    assert "/orchard/taxonomy/releases/download/v1/a%3Cb%3E.txt" in seen


def test_a_pull_request_shows_its_comments_its_checks_and_who_speaks(standin: Served, number: int) -> None:
    html = standin.client().get(f"{standin.base_url}/orchard/taxonomy/pull/{number}").text
    assert "wants to merge 2 commits" in html
    assert re.search(r"graftlab\[bot\]</b>\s*<span class=\"badge\">bot", html)
    assert "Some checks were not successful" in html
    assert "mark" not in html.partition("graftlab[bot]")[2].partition("</article>")[0]


def test_an_annotation_stands_under_its_line(standin: Served, number: int) -> None:
    html = standin.client().get(f"{standin.base_url}/orchard/taxonomy/pull/{number}/files").text
    assert re.search(r"domain: [^\n]*</td></tr>\s*<tr class=\"under\">", html)


def test_a_merged_pull_request_says_who_merged_it_and_its_release_its_files(
    standin: Served, number: int
) -> None:
    merged = standin.person("max").merge(number)
    client = standin.client()
    html = client.get(f"{standin.base_url}/orchard/taxonomy/pull/{number}").text
    assert "Merged</span>" in html
    assert merged[:7] in html
    found = client.get(f"{standin.base_url}/orchard/taxonomy/releases/download/v1/a%3Cb%3E.txt")
    assert found.content == b"bytes"
    assert found.headers["content-disposition"].startswith("attachment")


def test_raw_files_are_plain_text_whatever_they_are_called(standin: Served, number: int) -> None:
    answer = standin.client().get(f"{standin.base_url}/ada/taxonomy/raw/leaf/%3Cb%3E.md")
    assert answer.text == EVIL
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_folds_and_small_tags_work_and_nothing_else_does() -> None:
    html = markdown(
        "<details>\n<summary>All <b>79</b> <i onclick=x></summary>\n\n- a<br>b <sub>c</sub> <sub id=x>\n\n</details>"
    )
    assert "<details>" in html
    assert "<summary>All <strong>79</strong> &lt;i onclick=x&gt;</summary>" in html
    assert "a<br>b <sub>c</sub> &lt;sub id=x&gt;" in html
    assert "&lt;details&gt;" in markdown("```\n<details>\n```")


def test_a_note_on_a_line_that_the_patch_does_not_show_stands_at_the_top() -> None:
    note = Annotation(path="x", start_line=40, end_line=40, level="notice", message="m")
    lines = lines_of("@@ -1,2 +1,3 @@ x\n a\n-b\n+c\n+d", [note])
    assert lines[0].notes == [note]
    assert [(line.kind, line.old, line.new) for line in lines[2:]] == [
        ("same", 1, 1), ("removed", 2, None), ("added", None, 2), ("added", None, 3),
    ]  # fmt: skip
