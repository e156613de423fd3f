import { webcrypto } from "node:crypto";

// jsdom has no WebCrypto subtle on its own; Node's is the same interface.
if (!globalThis.crypto?.subtle) Object.defineProperty(globalThis, "crypto", { value: webcrypto });
if (!globalThis.matchMedia) {
  globalThis.matchMedia = (media: string) => ({
    matches: false, media, onchange: null, addEventListener: () => undefined, removeEventListener: () => undefined,
    addListener: () => undefined, removeListener: () => undefined, dispatchEvent: () => false,
  });
}
