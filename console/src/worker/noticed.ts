/**
 * What a camera noticed, said in a notification: fetched with the person's own sign-in, opened with this browser's own
 * key. Where either is missing the general words stand; the server never knew what happened.
 */
import type { OwnEvent } from "../api/types";
import { toStandardB64 } from "../crypto/bytes";
import { allEventKeys, openEvent, openEventPicture, type Happened } from "../crypto/event-key";
import { readList } from "./offline-list";
import { scope, type Shown } from "./scope";

const WORDS: Record<string, Record<Happened["kind"], string>> = {
  en: { doorbell: "Somebody rang", motion: "Movement" },
  fr: { doorbell: "On a sonné", motion: "Mouvement" },
  es: { doorbell: "Han llamado al timbre", motion: "Movimiento" },
};
/** The picture follows its event within a second or two. */
const PICTURE_TRIES = 8, TRY_MS = 400;

export async function showNoticed(camera: string, language: string, title: string, shown: Shown): Promise<void> {
  const event = await newest(camera).catch(() => undefined);
  const happened = event && (await openEvent(event, await allEventKeys()).catch(() => undefined));
  if (!happened) return scope.registration.showNotification(title, shown);
  const said = (WORDS[language] ?? WORDS["en"])?.[happened.kind] ?? title;
  const names = (await readList().catch(() => undefined))?.names ?? {};
  const body = names[camera] ?? shown.body;
  await scope.registration.showNotification(said, { ...shown, body });
  const image = await pictureOf(happened).catch(() => undefined);
  if (image) await scope.registration.showNotification(said, { ...shown, body, image, renotify: false, silent: true });
}

async function newest(camera: string): Promise<OwnEvent | undefined> {
  const reply = await fetch("/api/home/events", { credentials: "same-origin", headers: { "Consentry-Background": "1" } });
  if (!reply.ok) return undefined;
  return ((await reply.json()) as OwnEvent[]).find((event) => event.camera === camera);
}

async function pictureOf(happened: Happened): Promise<string | undefined> {
  for (let turn = 0; turn < PICTURE_TRIES; turn++) {
    const reply = await fetch(`/api/home/events/${encodeURIComponent(happened.id)}/picture`, {
      credentials: "same-origin", headers: { "Consentry-Background": "1" },
    });
    if (reply.ok) {
      const { sealed } = (await reply.json()) as { sealed: string };
      return `data:image/jpeg;base64,${toStandardB64(await openEventPicture(happened, sealed))}`;
    }
    await new Promise((resolve) => setTimeout(resolve, TRY_MS));
  }
  return undefined;
}
