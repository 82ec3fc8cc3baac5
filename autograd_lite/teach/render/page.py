"""A picture as a page of its own: the SVG with zooming and moving, in one file that works without a network."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from autograd_lite.teach.render.words import clean

# The picture is complete without the script, which moves and scales it and never looks at its text.
_SCRIPT = """\
"use strict";
const frame = document.getElementById("frame"), sheet = document.getElementById("sheet"), drawing = sheet.firstElementChild;
const size = [drawing.width.baseVal.value, drawing.height.baseVal.value];
let scale = 1, x = 0, y = 0, held = null;
function place() { sheet.style.transform = `translate(${x}px, ${y}px) scale(${scale})`; }
function zoom(factor, atX, atY) {
  const next = Math.min(8, Math.max(0.02, scale * factor));
  x = atX - (atX - x) * next / scale;
  y = atY - (atY - y) * next / scale;
  scale = next;
  place();
}
function middle(factor) { zoom(factor, frame.clientWidth / 2, frame.clientHeight / 2); }
function fit() {
  scale = Math.min(1, frame.clientWidth / size[0], frame.clientHeight / size[1]);
  x = (frame.clientWidth - size[0] * scale) / 2;
  y = 0;
  place();
}
function whole() { scale = 1; x = Math.max(0, (frame.clientWidth - size[0]) / 2); y = 0; place(); }
frame.addEventListener("wheel", event => {
  event.preventDefault();
  const box = frame.getBoundingClientRect();
  zoom(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
frame.addEventListener("pointerdown", event => {
  held = [event.clientX - x, event.clientY - y];
  frame.setPointerCapture(event.pointerId);
});
frame.addEventListener("pointermove", event => { if (held) { x = event.clientX - held[0]; y = event.clientY - held[1]; place(); } });
for (const name of ["pointerup", "pointercancel"]) frame.addEventListener(name, () => { held = null; });
const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
frame.addEventListener("keydown", event => {
  if (event.key in moves) { x += moves[event.key][0]; y += moves[event.key][1]; place(); }
  else if (event.key === "+" || event.key === "=") middle(1.25);
  else if (event.key === "-") middle(0.8);
  else if (event.key === "0") fit();
  else if (event.key === "1") whole();
  else return;
  event.preventDefault();
});
for (const [name, action] of [["in", () => middle(1.25)], ["out", () => middle(0.8)], ["fit", fit], ["whole", whole]]) {
  document.getElementById(name).addEventListener("click", action);
}
document.getElementById("bar").hidden = false;
frame.className = "moves";
fit();
"""
_STYLE = """\
:root { color-scheme: light dark; }
body { margin: 0; display: flex; flex-direction: column; height: 100vh; font: 14px "DejaVu Sans", Verdana, sans-serif; }
header { display: flex; gap: 16px; align-items: center; padding: 6px 12px; flex-wrap: wrap; }
h1 { font-size: 15px; margin: 0; overflow-wrap: anywhere; }
button { font: inherit; min-width: 34px; padding: 3px 8px; }
#bar[hidden] { display: none; }
#frame { flex: 1; overflow: auto; background: #ffffff; }
#frame.moves { overflow: hidden; touch-action: none; cursor: grab; }
#frame.moves #sheet { transform-origin: 0 0; width: max-content; }
@media print { header { display: none; } body, #frame, #frame.moves { display: block; height: auto; overflow: visible; }
  #frame.moves #sheet { transform: none !important; } #sheet svg { max-width: 100%; height: auto; } }
"""
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{hash}'">
<title>{title}</title>
<style>
{style}</style>
</head>
<body>
<header><h1>{title}</h1><span id="bar" hidden>
<button id="out" type="button" aria-label="smaller">&minus;</button>
<button id="in" type="button" aria-label="larger">+</button>
<button id="fit" type="button">all of it</button>
<button id="whole" type="button">real size</button></span></header>
<div id="frame" tabindex="0" role="img" aria-label="{title}"><div id="sheet">{svg}</div></div>
<script>{script}</script>
</body>
</html>
"""


def to_page(svg: str, title: str) -> str:
    """A picture in SVG as an HTML page; without scripts it can be scrolled, with them moved and scaled."""
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    words = escape(clean(title))
    return _PAGE.format(title=words, style=_STYLE, svg=svg.strip(), script=_SCRIPT, hash=digest)
