/** The service worker: shows what came by push, and the page without network. Built apart, as /sw.js (worker-build.ts). */
import { showPush } from "./pushed";
import { scope } from "./scope";
import { answer, dropOld, keepShell } from "./shell-cache";

/** Every hashed file of this version of the page, made by the build. */
declare const __FILES__: readonly string[];

scope.addEventListener("install", (event) => event.waitUntil(keepShell()));

scope.addEventListener("activate", (event) => event.waitUntil(dropOld(new Set(__FILES__)).then(() => scope.clients.claim())));

// A new version waits until the person says so, or the last page of the old one is closed.
scope.addEventListener("message", (event) => {
  if (event.data === "take-over") void scope.skipWaiting();
});

scope.addEventListener("fetch", (event) => {
  const reply = answer(event.request);
  if (reply) event.respondWith(reply);
});

scope.addEventListener("push", (event) => event.waitUntil(showPush(event.data)));

scope.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open((event.notification.data as { page: string }).page));
});

async function open(page: string): Promise<unknown> {
  const windows = await scope.clients.matchAll({ type: "window" });
  const shown = windows.find((window) => "navigate" in window);
  if (shown) return (await shown.navigate(page))?.focus() ?? shown.focus();
  return scope.clients.openWindow(page);
}
