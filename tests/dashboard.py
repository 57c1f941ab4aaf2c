"""Looks at the dashboard in a real Chromium, over a demo at work: values move, nothing goes wrong,
nothing leaves the origin, what is dropped is gone, and a gateway that goes and comes back is told.

Usage: dashboard.py OPAGATE FOLDER; screenshots are written to FOLDER.
"""

import json
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

OPAGATE, FOLDER = sys.argv[1], Path(sys.argv[2])
LIST = "/v1/teams/demo/service_users"
GROUPS = "/v1/teams/demo/groups"
# Fresh for minutes, where lists of people are for seconds only.
LASTING = "/v1/teams/demo/resource_groups"
HOSTILE = "<img src=x onerror=alert(1)>"
# Text needs 4.5 to 1, marks and lines that tell something 3 to 1.
PAIRS = [
    ("--text", "--bg", 4.5), ("--text", "--panel", 4.5), ("--text", "--raised", 4.5),
    ("--muted", "--bg", 4.5), ("--muted", "--panel", 4.5), ("--muted", "--raised", 4.5),
    ("--good", "--panel", 4.5), ("--warn", "--panel", 4.5), ("--bad", "--panel", 4.5),
    ("--good", "--good-bg", 4.5), ("--warn", "--warn-bg", 4.5), ("--bad", "--bad-bg", 4.5),
    ("--memory", "--panel", 3), ("--forward", "--panel", 3), ("--refused", "--panel", 3),
    ("--failed", "--panel", 3), ("--other", "--panel", 3), ("--edge", "--panel", 3), ("--focus", "--panel", 3),
]


class Demo:
    """An `opagate demo` of its own."""

    def __init__(self, ports=(0, 0, 0)):
        flags = zip(("--gateway-port", "--admin-port", "--emulator-port"), map(str, ports))
        arguments = [OPAGATE, "demo", *(part for flag in flags for part in flag)]
        self.process = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        text = ""
        while "Ctrl-C stops" not in text:
            line = self.process.stdout.readline()
            assert line, f"the demo did not start:\n{text}"
            text += line
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        found = re.findall(r"^  (?:gateway|dashboard|emulator) +http://[^:]+:(\d+)", text, re.MULTILINE)
        self.ports = tuple(map(int, found))
        self.gateway, self.admin, self.emulator = (f"http://127.0.0.1:{port}" for port in self.ports)

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)

    def ask(self, path, data=None):
        request = urllib.request.Request(self.gateway + path, data=data)
        request.add_header("content-type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                answer.read()
                return answer.headers.get("cache-status", "")
        except urllib.error.HTTPError as refused:
            return refused.headers.get("cache-status", "")


class Traffic:
    """Callers who ask all the time, as long as the block runs."""

    def __init__(self, demo):
        self.demo, self.is_over = demo, threading.Event()
        self.threads = [threading.Thread(target=self.run, args=(number,)) for number in range(4)]

    def run(self, number):
        paths = [LIST, GROUPS, "/v1/teams/demo/users", f"{GROUPS}/owners", "/v1/teams/demo/current_user"]
        turn = 0
        while not self.is_over.wait(0.05):
            turn += 1
            self.demo.ask(paths[turn % len(paths)])
            if turn % 7 == 0:
                self.demo.ask(f"{GROUPS}?contains={number}-{turn}")
            if turn % 40 == 0:
                self.demo.ask(GROUPS, json.dumps({"name": f"g-{number}-{turn}", "roles": []}).encode())

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join()


class Watched:
    """A page of which all requests and all that the console says are written down."""

    def __init__(self, browser, url, **settings):
        self.context = browser.new_context(**settings)
        self.page: Page = self.context.new_page()
        self.said, self.asked = [], []
        self.page.on("console", lambda line: self.said.append(line.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.answer = self.page.goto(url)

    def check(self, origin):
        assert self.said == [], f"the console says {self.said}"
        foreign = [url for url in self.asked if not url.startswith((origin + "/", "data:"))]
        assert foreign == [], f"something left the origin: {foreign}"
        assert len(self.asked) > 3


def figure(page, where):
    return float(re.sub(r"[^0-9.]", "", page.locator(where).inner_text()) or 0)


def wait_for(what, holds):
    for _ in range(150):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError(f"did not come to be: {what}")


def values_change(watched, demo):
    page = watched.page
    expect(page.locator("#status")).to_contain_text("Ready")
    expect(page.locator("#log")).to_contain_text("No request yet.")
    before = figure(page, "#rate")
    with Traffic(demo):
        wait_for("a rate", lambda: figure(page, "#rate") > max(before, 5))
        wait_for("saved calls", lambda: figure(page, "#saved") > 20)
        for words in ("hit", "forwarded", "groups"):
            expect(page.locator("#log")).to_contain_text(words)
        expect(page.locator("#operations")).to_contain_text("service_users.list")
        expect(page.locator("#onwhat")).to_contain_text("groups.list")
        expect(page.locator("#tokens")).to_contain_text("demo/gateway")
        expect(page.locator("#config")).to_contain_text("[[listener]]")
        wait_for("a picture", lambda: page.locator("#requests-chart path.area").count() >= 2)
        wait_for("a level", lambda: page.locator(".bucket path.curve").count() >= 1)
    secrets = page.locator("#config").inner_text()
    assert 'secret = "…"' in secrets and not re.search(r'secret = "[^…]', secrets), "a secret is shown"
    print("values change while traffic runs")


def requests_open_and_are_filtered(watched, demo):
    page = watched.page
    demo.ask(f"{GROUPS}/{urllib.parse.quote(HOSTILE)}")
    page.locator("#filters input[name=path]").fill("%3Cimg")
    expect(page.locator("#log tr.one")).to_have_count(1)
    assert page.url.endswith("#path=%253Cimg"), page.url
    page.locator("#log tr.one button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#log tr.more")).to_contain_text("groups.get")
    assert page.locator("img").count() == 0
    page.locator("#log tr.one button").press("Enter")
    expect(page.locator("#log tr.more")).to_have_count(0)
    page.locator("#filters input[name=path]").fill("")
    page.locator("#filters select[name=outcome]").select_option("hit")
    expect(page.locator("#log tr.one").first).to_contain_text("hit")
    assert "forwarded" not in page.locator("#log").inner_text()
    page.locator("#filters select[name=outcome]").select_option("")
    print("requests open, and are filtered; a hostile path is text")


def purge_works(watched, demo):
    page = watched.page
    demo.ask(LASTING)
    assert "hit" in demo.ask(LASTING)
    page.locator("#search input").fill(LASTING)
    expect(page.locator("#entries tr")).to_have_count(1)
    expect(page.locator("#entries")).to_contain_text(LASTING)
    expect(page.locator("#drop")).to_have_text("Drop 1 below it")
    page.locator("#drop").click()
    expect(page.locator("#sure-what")).to_have_text(f"Drop 1 kept answer at and below {LASTING}?")
    page.get_by_role("button", name="Keep").click()
    assert "hit" in demo.ask(LASTING), "it was not to be dropped"
    page.locator("#drop").click()
    page.locator("#sure-yes").click()
    expect(page.locator("#cache-note")).to_contain_text("1 answer dropped")
    assert "fwd=miss" in demo.ask(LASTING), "it is still there"
    page.locator("#search input").fill("")
    print("purge asks once, and works")


def other_pages_change_nothing(browser, demo):
    assert "hit" in demo.ask(LASTING)
    page = browser.new_page()
    page.goto(f"{demo.emulator}/_emulator/counters")
    refused = page.evaluate(
        """async ([url, headers]) => {
            const tries = [{}, headers].map((headers) => fetch(url, { method: "POST", headers, body: '{"all":true}' })
                .then((answer) => answer.ok, () => false));
            return (await Promise.all(tries)).every((is) => !is);
        }""",
        [f"{demo.admin}/api/cache/purge", {"content-type": "application/json", "x-opagate-admin": "1"}],
    )
    page.close()
    assert refused and "hit" in demo.ask(LASTING), "a page of another origin has dropped something"
    print("pages of other origins change nothing")


def absence_and_restart_are_told(watched, demo):
    page = watched.page
    expect(page.locator("#pulse")).to_have_text("live")
    watched.check(demo.admin)
    demo.stop()
    expect(page.locator("#status")).to_contain_text("No contact. Last update", timeout=15_000)
    expect(page.locator("body")).to_have_class("stale")
    again = Demo(demo.ports)
    expect(page.locator("#status")).to_contain_text("was restarted", timeout=15_000)
    expect(page.locator("body")).not_to_have_class("stale")
    again.ask(GROUPS)
    expect(page.locator("#log tr.one").first).to_contain_text("groups")
    print("a gateway that goes and comes back is told")
    return again


def contrast(page):
    """The contrast of each pair, by WCAG 2.2."""
    return page.evaluate(
        """(pairs) => {
            const style = getComputedStyle(document.documentElement);
            const light = (name) => {
                const hex = style.getPropertyValue(name).trim().slice(1);
                const [r, g, b] = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
                    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
                return 0.2126 * r + 0.7152 * g + 0.0722 * b;
            };
            return pairs.map(([a, b]) => {
                const [high, low] = [light(a), light(b)].sort((x, y) => y - x);
                return (high + 0.05) / (low + 0.05);
            });
        }""",
        PAIRS,
    )


def looks(browser, demo):
    views = [("dark", 1440, 900, "dark"), ("light", 1440, 900, "light"), ("phone", 360, 780, "dark"), ("wall", 1920, 1080, "dark")]
    for name, width, height, scheme in views:
        url = demo.admin + ("/?wall" if name == "wall" else "/")
        settings = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
        watched = Watched(browser, url, **settings)
        page = watched.page
        expect(page.locator("#status")).to_contain_text("Ready")
        expect(page.locator("#log tr").first).to_be_attached()
        looked = "performance.getEntriesByType('resource').filter((of) => of.name.includes('/api/state')).length"
        wait_for("some looks", lambda: page.evaluate(looked) > 2)
        needs = page.evaluate("document.documentElement.scrollWidth")
        assert needs <= width, f"{name} needs {needs} pixels of {width}"
        low = [(pair, round(got, 2)) for pair, got in zip(PAIRS, contrast(page)) if got < pair[2]]
        assert low == [], f"{name}: too little contrast: {low}"
        nameless = page.evaluate(
            "[...document.querySelectorAll('button, input, select')].filter((of) => !of.textContent.trim()"
            " && !of.ariaLabel && !of.labels?.length).length + document.querySelectorAll('table:not(:has(caption))').length"
            " - document.querySelectorAll('#not-kept table').length")
        assert nameless == 0, f"{name}: {nameless} controls or tables without a name"
        page.screenshot(path=FOLDER / f"{name}.png", full_page=name != "wall")
        watched.check(demo.admin)
        watched.context.close()
    print("light, dark, phone and wall: nothing sticks out, contrast is enough")


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    demo = Demo()
    with sync_playwright() as playwright:
        # Chromium cannot put itself into a sandbox where it runs as root.
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            watched = Watched(browser, demo.admin + "/", viewport={"width": 1440, "height": 900})
            assert "connect-src 'self'" in watched.answer.headers["content-security-policy"]
            values_change(watched, demo)
            requests_open_and_are_filtered(watched, demo)
            purge_works(watched, demo)
            other_pages_change_nothing(browser, demo)
            with Traffic(demo):
                looks(browser, demo)
            demo = absence_and_restart_are_told(watched, demo)
        finally:
            browser.close()
            demo.stop()


main()
