/**
 * The page itself, for when there is no network: its one HTML file and the files named by their hash that were loaded
 * before. Nothing of the API, of sign-in or of the ledger is ever kept here.
 */

declare const __SHELL__: readonly string[];

const NAME = "consentry-shell";
const PAGE = "/index.html";
const FIRST = [PAGE, "/icon.svg", "/manifest.webmanifest"];
/** Served by the server itself; never the page. */
const NOT_PAGES = /^\/(api|internal|_allauth|ledger|city)\//;

export async function keepShell(): Promise<void> {
  const cache = await caches.open(NAME);
  await cache.addAll([...FIRST, ...__SHELL__.map((name) => `/${name}`)]);
}

/** Files of an older page go once no page of it is open. */
export async function dropOld(files: ReadonlySet<string>): Promise<void> {
  const cache = await caches.open(NAME);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/assets/") && !files.has(pathname.slice(1))) await cache.delete(request);
  }
}

/** The reply to a request of the page, or undefined where the network alone answers. */
export function answer(request: Request): Promise<Response> | undefined {
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin || NOT_PAGES.test(pathname)) return undefined;
  if (request.mode === "navigate") return fetch(request).catch(() => kept(PAGE));
  if (pathname.startsWith("/assets/")) return cachedFirst(request);
  return FIRST.includes(pathname) ? fetch(request).catch(() => kept(pathname)) : undefined;
}

async function cachedFirst(request: Request): Promise<Response> {
  const cache = await caches.open(NAME);
  const known = await cache.match(request);
  if (known) return known;
  const reply = await fetch(request);
  if (reply.ok) await cache.put(request, reply.clone());
  return reply;
}

async function kept(path: string): Promise<Response> {
  return (await (await caches.open(NAME)).match(path)) ?? Response.error();
}

