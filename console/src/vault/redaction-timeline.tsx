import { useMemo, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import type { RedactionEdits, RedactionFound, ReviewedRange } from "../api/types";
import { clock, frameAt, movedTrack, trackSpan } from "./redacting";

interface Props { found: RedactionFound; edits: RedactionEdits; ranges: ReviewedRange[]; frame: number; goTo: (frame: number) => void }

interface Bar { key: string; kind: string; fromUs: number; toUs: number; marksUs?: number[] }

const HOLD_US = 1_000_000;

/** Time from left to right: faces, regions with their key positions, sound; the slider is the same for keys and fingers. */
export function Timeline({ found, edits, ranges, frame, goTo }: Props) {
  const { t } = useTranslation();
  const { at_us: atUs } = found;
  const zeroUs = atUs[0] ?? 0;
  const lengthUs = Math.max(1, (atUs.at(-1) ?? 0) - zeroUs);
  const share = (us: number) => `${Math.min(100, Math.max(0, (100 * (us - zeroUs)) / lengthUs))}%`;
  const rows = useMemo(() => rowsOf(found, edits), [found, edits]);

  function seek(event: PointerEvent<HTMLDivElement>) {
    if (event.type === "pointermove" && event.buttons !== 1) return;
    const { left, width } = event.currentTarget.getBoundingClientRect();
    goTo(frameAt(atUs, zeroUs + (lengthUs * (event.clientX - left)) / width));
  }

  return (
    <section className="card stack tight timeline" aria-label={t("redaction.timeline")}>
      <input
        type="range" className="seek" min={0} max={atUs.length - 1} value={frame} aria-label={t("redaction.seek")}
        aria-valuetext={clock(atUs[frame] ?? 0)} onChange={(event) => goTo(event.target.valueAsNumber)}
      />
      <div className="bars" aria-hidden="true" onPointerDown={seek} onPointerMove={seek}>
        {ranges.map((range) => (
          <i key={range.start} className={`part ${range.reviewed_at ? "seen" : ""}`} style={{ left: share(atUs[range.start] ?? 0), right: `calc(100% - ${share(atUs[range.end] ?? atUs.at(-1) ?? 0)})` }} />
        ))}
        {rows.map((row) => (
          <div key={row.map((bar) => bar.key).join()} className="bar-row">
            {row.map((bar) => (
              <i key={bar.key} className={`span ${bar.kind}`} style={{ left: share(bar.fromUs), right: `calc(100% - ${share(bar.toUs)})` }} />
            ))}
            {row.flatMap((bar) => (bar.marksUs ?? []).map((mark) => <i key={`${bar.key} ${mark}`} className="mark" style={{ left: share(mark) }} />))}
          </div>
        ))}
        <i className="head" style={{ left: share(atUs[frame] ?? 0) }} />
      </div>
      <ul className="row legend small muted">
        {(["face", "region", "hush", "seen"] as const).map((kind) => <li key={kind} className={kind}>{t(`redaction.legend_${kind}`)}</li>)}
      </ul>
    </section>
  );
}

/** Bars packed into as few rows as they fit in, faces first, each kind in rows of its own. */
function rowsOf(found: RedactionFound, edits: RedactionEdits): Bar[][] {
  const { at_us: atUs } = found;
  const time = (frame: number) => atUs[Math.min(frame, atUs.length - 1)] ?? 0;
  const faces = found.tracks.map((track): Bar => {
    const [first, end] = trackSpan(movedTrack(track, edits.moves), atUs, HOLD_US);
    const marksUs = edits.moves.filter((move) => move.track === track.name).map((move) => time(move.frame));
    return { key: `f${track.name}`, kind: edits.dismissed.includes(track.name) ? "face open" : "face", fromUs: time(first), toUs: time(end), marksUs };
  });
  const regions = edits.regions.map((region): Bar => ({
    key: `r${region.name}`, kind: "region", fromUs: time(region.keys[0]?.frame ?? 0), toUs: time(region.end),
    marksUs: region.keys.map((key) => time(key.frame)),
  }));
  const hushes = edits.keep_sound
    ? edits.sound_spans.map((span): Bar => ({ key: `s${span.start_us} ${span.end_us}`, kind: "hush", fromUs: span.start_us, toUs: span.end_us }))
    : [];
  return [faces, regions, hushes].flatMap(packed);
}

function packed(bars: Bar[]): Bar[][] {
  const rows: Bar[][] = [];
  for (const bar of bars.toSorted((one, other) => one.fromUs - other.fromUs)) {
    const free = rows.find((row) => (row.at(-1)?.toUs ?? 0) <= bar.fromUs);
    if (free) free.push(bar);
    else rows.push([bar]);
  }
  return rows;
}
