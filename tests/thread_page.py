"""The demonstration page: a long thread about an invented school, as a social site would serve it.

200 comments, pictures that load only when scrolled to (the browser's own way and a script's), a sticky
header, a cookie banner over a dimming layer, web fonts, an embedded frame, two API calls. Tests capture
it, and the bench captures it against a bare screenshot. Every person in it is invented.
"""

from __future__ import annotations

import gzip
import io
import time
from importlib import resources
from random import Random

from PIL import Image

from tests.page_server import Handler, PageServer, Route

COMMENTS = 200
AVATARS = 60
LARGE_PICTURES = 8
LAZY_PICTURES = 16
FLAGGED = "Mr Brackenhall “forgot” the register again … pathetic useless man, and Littleover school lets him"
"""The words of the comment that is the matter, as the collector would hand them on."""

LATENCY_S = 0.025
"""What every answer waits, as over a network."""

_NAMES = (
    "Priya",
    "Gareth",
    "Oluwaseun",
    "Moira",
    "Tomasz",
    "Bethan",
    "Yusuf",
    "Clementine",
    "Desmond",
    "Anwen",
)
_WORDS = (
    "The queue at the gate was round the corner again this morning.",
    "Thank you to everybody who stayed behind to stack the chairs.",
    "Does anyone know whether the coach is back at half past three or at four?",
    "My two loved the fete, even in the rain, and the raffle went on for ever.",
    "I think the new timetable is better, once you have found the right room.",
    "Could the newsletter come out on a Thursday, please, so that we can plan?",
)


BATCH = 25
"""So many comments come at a time where a thread grows."""


def serve_thread(
    server: PageServer, *, comments: int = COMMENTS, latency_s: float = LATENCY_S, grows: bool = False
) -> str:
    """Give the page and everything that belongs to it to `server`; returns its address. One that `grows`
    holds a batch of the comments, and asks for the next one whenever a reader comes to its end."""
    chance = Random(4)

    def put(path: str, body: bytes, kind: str) -> None:
        server.routes[path] = _answering(body, kind, latency_s)

    for number in range(AVATARS):
        put(f"/thread/avatar/{number}.png", _picture(chance, 48, 48, "PNG"), "image/png")
    for number in range(LARGE_PICTURES):
        put(f"/thread/photo/{number}.jpg", _picture(chance, 900, 500, "JPEG"), "image/jpeg")
    for number in range(LAZY_PICTURES):
        put(f"/thread/lazy/{number}.jpg", _picture(chance, 640, 360, "JPEG"), "image/jpeg")
    put("/thread/text.ttf", _font("font_source_serif_pro", "SourceSerifPro-Regular.ttf"), "font/ttf")
    put("/thread/head.ttf", _font("font_fredoka_one", "FredokaOne-Regular.ttf"), "font/ttf")
    put("/thread/style.css", _style().encode(), "text/css")
    put("/thread/site.js", _script().encode(), "text/javascript")
    put("/thread/api/likes", b'{"likes": 41}', "application/json")
    put("/thread/api/seen", b'{"seen": true}', "application/json")
    put("/thread/frame", b"<!doctype html><p>Littleover weather: light rain, 9 degrees</p>", "text/html")
    thread = _comments(chance, comments)
    first = thread[:BATCH] if grows else thread
    for start in range(BATCH, comments, BATCH) if grows else ():
        put(
            f"/thread/api/more/{start}",
            "".join(thread[start : start + BATCH]).encode(),
            "text/html; charset=utf-8",
        )
    put("/thread", _page(first, more=comments if grows else 0).encode(), "text/html; charset=utf-8")
    return server.url("/thread")


def _answering(body: bytes, kind: str, latency_s: float) -> Route:
    packed = gzip.compress(body, 6, mtime=0) if kind.startswith(("text/", "application/json")) else body

    def answer(handler: Handler) -> None:
        time.sleep(latency_s)
        handler.send_response(200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(packed)))
        if packed is not body:
            handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        handler.wfile.write(packed)

    return answer


def _picture(chance: Random, width: int, height: int, kind: str) -> bytes:
    """A field under a sky, a little different each time."""
    small = Image.new("RGB", (12, 8))
    sky, grass = chance.randint(150, 230), chance.randint(90, 170)
    small.putdata(
        [
            (sky - 60 + chance.randint(0, 30), sky - 20, 235)
            if place < 48
            else (70 + chance.randint(0, 40), grass + chance.randint(0, 30), 60)
            for place in range(96)
        ]
    )
    out = io.BytesIO()
    grain = Image.effect_noise((width, height), 26).convert("RGB")
    field = small.resize((width, height), Image.Resampling.BICUBIC)
    Image.blend(field, grain, 0.25).save(out, kind, quality=82)
    return out.getvalue()


def _font(package: str, name: str) -> bytes:
    return resources.files(package).joinpath("files", name).read_bytes()


def _style() -> str:
    rules = "".join(
        f".u{number} {{ margin: {number % 7}px; padding: {number % 5}px; color: #{number:06x}; }}\n"
        for number in range(1300)
    )
    return (
        "@font-face { font-family: Text; src: url(/thread/text.ttf); }\n"
        "@font-face { font-family: Head; src: url(/thread/head.ttf); }\n"
        "body { margin: 0; font: 17px/1.45 Text, serif; background: #f2f4f7; color: #1b1e24; }\n"
        "header { position: sticky; top: 0; z-index: 5; background: #20456b; color: #fff;\n"
        "  padding: 12px 24px; font: 22px Head, sans-serif; }\n"
        "main { width: 760px; margin: 0 auto; background: #fff; padding: 16px 24px; }\n"
        "article { border-bottom: 1px solid #d8dde4; padding: 12px 0 12px 64px; position: relative; }\n"
        "article > .face { position: absolute; left: 0; top: 14px; border-radius: 50%; }\n"
        "h3 { font: 16px Head, sans-serif; margin: 0; } p { margin: 6px 0; }\n"
        "#dim { position: fixed; inset: 0; background: rgba(0, 0, 0, .55); z-index: 8; }\n"
        "#cookies { position: fixed; left: 0; right: 0; bottom: 0; height: 220px; background: #fff;\n"
        "  z-index: 9; padding: 24px 40px; box-sizing: border-box; border-top: 4px solid #d08000; }\n"
    ) + rules


def _script() -> str:
    filler = "".join(
        f"function part{number}(a, b) {{ const c = a * {number} + b; return c > 3 ? c : -c; }}\n"
        for number in range(4600)
    )
    return filler + (
        "fetch('/thread/api/likes').then(r => r.json()).then(d => {\n"
        "  document.getElementById('likes').textContent = d.likes + ' people like this'; });\n"
        "fetch('/thread/api/seen', {method: 'POST', body: '{}'});\n"
        "const near = new IntersectionObserver(found => { for (const e of found) if (e.isIntersecting) {\n"
        "  e.target.src = e.target.dataset.src; near.unobserve(e.target); } });\n"
        "const watch = () => document.querySelectorAll('img[data-src]').forEach(i => near.observe(i));\n"
        "watch();\n"
        "const end = document.getElementById('end');\n"
        "let next = end && +end.dataset.from;\n"
        "const ended = end && new IntersectionObserver(async found => {\n"
        "  if (!found.at(-1).isIntersecting || next >= +end.dataset.to) return;\n"
        "  ended.unobserve(end);\n"
        "  const more = await fetch('/thread/api/more/' + next);\n"
        "  end.insertAdjacentHTML('beforebegin', await more.text());\n"
        "  next += +end.dataset.from;\n"
        "  watch();\n"
        "  ended.observe(end);\n"
        "});\n"
        "if (end) ended.observe(end);\n"
    )


def _comments(chance: Random, comments: int) -> list[str]:
    thread = []
    for number in range(comments):
        said = f"<p>{' '.join(chance.sample(_WORDS, 1 if number % 3 else 2))}</p>"
        if number == comments * 3 // 10:
            # The same words as `FLAGGED`, as a site may set them: other quotes, an entity, a link inside.
            said = (
                "<p>Mr Brackenhall <i>&quot;forgot&quot;</i> the   register again&nbsp;... pathetic useless "
                "man, and <a href='#'>Littleover</a> school lets him \U0001f621\ufe0f</p>"
            )
        if number % (comments // LARGE_PICTURES or 1) == 2:
            photo = number // (comments // LARGE_PICTURES or 1) % LARGE_PICTURES
            said += f"<img src=/thread/photo/{photo}.jpg width=480 height=267 alt='a field'>"
        lazy = comments // LAZY_PICTURES or 1
        if number % lazy == 5 % lazy and number // lazy < LAZY_PICTURES:
            source = f"/thread/lazy/{number // lazy}.jpg"
            way = f"data-src={source}" if number // lazy % 2 else f"loading=lazy src={source}"
            said += f"<img {way} width=400 height=225 alt='the sports hall'>"
        thread.append(
            f"<article id=c{number}><img class=face src=/thread/avatar/{number % AVATARS}.png width=48"
            f" height=48 alt=''><h3>{_NAMES[number % len(_NAMES)]} {number}</h3>{said}"
            f"<small>{number % 23 + 1} likes</small></article>"
        )
    return thread


def _page(thread: list[str], *, more: int) -> str:
    end = f"<p id=end data-from={BATCH} data-to={more}>&nbsp;</p>" if more else ""
    return (
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Littleover Talk: the fete</title>"
        "<link rel=stylesheet href=/thread/style.css></head><body><header>Littleover Talk</header><main>"
        "<h1>How was the summer fete of Littleover Community School?</h1><p id=likes></p>"
        "<iframe src=/thread/frame width=700 height=60 title=weather></iframe>"
        f"{''.join(thread)}{end}</main><div id=dim></div><div id=cookies role=dialog>"
        "<h2>We value your privacy</h2><p>We and our 412 partners use cookies.</p>"
        "<button>Accept all</button><button>Reject</button></div>"
        "<script src=/thread/site.js></script></body></html>"
    )
