// While something is open the page looks for news every two seconds and puts in the sections that changed.
// What the reader opened stays open, and a log stays where it was scrolled to.
"use strict";

const EVERY_MS = 2000;

function sectionsOf(root) {
  return [...root.querySelectorAll("main > section[id], main > .columns > section[id]")];
}

function takeOver(from, to) {
  for (const details of from.querySelectorAll("details[id][open]")) {
    const same = to.querySelector(`details[id="${CSS.escape(details.id)}"]`);
    if (same) same.open = true;
  }
}

function scrollOf(section) {
  return [...section.querySelectorAll("details[id] pre")].map((pre) => ({
    id: pre.parentElement.id,
    top: pre.scrollTop,
    atEnd: pre.scrollTop + pre.clientHeight >= pre.scrollHeight - 4,
  }));
}

function scrollBack(section, places) {
  for (const place of places) {
    const pre = section.querySelector(`details[id="${CSS.escape(place.id)}"] pre`);
    if (pre) pre.scrollTop = place.atEnd ? pre.scrollHeight : place.top;
  }
}

async function refresh() {
  const main = document.querySelector("main[data-live]");
  if (!main) return;
  if (!document.hidden) {
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (answer.ok) show(main, new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The service may be restarting; the next look will tell.
    }
  }
  setTimeout(refresh, EVERY_MS);
}

function show(main, news) {
  const fresh = sectionsOf(news);
  const ours = sectionsOf(document);
  if (fresh.map((s) => s.id).join() !== ours.map((s) => s.id).join()) {
    takeOver(main, news);
    main.replaceChildren(...news.querySelector("main").childNodes);
  } else {
    fresh.forEach((section, i) => {
      takeOver(ours[i], section);
      if (section.outerHTML === ours[i].outerHTML) return;
      const places = scrollOf(ours[i]);
      ours[i].replaceWith(section);
      scrollBack(section, places);
    });
  }
  if (!news.querySelector("main[data-live]")) main.removeAttribute("data-live");
}

setTimeout(refresh, EVERY_MS);
