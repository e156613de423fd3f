/** Is somebody at this page? What the page fetches by itself must not keep an unattended desk signed in. */

const ATTENDED_MS = 60_000;
let touchedMs = Date.now();

function touch(): void {
  touchedMs = Date.now();
}

for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) {
  addEventListener(kind, touch, { passive: true, capture: true });
}

/** Was there a hand on keyboard, mouse or screen within the last minute? */
export function isAttended(): boolean {
  return Date.now() - touchedMs < ATTENDED_MS;
}
