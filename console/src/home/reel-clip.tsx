import { sha256 } from "@noble/hashes/sha2.js";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../design/button";
import { toHex, type Bytes } from "../crypto/bytes";
import { OwnFault } from "./own-video";
import type { ReelSpan } from "./reel-time";
import type { OwnView } from "./use-own-line";

/** A clip that its owner saw and the box signed. `signed`: the manifest of docs/spec/clip.md, untouched. */
export interface KeptClip {
  film: Blob;
  sha256: string;
  signed: string;
  span: ReelSpan;
  /** Have the box send it by itself, given what the owner signed for that; missing where the box is too old. */
  send?: ((ownerSignature: string) => Promise<boolean>) | undefined;
}

interface Draft { clip: string; url: string; film: Blob; sha256: string }
interface Kept { url: string; signed: string }

const RETRIES = 5;

/** A clip of one's own: fetched, seen by its owner first, then signed by the box, so that anybody can check it. */
export function ReelClip({ line, span, name, onKept }: { line: OwnView; span: ReelSpan; name: string; onKept?: ((clip: KeptClip) => void) | undefined }) {
  const { t } = useTranslation();
  const [share, setShare] = useState<number>();
  const [draft, setDraft] = useState<Draft>();
  const [kept, setKept] = useState<Kept>();
  const [fault, setFault] = useState("");
  const urls = useRef<string[]>([]);
  const gone = useRef(false);
  useEffect(() => {
    gone.current = false;
    const made = urls.current;
    return () => {
      gone.current = true;
      made.forEach((url) => URL.revokeObjectURL(url));
    };
  }, []);

  function urlOf(blob: Blob): string {
    const url = URL.createObjectURL(blob);
    urls.current.push(url);
    return url;
  }

  async function make() {
    setFault("");
    setShare(0);
    const found = await fetchClip(line, span, setShare, () => gone.current);
    setShare(undefined);
    if (gone.current) return;
    if ("fault" in found) return setFault(found.fault);
    setDraft({ ...found, url: urlOf(found.film) });
  }

  async function keep() {
    if (!draft) return;
    const answer = await (await line.open())?.ask("keep", { clip: draft.clip });
    if (!answer?.signed) return setFault(answer?.error ?? "connection");
    setKept({ url: draft.url, signed: urlOf(new Blob([answer.signed], { type: "application/json" })) });
    const { clip } = draft;
    const send = async (owner_signature: string) => (await (await line.open())?.ask("send", { clip, owner_signature }))?.sending !== undefined;
    onKept?.({ film: draft.film, sha256: draft.sha256, signed: answer.signed, span, send: answer.sends ? send : undefined });
  }

  const file = `${name.replace(/[^\p{L}\p{N}]+/gu, "-")}-${new Date(span.from / 1000).toISOString().slice(0, 19).replaceAll(":", "")}`;
  return (
    <div className="stack tight">
      {!draft && <div><Button busy={share !== undefined} onClick={() => void make()}>{t("home.clip_make")}</Button></div>}
      {share !== undefined && <progress className="reel-progress" value={share} max={1} aria-label={t("home.clip_progress")} />}
      {draft && (
        <figure className="still">
          <video className="shot" src={draft.url} controls muted playsInline aria-label={t("home.clip_video")} />
          <figcaption className="small">{t(kept ? "home.clip_kept" : "home.clip_see")}</figcaption>
        </figure>
      )}
      {draft && !kept && <div><Button look="primary" onClick={() => void keep()}>{t("home.clip_sign")}</Button></div>}
      {kept && (
        <div className="row wrap">
          <a className="btn" href={kept.url} download={`${file}.mp4`}>{t("home.clip_film")}</a>
          <a className="btn" href={kept.signed} download={`${file}.json`}>{t("home.clip_signature")}</a>
        </div>
      )}
      <OwnFault view={line} fault={fault} />
    </div>
  );
}

type Fetched = Omit<Draft, "url"> | { fault: string };

/** Piece by piece; a line that breaks is opened again and goes on where it was. */
async function fetchClip(view: OwnView, span: ReelSpan, tell: (share: number) => void, isGone: () => boolean): Promise<Fetched> {
  const made = await (await view.open())?.ask("cut", { from: span.from, to: span.to });
  if (!made?.cut) return { fault: made?.error ?? "connection" };
  const { clip, size_bytes: size, sha256: digest } = made.cut;
  const hash = sha256.create();
  const parts: Bytes[] = [];
  let at = 0;
  for (let tries = 0; at < size && !isGone();) {
    const piece = await (await view.open())?.piece(clip, at);
    if (!piece?.length) {
      tries += 1;
      if (tries >= RETRIES) return { fault: "connection" };
      continue;
    }
    tries = 0;
    parts.push(piece);
    hash.update(piece);
    at += piece.length;
    tell(at / size);
  }
  if (toHex(hash.digest()) !== digest) return { fault: "clip-digest" };
  return { clip, film: new Blob(parts, { type: "video/mp4" }), sha256: digest };
}
