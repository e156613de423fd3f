import { useEffect, useMemo, useRef, useState, type PointerEvent, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { useQueryClient } from "@tanstack/react-query";
import type { DrawnRegion, FrameCover, RedactionEdited, RedactionFound, ReviewedRange } from "../api/types";
import { Button } from "../design/button";
import { RangeReel, type Look } from "./range-reel";
import { clock, LEAST, movedTrack, rangeOf, regionBox, SPAN, trackBox, withKey, type Box } from "./redacting";
import { placed, RegionBox } from "./redaction-box";

interface Props {
  found: RedactionFound; edited: RedactionEdited; ranges: ReviewedRange[]; look: Look; frame: number; chosen: string;
  cover: FrameCover | undefined; reel: RefObject<RangeReel | null>;
  onFrame: (frame: number) => void; onWatched: (ranges: readonly number[]) => void; onChoose: (name: string) => void;
  onRegion: (region: DrawnRegion) => void; onDraw: (box: Box) => void; onRemove: (name: string) => void;
  onMove: (track: string, box: Box | undefined) => void;
}

const HOLD_FRAMES = 25;

/** The name of a face among what can be chosen; regions have theirs. */
const faceName = (track: string) => `face ${track}`;

/** The picture with what is hidden drawn over it, or the film exactly as it will go out. */
export function Stage(props: Props) {
  const { found, edited, ranges, look, frame, reel, onFrame, onWatched } = props;
  const { t } = useTranslation();
  const client = useQueryClient();
  const video = useRef<HTMLVideoElement>(null);
  const [fault, setFault] = useState(false);
  const [isPlaying, setPlaying] = useState(false);
  const here = useRef(frame);
  const played = useRef(false);
  const revision = look === "hidden" ? edited.revision : 0;
  useEffect(() => {
    here.current = frame;
  }, [frame]);

  useEffect(() => {
    const element = video.current;
    if (!element) return;
    const onFault = () => {
      setFault(true);
      void client.invalidateQueries({ queryKey: ["redactions", edited.id, "edits"] }); // the hour may be over
    };
    const made = new RangeReel(element, { redaction: edited.id, look, atUs: found.at_us, ranges }, { onFault, onFrame, onWatched });
    reel.current = made;
    // A change that arrives while the copy plays makes another copy: its part is looked at again from the beginning.
    const again = look === "hidden" && played.current;
    made.goTo(again ? ranges[rangeOf(ranges, here.current)]?.start ?? 0 : here.current);
    if (again) void element.play().catch(() => undefined);
    return () => {
      played.current = look === "hidden" && !element.paused;
      made.close();
      reel.current = null;
    };
  }, [client, edited.id, found, ranges, look, revision, reel, onFrame, onWatched]);

  function toggle() {
    const element = video.current;
    if (element) void (element.paused ? element.play().catch(() => undefined) : element.pause());
  }

  const step = (by: number) => {
    const to = Math.min(found.at_us.length - 1, Math.max(0, frame + by));
    onFrame(to);
    reel.current?.goTo(to);
  };

  return (
    <figure className="redaction-stage">
      <div className="stage-frame" style={{ aspectRatio: `${found.width} / ${found.height}`, width: `min(100%, calc(62vh * ${found.width} / ${found.height}))` }}>
        {/* eslint-disable-next-line jsx-a11y/media-has-caption -- what cameras recorded has no captions */}
        <video
          ref={video} playsInline aria-label={t(`redaction.look_${look}`)}
          onPlay={() => setPlaying(true)} onPause={() => setPlaying(false)} onLoadedData={() => setFault(false)}
        />
        {look === "original" && <Overlay {...props} />}
      </div>
      <figcaption className="row between reel-foot">
        <div className="row">
          <Button size="small" onClick={() => step(-1)}>{t("vault.step_back")}</Button>
          <Button size="small" look="primary" onClick={toggle}>{t(isPlaying ? "redaction.pause" : "vault.play")}</Button>
          <Button size="small" onClick={() => step(1)}>{t("vault.step_on")}</Button>
        </div>
        <output className="num mono" aria-label={t("redaction.place")}>{clock(found.at_us[frame] ?? 0)} · {t("redaction.frame", { number: frame + 1, of: found.at_us.length })}</output>
      </figcaption>
      {fault && <p className="note bad" role="alert">{t("redaction.no_film")}</p>}
    </figure>
  );
}

/** What is hidden at this frame: faces and regions to move; a mouse draws a new one on the bare picture. */
function Overlay({ found, edited, frame, cover, chosen, onChoose, onRegion, onDraw, onRemove, onMove }: Props) {
  const { t } = useTranslation();
  const [draft, setDraft] = useState<Box>();
  const dismissed = edited.edits.dismissed;
  const { moves } = edited.edits;
  const tracks = useMemo(() => (edited.finds_faces ? found.tracks.map((track) => movedTrack(track, moves)) : []), [edited.finds_faces, found, moves]);
  const faces = tracks.map((track) => ({ track, box: trackBox(track, frame, HOLD_FRAMES) }));

  function place(event: PointerEvent<HTMLDivElement>): { x: number; y: number } {
    const { left, top, width, height } = event.currentTarget.getBoundingClientRect();
    const part = (at: number, of: number) => Math.min(SPAN, Math.max(0, Math.round((SPAN * at) / of)));
    return { x: part(event.clientX - left, width), y: part(event.clientY - top, height) };
  }

  function begin(event: PointerEvent<HTMLDivElement>) {
    if (event.target !== event.currentTarget || event.pointerType !== "mouse" || event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const { x, y } = place(event);
    setDraft({ left: x, top: y, right: x, bottom: y });
  }

  function move(event: PointerEvent<HTMLDivElement>) {
    const { x, y } = place(event);
    setDraft((box) => box && { ...box, right: x, bottom: y });
  }

  function end() {
    const box = draft && upright(draft);
    setDraft(undefined);
    if (box && box.right - box.left >= LEAST && box.bottom - box.top >= LEAST) onDraw(box);
  }

  return (
    <div className="overlay" onPointerDown={begin} onPointerMove={draft && move} onPointerUp={end} onPointerCancel={() => setDraft(undefined)}>
      {cover?.boxes.map(([left, top, right, bottom]) => (
        <i key={`${left} ${top} ${right} ${bottom}`} className="covered" style={placed({ left, top, right, bottom })} />
      ))}
      {faces.map(({ track, box }) => box && (dismissed.includes(track.name)
        ? (
          <button
            key={track.name} type="button" className="face-box open" style={placed(box)}
            aria-label={t("redaction.face_shown", { name: Number(track.name) + 1 })}
            onClick={() => document.getElementById(`face-${track.name}`)?.focus()}
          />
        )
        : (
          <RegionBox
            key={track.name} look="face" label={t("redaction.face_hidden", { name: Number(track.name) + 1 })} box={box}
            isChosen={faceName(track.name) === chosen} onChoose={() => onChoose(faceName(track.name))}
            onBox={(next) => onMove(track.name, next)} onRemove={() => onMove(track.name, undefined)}
          />
        )
      ))}
      {edited.edits.regions.map((region) => {
        const box = regionBox(region, frame);
        return box && (
          <RegionBox
            key={region.name} label={t("redaction.region_name", { name: region.name })} box={box} isChosen={region.name === chosen} onChoose={() => onChoose(region.name)}
            onBox={(next) => onRegion(withKey(region, frame, next))} onRemove={() => onRemove(region.name)}
          />
        );
      })}
      {draft && <i className="region-draft" style={placed(upright(draft))} />}
    </div>
  );
}

function upright({ left, top, right, bottom }: Box): Box {
  return { left: Math.min(left, right), right: Math.max(left, right), top: Math.min(top, bottom), bottom: Math.max(top, bottom) };
}
