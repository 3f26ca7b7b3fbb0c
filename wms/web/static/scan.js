// One listener for the whole document: a scanner types like a keyboard, faster, and nobody sees a field.
//
// It reads `key`, and `code` when an input method hides the key; it takes composition and input events through
// a hidden catcher, Alt-029 and Ctrl-] for the group separator, pasted text, and a `wms-scan` event of a shell
// around the browser. A scan ends with Enter, Tab, or silence after fast typing.

const SILENCE_MS = 300; // a busy device may stop that long within a scan
const FAST_MS = 50;        // average between characters of a scanner
const SLOW_FAST_MS = 120;  // a slow wireless scanner, believed when the text is long
const LONG = 8;
const SHORT = 3;
const STALE_MS = 4000;

const SHIFTED = { Digit1: "!", Digit2: "@", Digit3: "#", Digit4: "$", Digit5: "%", Digit6: "^", Digit7: "&", Digit8: "*", Digit9: "(", Digit0: ")" };
const PLAIN = { Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"", Comma: ",<", Period: ".>", Slash: "/?", Backquote: "`~", Space: "  ",
  NumpadAdd: "++", NumpadSubtract: "--", NumpadMultiply: "**", NumpadDivide: "//", NumpadDecimal: ".." };

function fromCode(event) {
  const { code, shiftKey } = event;
  if (/^Key[A-Z]$/.test(code)) {
    const upper = shiftKey !== event.getModifierState("CapsLock");
    return upper ? code[3] : code[3].toLowerCase();
  }
  if (/^Digit[0-9]$/.test(code)) return shiftKey ? SHIFTED[code] : code[5];
  if (/^Numpad[0-9]$/.test(code)) return code[6];
  return PLAIN[code]?.[shiftKey ? 1 : 0] ?? null;
}

function signOf(event) {
  if (event.ctrlKey && !event.altKey) {
    if (event.code === "BracketRight" || event.key === "]") return "\x1d";
    return null;
  }
  if (event.metaKey || event.altKey) return null;
  const hidden = event.isComposing || ["Process", "Unidentified", "Dead"].includes(event.key);
  if (!hidden && event.key.length === 1) return event.key;
  return hidden ? fromCode(event) : null;
}

export class Wedge {
  // onScan(text) for a scan; onTyped(text) for what a person types; typing() says whether a person may be typing
  constructor({ onScan, onTyped, typing, catcher }) {
    Object.assign(this, { onScan, onTyped, typing, catcher });
    this.text = "";
    this.alt = "";
    this.first = this.last = 0;
    this.timer = 0;
    document.addEventListener("keydown", (event) => this.#down(event), true);
    document.addEventListener("keyup", (event) => this.#up(event), true);
    document.addEventListener("paste", (event) => this.#pasted(event), true);
    document.addEventListener("wms-scan", (event) => this.onScan(String(event.detail)));
    catcher.addEventListener("input", (event) => { if (!event.isComposing) this.#caught(); });
    catcher.addEventListener("compositionend", () => this.#caught());
    const focus = () => { if (!this.#elsewhere(document.activeElement)) catcher.focus({ preventScroll: true }); };
    document.addEventListener("pointerup", () => setTimeout(focus, 0));
    focus();
  }

  #elsewhere(target) {
    return target instanceof Element && target !== this.catcher && target.matches("input:not([readonly]):not(.pad-field), textarea, select");
  }

  #down(event) {
    if (this.#elsewhere(event.target)) return;
    if (event.altKey && /^Numpad[0-9]$/.test(event.code)) {
      this.alt += event.code[6];
      event.preventDefault();
      return;
    }
    if ((event.key === "Enter" || event.key === "Tab" || event.code === "NumpadEnter") && this.text) {
      event.preventDefault();
      event.stopPropagation();
      this.#end(true);
      return;
    }
    if (event.key === "Enter" && this.typing() && !event.target.closest?.("button, a")) {
      event.preventDefault();
      this.onTyped("\n");
      return;
    }
    if (event.key === "Backspace" && this.typing()) {
      event.preventDefault();
      this.onTyped("\b");
      return;
    }
    const sign = signOf(event);
    if (sign === null || (sign === " " && !this.text)) return;
    event.preventDefault();
    this.#push(sign, event.timeStamp);
  }

  #up(event) {
    if (event.key === "Alt" && this.alt) {
      this.#push(String.fromCharCode(Number(this.alt)), event.timeStamp);
      this.alt = "";
    }
  }

  #pasted(event) {
    if (this.#elsewhere(event.target)) return;
    event.preventDefault();
    const text = event.clipboardData?.getData("text") ?? "";
    if (text.trim()) this.onScan(text.replace(/[\r\n\t]+$/, ""));
  }

  #caught() {
    const text = this.catcher.value;
    this.catcher.value = "";
    if (!text) return;
    const ended = /[\r\n\t]$/.test(text);
    for (const sign of text.replace(/[\r\n\t]+$/, "")) this.#push(sign, performance.now());
    if (ended) this.#end(true);
  }

  #push(sign, at) {
    if (!this.text) this.first = at;
    else if (at - this.last > STALE_MS) { this.text = ""; this.first = at; }
    this.text += sign;
    this.last = at;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#end(false), SILENCE_MS);
  }

  #isScan() {
    const gaps = Math.max(1, this.text.length - 1);
    const average = (this.last - this.first) / gaps;
    return this.text.length >= SHORT && (average < FAST_MS || (this.text.length >= LONG && average < SLOW_FAST_MS));
  }

  #end(entered) {
    clearTimeout(this.timer);
    const { text } = this;
    const scan = this.#isScan();
    if (this.typing() && !scan) {
      this.text = "";
      this.onTyped(entered ? `${text}\n` : text);
    } else if (scan || entered) {
      this.text = "";
      this.onScan(text);
    }
    // slow typing without an end waits for more, and goes stale
  }
}
