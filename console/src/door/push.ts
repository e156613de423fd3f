/** Web push of this browser: asked for by a tap, never before. */
import { api } from "../api/client";
import { fromB64, toB64 } from "../crypto/bytes";
import { startWorker } from "../worker/register";

export function pushWorks(): boolean {
  return "serviceWorker" in navigator && "PushManager" in globalThis && "Notification" in globalThis;
}

async function subscription(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

export async function isPushed(): Promise<boolean> {
  return pushWorks() && (await subscription()) !== null;
}

/** `denied`: the person or the browser's settings; `unreachable`: the browser's push service; `unknown`: ours knows none such. */
export type Pushed = "on" | "denied" | "unreachable" | "unknown";

/** Ask the person, subscribe with the server's key, tell the server. */
export async function startPush(serverKey: string): Promise<Pushed> {
  if ((await Notification.requestPermission()) !== "granted") return "denied";
  const made = await subscribed(serverKey).catch(() => undefined);
  if (!made) return "unreachable";
  const key = (name: PushEncryptionKeyName) => toB64(new Uint8Array(made.getKey(name) ?? new ArrayBuffer(0)));
  const kept = await api("POST", "/notices/browsers", {
    endpoint: made.endpoint, p256dh: key("p256dh"), auth: key("auth"),
  });
  if (!kept.ok) await made.unsubscribe();
  return kept.ok ? "on" : "unknown";
}

async function subscribed(serverKey: string): Promise<PushSubscription> {
  await startWorker();
  const worker = await navigator.serviceWorker.ready;
  return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromB64(serverKey) });
}

export async function stopPush(): Promise<void> {
  const held = await subscription();
  if (!held) return;
  await api("POST", "/notices/browsers/remove", { endpoint: held.endpoint });
  await held.unsubscribe();
}
