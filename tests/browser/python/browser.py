"""A headless Chromium of the test's own, and what a test does in it."""

import base64
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

from selenium import webdriver
from selenium.common.exceptions import NoAlertPresentException, WebDriverException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.actions.action_builder import ActionBuilder
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

# With these, Chromium calls nobody; what it tried to call all the same is looked up in its own log.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--no-default-browser-check",
    "--no-pings",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--force-color-profile=srgb",
]
DESKTOP = (1280, 900)
PHONE = (360, 740)
# Files have none.
OWN_HOSTS = {"127.0.0.1", None}
# A page that takes longer than this, on a machine that is busy with other tests, hangs.
PATIENCE_SECS = 60
# A picture of more than that many pixels of height helps nobody.
MAX_HEIGHT = 4000


class Browser:
    """A browser, from its start to its end."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.net_log = self.folder / "net-log.json"
        self.process, address = self.start()
        options = webdriver.ChromeOptions()
        options.debugger_address = address
        # A dialog stays open, so that a test sees it.
        options.unhandled_prompt_behavior = "ignore"
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        service = Service(executable_path=os.environ["DRAWBRIDGE_CHROMEDRIVER"])
        self.driver = webdriver.Chrome(options=options, service=service)
        self.driver.set_page_load_timeout(PATIENCE_SECS)
        self.driver.set_script_timeout(PATIENCE_SECS)
        self.requested = []
        self.size(*DESKTOP)

    def start(self):
        """The process, and where it can be driven."""
        # Chromedriver would start it without a page, for which headless Chromium without the windows waits.
        command = [os.environ["DRAWBRIDGE_CHROMIUM"], *ARGUMENTS]
        command += [f"--user-data-dir={self.folder / 'profile'}", f"--log-net-log={self.net_log}"]
        command += ["--remote-debugging-port=0", "about:blank"]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        said = []
        for line in process.stderr:
            said.append(line)
            if found := re.search(r"DevTools listening on ws://([^/]+)/", line):
                # Somebody has to read what else it says.
                threading.Thread(target=process.stderr.read, daemon=True).start()
                return process, found[1]
        raise AssertionError("Chromium did not start:\n" + "".join(said[-20:]))

    # What is seen.

    def open(self, url):
        self.driver.get(url)

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def size(self, width, height):
        self.shown = (width, height)
        is_phone = width < 600
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if is_phone else 1,
            mobile=is_phone,
        )

    def scheme(self, name):
        """Asks for `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": name}
        self.cdp("Emulation.setEmulatedMedia", media="", features=[feature])
        assert self.run("return matchMedia(`(prefers-color-scheme: ${arguments[0]})`).matches", name)

    def paper(self, is_paper):
        self.cdp("Emulation.setEmulatedMedia", media="print" if is_paper else "", features=[])

    def picture(self, name):
        """Keeps a picture of the whole page, on a screen that is as high: to draw what is beyond the screen,
        Chromium lays the page out anew, which takes seconds for a megabyte of text."""
        size = self.shown
        height = self.run("return document.documentElement.scrollHeight")
        self.size(size[0], min(height, MAX_HEIGHT))
        self.glance(name)
        self.size(*size)

    def glance(self, name):
        """Keeps a picture of what is on the screen: one of the whole page would move it below the pointer."""
        keep(f"{name}.png", self.cdp("Page.captureScreenshot")["data"])

    def print(self, name):
        """Keeps the page as it is printed, and gives its bytes."""
        printed = self.cdp("Page.printToPDF", printBackground=False)
        keep(f"{name}.pdf", printed["data"])
        return base64.b64decode(printed["data"])

    # What is done.

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        """The first one, as soon as it is there: a page that was asked for may still be on its way."""
        wait = WebDriverWait(self.driver, PATIENCE_SECS)
        return wait.until(lambda it: it.find_element(By.CSS_SELECTOR, selector))

    def press(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def point_at(self, element):
        # Whatever comes below the pointer while the page scrolls would count as pointed at.
        away = ActionBuilder(self.driver)
        away.pointer_action.move_to_location(1, 1)
        away.perform()
        self.run("arguments[0].scrollIntoView({block: 'center'})", element)
        ActionChains(self.driver).move_to_element(element).perform()

    def focused(self):
        return self.driver.switch_to.active_element

    def tab_to(self, selector, most=400):
        """Presses the Tab key until what `selector` names has the focus."""
        for _ in range(most):
            self.press(Keys.TAB)
            if self.run("return document.activeElement.matches(arguments[0])", selector):
                return self.focused()
        raise AssertionError(f"{selector} cannot be reached with the Tab key")

    def until(self, script):
        """Waits for what the page brings about by itself."""
        WebDriverWait(self.driver, PATIENCE_SECS).until(lambda it: it.execute_script(f"return {script}"))

    def leave(self, act):
        """Does what asks for another page, and waits for that."""
        self.run("window.isLeft = true")
        act()
        wait = WebDriverWait(self.driver, PATIENCE_SECS, ignored_exceptions=[WebDriverException])
        there = "return !window.isLeft && document.readyState === 'complete'"
        wait.until(lambda it: it.execute_script(there))

    # What went wrong.

    def said(self):
        """What the console says since the last time, errors and everything else."""
        return [f"{line['level']}: {line['message']}" for line in self.driver.get_log("browser")]

    def requests(self):
        """The address of every request that pages made."""
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                self.requested.append(message["params"]["request"]["url"])
        return self.requested

    def has_dialog(self):
        try:
            self.driver.switch_to.alert
        except NoAlertPresentException:
            return False
        return True

    def end(self):
        try:
            # Its answer does not come any more.
            with suppress(WebDriverException):
                self.cdp("Browser.close")
            self.process.wait(PATIENCE_SECS)
        finally:
            self.process.kill()
            self.driver.quit()

    def hosts(self):
        """The hosts of whatever Chromium asked for, by its own log, which is whole after the end."""
        events = json.loads(self.net_log.read_text())["events"]
        urls = [event.get("params", {}).get("url") for event in events]
        return {urlsplit(url).hostname for url in urls if isinstance(url, str)}


def keep(name, encoded):
    folder = Path(os.environ["DRAWBRIDGE_SCREENSHOTS"])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(base64.b64decode(encoded))


@contextmanager
def browser():
    """A browser that has called nobody but `127.0.0.1` when it ends."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        it = Browser(folder)
        try:
            yield it
        finally:
            it.end()
        others = {host for host in it.hosts() if host not in OWN_HOSTS}
        assert not others, f"Chromium asked for {others}"


def main(checks):
    """Runs the check that the first argument names with the others."""
    name, *arguments = sys.argv[1:]
    with browser() as it:
        checks[name](it, *arguments)
