/** The page's side of the service worker: begun on an owner's page or with push, never for whoever only reads. */
import { useEffect } from "react";

export async function startWorker(): Promise<ServiceWorkerRegistration | undefined> {
  if (!("serviceWorker" in navigator)) return undefined;
  return navigator.serviceWorker.register("/sw.js", { updateViaCache: "none" });
}

/** Installable and there without network from now on; a browser that cannot is no worse off. */
export function useWorker(): void {
  useEffect(() => {
    startWorker().catch(() => undefined);
  }, []);
}

/** Call `hear` with a new version that is loaded and waits. Returns how to stop listening. */
export function onWaiting(hear: (worker: ServiceWorker) => void): () => void {
  const stop = new AbortController();
  void navigator.serviceWorker?.getRegistration("/").then((registration) => {
    if (!registration) return;
    const look = () => {
      // Without one in charge it is this browser's first: nothing is replaced.
      if (registration.waiting && navigator.serviceWorker.controller) hear(registration.waiting);
    };
    look();
    registration.addEventListener("updatefound", () => {
      registration.installing?.addEventListener("statechange", look, { signal: stop.signal });
    }, { signal: stop.signal });
  });
  return () => stop.abort();
}

/** Let it take over, and load the page that belongs to it. */
export function takeOver(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
  worker.postMessage("take-over");
}
