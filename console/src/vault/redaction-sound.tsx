import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { RedactionEdits, SoundSpan } from "../api/types";
import { Button } from "../design/button";
import type { Change } from "./redaction-bench";
import { clock } from "./redacting";

interface Props { edits: RedactionEdits; atUs: number[]; frame: number; change: (next: Change) => void }

const NEW_US = 2_000_000;
const STEP_S = 0.1;

/** Sound goes unless somebody keeps it; then seconds of it are silent or bleeped. */
export function Sound({ edits, atUs, frame, change }: Props) {
  const { t } = useTranslation();
  const endUs = (atUs.at(-1) ?? 0) + 40_000;

  function add() {
    const start_us = Math.max(0, Math.min(atUs[frame] ?? 0, endUs - 40_000));
    change((now) => ({ ...now, sound_spans: [...now.sound_spans, { start_us, end_us: Math.min(endUs, start_us + NEW_US), how: "mute" as const }] }));
  }

  function put(place: number, span: SoundSpan | undefined) {
    change((now) => ({ ...now, sound_spans: now.sound_spans.flatMap((one, at) => (at === place ? (span ? [span] : []) : [one])) }));
  }

  return (
    <section className="card stack" aria-label={t("redaction.sound")}>
      <h2>{t("redaction.sound")}</h2>
      <label className="check">
        <input type="checkbox" checked={edits.keep_sound} onChange={(event) => change((now) => ({ ...now, keep_sound: event.target.checked }))} />
        <span>{t("redaction.sound_keep")}</span>
      </label>
      <p className="muted small">{t(edits.keep_sound ? "redaction.sound_kept" : "redaction.sound_dropped")}</p>
      {edits.keep_sound && (
        <>
          <ul className="stack tight">
            {edits.sound_spans.map((span, place) => (
              <li key={`${span.start_us} ${span.end_us} ${span.how}`}><One span={span} number={place + 1} endUs={endUs} put={(next) => put(place, next)} /></li>
            ))}
          </ul>
          <div><Button size="small" onClick={add}>{t("redaction.span_add", { time: clock(atUs[frame] ?? 0) })}</Button></div>
        </>
      )}
    </section>
  );
}

function One({ span, number, endUs, put }: { span: SoundSpan; number: number; endUs: number; put: (span?: SoundSpan) => void }) {
  const { t } = useTranslation();
  const [from, setFrom] = useState(span.start_us / 1_000_000);
  const [to, setTo] = useState(span.end_us / 1_000_000);

  function keep() {
    const start_us = Math.round(Math.min(Math.max(0, from), endUs / 1_000_000) * 1_000_000);
    const end_us = Math.round(Math.min(to, endUs / 1_000_000) * 1_000_000);
    if (end_us > start_us && (start_us !== span.start_us || end_us !== span.end_us)) put({ ...span, start_us, end_us });
  }

  return (
    <div className="span-line" role="group" aria-label={t("redaction.span_name", { number })}>
      <label>{t("redaction.span_from")}<input className="input" type="number" min={0} step={STEP_S} value={from} onChange={(event) => setFrom(event.target.valueAsNumber)} onBlur={keep} /></label>
      <label>{t("redaction.span_to")}<input className="input" type="number" min={0} step={STEP_S} value={to} onChange={(event) => setTo(event.target.valueAsNumber)} onBlur={keep} /></label>
      <label>{t("redaction.span_how")}
        <select className="input" value={span.how} onChange={(event) => put({ ...span, how: event.target.value as SoundSpan["how"] })}>
          <option value="mute">{t("redaction.mute")}</option>
          <option value="bleep">{t("redaction.bleep")}</option>
        </select>
      </label>
      <Button size="small" look="quiet" onClick={() => put()}>{t("redaction.remove")}</Button>
    </div>
  );
}
