// Around the terminal: its start, the clipboard, links and files, light and dark.
"use strict";

const session = sessionStorage.getItem("session") || crypto.getRandomValues(new Uint32Array(4)).join("-");
sessionStorage.setItem("session", session);
const FONTS = ["16px", "bold 16px", "italic 16px"];
const light = matchMedia("(prefers-color-scheme: light)");

function element(id) {
  return document.getElementById(id);
}

function show(id, shown = true) {
  element(id).classList.toggle("-shown", shown);
  if (element(id).classList.contains("cover")) (shown ? element(id).querySelector("button") : keyboard())?.focus();
}

function keyboard() {
  return element("terminal").querySelector("textarea");
}

// The colours of the terminal, to which an app that follows it adapts.
function colours() {
  return light.matches ? "\x1b]10;#23272e\x07\x1b]11;#fbfbf9\x07" : "\x1b]10;#d8dee9\x07\x1b]11;#0e1116\x07";
}

light.addEventListener("change", () => {
  window.connection.draw(utf8.encode(colours()));
  window.connection.type(light.matches ? "\x1b[?997;2n" : "\x1b[?997;1n");
});

// The page around the terminal has the background of the app's theme; an empty one is the terminal's.
function paint(background) {
  const [red, green, blue] = (background.match(/[0-9a-f]{2}/gi) || []).map((part) => parseInt(part, 16));
  const isLight = background ? 0.299 * red + 0.587 * green + 0.114 * blue > 127 : light.matches;
  document.documentElement.style.colorScheme = isLight ? "light" : "dark";
  document.documentElement.style.setProperty("--background", background || (isLight ? "#fbfbf9" : "#0e1116"));
}

// What the server asks for

function act(kind, value) {
  if (kind === "open_url") {
    if (!window.open(value.url, "_blank")) offer("open", value.url);
  } else if (kind === "deliver_file_start") {
    const link = document.createElement("a");
    link.href = `/download/${value}`;
    link.download = "";
    link.click();
  } else if (kind === "background") {
    paint(value);
  }
}

// A browser may want a click for what a key has asked for: a button then takes one.
let offered = "";

function offer(kind, text) {
  offered = text;
  element("open").href = kind === "open" ? text : "";
  element("offer").className = `bar -shown -${kind}`;
}

function withdraw() {
  show("offer", false);
  keyboard()?.focus();
}

// The clipboard: for pages that are not from this machine, browsers have the older way alone

const clipboard = navigator.clipboard;

function copyByCommand(text) {
  let copied = false;
  const fill = (event) => {
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    event.stopImmediatePropagation();
    copied = true;
  };
  document.addEventListener("copy", fill, true);
  document.execCommand("copy");
  document.removeEventListener("copy", fill, true);
  return copied;
}

async function copy(text) {
  try {
    await clipboard.writeText(text);
    return true;
  } catch {
    return copyByCommand(text);
  }
}

Object.defineProperty(navigator, "clipboard", {
  value: {
    writeText: async (text) => void ((await copy(text)) || offer("copy", text)),
    readText: async () => "", // the clipboard is read when its owner pastes, never for a program
  },
});

// Files that are dropped or pasted

async function upload(files) {
  for (const file of files) {
    let problem = "";
    try {
      const response = await fetch(`/upload/${session}?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
      if (!response.ok) problem = (await response.text()) || element("problem").dataset.failed;
    } catch {
      problem = element("problem").dataset.failed;
    }
    if (problem) {
      element("problem").textContent = problem;
      show("problem");
      setTimeout(() => show("problem", false), 8000);
    }
  }
}

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  show("drop");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) show("drop", false);
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  show("drop", false);
  upload(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  const kinds = event.clipboardData.types; // office programs add a picture of the text
  const isText = kinds.includes("text/html") && kinds.includes("text/plain");
  if (event.clipboardData.files.length && !isText) {
    event.preventDefault();
    event.stopPropagation();
    upload(event.clipboardData.files);
  }
}, true);

// Ctrl+V is the browser's, which pastes; to the app it would be a key.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey && !event.altKey && event.key.toLowerCase() === "v") event.stopPropagation();
}, true);

// The terminal tries WebGL, and then takes a plain canvas instead. Where there is no WebGL it would not get as far: so it
// is given a context that does nothing, everywhere.
const getContext = HTMLCanvasElement.prototype.getContext;
const nothing = new Proxy(() => {}, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 0 : nothing),
  apply: () => nothing,
  set: () => true,
});
HTMLCanvasElement.prototype.getContext = function (kind, ...options) {
  return kind === "webgl2" ? nothing : getContext.call(this, kind, ...options);
};

// The start

document.addEventListener("DOMContentLoaded", async () => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  element("terminal").dataset.sessionWebsocketUrl = `${scheme}//${location.host}/session/${session}`;
  for (const id of ["ended", "elsewhere", "full"]) {
    element(id).querySelector("button").addEventListener("click", () => location.reload());
  }
  element("copy").addEventListener("click", async () => (await copy(offered)) && withdraw());
  element("open").addEventListener("click", withdraw);
  element("dismiss").addEventListener("click", withdraw);
  // The terminal measures its font when it starts, so the font has to be there.
  await Promise.allSettled(FONTS.map((font) => document.fonts.load(`${font} "Roboto Mono"`)));
  const script = document.createElement("script");
  script.src = "/assets/js/textual.js";
  script.addEventListener("load", () => {
    const start = window.onload;
    window.onload = null;
    start();
    keyboard().focus();
  });
  document.head.append(script);
});
