// Beside the terminal: the session that a tab continues after a reload, files that are dropped, and the end.
"use strict";

const session = sessionStorage.getItem("session") || crypto.getRandomValues(new Uint32Array(4)).join("-");
sessionStorage.setItem("session", session);

async function upload(files) {
  for (const file of files) {
    const response = await fetch(`/upload/${session}?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
    if (!response.ok) {
      const problem = document.getElementById("problem");
      problem.textContent = (await response.text()) || problem.dataset.failed;
      document.body.classList.add("failed");
      setTimeout(() => document.body.classList.remove("failed"), 8000);
    }
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const terminal = document.getElementById("terminal");
  terminal.dataset.sessionWebsocketUrl = `${scheme}//${location.host}/session/${session}`;
  document.getElementById("again").addEventListener("click", () => location.reload());
  // The terminal has the keys: nothing else on the page takes them.
  window.addEventListener("load", () => terminal.querySelector("textarea")?.focus());
});

document.addEventListener("dragover", (event) => {
  event.preventDefault();
  document.body.classList.add("dragging");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("dragging");
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  document.body.classList.remove("dragging");
  upload(event.dataTransfer.files);
});
document.addEventListener("paste", (event) => {
  if (event.clipboardData.files.length) {
    event.preventDefault();
    event.stopPropagation();
    upload(event.clipboardData.files);
  }
}, true);
