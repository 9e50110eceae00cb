"""Address in, files and step outcomes out: what a stranger would see, preserved (DESIGN.md).

`supervisor` keeps the browser and the time, `egress` is its only way out, `page` makes one capture,
`scripts` read the page, `verdict` says what kind of page it was.
"""

from monitor.browser.supervisor import BrowserOptions, find_browser, open_browser, try_browser

__all__ = ["BrowserOptions", "find_browser", "open_browser", "try_browser"]
