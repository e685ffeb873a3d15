import pytest
from playwright.sync_api import Page, expect

from service.ledger.session import session_scope
from service.ledger.tables import Run, RunState, Stage, StageState
from tests.browser.conftest import Site

pytestmark = pytest.mark.browser

PAGES = (
    "/",
    "/runs",
    "/runs/{evaluated}",
    "/runs/{running}",
    "/runs/{broken}",
    "/runs/{checked}",
    "/leaves",
    "/releases",
)

CONTRAST = """() => {
  const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const rgba = s => { const c = s.match(/[\\d.]+/g).map(Number); return c.length < 4 ? [...c, 1] : c; };
  const behind = e => { for (; e; e = e.parentElement) {
    const c = rgba(getComputedStyle(e).backgroundColor); if (c[3] === 1) return c; } return [255, 255, 255, 1]; };
  const faint = [];
  for (const e of document.querySelectorAll("body *")) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || e.closest("svg") || !e.getClientRects().length) continue;
    const [a, b] = [light(rgba(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.push(`${e.tagName}.${e.className}: ${ratio.toFixed(2)}`);
  }
  return [...new Set(faint)];
}"""


@pytest.mark.parametrize("path", PAGES)
def test_a_page_fits_its_window_and_can_be_read(site: Site, page: Page, path: str) -> None:
    page.goto(site.address + path.format(**vars(site.seeded)))

    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(CONTRAST) == []
    assert page.title().endswith("· GraftLab")
    assert page.evaluate("[...document.images].filter(i => !(i.complete && i.naturalWidth)).length") == 0


def test_what_a_contributor_wrote_does_not_run(site: Site, page: Page) -> None:
    page.goto(f"{site.address}/runs/{site.seeded.checked}")

    expect(page.locator("#findings")).to_contain_text("<script>document.title='hit'</script>")
    assert page.title() == f"Check {site.seeded.checked} · GraftLab"


def test_progress_appears_without_a_reload_and_an_opened_log_stays_open(own_site: Site, page: Page) -> None:
    page.goto(f"{own_site.address}/runs/{own_site.seeded.running}")
    page.evaluate("window.sameDocument = true")
    log = page.locator(".stages li.running details")
    log.locator("summary").click()

    with session_scope(own_site.engine) as session:
        stage = session.query(Stage).filter(Stage.state == StageState.RUNNING).one()
        stage.progress = {"done": 31, "total": 48, "unit": "steps", "message": "loss 2.104"}

    expect(page.locator(".stages li.running")).to_contain_text("31 of 48 steps · loss 2.104", timeout=10_000)
    assert page.evaluate("window.sameDocument")
    expect(log.locator("pre")).to_be_visible()


def test_the_end_of_a_run_appears_and_the_page_rests(own_site: Site, page: Page) -> None:
    page.goto(f"{own_site.address}/runs/{own_site.seeded.running}")

    with session_scope(own_site.engine) as session:
        session.get_one(Run, own_site.seeded.running).state = RunState.CANCELLED

    expect(page.locator("#head .pill").first).to_have_text("cancelled", timeout=10_000)
    expect(page.locator("main[data-live]")).to_have_count(0)


def test_the_forest_plot_puts_a_gain_to_the_right_of_zero(site: Site, page: Page) -> None:
    page.goto(f"{site.address}/runs/{site.seeded.evaluated}")

    row = page.locator(".forest-row").first
    zero = row.locator("line.zero").bounding_box()
    gain = row.locator("line.reference").bounding_box()

    assert zero is not None
    assert gain is not None
    assert gain["x"] > zero["x"]
    assert gain["width"] > 20


def test_the_pages_are_linked(site: Site, page: Page) -> None:
    page.goto(site.address)
    for name, heading in (
        ("Runs", "Runs"),
        ("Leaves", "Leaves"),
        ("Releases", "Releases"),
        ("Now", "What runs now"),
    ):
        page.get_by_role("navigation").get_by_role("link", name=name, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
