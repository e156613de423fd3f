/**
 * What somebody waits for goes first. A map drawn without a graphics card holds the page for a tenth of a second each
 * time it is painted, and a picture that has just arrived would stand behind that: what can be painted later waits here.
 */

/** Nothing is held longer, whatever does not come. */
export const MOST_MS = 2_000;
/** After the last one came: its own page work (the cover goes, the next pieces are handed on) is still to be done. */
export const AFTER_MS = 120;

const awaited = new Map<string, ReturnType<typeof setTimeout>>();
const held = new Map<object, () => void>();
let opening: ReturnType<typeof setTimeout> | undefined;

/** Somebody waits for the first picture of `session` from now on. */
export function expectPicture(session: string): void {
  clearTimeout(opening);
  opening = undefined;
  if (!awaited.has(session)) awaited.set(session, setTimeout(() => pictureCame(session), MOST_MS));
}

/** It is there, or nobody waits for it any more. */
export function pictureCame(session: string): void {
  if (!awaited.has(session)) return;
  clearTimeout(awaited.get(session));
  awaited.delete(session);
  if (awaited.size === 0) opening = setTimeout(letGo, AFTER_MS);
}

/** Do `work` now, or once nobody waits; of several with one `key` only the last is done. */
export function later(key: object, work: () => void): void {
  held.delete(key);
  if (awaited.size === 0 && opening === undefined) work();
  else held.set(key, work);
}

/** What `key` held back is not done any more. */
export function drop(key: object): void {
  held.delete(key);
}

function letGo(): void {
  opening = undefined;
  const works = [...held.values()];
  held.clear();
  works.forEach((work) => work());
}
