"""The JavaScript that reads a page. It runs in a world of its own, where the page's scripts cannot
replace the functions it relies on, and it changes nothing that is read afterwards.

Nothing here clicks, types or submits. Scrolling goes by conditions, never by fixed delays, which lose
pictures as soon as the machine is busy (evidence study 3.4).
"""

# Answers once there is a page at all.
BEGUN = """
(async () => {
  while (!document.documentElement) await new Promise(done => setTimeout(done, 20));
  return true;
})()
"""

SETTLE = """
(async (startAt, budgetMs, maxHeight, waitForPictures) => {
  const end = performance.now() + budgetMs;
  const left = () => end - performance.now();
  const frame = () => new Promise(done => { requestAnimationFrame(done); setTimeout(done, 150); });
  const root = document.scrollingElement || document.documentElement;
  const go = top => window.scrollTo({top, left: 0, behavior: 'instant'});
  const within = (promise, ms) => Promise.race([promise, new Promise(done => setTimeout(done, ms))]);
  // What comes into view is told only where a frame is drawn: on a busy machine the end waits for one.
  const drawn = () => within(
    new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))), Math.min(left(), 1500));
  const wanted = image => (image.currentSrc || image.src) && image.getClientRects().length;
  const pending = () => [...document.images].filter(image => !image.complete && wanted(image) &&
    image.getBoundingClientRect().top + root.scrollTop < maxHeight);
  let y = startAt, stops = 0;
  while (y < Math.min(root.scrollHeight, maxHeight) && left() > 0) {
    go(y);
    await frame();
    y += innerHeight;
    stops += 1;
  }
  const seen = root.scrollHeight;
  await drawn();
  const whole = y >= Math.min(root.scrollHeight, maxHeight);
  const stop = performance.now() + Math.min(left(), 6000);
  for (let late; waitForPictures && (late = pending()).length && performance.now() < stop;)
    await within(Promise.allSettled(late.map(image => image.decode())), 100);
  const shown = [...document.images].filter(image => waitForPictures && wanted(image) &&
    image.getBoundingClientRect().top + root.scrollTop < maxHeight);
  const there = shown.filter(image => image.complete && image.naturalWidth);
  await within(document.fonts.ready, Math.max(0, Math.min(left(), 3000)));
  return {whole, stops, height: seen, images: shown.length, loaded: there.length,
          pending: shown.filter(image => !image.complete).length,
          broken: shown.filter(image => image.complete && !image.naturalWidth).length,
          fonts: document.fonts.status === 'loaded'};
})(%s, %s, %s, %s)
"""

TO_TOP = """
(async () => {
  window.scrollTo({top: 0, left: 0, behavior: 'instant'});
  await new Promise(done => { requestAnimationFrame(done); setTimeout(done, 150); });
  return true;
})()
"""

# How high the page is, once it is as high as expected, or after some milliseconds.
GROWTH = """
(async (expected, patienceMs) => {
  const root = document.scrollingElement || document.documentElement;
  const end = performance.now() + patienceMs;
  while (root.scrollHeight < expected && performance.now() < end)
    await new Promise(done => setTimeout(done, 20));
  return root.scrollHeight;
})(%s, %s)
"""

READ = """
(() => {
  const shadows = (root, found) => {
    for (const element of root.querySelectorAll('*'))
      if (element.shadowRoot) { found.push(element.shadowRoot); shadows(element.shadowRoot, found); }
    return found;
  };
  const roots = [document, ...shadows(document, [])];
  const all = selector => roots.flatMap(root => [...root.querySelectorAll(selector)]);
  const shown = element => element.getClientRects().length > 0;
  const inner = roots.slice(1).flatMap(root => [...root.children].map(child => child.innerText || ''));
  const body = document.body || document.documentElement;
  const page = document.scrollingElement || document.documentElement;
  const large = element => { const box = element.getBoundingClientRect();
                             return box.width * box.height >= 10000; };
  return {
    title: document.title,
    text: [body.innerText || '', ...inner].filter(part => part.trim()).join('\\n'),
    alts: all('img[alt], area[alt], input[alt]').map(e => e.alt).filter(Boolean),
    password: all('input[type=password]').some(shown),
    pictures: all('img, svg, canvas, video, iframe, object, embed').filter(e => shown(e) && large(e)).length,
    width: Math.max(page.scrollWidth, 1), height: Math.max(page.scrollHeight, 1),
    url: location.href, agent: navigator.userAgent,
  };
})()
"""

SOURCE = """
(withoutPictures => {
  const roots = [];
  const collect = root => { for (const e of root.querySelectorAll('*'))
    if (e.shadowRoot) { roots.push(e.shadowRoot); collect(e.shadowRoot); } };
  collect(document);
  const live = document.documentElement;
  const html = live.getHTML ? live.getHTML({shadowRoots: roots}) : live.innerHTML;
  const clean = (markup, depth) => {
    // An inert document: nothing runs and nothing loads in it.
    const copy = new DOMParser().parseFromString(markup, 'text/html');
    const active = value => /^(javascript|vbscript|data:text\\/html)/i.test(
      value.replace(/[\\u0000-\\u0020]/g, ''));
    const scrub = root => {
      root.querySelectorAll('script, meta[http-equiv=refresh i], link[rel~=modulepreload i], ' +
        'link[as=script i]').forEach(e => e.remove());
      for (const e of root.querySelectorAll('*')) {
        for (const {name, value} of [...e.attributes]) {
          const animated = ['values', 'from', 'to', 'by'].includes(name) && /script\\s*:/i.test(value);
          if (/^on/i.test(name) || active(value) || animated) e.removeAttribute(name);
          else if (name === 'srcdoc')
            e.setAttribute(name, depth < 3 ? clean(value, depth + 1).documentElement.outerHTML : '');
          else if (withoutPictures && /data:(image|video|audio|font|application\\/font)/i.test(value))
            e.setAttribute(name, value.replace(/data:(image|video|audio|font|application\\/font)[^\\s"')]*/gi,
                                               'data:,'));
        }
        if (withoutPictures && e.localName === 'style')
          e.textContent = e.textContent.replace(
            /data:(image|video|audio|font|application\\/font)[^\\s"')]*/gi, 'data:,');
        if (e.localName === 'template') scrub(e.content);
      }
    };
    scrub(copy);
    return copy;
  };
  const copy = clean(html, 0);
  for (const {name, value} of live.attributes)
    if (!/^on/i.test(name)) copy.documentElement.setAttribute(name, value);
  return copy.documentElement.outerHTML;
})(%s)
"""

# Letters and digits are all that is compared, so spaces, quotes, an ellipsis, marks of emphasis, accents and
# signs that a site draws as pictures cannot hide what was flagged. A page's own scripts cannot see the range.
FIND = """
(async phrases => {
  const strip = text => text.normalize('NFKD').toLowerCase().replace(/[^\\p{L}\\p{N}]+/gu, '');
  const deaf = new Set(['SCRIPT', 'STYLE', 'NOSCRIPT', 'TEMPLATE', 'HEAD', 'TEXTAREA']);
  const nodes = [], starts = [], parts = [];
  let length = 0, seen = null, shown = false;
  const walk = root => {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT,
      node => deaf.has(node.nodeName) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_ACCEPT);
    for (let node; length < 3e6 && (node = walker.nextNode());) {
      if (node.nodeType === Node.ELEMENT_NODE) { if (node.shadowRoot) walk(node.shadowRoot); continue; }
      const parent = node.parentElement || node.getRootNode().host;
      if (parent !== seen) { seen = parent; shown = parent.checkVisibility({visibilityProperty: true}); }
      const part = shown ? strip(node.data) : '';
      if (part) { nodes.push(node); starts.push(length); parts.push(part); length += part.length; }
    }
  };
  walk(document);
  const text = parts.join('');
  const place = (at, after) => {
    let low = 0, high = nodes.length - 1;
    while (low < high) { const mid = (low + high + 1) >> 1; starts[mid] <= at ? low = mid : high = mid - 1; }
    let offset = 0, rest = at - starts[low];
    for (const sign of nodes[low].data) {
      const size = strip(sign).length;
      if (rest < size || (rest === 0 && size)) { if (after) offset += sign.length; break; }
      rest -= size;
      offset += sign.length;
    }
    return [nodes[low], offset];
  };
  for (const [number, phrase] of phrases.entries()) {
    const wanted = strip(phrase);
    if (wanted.length < 3) continue;
    for (let at = text.indexOf(wanted), tries = 0; at >= 0 && tries < 20; at = text.indexOf(wanted, at + 1)) {
      const range = document.createRange();
      range.setStart(...place(at, false));
      range.setEnd(...place(at + wanted.length - 1, true));
      tries += 1;
      if (![...range.getClientRects()].some(rect => rect.width > 1 && rect.height > 1)) continue;
      globalThis.flagged = range;
      const first = range.startContainer.parentElement || range.startContainer.getRootNode().host;
      first.scrollIntoView({block: 'center', inline: 'nearest', behavior: 'instant'});
      const box = range.getBoundingClientRect();
      if (box.top < 0 || box.bottom > innerHeight) {
        const gap = Math.max(Math.min(100, innerHeight / 4), (innerHeight - box.height) / 2);
        window.scrollBy({top: box.top - gap, left: 0, behavior: 'instant'});
      }
      const frame = () => new Promise(done => { requestAnimationFrame(done); setTimeout(done, 150); });
      await frame();
      const near = [...document.images].filter(image => {
        const rect = image.getBoundingClientRect();
        return !image.complete && (image.currentSrc || image.src) &&
          rect.bottom > 0 && rect.top < innerHeight; });
      await Promise.race([Promise.allSettled(near.map(image => image.decode())),
                          new Promise(done => setTimeout(done, 1500))]);
      await frame();
      return {number};
    }
  }
  return {number: -1};
})(%s)
"""

# What lies over something: over words in their own document, over a frame in the one that embeds it. Asked
# with every element made to answer: the browser leaves those out that let clicks through.
_OVER = """
  const top = window === window.top, inside = top ? '' : ', in the frame';
  const alpha = colour => { const found = /^(?:rgb|hsl|color)a?\\((.*)\\)$/.exec(colour);
    if (!found) return colour === 'transparent' ? 0 : 1;
    const parts = found[1].split(/[,\\/ ]+/).filter(Boolean);
    return /,.*,.*,|\\//.test(found[1]) ? parseFloat(parts.at(-1)) : 1; };
  const solid = new Set(['IMG', 'VIDEO', 'CANVAS', 'IFRAME', 'OBJECT', 'EMBED', 'svg', 'INPUT', 'BUTTON']);
  const around = e => { const all = [];
    for (let up = e; up; up = up.parentElement || up.getRootNode().host) all.push(up);
    return all; };
  const opacity = e => around(e).reduce((all, up) => all * +getComputedStyle(up).opacity, 1);
  const fill = style => style.backgroundImage !== 'none' ? 1 : alpha(style.backgroundColor);
  const cover = e => { const style = getComputedStyle(e);
    if (style.visibility !== 'visible') return 0;
    return opacity(e) * Math.max(solid.has(e.nodeName) ? 1 : 0, fill(style),
                                 style.backdropFilter && style.backdropFilter !== 'none' ? 1 : 0); };
  const edge = (e, part) => { const style = getComputedStyle(e, part);
    return ['none', 'normal'].includes(style.content) ? 0 : opacity(e) * +style.opacity * fill(style); };
  const clean = text => String(text || '').replace(/[^\\w-]+/g, '').slice(0, 40);
  const named = e => e.localName.slice(0, 40) + (e.id ? '#' + clean(e.id) : '') + ', position ' +
    getComputedStyle(e).position + inside;
  const shadows = (root, found) => {
    for (const e of root.querySelectorAll('*'))
      if (e.shadowRoot) { found.push(e.shadowRoot); shadows(e.shadowRoot, found); }
    return found;
  };
  const asked = answer => {
    const sheet = new CSSStyleSheet(), roots = [document, ...shadows(document, [])];
    const before = roots.map(root => [...root.adoptedStyleSheets]);
    sheet.replaceSync('* { pointer-events: auto !important }');
    roots.forEach((root, i) => { root.adoptedStyleSheets = [...before[i], sheet]; });
    try { return answer(); }
    finally { roots.forEach((root, i) => { root.adoptedStyleSheets = before[i]; }); }
  };
  // A shadow tree answers by its host; what it shows at this place is asked within it.
  const at = (root, x, y, own) => {
    const opened = e => e.shadowRoot && !own(e) ? [...e.shadowRoot.elementsFromPoint(x, y).filter(
      inner => inner.getRootNode() === e.shadowRoot).flatMap(opened), e] : [e];
    return root.elementsFromPoint(x, y).flatMap(opened);
  };
  // An empty element that answers beside its own boxes does so for what its style draws, or for a closed
  // shadow tree, where nobody sees how much that covers.
  const beside = (e, x, y) => {
    if (e.firstChild || e.shadowRoot || [...e.getClientRects()].some(r =>
      x >= r.left && x <= r.right && y >= r.top && y <= r.bottom)) return 0;
    const drawn = ['::before', '::after'].filter(part =>
      !['none', 'normal'].includes(getComputedStyle(e, part).content));
    return drawn.length ? Math.max(...drawn.map(part => edge(e, part))) : opacity(e);
  };
  const covers = new Map(), cuts = new Set(), veils = new Set(), over = new Set();
  // `own` knows what the thing is and lies in, `holds` what answers where it is shown. Under a dialog that
  // locks the page nothing of the page answers at all.
  const clearAt = (thing, x, y, own, holds) => {
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) {
      cuts.add('the edge of the frame');
      return false;
    }
    const stack = at(thing.getRootNode(), x, y, own);
    let hidden = 0, reached = !!document.querySelector(':modal') || around(thing).some(up => up.inert);
    for (const e of stack) {
      if (own(e)) {
        // An ancestor that answers before the thing itself does so for what it draws over it.
        const inner = stack.some(other => other !== e && own(other) && around(other).includes(e));
        const part = inner ? Math.max(edge(e, '::before'), edge(e, '::after')) : 0;
        if (part > .02) covers.set(named(e) + ', drawn by its style', part);
        hidden = Math.max(hidden, part);
        if (inner) continue;
        reached ||= holds(e);
        break;
      }
      const part = Math.max(cover(e), beside(e, x, y));
      if (part > .02) { covers.set(named(e), part); over.add(e); hidden = Math.max(hidden, part); }
    }
    if (!reached && hidden < .9) {
      const cutter = around(thing).find(up => { const style = getComputedStyle(up);
        return style.clipPath !== 'none' || (style.overflow !== 'visible' && up.localName !== 'iframe'); });
      cuts.add('the edge of ' + named(cutter || thing));
    }
    return reached && hidden < .9;
  };
  const veiled = e => {
    for (const up of around(e)) {
      const style = getComputedStyle(up);
      if (/blur|opacity/.test(style.filter)) veils.add('filter of ' + named(up));
      if (+style.opacity < .3) veils.add('opacity of ' + named(up));
    }
  };
  const told = (box, points) => ({
    view: box, page: [box[0] + scrollX, box[1] + scrollY, box[2], box[3]],
    size: [innerWidth, innerHeight], points,
    opaque: [...covers].filter(([, part]) => part >= .9).map(([name]) => name),
    sheer: [...covers].filter(([, part]) => part < .9).map(([name]) => name),
    veils: [...veils], cuts: [...cuts]});
"""

PROVE = (
    """
(() => {"""
    + _OVER
    + """
  const range = globalThis.flagged, root = range.startContainer.getRootNode();
  const first = range.startContainer.parentElement || root.host;
  const within = new Set(around(first)), own = e => within.has(e) || range.intersectsNode(e);
  const holders = new Set([first]), texts = document.createTreeWalker(
    range.commonAncestorContainer, NodeFilter.SHOW_TEXT, node => range.intersectsNode(node) ?
    NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT);
  while (texts.nextNode()) holders.add(texts.currentNode.parentElement || root.host);
  globalThis.proved = {own, named, over};
  const rects = [...range.getClientRects()].filter(r => r.width > 1 && r.height > 1 && (!top ||
    r.top >= 0 && r.left >= 0 && r.bottom <= innerHeight && r.right <= innerWidth)).slice(0, 12);
  const points = asked(() => rects.flatMap(r =>
    [[.5, .5], [.1, .3], [.9, .3], [.1, .7], [.9, .7]].map(([x, y]) => {
      const [left, up] = [r.left + r.width * x, r.top + r.height * y];
      return [left, up, clearAt(first, left, up, own, e => holders.has(e))]; })));
  veiled(first);
  if (alpha(getComputedStyle(first).color) < .2) veils.add('colour of ' + named(first));
  const box = range.getBoundingClientRect();
  return told([box.left, box.top, box.width, box.height], points);
})()
"""
)

# Called on the element that embeds a frame, with the proof from the frame's own document.
PROVE_FRAME = (
    """
function(proof) {"""
    + _OVER
    + """
  const frame = this, within = new Set(around(frame)), own = e => within.has(e);
  globalThis.proved = {own, named, over};
  const style = getComputedStyle(frame), outer = frame.getBoundingClientRect();
  const [before, after] = [['Left', 'Top'], ['Right', 'Bottom']].map(sides =>
    sides.map(side => parseFloat(style['padding' + side]) || 0));
  const scale = [outer.width / frame.offsetWidth, outer.height / frame.offsetHeight];
  const start = [outer.left + (frame.clientLeft + before[0]) * scale[0],
                 outer.top + (frame.clientTop + before[1]) * scale[1]];
  const size = [(frame.clientWidth - before[0] - after[0]) * scale[0],
                (frame.clientHeight - before[1] - after[1]) * scale[1]];
  const place = ([x, y]) => [start[0] + x * size[0] / proof.size[0], start[1] + y * size[1] / proof.size[1]];
  const turned = around(frame).filter(up => {
    const look = getComputedStyle(up);
    const matrix = new DOMMatrix(look.transform === 'none' ? '' : look.transform);
    return !matrix.is2D || matrix.b || matrix.c || matrix.a <= 0 || matrix.d <= 0 ||
      look.rotate !== 'none' || look.scale.includes('-') || look.offsetPath !== 'none'; });
  for (const up of turned) veils.add('turning of ' + named(up));
  const points = asked(() => proof.points.flatMap(([x, y, clear]) => {
    const [left, up] = place([x, y]);
    if (top && (left < 0 || up < 0 || left > innerWidth || up > innerHeight)) return [];
    if (x < 0 || y < 0 || x > proof.size[0] || y > proof.size[1]) return [[left, up, false]];
    return [[left, up, clearAt(frame, left, up, own, e => e === frame) && clear && !turned.length]]; }));
  veiled(frame);
  const [left, up, width, height] = proof.view;
  const [near, far] = [place([left, up]), place([left + width, up + height])];
  const box = [0, 1].map(i => Math.min(Math.max(near[i], start[i]), start[i] + size[i]));
  const end = [0, 1].map(i => Math.min(Math.max(far[i], start[i]), start[i] + size[i]));
  const found = told([...box, end[0] - box[0], end[1] - box[1]], points);
  for (const list of ['opaque', 'sheer', 'veils', 'cuts']) found[list].unshift(...proof[list]);
  return found;
}
"""
)

# Called on the element that embeds a frame: whether anything of the frame can be seen.
SHOWN = """
function() {
  const box = this.getBoundingClientRect();
  return box.width > 1 && box.height > 1 && this.checkVisibility({visibilityProperty: true});
}
"""

# Called on the element that embeds a frame: where a box of the frame's window lies in the element's own.
WITHIN = """
function(view) {
  const style = getComputedStyle(this);
  return [view[0] + this.clientLeft + (parseFloat(style.paddingLeft) || 0),
          view[1] + this.clientTop + (parseFloat(style.paddingTop) || 0), view[2], view[3]];
}
"""

# Only for a picture that is labelled as derived, after everything else was taken.
DECLUTTER = """
(async () => {
  const {own, named, over} = globalThis.proved, hide = new Set();
  for (const e of over) {
    let top = e;  // The whole layer that lies over the words, not only the part right above them.
    while (top.parentElement && !own(top.parentElement)) top = top.parentElement;
    hide.add(top);
  }
  for (const e of document.body.querySelectorAll('*'))
    if (['fixed', 'sticky'].includes(getComputedStyle(e).position) && !own(e) &&
        e.checkVisibility({visibilityProperty: true, opacityProperty: true})) hide.add(e);
  const names = [...hide].map(named);
  for (const e of hide) {
    e.style.setProperty('opacity', '0', 'important');
    e.style.setProperty('backdrop-filter', 'none', 'important');
    if (e.localName === 'dialog') e.style.setProperty('display', 'none', 'important');
  }
  await new Promise(done => {
    requestAnimationFrame(() => requestAnimationFrame(done)); setTimeout(done, 300); });
  return names.slice(0, 40);
})()
"""

# Pictures that came inside the page (data:, blob:, canvas) never crossed the network, so the network
# block cannot stop them; they are hidden before the picture is taken (R68).
HIDE_PICTURES = """
(() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`img, picture, canvas, video, svg image, input[type=image], object, embed
      { visibility: hidden !important; }
    *, *::before, *::after, *::marker { background-image: none !important; border-image: none !important;
      mask-image: none !important; list-style-image: none !important; }
    [data-picture-before]::before, [data-picture-after]::after { content: none !important; }
    [data-picture-content] { visibility: hidden !important; }`);
  const dress = root => {
    root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    for (const e of root.querySelectorAll('*')) {
      for (const part of ['before', 'after'])
        if (getComputedStyle(e, '::' + part).content.includes('url('))
          e.setAttribute('data-picture-' + part, '');
      if (getComputedStyle(e).content.includes('url(')) e.setAttribute('data-picture-content', '');
      if (e.shadowRoot) dress(e.shadowRoot);
    }
  };
  dress(document);
  return true;
})()
"""

NOTE = """
(() => {
  const note = document.createElement('div');
  const shadow = note.attachShadow({mode: 'closed'});
  const words = document.createElement('p');
  words.textContent = 'Pictures were blocked by School Monitor';
  words.style.cssText = 'all: initial; display: block; box-sizing: border-box; width: 100%;' +
    'padding: 10px 16px;' +
    'font: bold 16px/20px sans-serif; color: #000; background: #ffe9a8; border-bottom: 2px solid #000;';
  shadow.append(words);
  note.style.cssText = 'all: initial !important; display: block !important; position: relative !important;' +
    'z-index: 2147483647 !important;';
  // Before the body, so that it pushes the page down and covers none of it.
  document.documentElement.insertBefore(note, document.body);
  const page = document.scrollingElement || document.documentElement;
  return {width: Math.max(page.scrollWidth, 1), height: Math.max(page.scrollHeight, 1)};
})()
"""
