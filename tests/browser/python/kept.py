"""What every page of ours keeps to in a browser, whatever is on it."""

from pathlib import Path

import axe_playwright_python
from browser import DESKTOP, PHONE, Keys

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# WCAG 2.2 at the levels A and AA, among it names, roles, contrast and the size of targets, and what axe's
# authors advise beyond it.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CONTRAST = "color-contrast"
# What axe looks for where. It takes seconds: colours are the same on a desk and on a phone, and the rest is the
# same in light and dark.
LOOKED_FOR = {
    ("desktop", "light"): {"runOnly": RULES},
    ("desktop", "dark"): {"runOnly": [CONTRAST]},
    ("phone", "light"): {"runOnly": RULES, "rules": {CONTRAST: {"enabled": False}}},
}
# How many stops of the Tab key are looked at.
STOPS = 80

FOCUS = """
const it = document.activeElement;
if (it === document.body) return null;
const style = getComputedStyle(it), box = it.getBoundingClientRect();
window.stops = window.stops || [];
const before = window.stops.at(-1);
const inOrder = !before || Boolean(before.compareDocumentPosition(it) & Node.DOCUMENT_POSITION_FOLLOWING);
const isNew = !window.stops.includes(it);
window.stops.push(it);
return {
  what: it.outerHTML.slice(0, 120), inOrder, isNew,
  outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
  isSeen: box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
};
"""


def looks_right(browser, name):
    """Light and dark, on a desk and on a phone: nothing that axe finds, nothing beyond the edge, and pictures."""
    for size, (width, height) in {"desktop": DESKTOP, "phone": PHONE}.items():
        browser.size(width, height)
        for scheme in ["light", "dark"]:
            browser.scheme(scheme)
            where = f"{name}-{size}-{scheme}"
            browser.picture(where)
            # Not the inner width: on a phone, that grows with the page.
            wide = browser.run("return document.documentElement.scrollWidth")
            assert wide <= width, f"{where}: one has to scroll to the side, it is {wide} px wide"
            if (size, scheme) in LOOKED_FOR:
                nothing_found(browser, where, LOOKED_FOR[size, scheme])
    browser.size(*DESKTOP)
    browser.scheme("light")


def nothing_found(browser, where, options):
    """Nothing that axe finds, which is run from outside: the page's policy lets in no script."""
    browser.run(AXE)
    script = """
        const [options, done] = arguments;
        axe.run(document, {...options, resultTypes: ["violations"]}).then(
            (it) => done(it.violations.map((one) => `${one.id}: ${one.help}: ` + one.nodes.slice(0, 3)
                .map((node) => node.html.slice(0, 200) + " " + node.failureSummary).join("; "))),
            (error) => done([String(error)]));
    """
    found = browser.driver.execute_async_script(script, options)
    assert not found, f"{where}: " + "\n".join(found)


def is_reached_by_keyboard(browser):
    """Each stop of the Tab key comes after the one before, is on the screen, and shows that it has the focus."""
    browser.run("window.stops = []; document.activeElement.blur()")
    stops = []
    for _ in range(STOPS):
        browser.press(Keys.TAB)
        stop = browser.run(FOCUS)
        if stop is None or not stop["isNew"]:
            break
        stops.append(stop)
        assert stop["inOrder"], f"out of order: {stop}"
        assert stop["isSeen"], f"not on the screen: {stop}"
        assert stop["outline"] >= 2, f"no one sees that it has the focus: {stop}"
    assert stops, "nothing can be reached with the Tab key"
    return stops


def has_names(browser, expected):
    """The page's accessibility tree has these roles with these names."""
    browser.cdp("Accessibility.enable")
    nodes = browser.cdp("Accessibility.getFullAXTree")["nodes"]
    found = {
        (node.get("role", {}).get("value"), node.get("name", {}).get("value"))
        for node in nodes
        if not node["ignored"]
    }
    for one in expected:
        assert one in found, f"{one} is not among {sorted(map(str, found))}"


def is_quiet(browser, own):
    """Nothing on the console, no dialog, and no request but for what is the page's own."""
    assert not browser.has_dialog(), "a dialog is open"
    said = browser.said()
    assert not said, said
    requests = browser.requests()
    others = [url for url in requests if not url.startswith(own)]
    assert requests and not others, others
    entries = browser.run("return performance.getEntriesByType('resource').map((it) => it.name)")
    assert not entries, entries
