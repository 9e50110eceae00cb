"""What Chromium is started with, and why."""

from __future__ import annotations

from monitor.browser.egress import NOWHERE

# What Playwright switches off by itself. A list of ours replaces the one it passes, so ours must hold all of
# it; tests/test_browser_switches.py looks whether it still does.
_OFF_BY_PLAYWRIGHT = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "TcpPortRandomizationWin",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "PreconnectToSearch",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
# The suggestions under an address bar that nobody sees are pages of their own, made anew for every capture:
# they took as much processor time as loading a long thread does.
_OFF_BY_US = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup")

SWITCHES = (
    f"--disable-features={','.join((*_OFF_BY_PLAYWRIGHT, *_OFF_BY_US))}",
    "--disable-quic",
    # Chromium 156 heeds the second only (tests/test_ssrf.py); the first is for builds that know no other.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--block-new-web-contents",
    "--deny-permission-prompts",
    "--dns-prefetch-disable",
    # Without this a picture of a page may show what has not been unpacked yet as empty.
    "--disable-checker-imaging",
    "--no-pings",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    # What no switch silences is sent to names that exist nowhere (RFC 6761), so that it reaches nobody.
    f"--gaia-url=http://{NOWHERE}",
    f"--google-url=http://{NOWHERE}",
    f"--google-apis-url=http://{NOWHERE}",
    f"--apps-gallery-update-url=http://{NOWHERE}",
    f"--component-updater=url-source=http://{NOWHERE}",
)
