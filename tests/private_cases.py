"""The ways by which a page, or a feed, may try to reach a machine inside: each with a target of its own.

In the text of a case `@U` is an http address on its target, `@S` the same under https, `@W` under ws,
`@H` its host and port, `@D` its number, `@A` its bare address, `@P` the port, `@O` another port, `@G` a
port of UDP, and `@N` a host name that the DNS of these tests knows (`c7.inside.example` leads to target
7, see `private_targets`). What is `stopped` is refused by something of ours before the address is
judged; what is `never` sent is so by Chromium or `requests` itself, for the reason given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class Way(StrEnum):
    """Where a case stands."""

    PART = "in the markup of one page"
    FRAME = "a document of its own in a frame"
    JUMP = "a page that the browser is led away from"
    FETCH = "what a collector asks for"


@dataclass(frozen=True, slots=True)
class Case:
    """One attempt. `address` is where it leads, "" for the address that belongs to its number.

    `status` and `headers` are those of the answer that holds it. What is `fenced` needs addresses that
    only a network namespace has.
    """

    name: str
    way: Way
    text: str
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200
    address: str = ""
    stopped: str = ""
    never: str = ""
    fenced: bool = False
    number: int = 0


_GATE = "the gate refuses video and sound in every mode"
_WORKERS = "the context refuses service workers"
_PINGS = "a switch turns pings off"
_NAMED = "Chromium asks for no part of a page by an address with a name before the @"
_REVOKED = "Chromium asks no authority about revocation"
_LEFT = "Chromium has left that status behind"
_HERE = "the resolver of this system may not know the name"
_WARM = "Chromium warms nothing up in a fresh context"
_UDP = "a switch keeps WebRTC off UDP"


def _parts() -> list[Case]:
    def part(name: str, text: str, **more: str) -> Case:
        return Case(name, Way.PART, text, **more)  # type: ignore[arg-type]

    def script(name: str, text: str, **more: str) -> Case:
        return part(name, f"<script>try{{{text}}}catch(e){{}}</script>", **more)

    def worker(name: str, code: str, **more: str) -> Case:
        return script(name, f'new Worker(URL.createObjectURL(new Blob([`{code}`])),{{name:"w@D"}})', **more)

    markup = [
        part("img src", "<img src=@U>"),
        part("img srcset", "<img srcset='@U 1x, @U 2x'>"),
        part("img lazy", "<img loading=lazy width=9 height=9 src=@U>"),
        part("picture source", "<picture><source srcset=@U><img></picture>"),
        part("input type=image", "<input type=image src=@U>"),
        part("body background", "<table background=@U><tr><td>x</table>"),
        part("iframe src", "<iframe src=@U></iframe>"),
        part("iframe sandbox", "<iframe sandbox src=@U></iframe>"),
        part("iframe srcdoc", "<iframe srcdoc='<img src=@U>'></iframe>"),
        part("iframe data:", "<iframe src='data:text/html,<img src=@U>'></iframe>"),
        part("iframe javascript:", "<iframe src=\"javascript:'<img src=@U>'\"></iframe>"),
        part("object data", "<object data=@U></object>"),
        part("object data with a kind", "<object type=text/html data=@U></object>"),
        part("embed src", "<embed src=@U>"),
        part("embed pdf", "<embed type=application/pdf src=@U>"),
        part("script src", "<script src=@U></script>"),
        part("script type=module", "<script type=module src=@U></script>"),
        part("module import", "<script type=module>import '@U'</script>"),
        part("dynamic import", "<script type=module>import('@U').catch(()=>0)</script>"),
        part("json module", "<script type=module>import('@U',{with:{type:'json'}}).catch(()=>0)</script>"),
        part("link stylesheet", "<link rel=stylesheet href=@U>"),
        part("link alternate stylesheet", "<link rel='alternate stylesheet' title=x href=@U>"),
        part("link preload image", "<link rel=preload as=image href=@U>"),
        part("link preload font", "<link rel=preload as=font crossorigin href=@U>"),
        part("link preload fetch", "<link rel=preload as=fetch crossorigin href=@U>"),
        part("link modulepreload", "<link rel=modulepreload href=@U>"),
        part("link prefetch", "<link rel=prefetch href=@U>"),
        part("link preconnect", "<link rel=preconnect href=@U>", stopped=_WARM),
        part("link preconnect crossorigin", "<link rel=preconnect crossorigin href=@U>", stopped=_WARM),
        part("link preconnect https", "<link rel=preconnect href=@S>", stopped=_WARM),
        part(
            "link dns-prefetch",
            "<link rel=dns-prefetch href=//c@D.inside.example>",
            stopped="behind a proxy the browser looks no name up",
        ),
        part("link prerender", "<link rel=prerender href=@U>", never="given up for speculation rules"),
        part("link icon", "<link rel=icon href=@U>", never="a headless browser shows no icon"),
        part(
            "link manifest", "<link rel=manifest href=@U>", never="read only when a page is to be installed"
        ),
        part("link next", "<link rel=next href=@U>", never="a hint that Chromium does not follow"),
        part("video src", "<video autoplay muted src=@U></video>", stopped=_GATE),
        part("video poster", "<video poster=@U></video>"),
        part("video source", "<video autoplay muted><source src=@U></video>", stopped=_GATE),
        part(
            "video track",
            "<video crossorigin autoplay muted src=/film><track default kind=subtitles src=@U></video>",
            stopped=_GATE,
        ),
        part("audio src", "<audio autoplay preload=auto src=@U></audio>", stopped=_GATE),
        part("svg image", "<svg width=9 height=9><image width=9 height=9 href=@U /></svg>"),
        part("svg image xlink", "<svg width=9 height=9><image width=9 height=9 xlink:href=@U /></svg>"),
        part(
            "svg feImage",
            "<svg width=9 height=9><filter id=f@D><feImage href=@U /></filter>"
            "<rect width=9 height=9 filter=url(#f@D) /></svg>",
        ),
        part(
            "svg use",
            "<svg width=9 height=9><use href=@U#a /></svg>",
            never="may only point to the page's own site",
        ),
        part("svg script", "<svg><script href=@U></script></svg>"),
        part("svg foreignObject", "<svg width=9 height=9><foreignObject><img src=@U></foreignObject></svg>"),
        part("css @import", "<style>@import '@U';</style>"),
        part(
            "css background",
            "<p style='background:url(@U)'>x</p>",
        ),
        part("css border-image", "<p style='border:1px solid;border-image:url(@U) 1'>x</p>"),
        part("css list-style", "<ul><li style='list-style:url(@U)'>x</ul>"),
        part("css content", "<style>#p@D::before{content:url(@U)}</style><p id=p@D>x</p>"),
        part("css mask", "<p style='mask-image:url(@U)'>x</p>"),
        part("css shape-outside", "<p style='float:left;shape-outside:url(@U)'>x</p>"),
        part("css cursor", "<p style='cursor:url(@U),auto'>x</p>"),
        part("css image-set", "<p style='background:image-set(\"@U\" 1x)'>x</p>"),
        part("css font", "<style>@font-face{font-family:f@D;src:url(@U)}</style>"
             "<p style=font-family:f@D>x</p>"),
        part(
            "css animation", "<style>@keyframes k@D{to{background:url(@U)}}</style>"
            "<p style='animation:k@D 1s infinite'>x</p>",
        ),
        part("css imported by a data: sheet", "<link rel=stylesheet href='data:text/css,@import \"@U\";'>"),
        part("speculation prefetch", "<script type=speculationrules>"
             '{"prefetch":[{"source":"list","urls":["@S"],"eagerness":"immediate"}]}</script>',
             stopped=_WARM),
        part("speculation prerender", "<script type=speculationrules>"
             '{"prerender":[{"source":"list","urls":["@SITE/bounce/@D"],"eagerness":"immediate"}]}</script>',
             never="a driven browser renders nothing ahead"),
        Case("speculation rules header", Way.PART, "", (("Speculation-Rules", '"@U"'),)),
        part("svg set",
             "<svg width=9 height=9><image width=9 height=9><set attributeName=href to=@U /></image>"
             "</svg>"),
        part("iframe credentialless", "<iframe credentialless src=@U></iframe>"),
        part("css module", "<script type=module>import('@U',{with:{type:'css'}}).catch(()=>0)</script>"),
        part("link compression-dictionary", "<link rel=compression-dictionary href=@S>"),
        part("policy report of a whole document", "<iframe src=/policy/@D></iframe>"),
        part("anchor attributionsrc", "<img src=/dot attributionsrc=@S>", never="removed from Chromium"),
    ]  # fmt: skip
    scripts = [
        script("fetch", "fetch('@U').catch(()=>0)"),
        script("fetch no-cors", "fetch('@U',{mode:'no-cors'}).catch(()=>0)"),
        script("fetch that names the address space",
               "fetch('@U',{targetAddressSpace:'loopback'}).catch(()=>0);"
               "fetch('@U',{targetAddressSpace:'local'}).catch(()=>0)",
               stopped="behind a proxy Chromium cannot tell the address space, and gives up"),
        script("fetch POST with preflight", "fetch('@U',{method:'PUT',headers:{'X-A':'b'}}).catch(()=>0)"),
        script("fetch keepalive", "fetch('@U',{keepalive:true,mode:'no-cors',method:'POST'}).catch(()=>0)"),
        script("fetchLater", "fetchLater('@S',{activateAfter:0})"),
        script("fetch https", "fetch('@S').catch(()=>0)"),
        script("fetch another port", "fetch('http://@A:@O/c@D',{mode:'no-cors'}).catch(()=>0)"),
        script("fetch port 22", "fetch('http://@A:22/c@D',{mode:'no-cors'}).catch(()=>0)",
               never="a port that Chromium bars"),
        script("XMLHttpRequest", "let x=new XMLHttpRequest;x.open('GET','@U');x.send()"),
        script("XMLHttpRequest synchronous", "let x=new XMLHttpRequest;x.open('GET','@U',false);x.send()"),
        script("EventSource", "new EventSource('@U')"),
        script("WebSocket", "new WebSocket('@W')"),
        script("WebSocket wss", "new WebSocket('@W'.replace('ws:','wss:').replace(':@P',':@Q'))"),
        script("WebSocket another port", "new WebSocket('ws://@A:@O/c@D')"),
        script("WebSocketStream", "new WebSocketStream('@W').opened.catch(()=>0)"),
        script("WebTransport", "new WebTransport('https://@A:@G/c@D').ready.catch(()=>0)",
               stopped="behind a proxy there is no QUIC; a switch turns it off as well"),
        script("sendBeacon", "navigator.sendBeacon('@U','x')"),
        script("Image", "new Image().src='@U'"),
        script("Audio", "new Audio('@U').play().catch(()=>0)", stopped=_GATE),
        script("FontFace", "new FontFace('g@D','url(@U)').load().catch(()=>0)"),
        script("document.write", "document.write('<img src=@U>')"),
        script("cache", "caches.open('x').then(c=>c.add(new Request('@U',{mode:'no-cors'}))).catch(()=>0)"),
        script("WebAssembly", "WebAssembly.instantiateStreaming(fetch('@U')).catch(()=>0)"),
        script("a ping", "document.write('<a id=a@D ping=@U href=#x>x</a>');a@D.click()", stopped=_PINGS),
        script("window.open", "window.open('@U')"),
        script("window.open another name", "window.open('@U','n@D','popup')"),
        script("open and write", "let w=window.open('about:blank','m@D');w.document.write('<img src=@U>')"),
        script("blob: frame", "let f=document.createElement('iframe');f.src=URL.createObjectURL("
               "new Blob(['<img src=@U>'],{type:'text/html'}));document.documentElement.append(f)"),
        script("about:blank frame", "let f=document.createElement('iframe');"
               "document.documentElement.append(f);f.contentDocument.write('<img src=@U>')"),
        script("shadow root", "let h=document.createElement('p');document.documentElement.append(h);"
               "h.attachShadow({mode:'closed'}).innerHTML='<img src=@U>'"),
        script("createImageBitmap",
               "fetch('@U',{mode:'cors'}).then(r=>r.blob()).then(createImageBitmap).catch(()=>0)"),
        script("audio worklet",
               "new OfflineAudioContext(1,9,9000).audioWorklet.addModule('@U').catch(()=>0)"),
        script("paint worklet", "CSS.paintWorklet.addModule('@U').catch(()=>0)"),
        script("shared storage worklet", "sharedStorage.createWorklet('@S').catch(()=>0)",
               never="removed from Chromium"),
        worker("worker fetch", "fetch('@U',{mode:'no-cors'}).catch(()=>0)"),
        worker("worker XMLHttpRequest", "let x=new XMLHttpRequest;x.open('GET','@U');x.send()"),
        worker("worker importScripts", "importScripts('@U')"),
        worker("worker WebSocket", "new WebSocket('@W')"),
        worker("worker EventSource", "new EventSource('@U')"),
        worker("worker dynamic import", "import('@U').catch(()=>0)"),
        worker("worker in a worker",
               "new Worker(URL.createObjectURL(new Blob([\"fetch('@U',{mode:'no-cors'})\"])))"),
        script("shared worker", "new SharedWorker('/shared/@D')"),
        script("module worker", "new Worker('/module/@D',{type:'module'})"),
        script("service worker", "navigator.serviceWorker.register('/service/@D',{scope:'/service/'})",
               stopped=_WORKERS),
        script("payment handler", "new PaymentRequest([{supportedMethods:'@S'}],"
               "{total:{label:'x',amount:{currency:'GBP',value:'1'}}}).canMakePayment().catch(()=>0)"),
        script("federated sign-in", "navigator.credentials.get({identity:{"
               "providers:[{configURL:'@S',clientId:'x'}]}}).catch(()=>0)"),
        script("passkey related origins", "navigator.credentials.get({publicKey:{challenge:new Uint8Array(9),"
               "rpId:'c@D.inside.example'}}).catch(()=>0)", never="only pages under https may ask"),
        script("STUN over UDP", "rtc([{urls:'stun:@A:@G'}])", stopped=_UDP),
        script("TURN over UDP", "rtc([{urls:'turn:@A:@G',username:'u',credential:'c'}])",
               stopped=_UDP),
        script("TURN over TCP", "rtc([{urls:'turn:@A:@P?transport=tcp',username:'u',credential:'c'}])"),
        script("TURN over TLS", "rtc([{urls:'turns:@A:@Q?transport=tcp',username:'u',credential:'c'}])"),
        script("WebRTC candidate over UDP", "peer('UDP','@A',@G,'typ host')",
               stopped=_UDP),
        script("WebRTC candidate over TCP", "peer('TCP','@A',@P,'typ host tcptype passive')",
               never="whether Chromium tries depends on the networks of the machine"),
    ]  # fmt: skip
    return [*markup, *scripts]


def _spellings() -> list[Case]:
    def spelt(name: str, text: str, **more: str) -> Case:
        return Case(name, Way.PART, f"<img src='{text}'>", **more)  # type: ignore[arg-type]

    return [
        spelt("spelt decimal", "http://@DEC:@P/c@D"),
        spelt("spelt hexadecimal", "http://@HEX:@P/c@D"),
        spelt("spelt octal", "http://@OCT:@P/c@D"),
        spelt("spelt in three parts", "http://@SHORT:@P/c@D"),
        spelt("spelt in mixed bases", "http://@MIX:@P/c@D"),
        spelt("spelt with a trailing dot", "http://@A.:@P/c@D"),
        spelt("spelt in full-width digits", "http://@WIDE:@P/c@D"),
        spelt("spelt in circled digits", "http://@CIRCLED:@P/c@D"),
        spelt("spelt with ideographic dots", "http://@DOTS:@P/c@D"),
        spelt("spelt with escaped digits", "http://@ESC:@P/c@D"),
        spelt("spelt with backslashes", "http:\\\\@H\\c@D"),
        spelt("spelt without a scheme", "//@H/c@D"),
        spelt("spelt with a name before the @", "http://www.example.org@@H/c@D", never=_NAMED),
        spelt("spelt with name and port before the @", "http://www.example.org:80@@H/c@D", never=_NAMED),
        spelt("spelt with a line break", "ht&#10;tp://@A:&#9;@P/c@D"),
        spelt("spelt HTTP in capitals", "HTTP://@H/c@D"),
        spelt("a name", "http://@N.inside.example:@P/c@D"),
        spelt("a name with a trailing dot", "http://@N.inside.example.:@P/c@D"),
        spelt("a name in full-width letters", "http://@N.ｉｎｓｉｄｅ.example:@P/c@D"),
        spelt("an alias", "http://@N.alias.example:@P/c@D"),
        spelt("a name with a good and a bad address", "http://@N.mixed.example:@P/c@D"),
        spelt("a name with a mapped address", "http://@N.mapped.example:@P/c@D"),
        spelt("mapped IPv6", "http://[::ffff:@A]:@P/c@D"),
        spelt("mapped IPv6 in hexadecimal", "http://[::ffff:@V6]:@P/c@D"),
        spelt("mapped IPv6 in full", "http://[0:0:0:0:0:FFFF:@V6]:@P/c@D"),
        spelt("link-local with a zone", "http://[fe80::1%25lo]:@P/c@D",
              never="zones are no part of web addresses"),
        spelt("localhost", "http://localhost:@O/c@D", address="127.0.0.1"),
        spelt("localhost with a dot", "http://localhost.:@O/c@D", address="127.0.0.1", stopped=_HERE),
        spelt("below localhost", "http://a.localhost:@O/c@D", address="127.0.0.1", stopped=_HERE),
        spelt("0.0.0.0", "http://0.0.0.0:@O/c@D", address="127.0.0.1"),
        spelt("0", "http://0:@O/c@D", address="127.0.0.1"),
        spelt("127.1", "http://127.1:@O/c@D", address="127.0.0.1"),
        spelt("[::1]", "http://[::1]:@O/c@D", address="::1"),
        spelt("[::]", "http://[::]:@O/c@D", address="::1"),
        spelt("[::ffff:127.0.0.1]", "http://[::ffff:127.0.0.1]:@O/c@D", address="127.0.0.1"),
        spelt("file:", "file:///etc/hostname", never="no page may show what lies on the disk"),
        spelt("ftp:", "ftp://@A/c@D", never="not in Chromium any more"),
        spelt("view-source:", "view-source:@U", never="no page may show it"),
        spelt("chrome:", "chrome://net-internals/#dns", never="no page may show it"),
        spelt("gopher:", "gopher://@H/c@D", never="not in Chromium"),
    ]  # fmt: skip


PLACES = (
    "10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.0.1", "192.168.255.254",
    "127.0.0.53", "127.255.255.254", "169.254.169.254", "169.254.170.2", "168.63.129.16", "100.64.0.1",
    "100.100.100.200", "100.127.255.254", "0.1.2.3", "192.0.0.8", "192.0.0.9", "192.0.0.192", "192.0.2.1",
    "192.88.99.1", "198.18.0.1", "198.19.255.254", "198.51.100.1", "203.0.113.1", "240.0.0.1",
    "255.255.255.254", "fc00::1", "fd00:ec2::254", "fd20:ce::254", "fec0::1", "2001:db8::1", "3fff::1",
    "100::1", "5f00::1", "::10.0.0.1", "::ffff:0:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::10.0.0.1",
    "64:ff9b::169.254.169.254", "64:ff9b:1::10.0.0.1", "2002:a00:1::1", "2002:a9fe:a9fe::1",
    "2001:0:a00:1::1", "2001:4860::5efe:10.0.0.1", "2001:4860::200:5efe:a00:1", "2001:2::1", "2001:20::1",
    "4000::1", "8000::1",
)  # fmt: skip
"""One address of each range that is not the public internet, and of each wrapping."""

OWN = ("11.22.33.44", "2a11:22::33")
"""Public addresses that this machine bears itself, in its namespace."""

UNROUTED = ("255.255.255.255", "224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1", "fe80::1")
"""Ranges to which no system makes a TCP connection: the refusal is still ours."""


def _places() -> list[Case]:
    def at(address: str) -> str:
        return f"http://{f'[{address}]' if ':' in address else address}:@P/c@D"

    return [
        *(
            Case(f"place {a}", Way.PART, f"<img src='{at(a)}'>", address=a, fenced=True)
            for a in (*PLACES, *OWN)
        ),
        *(
            Case(f"place {a}", Way.PART, f"<img src='{at(a)}'>", address=a, never="no system connects there")
            for a in UNROUTED
        ),
    ]


def _frames() -> list[Case]:
    def frame(name: str, text: str, headers: tuple[tuple[str, str], ...] = (), **more: str) -> Case:
        return Case(name, Way.FRAME, text, headers, **more)  # type: ignore[arg-type]

    def hop(status: int) -> Case:
        return Case(f"frame redirect {status}", Way.FRAME, "", (("Location", "@U"),), status)

    form = "<form id=f action=@U method={}><input name=a></form><script>f.submit()</script>"
    return [
        *(hop(status) for status in (301, 302, 303, 307, 308)),
        frame("frame redirect 300", "x", (("Location", "@U"),), status=300, never=_LEFT),  # type: ignore[arg-type]
        frame("frame redirect 305", "x", (("Location", "@U"),), status=305, never=_LEFT),  # type: ignore[arg-type]
        frame("frame redirect to a spelling", "", (("Location", "http://@DEC:@P/c@D"),), status=302),  # type: ignore[arg-type]
        frame("frame redirect to mapped IPv6", "", (("Location", "http://[::ffff:@V6]:@P/c@D"),), status=302),  # type: ignore[arg-type]
        frame("frame redirect without a scheme", "", (("Location", "//@H/c@D"),), status=302),  # type: ignore[arg-type]
        frame("frame redirect to a name", "", (("Location", "http://@N.inside.example:@P/c@D"),), status=302),  # type: ignore[arg-type]
        frame("frame refresh", "<meta http-equiv=refresh content='0;url=@U'>"),
        frame("frame Refresh header", "x", (("Refresh", "0;url=@U"),)),
        frame("frame form GET", form.format("get")),
        frame("frame form POST", form.format("post")),
        frame("frame formaction",
              "<form id=f><button id=b formaction=@U></button></form><script>b.click()</script>"),
        frame("frame form in a new window",
              "<form id=f action=@U target=_blank></form><script>f.submit()</script>"),
        frame("frame location", "<script>location='@U'</script>"),
        frame("frame location.replace", "<script>location.replace('@U')</script>"),
        frame("frame click", "<a id=a href=@U>x</a><script>a.click()</script>"),
        frame("frame download", "<a id=a download href=@U>x</a><script>a.click()</script>"),
        frame("frame base", "<base href='http://@H/'><img src=c@D>"),
        frame("frame inherited base", "<base href='http://@H/'><iframe srcdoc='<img src=c@D>'></iframe>"),
        frame("frameset", "<frameset><frame src=@U></frameset>"),
        frame("import map", '<script type=importmap>{"imports":{"x":"@U"}}</script>'
              "<script type=module>import 'x'</script>"),
        frame("Link header preload", "x", (("Link", "<@U>; rel=preload; as=image"),)),
        frame("Link header preconnect", "x", (("Link", "<@U>; rel=preconnect"),), stopped=_WARM),
        frame("Link header prefetch", "x", (("Link", "<@U>; rel=prefetch"),)),
        frame("Link header stylesheet", "x", (("Link", "<@U>; rel=stylesheet"),),
              never="Chromium takes no style sheet from a header"),
        frame("policy report", "<img src=data:,>",
              (("Content-Security-Policy", "img-src 'none'; report-uri @U"),)),
        frame("policy report-to", "<img src=data:,>", (
              ("Reporting-Endpoints", 'e="@S"'), ("Content-Security-Policy", "img-src 'none'; report-to e")),
              never="only pages under https may name a place for reports"),
        frame("SourceMap header", "<script>//# sourceMappingURL=@U\n</script>", (("SourceMap", "@U"),),
              never="read only by the developer's tools"),
        frame("Alt-Svc header", "<img src=/dot>", (("Alt-Svc", 'h2="@H"; ma=9, h3="@A:@G"; ma=9'),),
              never="believed only under https"),
        frame("Content-Location and Digest", "x", (("Content-Location", "@U"),), never="a mere label"),
        frame("xml entity", "<!DOCTYPE a SYSTEM '@U' [<!ENTITY e SYSTEM '@U'>]><a>&e;</a>",
              (("Content-Type", "text/xml"),), never="Chromium loads no entity"),
        frame("xml stylesheet", "<?xml-stylesheet type='text/css' href='@U'?><a>x</a>",
              (("Content-Type", "text/xml"),)),
        frame("svg document",
              "<svg xmlns='http://www.w3.org/2000/svg'><image width='9' height='9' href='@U'/>"
              "</svg>", (("Content-Type", "image/svg+xml"),)),
        frame("rebinding", "<script>setTimeout(()=>fetch('/c@D'),300)</script>"),
        frame("rebinding of a web socket",
              "<script>setTimeout(()=>new WebSocket(`ws://${location.host}/c@D`),300)</script>"),
        frame("rebinding of a module", "<script>setTimeout(()=>import('/c@D').catch(()=>0),300)</script>"),
        frame("rebinding of the frame", "<script>setTimeout(()=>location='/c@D',300)</script>"),
    ]  # fmt: skip


def _jumps() -> list[Case]:
    def hop(status: int) -> Case:
        return Case(f"jump redirect {status}", Way.JUMP, "", (("Location", "@U"),), status)

    return [
        hop(302),
        Case("jump redirect to https", Way.JUMP, "", (("Location", "@S"),), 301),
        Case("jump redirect by way of a name", Way.JUMP, "",
             (("Location", "http://@N.inside.example:@P/c@D"),), 303),
        Case("jump redirect with a name before the @", Way.JUMP, "",
             (("Location", "http://www.example.org@@H/c@D"),), 302),
        Case("jump refresh", Way.JUMP, "<meta http-equiv=refresh content='0;url=@U'>"),
        Case("jump Refresh header", Way.JUMP, "x", (("Refresh", "0;url=@U"),)),
        Case("jump location", Way.JUMP, "<script>location='@U'</script>"),
        Case("jump form POST", Way.JUMP,
             "<form id=f action=@U method=post></form><script>f.submit()</script>"),
        Case("certificate's issuer", Way.JUMP, ""),
        Case("certificate's revocation", Way.JUMP, "", never=_REVOKED),
        Case("certificate's revocation list", Way.JUMP, "", never=_REVOKED),
        Case("jump to a name that is bound anew", Way.JUMP,
             "<script>setTimeout(()=>location='/c@D',200)</script>"),
    ]  # fmt: skip


def _fetches() -> list[Case]:
    def ask(name: str, text: str, **more: str) -> Case:
        return Case(f"asked {name}", Way.FETCH, text, **more)  # type: ignore[arg-type]

    def hop(status: int, where: str, name: str = "") -> Case:
        label = f"asked redirect {status}{name}"
        return Case(label, Way.FETCH, "@SITE/hop/@D", (("Location", where),), status)

    def at(address: str) -> str:
        return f"http://{f'[{address}]' if ':' in address else address}:@P/c@D"

    return [
        ask("plainly", "@U"),
        ask("under https", "@S"),
        ask("at another port", "http://@A:@O/c@D"),
        ask("decimal", "http://@DEC:@P/c@D"),
        ask("hexadecimal", "http://@HEX:@P/c@D"),
        ask("octal", "http://@OCT:@P/c@D"),
        ask("in three parts", "http://@SHORT:@P/c@D"),
        ask("in mixed bases", "http://@MIX:@P/c@D"),
        ask("in full-width digits", "http://@WIDE:@P/c@D", never="requests takes such digits for no address"),
        ask("with ideographic dots", "http://@DOTS:@P/c@D", never="requests takes such dots for no address"),
        ask("with a name before the @", "http://www.example.org@@H/c@D"),
        ask("with backslash and @", "http://@SITEHOST\\@@H/c@D",
            never="what stands behind the backslash is path"),
        ask("with # and @", "http://@SITEHOST#@@H/c@D", never="what stands behind the # is never sent"),
        ask("with a trailing dot", "http://@A.:@P/c@D",
            never="glibc looks for a name that is made of digits"),
        ask("by name", "http://@N.inside.example:@P/c@D"),
        ask("by name with a dot", "http://@N.inside.example.:@P/c@D"),
        ask("by alias", "http://@N.alias.example:@P/c@D"),
        ask("by a name with a good and a bad address", "http://@N.mixed.example:@P/c@D"),
        ask("by a name with a mapped address", "http://@N.mapped.example:@P/c@D"),
        ask("mapped IPv6", "http://[::ffff:@A]:@P/c@D"),
        ask("mapped IPv6 in hexadecimal", "http://[::ffff:@V6]:@P/c@D"),
        ask("localhost", "http://localhost:@O/c@D", address="127.0.0.1"),
        ask("localhost with a dot", "http://localhost.:@O/c@D", address="127.0.0.1", never=_HERE),
        ask("127.1", "http://127.1:@O/c@D", address="127.0.0.1"),
        ask("0.0.0.0", "http://0.0.0.0:@O/c@D", address="127.0.0.1"),
        ask("0", "http://0:@O/c@D", address="127.0.0.1"),
        ask("[::1]", "http://[::1]:@O/c@D", address="::1"),
        ask("[::]", "http://[::]:@O/c@D", address="::1"),
        ask("file:", "file:///etc/hostname", never="the session knows http and https"),
        ask("ftp:", "ftp://@A/c@D", never="the session knows http and https"),
        ask("a name that is bound anew", "http://@N.rebind.example:@P/c@D"),
        *(hop(status, "@U") for status in (301, 302, 303, 307, 308)),
        hop(302, "http://@DEC:@P/c@D", " to a decimal spelling"),
        hop(302, "//@H/c@D", " without a scheme"),
        hop(302, "http://[::ffff:@V6]:@P/c@D", " to mapped IPv6"),
        hop(302, "http://a:b@@H/c@D", " with a password"),
        hop(302, "http://@N.inside.example:@P/c@D", " to a name"),
        hop(301, "@S", " to https"),
        Case("asked redirect 302 to file:", Way.FETCH, "@SITE/hop/@D", (("Location", "file:///etc/hostname"),),
             302, never="the session knows http and https"),
        *(Case(f"asked {a}", Way.FETCH, at(a), address=a, fenced=True) for a in (*PLACES, *OWN)),
        *(Case(f"asked {a}", Way.FETCH, at(a), address=a, never="no system connects there")
          for a in UNROUTED),
    ]  # fmt: skip


def _numbered() -> tuple[Case, ...]:
    all_cases = [*_parts(), *_spellings(), *_places(), *_frames(), *_jumps(), *_fetches()]
    return tuple(replace(case, number=number) for number, case in enumerate(all_cases, 1))


CASES = _numbered()
