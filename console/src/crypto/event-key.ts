/**
 * This browser's key for what the cameras notice (docs/spec/events.md): made here, never readable, kept until the
 * browser is cleared. The service worker uses the same key, to say what happened while no page is open.
 */
import type { OwnEvent } from "../api/types";
import { fromB64, join, utf8, type Bytes } from "./bytes";
import { eventContext, openBox } from "./sealed";
import { findKey, keepKey, keysLike, type StoredKey } from "./store";

const PREFIX = "events:";

export interface Happened {
  id: string;
  camera: string;
  kind: "doorbell" | "motion";
  /** When, UTC in ms, as the box at home says. */
  at: number;
  pictureKey: string;
}

/** The key of `person` here, made on first use. */
export async function eventKey(person: string): Promise<StoredKey> {
  const known = await findKey(PREFIX + person);
  if (known) return known;
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, ["deriveBits"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const made = { id: PREFIX + person, privateKey: pair.privateKey, point, edges: [] };
  await keepKey(made);
  return made;
}

/** The edges that seal to this browser's key. */
export async function heardEdges(person: string): Promise<string[]> {
  return (await findKey(PREFIX + person))?.edges ?? [];
}

export async function noteHeard(person: string, edge: string): Promise<void> {
  const key = await eventKey(person);
  await keepKey({ ...key, edges: [...new Set([...(key.edges ?? []), edge])] });
}

/** Every key for events in this browser, of whoever signed in here. */
export function allEventKeys(): Promise<StoredKey[]> {
  return keysLike(PREFIX);
}

/** What happened; undefined when none of its boxes is for one of `keys`. */
export async function openEvent(event: OwnEvent, keys: StoredKey[]): Promise<Happened | undefined> {
  for (const key of keys) {
    for (const box of event.boxes) {
      const plain = await openBox(fromB64(box), key, eventContext(event.camera)).catch(() => undefined);
      if (plain) return happened(event, new TextDecoder().decode(plain));
    }
  }
  return undefined;
}

function happened(event: OwnEvent, text: string): Happened {
  const said = JSON.parse(text) as { kind?: string; at?: number; picture_key?: string };
  const kind = said.kind === "doorbell" ? "doorbell" : "motion";
  return { id: event.id, camera: event.camera, kind, at: Number(said.at), pictureKey: String(said.picture_key ?? "") };
}

/** The JPEG of a sealed picture; throws when it is of another event, camera or key. */
export async function openEventPicture(event: Happened, sealed: string): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", fromB64(event.pictureKey), "AES-GCM", false, ["decrypt"]);
  const raw = fromB64(sealed);
  const additionalData = utf8(`consentry-event-picture-v1\n${event.camera}\n${event.id}`);
  const opened = await crypto.subtle.decrypt({ name: "AES-GCM", iv: raw.slice(0, 12), additionalData }, key, raw.slice(12));
  const plain = new Uint8Array(opened);
  const length = new DataView(opened).getUint32(0);
  return join(plain.slice(4, 4 + length));
}
