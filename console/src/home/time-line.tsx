import { useRef, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { clock } from "../app/format";
import { dragged, LEAST_US, moved, placeOf, SECOND_US, tapped, timeAt, type ReelSpan } from "./reel-time";

interface Props {
  view: ReelSpan;
  spans: readonly (readonly [number, number])[];
  events: readonly { at: number; kind: string }[];
  chosen: ReelSpan | undefined;
  onChoose: (span: ReelSpan) => void;
}

/** Less than this, in pixels, is a tap. */
const TAP_PX = 8;
const TICKS = 4;

/** What is recorded, what was noticed, and the span that the owner drags out of it: by finger, mouse or keys. */
export function TimeLine({ view, spans, events, chosen, onChoose }: Props) {
  const { t, i18n } = useTranslation();
  const track = useRef<HTMLDivElement>(null);
  const drag = useRef<{ at: number; x: number } | undefined>(undefined);
  const when = (us: number) => clock(us / 1000, i18n.language);

  function at(event: PointerEvent): number {
    const box = track.current?.getBoundingClientRect();
    return box ? timeAt(view, (event.clientX - box.left) / box.width) : view.from;
  }

  function begin(event: PointerEvent) {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drag.current = { at: at(event), x: event.clientX };
  }

  function move(event: PointerEvent) {
    const from = drag.current;
    if (from && Math.abs(event.clientX - from.x) >= TAP_PX) onChoose(dragged(from.at, at(event)));
  }

  function end(event: PointerEvent) {
    const from = drag.current;
    drag.current = undefined;
    if (from && Math.abs(event.clientX - from.x) < TAP_PX) onChoose(tapped(view, from.at));
  }

  return (
    <div className="reel-line">
      <div
        ref={track} className="reel-track" onPointerDown={begin} onPointerMove={move} onPointerUp={end}
        onPointerCancel={() => { drag.current = undefined; }}
      >
        {spans.map(([from, to]) => <span key={from} className="reel-span" style={placed(view, { from, to })} />)}
        {events.map((event) => (
          <span key={`${event.at}${event.kind}`} className={`reel-event ${event.kind}`} style={{ left: `${placeOf(view, event.at)}%` }} />
        ))}
        {chosen && <span className="reel-chosen" style={placed(view, chosen)} />}
        {chosen && (["from", "to"] as const).map((which) => (
          <Handle key={which} which={which} chosen={chosen} view={view} onChoose={onChoose} label={t(which === "from" ? "home.reel_from" : "home.reel_to")} text={when(chosen[which])} />
        ))}
      </div>
      <div className="reel-ticks small muted" aria-hidden="true">
        {Array.from({ length: TICKS + 1 }, (_, tick) => <span key={tick}>{shortTime(timeAt(view, tick / TICKS), view, i18n.language)}</span>)}
      </div>
    </div>
  );
}

function Handle({ which, chosen, view, onChoose, label, text }: {
  which: "from" | "to"; chosen: ReelSpan; view: ReelSpan; onChoose: (span: ReelSpan) => void; label: string; text: string;
}) {
  const step = Math.max(LEAST_US, Math.round((view.to - view.from) / 400 / SECOND_US) * SECOND_US);

  function press(event: KeyboardEvent) {
    const by: Partial<Record<string, number>> = {
      ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -20 * step, PageUp: 20 * step,
      Home: view.from - chosen[which], End: view.to - chosen[which],
    };
    const found = by[event.key];
    if (found === undefined) return;
    event.preventDefault();
    onChoose(moved(chosen, which, event.shiftKey ? Math.sign(found) * SECOND_US : found, view));
  }

  function hold(event: PointerEvent) {
    event.stopPropagation();
    event.currentTarget.setPointerCapture(event.pointerId);
  }

  function pull(event: PointerEvent) {
    if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
    event.stopPropagation();
    const box = event.currentTarget.parentElement?.getBoundingClientRect();
    if (box) onChoose(moved(chosen, which, timeAt(view, (event.clientX - box.left) / box.width) - chosen[which], view));
  }

  return (
    <span
      role="slider" tabIndex={0} className={`reel-handle ${which}`} aria-label={label} aria-valuetext={text}
      aria-valuemin={Math.round(view.from / SECOND_US)} aria-valuemax={Math.round(view.to / SECOND_US)}
      aria-valuenow={Math.round(chosen[which] / SECOND_US)}
      style={{ left: `${placeOf(view, chosen[which])}%` }} onKeyDown={press} onPointerDown={hold} onPointerMove={pull}
      onPointerUp={(event) => event.stopPropagation()}
    />
  );
}

function placed(view: ReelSpan, span: ReelSpan): { left: string; width: string } {
  const left = Math.max(0, placeOf(view, span.from));
  return { left: `${left}%`, width: `${Math.max(0, Math.min(100, placeOf(view, span.to)) - left)}%` };
}

/** Hours and minutes; seconds too where the line is short, the day where it is long. */
function shortTime(us: number, view: ReelSpan, language: string): string {
  const minutes = (view.to - view.from) / 60 / SECOND_US;
  return new Intl.DateTimeFormat(language, {
    hour: "2-digit", minute: "2-digit", ...(minutes <= 5 ? { second: "2-digit" } : {}), ...(minutes > 1_440 ? { weekday: "short" } : {}),
  }).format(new Date(us / 1000));
}
