/** What a service worker sees of the browser; TypeScript's own library for it cannot stand beside that of pages. */

export interface PushData { json(): unknown }
interface Waiting extends Event { waitUntil(work: Promise<unknown>): void }
export interface PushEvent extends Waiting { readonly data: PushData | null }
export interface NotificationEvent extends Waiting { readonly notification: Notification }
export interface FetchEvent extends Waiting { readonly request: Request; respondWith(reply: Promise<Response>): void }
interface WindowClient { navigate(url: string): Promise<WindowClient | null>; focus(): Promise<WindowClient> }

interface Heard {
  activate: Waiting;
  fetch: FetchEvent;
  install: Waiting;
  message: MessageEvent;
  notificationclick: NotificationEvent;
  push: PushEvent;
}

/** TypeScript knows only what every browser shows; the others pass over `image`. */
export type Shown = NotificationOptions & { renotify?: boolean; image?: string };

interface WorkerScope {
  readonly registration: {
    showNotification(title: string, options: Shown): Promise<void>;
  };
  readonly clients: {
    matchAll(options: { type: "window" }): Promise<WindowClient[]>;
    openWindow(url: string): Promise<unknown>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener<Name extends keyof Heard>(name: Name, hear: (event: Heard[Name]) => void): void;
}

export const scope = self as unknown as WorkerScope;
