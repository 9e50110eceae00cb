"""The JavaScript that reads a page. It runs in a world of its own, where the page's scripts cannot
replace the functions it relies on, and it changes nothing that is read afterwards.

Nothing here clicks, types or submits. Scrolling goes by conditions, never by fixed delays, which lose
pictures as soon as the machine is busy (evidence study 3.4).
"""

SETTLE = """
(async (budgetMs, maxHeight, waitForPictures) => {
  const end = performance.now() + budgetMs;
  const left = () => end - performance.now();
  // A frame tells what came into view after its own callbacks, so the second one is the first to know.
  const frame = () => new Promise(done => { requestAnimationFrame(done); setTimeout(done, 150); });
  const root = document.scrollingElement || document.documentElement;
  const go = top => window.scrollTo({top, left: 0, behavior: 'instant'});
  const within = (promise, ms) => Promise.race([promise, new Promise(done => setTimeout(done, ms))]);
  const wanted = image => (image.currentSrc || image.src) && image.getClientRects().length;
  const pending = () => [...document.images].filter(image => !image.complete && wanted(image) &&
    image.getBoundingClientRect().top + root.scrollTop < maxHeight);
  let y = 0, stops = 0;
  while (y < Math.min(root.scrollHeight, maxHeight) && left() > 0) {
    go(y);
    await frame();
    y += innerHeight;
    stops += 1;
  }
  await frame();
  const whole = y >= Math.min(root.scrollHeight, maxHeight);
  const stop = performance.now() + Math.min(left(), 6000);
  for (let late; waitForPictures && (late = pending()).length && performance.now() < stop;)
    await within(Promise.allSettled(late.map(image => image.decode())), 100);
  const shown = [...document.images].filter(image => waitForPictures && wanted(image) &&
    image.getBoundingClientRect().top + root.scrollTop < maxHeight);
  const there = shown.filter(image => image.complete && image.naturalWidth);
  await within(document.fonts.ready, Math.max(0, Math.min(left(), 3000)));
  go(0);
  await frame();
  return {whole, stops, images: shown.length, loaded: there.length,
          pending: shown.filter(image => !image.complete).length,
          broken: shown.filter(image => image.complete && !image.naturalWidth).length,
          fonts: document.fonts.status === 'loaded'};
})(%s, %s, %s)
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
        const gap = Math.max(100, (innerHeight - box.height) / 2);
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

# What lies over the flagged words. Asked with every element made to answer, because the browser leaves out of
# its answer those that let clicks through.
PROVE = """
(() => {
  const range = globalThis.flagged, root = range.startContainer.getRootNode();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync('* { pointer-events: auto !important }');
  const before = [...document.adoptedStyleSheets];
  document.adoptedStyleSheets = [...before, sheet];
  const alpha = colour => { const found = /^(?:rgb|hsl|color)a?\\((.*)\\)$/.exec(colour);
    if (!found) return colour === 'transparent' ? 0 : 1;
    const parts = found[1].split(/[,\\/ ]+/).filter(Boolean);
    return /,.*,.*,|\\//.test(found[1]) ? parseFloat(parts.at(-1)) : 1; };
  const solid = new Set(['IMG', 'VIDEO', 'CANVAS', 'IFRAME', 'OBJECT', 'EMBED', 'svg', 'INPUT', 'BUTTON']);
  const opacity = e => { let all = 1;
    for (let up = e; up; up = up.parentElement || up.getRootNode().host) all *= +getComputedStyle(up).opacity;
    return all; };
  const fill = style => style.backgroundImage !== 'none' ? 1 : alpha(style.backgroundColor);
  const cover = e => { const style = getComputedStyle(e);
    if (style.visibility !== 'visible') return 0;
    return opacity(e) * Math.max(solid.has(e.nodeName) ? 1 : 0, fill(style),
                                 style.backdropFilter && style.backdropFilter !== 'none' ? 1 : 0); };
  const edge = (e, part) => { const style = getComputedStyle(e, part);
    return ['none', 'normal'].includes(style.content) ? 0 : opacity(e) * +style.opacity * fill(style); };
  const clean = text => String(text || '').replace(/[^\\w-]+/g, '').slice(0, 40);
  const named = e => { const style = getComputedStyle(e);
    return e.localName.slice(0, 40) + (e.id ? '#' + clean(e.id) : '') + ', position ' + style.position; };
  const own = e => range.intersectsNode(e) || (root.host && e.contains(root.host));
  const covers = new Map(), over = new Set();
  let points = 0, clear = 0;
  const rects = [...range.getClientRects()].filter(r => r.width > 1 && r.height > 1 &&
    r.top >= 0 && r.left >= 0 && r.bottom <= innerHeight && r.right <= innerWidth).slice(0, 12);
  for (const rect of rects)
    for (const [x, y] of [[.5, .5], [.1, .3], [.9, .3], [.1, .7], [.9, .7]]) {
      const stack = root.elementsFromPoint(rect.left + rect.width * x, rect.top + rect.height * y);
      let hidden = 0;
      for (const e of stack) {
        if (own(e)) {
          // An ancestor that answers before the words' own element does so for what it draws over them.
          const inner = [...stack].some(other => other !== e && e.contains(other) && own(other));
          const part = inner ? Math.max(edge(e, '::before'), edge(e, '::after')) : 0;
          if (part > .02) covers.set(named(e) + ', drawn by its style', part);
          hidden = Math.max(hidden, part);
          if (inner) continue;
          break;
        }
        const part = cover(e);
        if (part > .02) { covers.set(named(e), part); over.add(e); hidden = Math.max(hidden, part); }
      }
      points += 1;
      clear += hidden < .9 ? 1 : 0;
    }
  const veils = new Set(), first = range.startContainer.parentElement || root.host;
  for (let up = first; up; up = up.parentElement || up.getRootNode().host) {
    const style = getComputedStyle(up);
    if (/blur|opacity/.test(style.filter)) veils.add('filter of ' + named(up));
    if (+style.opacity < .3) veils.add('opacity of ' + named(up));
  }
  if (alpha(getComputedStyle(first).color) < .2) veils.add('colour of ' + named(first));
  document.adoptedStyleSheets = before;
  globalThis.covering = over;
  const box = range.getBoundingClientRect();
  const round = (left, top) => [left, top, box.width, box.height].map(Math.round);
  return {box: round(box.left + scrollX, box.top + scrollY), view: round(box.left, box.top), points, clear,
          opaque: [...covers].filter(([, part]) => part >= .9).map(([name]) => name),
          sheer: [...covers].filter(([, part]) => part < .9).map(([name]) => name), veils: [...veils]};
})()
"""

# Only for a picture that is labelled as derived, after everything else was taken.
DECLUTTER = """
(async () => {
  const clean = text => String(text || '').replace(/[^\\w-]+/g, '').slice(0, 40);
  const named = e => e.localName.slice(0, 40) + (e.id ? '#' + clean(e.id) : '') + ', position ' +
    getComputedStyle(e).position;
  const range = globalThis.flagged, hide = new Set();
  for (const e of globalThis.covering) {
    let top = e;  // The whole layer that lies over the words, not only the part right above them.
    while (top.parentElement && !range.intersectsNode(top.parentElement)) top = top.parentElement;
    hide.add(top);
  }
  for (const e of document.body.querySelectorAll('*'))
    if (['fixed', 'sticky'].includes(getComputedStyle(e).position) && !range.intersectsNode(e) &&
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
