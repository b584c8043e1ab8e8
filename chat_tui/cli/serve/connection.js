// Stands in for the WebSocket of the terminal: connects again by itself, and says why it can't.
"use strict";

const REASONS = { 4000: "ended", 4001: "elsewhere", 4002: "full", 1001: "stopped" };
const LONGEST_PAUSE = 5000; // milliseconds between two attempts
const Socket = window.WebSocket;
const utf8 = new TextEncoder();

class Connection extends EventTarget {
  constructor(address) {
    super();
    this.address = address;
    this.early = []; // typed before the first connection is there
    this.pause = 250;
    this.open();
    document.querySelector("#lost button").addEventListener("click", () => this.again());
    window.addEventListener("online", () => this.again());
    document.addEventListener("visibilitychange", () => document.hidden || this.again());
  }

  open() {
    const socket = this.socket = new Socket(this.address);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.opened();
    socket.onmessage = (event) => (typeof event.data === "string" ? act(...JSON.parse(event.data)) : this.draw(event.data));
    socket.onclose = (event) => this.closed(event.code);
  }

  opened() {
    if (!this.early) this.draw(utf8.encode("\x1bc")); // what the terminal shows is old
    this.draw(utf8.encode(colours()));
    show("lost", false);
    this.pause = 250;
    this.dispatchEvent(new Event("open")); // the terminal sends its size
    for (const text of this.early || []) this.socket.send(text);
    this.early = null;
  }

  closed(code) {
    const reason = REASONS[code];
    if (reason) {
      this.over = true;
      show("lost", false);
      show(reason);
      return;
    }
    show("lost");
    this.timer = setTimeout(() => this.again(), this.pause);
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
  }

  again() {
    if (this.over || this.socket.readyState !== Socket.CLOSED) return;
    clearTimeout(this.timer);
    this.open();
  }

  draw(data) {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }

  send(text) {
    if (this.socket.readyState === Socket.OPEN) this.socket.send(text);
    else this.early?.push(text);
  }

  type(text) {
    this.send(JSON.stringify(["stdin", text]));
  }
}

// Only the terminal of this page connects, so it is the one that is typed into.
window.WebSocket = function (address) {
  return (window.connection = new Connection(address));
};
