// Small helpers for the page.

/** An element with attributes (`on...` = listeners, `text` = its text) and children. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "text") element.textContent = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// Signs of buttons: paths in a square of 16.
const SIGNS = {
  first: "M3 3v10M13 3 6 8l7 5z",
  back: "M4 3v10M12 3.5 6.5 8l5.5 4.5",
  play: "M4 2.5 13.5 8 4 13.5z",
  pause: "M4.5 3h2v10h-2zM9.5 3h2v10h-2z",
  forward: "M12 3v10M4 3.5 9.5 8 4 12.5",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10",
  map: "M2.5 4 6 2.5l4 1.5 3.5-1.5V12L10 13.5 6 12l-3.5 1.5zM6 2.5V12M10 4v9.5",
  lens: "M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9M10.3 10.3 14 14",
  close: "M4 4l8 8M12 4l-8 8",
  theme: "M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11",
};

function sign(name) {
  return svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, class: `fz-sign fz-sign-${name}`, "aria-hidden": "true" },
    svg("path", { d: SIGNS[name] }));
}

const grouped = (number) => number.toLocaleString("en-US");

const words = (name) => name.replaceAll("_", " ").replaceAll("-", " ");

/** Ticks as minutes and seconds of the game. */
function clock(tick) {
  const seconds = tick / 60;
  return `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;
}

function joules(value) {
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} MJ`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(1)} kJ` : `${value} J`;
}

/** The object in a base64 text of deflated JSON. */
async function unpack(text) {
  if (typeof DecompressionStream === "undefined") {
    throw new Error("this browser is too old to unpack the replay (it has no DecompressionStream)");
  }
  const bytes = Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}
