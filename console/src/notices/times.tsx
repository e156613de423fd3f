import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { Wishes } from "../api/types";
import { problemText } from "../app/problem";
import { Button } from "../design/button";
import { wordsOf, type Kind } from "./kinds";

const EVENING = "22:00", MORNING = "07:00";
const RHYTHMS = ["now", "hourly", "daily"] as const;

interface Props { wishes: Wishes; urgent: Kind[]; onSaved: () => void }

/** Quiet hours by the clock of this device, and how e-mail is gathered. */
export function TimesForm({ wishes, urgent, onSaved }: Props) {
  const { t, i18n } = useTranslation();
  const [isQuiet, setQuiet] = useState(wishes.quiet !== null);
  const [from, setFrom] = useState(wishes.quiet ? clockOf(wishes.quiet.from_minute) : EVENING);
  const [until, setUntil] = useState(wishes.quiet ? clockOf(wishes.quiet.until_minute) : MORNING);
  const [strict, setStrict] = useState(wishes.is_strict);
  const [rhythm, setRhythm] = useState(wishes.rhythm);
  const [said, setSaid] = useState<{ good: boolean; text: string }>();
  const zone = zoneHere();

  async function save(event: FormEvent) {
    event.preventDefault();
    const quiet = isQuiet ? { from_minute: minuteOf(from), until_minute: minuteOf(until) } : null;
    const kept = await api("PUT", "/notices/times", { rhythm, quiet, zone, is_strict: strict });
    setSaid(kept.ok ? { good: true, text: t("notices.saved") } : { good: false, text: problemText(t, kept.problem) });
    if (kept.ok) onSaved();
  }

  return (
    <form className="card stack" onSubmit={(event) => void save(event)}>
      <h2>{t("notices.when")}</h2>
      <fieldset className="field">
        <legend>{t("notices.quiet")}</legend>
        <label className="check">
          <input type="checkbox" checked={isQuiet} onChange={(event) => setQuiet(event.target.checked)} />
          <span>{t("notices.quiet_on")}</span>
        </label>
        {isQuiet && (
          <>
            <div className="quiet-ends">
              <Clock id="quiet-from" label={t("notices.quiet_from")} value={from} onChange={setFrom} />
              <Clock id="quiet-until" label={t("notices.quiet_until")} value={until} onChange={setUntil} />
            </div>
            <p className="hint">{t("notices.quiet_zone", { zone })}</p>
            {urgent.length > 0 && (
              <>
                <p className="hint">
                  {t("notices.quiet_urgent", { kinds: urgent.map((kind) => wordsOf(kind, i18n.language).title).join(" · ") })}
                </p>
                <label className="check">
                  <input type="checkbox" checked={strict} onChange={(event) => setStrict(event.target.checked)} />
                  <span>{t("notices.quiet_strict")}</span>
                </label>
              </>
            )}
          </>
        )}
      </fieldset>
      <fieldset className="field">
        <legend>{t("notices.rhythm")}</legend>
        {RHYTHMS.map((one) => (
          <label key={one} className="check">
            <input type="radio" name="rhythm" checked={rhythm === one} onChange={() => setRhythm(one)} />
            <span>{t(`notices.rhythm_${one}`)}</span>
          </label>
        ))}
      </fieldset>
      <div className="row">
        <Button type="submit" look="primary">{t("notices.save")}</Button>
        <span role="status">{said?.good && said.text}</span>
      </div>
      {said && !said.good && <p className="note bad" role="alert">{said.text}</p>}
    </form>
  );
}

function Clock({ id, label, value, onChange }: { id: string; label: string; value: string; onChange: (value: string) => void }) {
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input id={id} className="input" type="time" required value={value} onChange={(event) => onChange(event.target.value)} />
    </div>
  );
}

/** "22:30" → 1350. */
export function minuteOf(clock: string): number {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return hours * 60 + minutes;
}

export function clockOf(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
}

function zoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
