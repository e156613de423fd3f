import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ItemFile } from "../api/types";
import { Button } from "../design/button";
import { Reel, type ReelSpan } from "./reel";

interface Props {
  files: ItemFile[];
  label: string;
  /** Where a file's bytes are. */
  pathOf: (number: number) => string;
}

/** A redaction's plan lies beside its one film and shows nothing (docs/spec/redaction.md). */
const PLAN_TYPE = "application/vnd.consentry.redaction+json";

/** Plays an item; shows when the very picture on the glass was taken, steps picture by picture. */
export function Player({ files: all, label, pathOf }: Props) {
  const [isPlain, setPlain] = useState(false);
  const files = all.filter((file) => file.media_type !== PLAN_TYPE);
  if (files.length < all.length) return <PlainPlayer src={pathOf(files[0]?.number ?? 0)} label={label} />;
  const recorded = files.length > 1 || files.every((file) => file.media_type === "video/mp4" && file.end > file.start);
  // A clip that a box at home cut is one film with a time, and not in the pieces of our recorder.
  return recorded && !isPlain
    ? <ReelPlayer files={files} label={label} pathOf={pathOf} onNoReel={files.length === 1 ? setPlain : undefined} />
    : <PlainPlayer src={pathOf(files[0]?.number ?? 0)} label={label} />;
}

interface ReelProps extends Props {
  /** Of the whole film, while not all of it is there. */
  span?: ReelSpan;
  /** Which ms of it is shown or sought, and is there a file for it? */
  onPlace?: (ms: number, isThere: boolean) => void;
  /** Told instead of the fault's words: this film is not in our recorder's pieces. */
  onNoReel?: ((isNone: boolean) => void) | undefined;
}

/** Files that follow each other in time; when more come, what plays goes on. */
export function ReelPlayer({ files, label, pathOf, span, onPlace, onNoReel }: ReelProps) {
  const { t } = useTranslation();
  const latest = useRef({ files, span });
  const video = useRef<HTMLVideoElement>(null);
  const reel = useRef<Reel>(null);
  const [fault, setFault] = useState(false);
  const [atMs, setAtMs] = useState(() => span?.startMs ?? new Date(files[0]?.start ?? 0).getTime());
  const say = useCallback(() => {
    if (reel.current) setAtMs(reel.current.takenAtMs());
  }, []);

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const fetchFile = async (number: number) => {
      const answer = await fetch(pathOf(number), { credentials: "same-origin", cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      return new Uint8Array(await answer.arrayBuffer());
    };
    const events = { onFault: () => (onNoReel ?? setFault)(true), onPictures: say, onPlace };
    const made = new Reel(element, timesOf(latest.current.files), fetchFile, events, undefined, latest.current.span);
    reel.current = made;
    const keys = (event: KeyboardEvent) => {
      if (event.key === "," || event.key === ".") made.step(event.key === "." ? 1 : -1);
    };
    element.addEventListener("keydown", keys);
    return () => {
      element.removeEventListener("keydown", keys);
      made.close();
    };
  }, [pathOf, say, onPlace, onNoReel]);

  useEffect(() => {
    latest.current = { files, span };
    reel.current?.extend(timesOf(files), span);
  }, [files, span]);

  return (
    <figure className="reel">
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- what cameras recorded has no captions */}
      <video ref={video} controls playsInline aria-label={label} onTimeUpdate={say} onSeeked={say} />
      <figcaption className="row between reel-foot">
        <div className="row">
          <Button size="small" onClick={() => reel.current?.step(-1)}>{t("vault.step_back")}</Button>
          <Button size="small" onClick={() => reel.current?.step(1)}>{t("vault.step_on")}</Button>
        </div>
        <output className="num mono" aria-label={t("vault.taken_at")}>{exact(atMs)}</output>
      </figcaption>
      {fault && <p className="note bad" role="alert">{t("vault.cannot_play")}</p>}
    </figure>
  );
}

function timesOf(files: ItemFile[]) {
  return files.map((file) => ({
    number: file.number, startMs: new Date(file.start).getTime(), endMs: new Date(file.end).getTime(),
  }));
}

function PlainPlayer({ src, label }: { src: string; label: string }) {
  const { t } = useTranslation();
  const [fault, setFault] = useState(false);
  return (
    <figure className="reel">
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- what people filmed has no captions */}
      <video src={src} controls playsInline aria-label={label} onError={() => setFault(true)} />
      {fault && <p className="note warn" role="status">{t("vault.cannot_play")}</p>}
    </figure>
  );
}

/** UTC to the millisecond: the same in every language, as it stands in the journal. */
export function exact(ms: number): string {
  return new Date(ms).toISOString().replace("T", " ").replace("Z", " UTC");
}
