"""The pages of `drawbridge view`."""

import kept
from browser import Keys, main


def opened(browser, url, path=""):
    browser.open(url + path)


def lit(browser):
    """The paths and keys that are marked."""
    return set(
        browser.run(
            "return [...document.querySelectorAll('.lit')].map((it) => it.dataset.path || it.dataset.key)"
        )
    )


ON_SCREEN = """
const box = arguments[0].getBoundingClientRect(), side = arguments[0].closest(".side").getBoundingClientRect();
return box.height > 0 && box.top >= Math.max(side.top, 0) && box.bottom <= Math.min(side.bottom, innerHeight);
"""


def of_key(key):
    return f'tr[data-key="{key}"]'


def of_value(path):
    return f'li[data-path="{path}"]'


def looks_right(browser, url):
    opened(browser, url)
    kept.looks_right(browser, "view-alert")
    browser.print("view-alert")
    kept.is_quiet(browser, url)
    for name, path in {
        "ocsf": "?demo=3&format=ocsf",
        "alerts": "alerts",
        "tenants": "tenants",
        "versions": "versions",
        "quarantine": "quarantine",
        "no-item": "item?id=contoso/alerts/none",
    }.items():
        opened(browser, url, path)
        kept.looks_right(browser, f"view-{name}")


def shows_where_a_value_came_from_by_mouse(browser, url):
    opened(browser, url)
    browser.point_at(browser.one(of_key("AlertTitle") + " td"))
    assert lit(browser) == {"AlertTitle", "title"}, lit(browser)
    # What is marked is seen, in whichever part of the alert it lies.
    for key, path in [("MachineGroup", "rbacGroupName"), ("AlertTitle", "title")]:
        browser.point_at(browser.one(of_key(key) + " td"))
        marked = browser.one(f'li.lit[data-path$="{path}"] > .line')
        assert browser.run(ON_SCREEN, marked), f"the source of {key} is not on the screen"
    browser.glance("view-from-a-key")
    browser.point_at(browser.one(of_value("severity") + " > .line > code"))
    assert lit(browser) >= {"severity", "Severity"} and "AlertTitle" not in lit(browser), lit(browser)
    # What lies in a list marks that alone, and not the list.
    browser.point_at(browser.one('li[data-path^="evidence["][data-used] > .line > code'))
    assert len([it for it in lit(browser) if it.startswith("evidence")]) == 1, lit(browser)
    # A key that Drawbridge made has no value of the alert, and leaves no mark of the key before.
    browser.point_at(browser.one(of_key("AlertTitle") + " td"))
    browser.point_at(browser.one(of_key("FullId") + " td"))
    assert lit(browser) == {"FullId"}, lit(browser)
    assert "made by Drawbridge" in browser.one(of_key("FullId")).text
    browser.press(Keys.ESCAPE)
    assert not lit(browser)
    kept.is_quiet(browser, url)


def shows_where_a_value_came_from_by_keyboard(browser, url):
    opened(browser, url)
    browser.tab_to(of_value("title") + " a.uses")
    assert lit(browser) == {"title", "AlertTitle"}, lit(browser)
    # The link leads to the key, and the Tab key goes on from there.
    browser.press(Keys.ENTER)
    assert browser.run("return location.hash.length > 1")
    assert browser.run("return document.querySelector(':target').dataset.key") == "AlertTitle"
    browser.press(Keys.TAB)
    assert browser.run("return document.activeElement.closest('tr').dataset.key") == "AlertTitle"
    assert lit(browser) == {"title", "AlertTitle"}, lit(browser)
    browser.press(Keys.ENTER)
    assert browser.run("return document.querySelector(':target').dataset.path") == "title"
    browser.press(Keys.ESCAPE)
    assert not lit(browser)
    browser.tab_to("#hide-empty")
    empty = len([it for it in browser.all("tr.empty") if it.is_displayed()])
    browser.press(Keys.SPACE)
    assert empty > 0 and not any(it.is_displayed() for it in browser.all("tr.empty"))
    kept.is_quiet(browser, url)


def is_read_out(browser, url):
    opened(browser, url)
    stops = kept.is_reached_by_keyboard(browser)
    assert "skip" in stops[0]["what"], stops[0]
    kept.has_names(
        browser,
        [
            ("navigation", "Pages"),
            ("heading", "An alert beside its records"),
            ("region", "The alert"),
            ("region", "Its records in siem"),
            ("combobox", "Format"),
            ("checkbox", "Hide empty keys"),
            ("columnheader", "Key"),
            ("link", "Used by " + ", ".join(f"AlertTitle of record {n}" for n in [1, 2, 3])),
        ],
    )
    for path in ["alerts", "tenants", "versions", "quarantine"]:
        opened(browser, url, path)
        kept.is_reached_by_keyboard(browser)
    kept.is_quiet(browser, url)


ALERT = '{"id":"da1_1","title":"A title of mine","severity":"high","createdDateTime":"2026-01-01T00:00:00Z"}'


def takes_an_alert_that_is_pasted(browser, url):
    opened(browser, url)
    browser.tab_to(".entry > summary")
    browser.press(Keys.ENTER)
    browser.tab_to("#text", most=1)
    browser.press(ALERT)
    browser.tab_to("form[method=post] button", most=5)
    browser.leave(lambda: browser.press(Keys.ENTER))
    assert browser.one(of_key("AlertTitle") + " td").text == "A title of mine"
    assert browser.one("#text").get_attribute("value") == ALERT
    # In another format, without pasting it again.
    browser.one("form[method=post] select[name=format]").send_keys("ecs")
    browser.leave(browser.one("form[method=post] button").click)
    assert browser.one("[data-format=ecs]")
    browser.one("#text").clear()
    browser.one("#text").send_keys("no alert")
    browser.leave(browser.one("form[method=post] button").click)
    assert "This is not an alert" in browser.one("[role=alert]").text
    kept.looks_right(browser, "view-no-alert")
    kept.is_quiet(browser, url)


def shows_a_file(browser, url, file, records, name):
    """Opens a file of one alert and shows it: as text, and in a page that still answers."""
    shows_a_large_file(browser, url, file, records, name)
    kept.looks_right(browser, name)
    kept.is_quiet(browser, url)


def shows_a_large_file(browser, url, file, records, name):
    """The same of thousands of values, through which axe would walk for minutes."""
    opened(browser, url)
    browser.one(".entry > summary").click()
    browser.one("#file").send_keys(file)
    browser.until("document.getElementById('said').textContent.includes('press Show')")
    browser.leave(browser.one("form[method=post] button").click)
    found = len(browser.all(".record"))
    assert found == int(records), found
    assert browser.run("return window.acted") is None
    assert browser.run("return document.scripts.length + document.images.length") == 1
    assert not browser.run("return document.body.innerText.includes('\\u202e')")
    # It still answers.
    browser.point_at(browser.one(of_key("AlertTitle") + " td"))
    assert "AlertTitle" in lit(browser)
    browser.glance(name)
    kept.is_quiet(browser, url)


def shows_what_a_folder_holds(browser, url):
    opened(browser, url, "tenants")
    row = browser.one('tr[data-tenant="contoso"]')
    assert row.find_element("css selector", "[data-column=lag]").text not in ["", "?"]
    figure = browser.one("figure svg.plot")
    assert "records in siem by the hour" in figure.get_attribute("aria-label")
    bars = [int(bar.get_attribute("data-count")) for bar in browser.all("svg.plot rect")]
    assert len(bars) >= 48 and sum(bars) > 0, bars
    kept.looks_right(browser, "view-tenants-contoso")
    browser.tab_to('a[href^="quarantine?tenant=contoso"]')
    browser.leave(lambda: browser.press(Keys.ENTER))
    kept.looks_right(browser, "view-quarantine-contoso")
    browser.tab_to("tr[data-item] a")
    browser.leave(lambda: browser.press(Keys.ENTER))
    assert browser.one("[data-format=siem]")
    kept.looks_right(browser, "view-item-contoso")
    browser.tab_to('nav a[href="versions"]')
    browser.leave(lambda: browser.press(Keys.ENTER))
    browser.tab_to("input[name=id]")
    browser.press("da1")
    browser.one("select[name=tenant]").send_keys("contoso")
    browser.press(Keys.TAB)
    browser.tab_to("form button")
    browser.leave(lambda: browser.press(Keys.ENTER))
    times = [it.get_attribute("data-time")[:10] for it in browser.all(".timeline li")]
    assert times[:2] == ["2026-01-01", "2026-01-02"], times
    assert browser.one("[data-change=Added]").text.startswith("Added: evidence[0]")
    kept.looks_right(browser, "view-versions-contoso")
    # From the list of the alerts to one of them, and to what came late.
    browser.tab_to('nav a[href="alerts"]')
    browser.leave(lambda: browser.press(Keys.ENTER))
    assert len(browser.all("tr[data-alert]")) == 50
    kept.looks_right(browser, "view-alerts-contoso")
    browser.tab_to('a[rel="next"]')
    browser.leave(lambda: browser.press(Keys.ENTER))
    assert browser.all("tr[data-alert]")[-1].get_attribute("data-alert") == "da1"
    browser.tab_to('tr[data-alert="da1"] a[href^="alert?"]')
    browser.leave(lambda: browser.press(Keys.ENTER))
    assert browser.one("[data-format=siem]")
    kept.looks_right(browser, "view-listed-contoso")
    browser.tab_to('main a[href^="versions?"]')
    browser.leave(lambda: browser.press(Keys.ENTER))
    assert browser.one("[data-change=Added]")
    # Records of one alert that cannot be told apart, and one that came later.
    opened(browser, url, "versions?tenant=contoso&id=da2")
    steps = browser.all("[data-records]")
    assert [it.get_attribute("data-records") for it in steps] == ["2", "1"], steps
    assert "New in it: UserName chioma" in steps[1].text, steps[1].text
    assert not browser.all("[data-change=Removed]")
    kept.looks_right(browser, "view-late-record")
    kept.is_quiet(browser, url)


def is_shown_to_no_other_site(browser, url, other):
    """A page of another site can neither frame nor read the pages, even if it knew the address."""
    browser.open(other)
    read = browser.driver.execute_async_script(
        "fetch(arguments[0]).then((it) => it.text()).then(arguments[1], () => arguments[1]('refused'))", url
    )
    assert read == "refused", read
    framed = browser.driver.execute_async_script(
        """
        const frame = document.createElement("iframe");
        frame.onload = () => arguments[1](frame.contentDocument === null ? "foreign" : "own");
        frame.src = arguments[0];
        document.body.append(frame);
        """,
        url,
    )
    browser.driver.switch_to.frame(0)
    assert not browser.all("main"), framed


main({name: check for name, check in globals().items() if callable(check)})
