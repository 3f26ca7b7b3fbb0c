// Answers leave one after the other, each with its own number, and none is lost: they are kept until the server
// has judged them, over a reload and without a network. The same number gets the same answer.

const RETRY_MS = 2000;

// crypto.randomUUID needs HTTPS; this does not
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

const PREFIX = "wms-queue:";

export function pending() {
  const found = [];
  for (let index = 0; index < localStorage.length; index += 1) {
    const key = localStorage.key(index);
    if (!key.startsWith(PREFIX)) continue;
    const count = JSON.parse(localStorage.getItem(key)).length;
    if (count) found.push({ url: key.slice(PREFIX.length), count });
  }
  return found;
}

export class Queue {
  // show(html) draws an answer; state({count, offline}) tells how things stand; held() says whether to wait
  constructor(url, { show, state, held }) {
    Object.assign(this, { url, show, state, held });
    this.items = JSON.parse(localStorage.getItem(PREFIX + url) ?? "[]");
    this.busy = false;
    this.offline = false;
    addEventListener("online", () => this.pump());
    this.pump();
  }

  push(kind, value, version) {
    this.items.push({ id: uuid(), kind, value, version, at: Date.now() });
    this.#keep();
    this.pump();
  }

  #keep() {
    if (this.items.length) localStorage.setItem(PREFIX + this.url, JSON.stringify(this.items));
    else localStorage.removeItem(PREFIX + this.url);
    this.state({ count: this.items.length, offline: this.offline });
  }

  async pump() {
    if (this.busy || this.held() || !this.items.length) { this.#keep(); return; }
    this.busy = true;
    const [item] = this.items;
    const body = new URLSearchParams({ request_id: item.id, kind: item.kind, value: item.value, version: item.version, at: item.at });
    let answer = null;
    try {
      const response = await fetch(this.url, { method: "POST", body, headers: { "X-CSRFToken": document.querySelector("meta[name=csrf-token]").content, "X-Fragment": "screen" } });
      // a gateway that is busy or away says nothing about the scan; everything else is an answer
      if (![502, 503, 504].includes(response.status)) answer = { status: response.status, html: await response.text() };
    } catch {
      answer = null;
    }
    this.busy = false;
    this.offline = answer === null;
    if (answer === null) {
      this.#keep();
      setTimeout(() => this.pump(), RETRY_MS);
      return;
    }
    // signed out meanwhile: the scan stays until the person is back
    if (answer.status !== 401) this.items.shift();
    this.#keep();
    this.show(answer.html);
    if (answer.status !== 401) this.pump();
  }
}
