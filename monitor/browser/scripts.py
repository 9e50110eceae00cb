"""The JavaScript that reads a page. It runs in a world of its own, where the page's scripts cannot
replace the functions it relies on, and it changes nothing that is read afterwards.

Nothing here clicks, types or submits. Scrolling goes by conditions, never by fixed delays, which lose
pictures as soon as the machine is busy (evidence study 3.4).
"""

SETTLE = """
(async (budgetMs, maxHeight, waitForPictures) => {
  const end = performance.now() + budgetMs;
  const left = () => end - performance.now();
  const frames = () => new Promise(done => {
    requestAnimationFrame(() => requestAnimationFrame(done));
    setTimeout(done, 300);
  });
  const root = document.scrollingElement || document.documentElement;
  const go = top => window.scrollTo({top, left: 0, behavior: 'instant'});
  const within = (promise, ms) => Promise.race([promise, new Promise(done => setTimeout(done, ms))]);
  const pending = () => [...document.images].filter(image =>
    !image.complete && (image.currentSrc || image.src) && image.getClientRects().length &&
    image.getBoundingClientRect().top + root.scrollTop < maxHeight).length;
  let y = 0;
  while (y < Math.min(root.scrollHeight, maxHeight) && left() > 0) {
    go(y);
    await frames();
    y += innerHeight;
  }
  const whole = y >= Math.min(root.scrollHeight, maxHeight);
  const patience = Math.min(left(), 6000);
  const stop = performance.now() + patience;
  while (waitForPictures && pending() && performance.now() < stop) await frames();
  const near = [...document.images].filter(image =>
    waitForPictures && image.complete && image.naturalWidth);
  await within(Promise.allSettled(near.map(image => image.decode())), Math.max(0, Math.min(left(), 2000)));
  await within(document.fonts.ready, Math.max(0, Math.min(left(), 3000)));
  go(0);
  await frames();
  const broken = [...document.images].filter(image => waitForPictures && image.complete &&
    !image.naturalWidth && (image.currentSrc || image.src) && image.getClientRects().length).length;
  return {whole, pending: waitForPictures ? pending() : 0, broken, fonts: document.fonts.status === 'loaded'};
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
