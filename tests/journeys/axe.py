"""What axe says of a page, by its own program in the page."""

from pathlib import Path

from playwright.sync_api import Page
from tests.journeys.conftest import CONSOLE

AXE = CONSOLE / "node_modules" / "axe-core" / "axe.min.js"
RUN_AXE = """async () => {
  window.scrollTo(0, 0);  // else what has just slid under the page's head counts as too small to be hit
  await new Promise(resolve => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  const changing = document.getAnimations().filter(one => one instanceof CSSTransition);
  await Promise.allSettled(changing.map(one => one.finished));  // colours on their way are nobody's choice
  return (await axe.run(document, {
  runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
})).violations.map(found => `${found.id}: ${found.nodes.slice(0, 3).map(node => node.target.join(" ")).join(", ")}`);
}"""


def violations(page: Page) -> list[str]:
    """Each broken rule with where; empty when there is none."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(Path(AXE).read_text())
    return list(page.evaluate(RUN_AXE))
