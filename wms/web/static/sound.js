// Three clearly different sounds with their buzz: right, wrong, a person must decide. Browsers allow sound after
// the first key or tap; a scanner's keys count.

let context = null;

function unlock() {
  context ??= new (window.AudioContext ?? window.webkitAudioContext)();
  if (context.state === "suspended") context.resume();
}
for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, unlock, { capture: true });

function tone(hertz, start, seconds, shape = "sine", loud = 0.5) {
  const from = context.currentTime + start;
  const source = context.createOscillator();
  const volume = context.createGain();
  source.type = shape;
  source.frequency.value = hertz;
  volume.gain.setValueAtTime(loud, from);
  volume.gain.exponentialRampToValueAtTime(0.001, from + seconds);
  source.connect(volume).connect(context.destination);
  source.start(from);
  source.stop(from + seconds);
}

const SOUNDS = {
  ok: () => tone(1000, 0, 0.1),
  error: () => { tone(220, 0, 0.28, "square"); tone(180, 0.34, 0.42, "square"); },
  decision: () => { tone(660, 0, 0.16, "triangle"); tone(880, 0.2, 0.22, "triangle"); },
  captured: () => tone(2000, 0, 0.025, "sine", 0.15),
};
const BUZZ = { ok: 40, error: [300, 100, 300], decision: [120, 80, 120] };

export function play(name) {
  // the last sound is readable, so that a test can hear it
  document.documentElement.dataset.sound = name;
  if (navigator.vibrate && BUZZ[name] && navigator.userActivation?.hasBeenActive) navigator.vibrate(BUZZ[name]);
  if (context !== null && context.state === "running") SOUNDS[name]?.();
}
