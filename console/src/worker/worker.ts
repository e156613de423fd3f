/** The service worker: shows what came by push. Built apart from the page, as one file at /sw.js (worker-build.ts). */
import { showPush } from "./pushed";
import { scope } from "./scope";

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
