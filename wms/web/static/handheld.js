// The handheld's renderer: scans and buttons go into the queue, the server's screen comes back and is shown.

import { pending, Queue } from "./queue.js";
import { Wedge } from "./scan.js";
import { play } from "./sound.js";

const ARMED_MS = 3000;
let untaken = 0;
const screen = () => document.getElementById("screen");
const alarm = () => document.querySelector(".alarm");
const pad = () => document.querySelector(".pad-field");

function show(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  const next = page.getElementById("screen");
  if (next === null) { location.reload(); return; }
  screen().replaceWith(document.adoptNode(next));
  untaken = 0;
  prepare();
  if (next.dataset.tone !== "quiet") play(next.dataset.tone);
}

function state({ count, offline }) {
  const net = document.getElementById("net");
  const ready = document.getElementById("ready");
  if (net !== null) {
    net.hidden = !offline && count < 2;
    net.textContent = offline ? `${net.dataset.off} · ${count}` : net.dataset.busy.replace("{count}", count);
  }
  if (ready === null) return;
  const busy = count > 0 && alarm() === null;
  ready.classList.toggle("busy", busy);
  ready.classList.toggle("offline", busy && offline);
  const words = ready.querySelector("span[data-busy]");
  if (words === null) return;
  const { dataset } = words;
  words.textContent = !busy ? dataset.ready : offline ? dataset.off.replace("{count}", count) : dataset.busy;
}

let queue = null;
if (screen().dataset.url) queue = new Queue(screen().dataset.url, { show, state, held: () => alarm() !== null });

function send(kind, value) {
  queue.push(kind, value, screen().dataset.version);
}

function scanned(text) {
  if (alarm() !== null) {
    untaken += 1;
    const note = document.querySelector(".alarm-count");
    if (note !== null) { note.hidden = false; note.textContent = note.dataset.text.replace("{count}", untaken); }
    play("error");
    return;
  }
  const badge = document.querySelector(".badge-form");
  if (badge !== null) { takeBadge(badge, text); return; }
  if (queue === null) return;
  play("captured");
  send("scan", text);
}

function typed(text) {
  for (const sign of text) {
    if (sign === "\n") pad()?.form.requestSubmit();
    else press(sign === "\b" ? "back" : sign);
  }
}

function press(digit) {
  const field = pad();
  if (field === null) return;
  if (digit === "back") { field.value = "dataset" in field && "fresh" in field.dataset ? "" : field.value.slice(0, -1); delete field.dataset.fresh; return; }
  if (!/^(\d|00|\.)$/.test(digit)) return;
  // the number filled in beforehand gives way to the first digit
  let value = "fresh" in field.dataset ? "" : field.value;
  delete field.dataset.fresh;
  if (digit === "." && (value.includes(".") || field.dataset.decimals === "0")) return;
  value += digit;
  const decimals = Number(field.dataset.decimals ?? 0);
  if (value.includes(".") && value.split(".")[1].length > decimals) return;
  const longest = field.maxLength > 0 ? field.maxLength : 12;
  if (value.length <= longest) field.value = value;
}

function acknowledge(event) {
  event?.preventDefault();
  alarm()?.remove();
  screen().dataset.tone = "quiet";
  untaken = 0;
  queue?.pump();
}

function takeBadge(form, text) {
  if (form.dataset.at !== "badge") return;
  form.elements.badge.value = text;
  form.dataset.at = "pin";
  pad().value = "";
  play("ok");
}

function prepare() {
  const badge = document.querySelector(".badge-form");
  if (badge !== null) badge.dataset.at = "badge";
  const ack = document.querySelector("[data-acknowledge]");
  ack?.focus({ preventScroll: true });
  if (queue !== null) state({ count: queue.items.length, offline: queue.offline });
  const waiting = document.getElementById("pending");
  if (waiting !== null) {
    const found = pending();
    const count = found.reduce((sum, each) => sum + each.count, 0);
    waiting.hidden = count === 0;
    const text = waiting.querySelector("p");
    text.replaceChildren(...found.map((each) => Object.assign(document.createElement("a"), { href: each.url, textContent: waiting.dataset.text.replace("{count}", each.count) })));
  }
}

document.addEventListener("click", (event) => {
  const { target } = event;
  const digit = target.closest("[data-digit]");
  if (digit !== null) { press(digit.dataset.digit); return; }
  if (target.closest("[data-acknowledge]") !== null) { acknowledge(event); return; }
  const restart = target.closest("[data-restart]");
  if (restart !== null) restart.form.dataset.at = "badge";
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-sign-out]") && pending().length) { event.preventDefault(); play("decision"); prepare(); return; }
  if (!form.matches("[data-answer]") || queue === null) return;
  event.preventDefault();
  const again = form.querySelector("[data-again]");
  if (again !== null && !again.classList.contains("armed")) {
    const was = again.textContent;
    again.classList.add("armed");
    again.textContent = again.dataset.again;
    setTimeout(() => { again.classList.remove("armed"); again.textContent = was; }, ARMED_MS);
    return;
  }
  // a button means the screen it stands on; while scans are under way that screen is about to change
  if (form.dataset.answer !== "scan" && queue.items.length) return;
  if (form.elements.value.value.trim()) send(form.dataset.answer, form.elements.value.value);
});

new Wedge({ onScan: scanned, onTyped: typed, typing: () => pad() !== null && (document.querySelector(".badge-form")?.dataset.at ?? "pin") === "pin", catcher: document.getElementById("catcher") });
prepare();
