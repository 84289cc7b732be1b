"""The page that `drawbridge compare --html` writes."""

import kept
from browser import Keys, main


def opened(browser, page):
    browser.open(f"file://{page}")


def is_quiet(browser, page):
    kept.is_quiet(browser, f"file://{page}")


def shown(browser):
    """The keys that are shown."""
    return [it.text for it in browser.all(".key:not([hidden]) .name")]


def looks_right(browser, page):
    opened(browser, page)
    kept.looks_right(browser, "compare")
    browser.size(*kept.PHONE)
    hidden = browser.run(
        "return [...document.querySelectorAll('.wide')].map((it) => it.scrollWidth - it.clientWidth)"
    )
    assert hidden and max(hidden) <= 0, f"on a phone, tables reach {hidden} px beyond the edge"
    browser.size(*kept.DESKTOP)
    browser.tab_to("#all")
    browser.press(Keys.ENTER)
    kept.looks_right(browser, "compare-open")
    is_quiet(browser, page)


def is_filtered_by_keyboard(browser, page):
    opened(browser, page)
    everything = shown(browser)
    assert len(everything) == 50, everything
    browser.tab_to("#search")
    browser.press("portal")
    found = shown(browser)
    assert "LinkToWDATP" in found and "Severity" not in found, found
    assert browser.one("#shown").text == f"{len(found)} of 50 keys"
    # Enter sends no form away.
    browser.press(Keys.ENTER)
    assert shown(browser) == found
    browser.press(*[Keys.BACKSPACE] * len("portal"), "no such word")
    assert shown(browser) == [] and browser.one("#shown").text == "0 of 50 keys"
    browser.press(*[Keys.BACKSPACE] * len("no such word"))
    browser.tab_to("#verdict", most=1)
    browser.press("made up")
    assert set(shown(browser)) <= {"FullId", "ReportID", "ExternalId", "IocUniqueId", "AlertPart"}
    browser.press(Keys.HOME)
    assert shown(browser) == everything
    # A key is opened, and closed.
    browser.tab_to(".key summary")
    for is_open in [True, False]:
        browser.press(Keys.ENTER)
        assert browser.run("return document.activeElement.parentElement.open") == is_open
    is_quiet(browser, page)


def is_read_out(browser, page):
    opened(browser, page)
    kept.is_reached_by_keyboard(browser)
    kept.has_names(
        browser,
        [
            ("heading", "Old records against new"),
            ("search", "Keys"),
            ("searchbox", "Search"),
            ("combobox", "Show"),
            ("button", "Open all"),
            ("region", "What a rule on each key will do"),
        ],
    )
    labels = [bar.get_attribute("aria-label") for bar in browser.all("svg.bar")]
    assert len(labels) == 50 and "3 different" in labels, labels
    is_quiet(browser, page)


def is_printed(browser, page):
    opened(browser, page)
    browser.paper(True)
    assert not browser.one("#search").is_displayed(), "the search is on the paper"
    mark = browser.run("return getComputedStyle(document.querySelector('mark')).textDecorationLine")
    assert mark == "underline", "paper has no background colours to mark with"
    browser.paper(False)
    printed = browser.print("compare")
    assert printed.startswith(b"%PDF"), printed[:20]
    closed = {it.get_attribute("data-verdict") for it in browser.all(".key:not([open])")}
    assert closed == {"as-before", "no-value"}, f"examples that differ are not on the paper: {closed}"


def marks_the_difference(browser, page):
    opened(browser, page)
    browser.one("#all").click()
    sides = browser.run(
        "return [...document.querySelectorAll('.example')].map((it) => [it.querySelector('.about').textContent, "
        "...[...it.querySelectorAll('.side')].map((side) => [side.textContent, "
        "[...side.querySelectorAll('mark')].map((mark) => mark.textContent).join()])])"
    )
    links = [side for side in sides if "securitycenter.windows.com/alert/" in side[1][0]]
    assert links, sides
    for _, (_, old), (_, new) in links:
        assert "center.windows" in old and old != new, (old, new)
    for one in browser.all(".example"):
        old, new = one.find_elements("css selector", ".side")
        assert abs(old.rect["y"] - new.rect["y"]) < 2, "they stand side by side"


def is_text(browser, page):
    """Of values and names that would act, nothing does."""
    opened(browser, page)
    assert browser.run("return window.acted") is None
    assert browser.run("return document.scripts.length + document.images.length") == 1
    text = browser.run("document.querySelectorAll('details').forEach((it) => it.open = true); return document.body.innerText")
    assert "<script>" in text and "\\u202e" in text and "\u202e" not in text
    kept.looks_right(browser, "compare-hostile")
    is_quiet(browser, page)


def says_that_nothing_is_shared(browser, page):
    opened(browser, page)
    assert "share no alert" in browser.one("[role=alert]").text
    kept.looks_right(browser, "compare-nothing-shared")
    is_quiet(browser, page)


main({name: check for name, check in globals().items() if callable(check)})
