import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { codeText } from "../app/codes";
import { dayAndTime, span as length } from "../app/format";
import { Button } from "../design/button";
import "../live/live.css";
import type { Answer } from "./own-line";
import { OwnFault, OwnVideo } from "./own-video";
import { ReelClip, type KeptClip } from "./reel-clip";
import { covered, HOUR_US, MINUTE_US, SECOND_US, tapped, viewOf, type ReelSpan } from "./reel-time";
import { TimeLine } from "./time-line";
import { useOwnLine } from "./use-own-line";

export type { KeptClip } from "./reel-clip";
export type { ReelSpan } from "./reel-time";

interface Props {
  camera: string;
  person: string;
  name: string;
  /** What may be chosen from, µs of UTC; what the box still holds when it is left out. */
  window?: ReelSpan | undefined;
  /** The span that is chosen, again with each change; empty while there is none. */
  onSelect?: ((spans: ReelSpan[]) => void) | undefined;
  /** A clip was seen and signed: to send it as an answer. */
  onKept?: ((clip: KeptClip) => void) | undefined;
}

interface Recorded { spans: [number, number][]; events: { at: number; kind: string }[] }

const LENGTHS = [5 * MINUTE_US, HOUR_US, 6 * HOUR_US, 48 * HOUR_US];
const MOST_EVENTS = 6;

/** One's own recording: what there is, drag to choose, play, keep a signed clip. Sealed from the box to this page. */
export function OwnReel({ camera, person, name, window: bounds, onSelect, onKept }: Props) {
  const { t, i18n } = useTranslation();
  const line = useOwnLine(camera, person);
  const [recorded, setRecorded] = useState<Recorded>();
  const [within, setWithin] = useState<ReelSpan>();
  const [view, setView] = useState<ReelSpan>();
  const [chosen, setChosen] = useState<ReelSpan>();
  const [fault, setFault] = useState("");
  const [busy, setBusy] = useState(false);
  const { open } = line;

  useEffect(() => onSelect?.(chosen ? [chosen] : []), [chosen, onSelect]);

  const load = useCallback(async () => {
    setBusy(true);
    setFault("");
    const found = await open();
    const answer: Answer | undefined = found && await found.ask("line", bounds ? { from: bounds.from, to: bounds.to } : { from: 0, to: 2 ** 52 });
    setBusy(false);
    if (!answer) return;
    if (answer.error) return setFault(answer.error);
    const spans = answer.spans ?? [];
    const all = bounds ?? { from: Math.min(spans[0]?.[0] ?? Infinity, (answer.now ?? 0) - 5 * MINUTE_US), to: Math.max(answer.now ?? 0, spans.at(-1)?.[1] ?? 0) };
    setRecorded({ spans, events: answer.events ?? [] });
    setWithin(all);
    setView((before) => before ? viewOf(all, all.to, before.to - before.from) : viewOf(all, all.to, bounds ? bounds.to - bounds.from : HOUR_US));
  }, [bounds, open]);

  async function play() {
    setFault("");
    if (chosen) setFault(await line.show("play", chosen));
  }

  if (!recorded || !within || !view) {
    return (
      <div className="stack">
        <div><Button look="primary" busy={busy} onClick={() => void load()}>{t("home.reel_open")}</Button></div>
        <OwnFault view={line} fault={fault} />
      </div>
    );
  }
  const seen = recorded.events.filter((event) => event.at >= view.from && event.at < view.to);
  const shift = (by: number) => setView(viewOf(within, view.to + by * (view.to - view.from) * 0.8, view.to - view.from));
  return (
    <div className="stack reel">
      <OwnVideo view={line} label={t("home.own_video", { camera: name })} waiting={line.state.at === "dialling"} hint={t(chosen ? "home.reel_dark" : "home.reel_drag")} />
      <div className="row wrap reel-lengths" role="group" aria-label={t("home.reel_length")}>
        {LENGTHS.map((size) => (
          <Button key={size} size="small" look="quiet" aria-pressed={view.to - view.from === Math.min(size, within.to - within.from)}
            onClick={() => setView(viewOf(within, chosen ? (chosen.from + chosen.to + size) / 2 : view.to, size))}>
            {size < HOUR_US ? t("home.reel_minutes", { count: size / MINUTE_US }) : t("home.reel_hours", { count: size / HOUR_US })}
          </Button>
        ))}
        <span className="row once">
          <Button size="small" look="quiet" aria-label={t("home.reel_earlier")} onClick={() => shift(-1)}>‹</Button>
          <Button size="small" look="quiet" aria-label={t("home.reel_later")} onClick={() => shift(1)}>›</Button>
          <Button size="small" look="quiet" busy={busy} onClick={() => void load()}>{t("home.reel_again")}</Button>
        </span>
      </div>
      <TimeLine view={view} spans={recorded.spans} events={seen} chosen={chosen} onChoose={setChosen} />
      <p className="small muted reel-key"><span className="reel-key-yes" /> {t("home.reel_recorded")} <span className="reel-key-no" /> {t("home.reel_missing")}</p>
      {seen.length > 0 && (
        <ul className="row wrap reel-events" aria-label={t("home.reel_noticed")}>
          {seen.slice(-MOST_EVENTS).map((event) => (
            <li key={`${event.at}${event.kind}`}>
              <Button size="small" onClick={() => setChosen(tapped(within, event.at + 5 * SECOND_US))}>
                {codeText(t, "event", event.kind)} · {dayAndTime(event.at / 1000, i18n.language)}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {chosen ? (
        <div className="stack tight">
          <p role="status"><strong>{dayAndTime(chosen.from / 1000, i18n.language)} · {length((chosen.to - chosen.from) / SECOND_US)}</strong>
            {covered(recorded.spans, chosen) < (chosen.to - chosen.from) / 2 && <span className="muted small"> {t("home.reel_little")}</span>}
          </p>
          <div className="row wrap">
            {line.showing === "play"
              ? <Button onClick={() => void line.stop()}>{t("home.own_stop")}</Button>
              : <Button look="primary" onClick={() => void play()}>{t("home.reel_play")}</Button>}
          </div>
          <ReelClip key={`${chosen.from}-${chosen.to}`} line={line} span={chosen} name={name} onKept={onKept} />
        </div>
      ) : <div><Button onClick={() => setChosen(viewOf(within, within.to, 30 * SECOND_US))}>{t("home.reel_last")}</Button></div>}
      <OwnFault view={line} fault={fault} />
    </div>
  );
}
