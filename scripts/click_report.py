"""Opens a report in headless Chromium and uses it as a person would: sorts, filters, clicks, slides, types.

Usage: click_report.py DIR [--graph], where DIR is what `neuraxis run --out DIR` left with at least two trials; with
--graph the trials must show a cognitive graph. Needs the PyPI package selenium, and chromium with its chromedriver.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

folder = Path(sys.argv[1]).resolve()
rows = json.loads((folder / "results.json").read_text())["trials"]
page = folder / "report.html"
assert page.stat().st_size <= 5_000_000, "the page is larger than 5 MB"
address = page.as_uri()
has_graph = "--graph" in sys.argv[2:]


def browser(width, profile):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
                     "--disable-background-networking", "--disable-component-update", "--disable-quic",
                     f"--window-size={width},1000", f"--user-data-dir={profile}"]:
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService("/usr/bin/chromedriver"))


def painted(driver, canvas):
    """How many pixels of a canvas differ from its first."""
    return driver.execute_script(
        "const c = document.getElementById(arguments[0]);"
        "const d = new Uint32Array(c.getContext('2d').getImageData(0, 0, c.width, c.height).data.buffer);"
        "let n = 0; for (const p of d) if (p !== d[0]) n++; return n;", canvas)


def green(driver):
    """How many pixels of the view are clearly green: ways that were gone and places that were visited."""
    return driver.execute_script(
        "const c = document.getElementById('view');"
        "const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data; let n = 0;"
        "for (let i = 0; i < d.length; i += 4) if (d[i + 1] > d[i] + 40 && d[i + 1] > d[i + 2] + 15) n++;"
        "return n;")


def watch_the_graph_grow(driver):
    """The layer of the cognitive graph grows with the slider, goes with its box, and comes back with its key."""
    # Failures come first: who fails early has gone nowhere.
    driver.find_elements(By.CSS_SELECTOR, "#rows tr")[-1].click()
    assert driver.find_element(By.ID, "layer").is_displayed(), "no layer of the cognitive graph"
    slider, box = driver.find_element(By.ID, "time"), driver.find_element(By.ID, "graph")
    slider.send_keys(Keys.HOME)
    hoped, early = painted(driver, "view"), green(driver)
    slider.send_keys(Keys.END)
    late = green(driver)
    assert late > early + 100, f"no way that was gone is drawn: {early} green pixels at first, {late} at last"
    slider.send_keys(Keys.HOME)
    box.click()
    assert painted(driver, "view") < hoped - 200, "no untried way is drawn, or the box does not hide it"
    slider.send_keys(Keys.END)
    assert green(driver) < late / 4, "the box hides nothing"
    driver.find_element(By.TAG_NAME, "body").send_keys("g")
    assert green(driver) == late, "the key g does not bring the graph back"


def play(driver):
    """The button and the space key move the slider, and stop it."""
    slider, button = driver.find_element(By.ID, "time"), driver.find_element(By.ID, "play")
    body = driver.find_element(By.TAG_NAME, "body")
    slider.send_keys(Keys.HOME)
    for press in (button.click, lambda: (driver.execute_script("document.activeElement.blur()"), body.send_keys(" "))):
        before = int(slider.get_property("value"))
        press()
        time.sleep(1.2)
        press()
        stopped = int(slider.get_property("value"))
        assert stopped > before, "play moves nothing"
        time.sleep(0.3)
        assert int(slider.get_property("value")) == stopped, "pause does not stop it"
    assert button.text.endswith("Play"), button.text


for width in (1280, 400):
    with tempfile.TemporaryDirectory() as profile:
        driver = browser(width, profile)
        try:
            driver.get(address)
            table = driver.find_elements(By.CSS_SELECTOR, "#rows tr")
            assert len(table) == len(rows), f"{len(table)} rows, not {len(rows)}"
            failures = sum(not row["success"] for row in rows)
            outcomes = [row.find_elements(By.TAG_NAME, "td")[3].text for row in table]
            assert all(o != "reached" for o in outcomes[:failures]), "failures do not come first"

            # A click on a row opens its trial; j and k go on and back.
            second = table[1]
            trial = second.get_attribute("data-trial")
            second.click()
            assert driver.find_element(By.ID, "title").text.startswith(f"Trial {trial},")
            assert driver.current_url.endswith(f"#{trial}/0.00"), driver.current_url
            assert painted(driver, "view") > 500 and painted(driver, "lines") > 500, "nothing is drawn"
            driver.find_element(By.TAG_NAME, "body").send_keys("k")
            assert not driver.current_url.endswith(f"#{trial}/0.00"), "k does nothing"

            # The slider moves the robot.
            before = driver.find_element(By.ID, "now").text
            slider = driver.find_element(By.ID, "time")
            slider.send_keys(Keys.END)
            assert driver.find_element(By.ID, "now").text != before, "the slider moves nothing"

            play(driver)
            if has_graph:
                watch_the_graph_grow(driver)
            else:
                assert not driver.find_element(By.ID, "layer").is_displayed(), "a layer without a graph"

            # A head sorts, twice the other way; the filter and the box leave rows out.
            head = driver.find_element(By.CSS_SELECTOR, '[data-key="time"]')
            driver.execute_script("arguments[0].click()", head)
            head = driver.find_element(By.CSS_SELECTOR, '[data-key="time"]')
            driver.execute_script("arguments[0].click()", head)
            times = [float(r.find_elements(By.TAG_NAME, "td")[4].get_attribute("textContent"))
                     for r in driver.find_elements(By.CSS_SELECTOR, "#rows tr")]
            assert times == sorted(times, reverse=True), "not sorted by time"
            driver.find_element(By.ID, "filter").send_keys(rows[0]["scene"])
            wanted = sum(rows[0]["scene"] in row["scene"] for row in rows)
            shown = len(driver.find_elements(By.CSS_SELECTOR, "#rows tr"))
            assert shown == wanted, f"{shown} rows of {rows[0]['scene']}, not {wanted}"
            driver.find_element(By.ID, "filter").clear()

            # A deep link opens its trial at its time.
            last = rows[-1]
            driver.get("about:blank")
            driver.get(f"{address}#{last['trial']}/3.50")
            assert driver.find_element(By.ID, "title").text.startswith(f"Trial {last['trial']},")
            assert driver.find_element(By.ID, "now").text.startswith("3.50 s"), driver.find_element(By.ID, "now").text
            wide = driver.execute_script("return document.documentElement.scrollWidth - window.innerWidth")
            assert wide <= 0, f"at {width} px the page is {wide} px too wide"
            severe = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
            assert not severe, severe
            asked = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
            outside = [m["params"]["request"]["url"] for m in asked if m["method"] == "Network.requestWillBeSent"
                       and m["params"]["request"]["url"].startswith("http")]
            assert not outside, outside
            print(f"the report works at {width} px: {len(rows)} rows, {failures} failures")
        finally:
            driver.quit()
