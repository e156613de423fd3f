import { useTranslation } from "react-i18next";
import type { Terms } from "../api/types";
import { codeText } from "../app/codes";
import { PURPOSES } from "../app/purposes";

interface Props { terms: Terms; onChange: (terms: Terms) => void; widest?: Terms }

/** The owner's conditions. Each control says what it means; the careful choice is the first one. */
export function TermsForm({ terms, onChange, widest }: Props) {
  const { t } = useTranslation();
  const attest = (change: Partial<Terms["view_attested"]>) =>
    onChange({ ...terms, view_attested: { ...terms.view_attested, ...change } });
  return (
    <div className="stack">
      {terms.tier === "live" && <Looks terms={terms} widest={widest} onChange={onChange} />}
      <fieldset className="field">
        <legend>{t("home.form_attest")}</legend>
        <label className="check">
          <input
            type="checkbox" checked={terms.view_attested.not_indoor}
            onChange={(event) => attest({ not_indoor: event.target.checked })}
          />
          <span>{t("home.attest_outdoor")}</span>
        </label>
        <label className="check">
          <input
            type="checkbox" checked={terms.view_attested.no_neighbour_dwelling}
            onChange={(event) => attest({ no_neighbour_dwelling: event.target.checked })}
          />
          <span>{t("home.attest_neighbour")}</span>
        </label>
      </fieldset>
    </div>
  );
}

/** What bounds a live look. */
function Looks({ terms, onChange, widest }: Props) {
  const { t } = useTranslation();
  const set = (change: Partial<Terms>) => onChange({ ...terms, ...change });
  const farthest = widest?.max_distance_m ?? 800;
  const togglePurpose = (code: string, on: boolean) =>
    set({ purposes: (on ? [...terms.purposes, code] : terms.purposes.filter((other) => other !== code)).toSorted() });
  return (
    <>
      <fieldset className="field">
        <legend>{t("home.form_approval")}</legend>
        {(["ask_me", "automatic"] as const).map((approval) => (
          <label key={approval} className="check">
            <input type="radio" name="approval" checked={terms.approval === approval} onChange={() => set({ approval })} />
            <span>{t(approval === "ask_me" ? "home.terms_ask_me" : "home.terms_automatic")}</span>
          </label>
        ))}
      </fieldset>
      <Range
        id="distance" label={t("home.form_distance")} min={Math.min(100, farthest)} max={farthest} step={50}
        value={terms.max_distance_m} shown={`${terms.max_distance_m} m`}
        onChange={(max_distance_m) => set({ max_distance_m })}
      />
      <p className="small muted">{t("home.form_distance_help")}</p>
      <Range
        id="minutes" label={t("home.form_minutes")} min={1} max={15} step={1}
        value={terms.max_minutes_per_grant} shown={t("home.minutes", { count: terms.max_minutes_per_grant })}
        onChange={(max_minutes_per_grant) => set({ max_minutes_per_grant })}
      />
      <Hours terms={terms} onChange={onChange} />
      <fieldset className="field">
        <legend>{t("home.form_purposes")}</legend>
        {PURPOSES.map((code) => (
          <label key={code} className="check">
            <input
              type="checkbox" checked={terms.purposes.includes(code)}
              onChange={(event) => togglePurpose(code, event.target.checked)}
            />
            <span>{codeText(t, "purpose", code)}</span>
          </label>
        ))}
      </fieldset>
      {(widest?.audio ?? true) && <fieldset className="field">
        <legend>{t("home.form_sound")}</legend>
        <label className="check">
          <input type="checkbox" checked={terms.audio} onChange={(event) => set({ audio: event.target.checked })} />
          <span>{t("home.form_sound_allow")}</span>
        </label>
        <p className="small muted">{t("home.form_sound_help")}</p>
      </fieldset>}
      {(widest?.ptz ?? true) && <fieldset className="field">
        <legend>{t("home.form_turn")}</legend>
        <label className="check">
          <input type="checkbox" checked={terms.ptz} onChange={(event) => set({ ptz: event.target.checked })} />
          <span>{t("home.form_turn_allow")}</span>
        </label>
        <p className="small muted">{t("home.form_turn_help")}</p>
      </fieldset>}
    </>
  );
}

const ALL_DAYS = [0, 1, 2, 3, 4, 5, 6];

/** Always, or from one hour to another each day (over midnight it is two spans). */
function Hours({ terms, onChange }: { terms: Terms; onChange: (terms: Terms) => void }) {
  const { t } = useTranslation();
  const first = terms.hours[0];
  const isAlways = first?.from_min === 0 && first.to_min === 1440;
  const from = first?.from_min ?? 0;
  const to = (terms.hours[1] ?? first)?.to_min ?? 1440;
  const hours = Array.from({ length: 25 }, (_, hour) => hour * 60);
  const change = (start: number, end: number) => onChange({ ...terms, hours: spans(start, end) });
  return (
    <fieldset className="field">
      <legend>{t("home.form_hours")}</legend>
      <label className="check">
        <input
          type="checkbox" checked={isAlways}
          onChange={(event) => (event.target.checked ? change(0, 1440) : change(20 * 60, 6 * 60))}
        />
        <span>{t("home.terms_always")}</span>
      </label>
      {!isAlways && (
        <div className="row">
          <label>{t("home.from")} <select className="quiet-select" value={from} onChange={(event) => change(Number(event.target.value), to)}>
            {hours.slice(0, -1).map((minute) => <option key={minute} value={minute}>{minute / 60}:00</option>)}
          </select></label>
          <label>{t("home.to")} <select className="quiet-select" value={to} onChange={(event) => change(from, Number(event.target.value))}>
            {hours.slice(1).map((minute) => <option key={minute} value={minute}>{minute / 60}:00</option>)}
          </select></label>
        </div>
      )}
    </fieldset>
  );
}

export function spans(from: number, to: number): Terms["hours"] {
  if (from < to) return [{ days: ALL_DAYS, from_min: from, to_min: to }];
  return [{ days: ALL_DAYS, from_min: from, to_min: 1440 }, { days: ALL_DAYS, from_min: 0, to_min: to }]
    .filter((span) => span.from_min < span.to_min);
}

interface RangeProps {
  id: string; label: string; min: number; max: number; step: number; value: number; shown: string;
  onChange: (value: number) => void;
}

export function Range({ id, label, shown, onChange, ...rest }: RangeProps) {
  return (
    <div className="range-row">
      <label htmlFor={id}><strong>{label}</strong></label>
      <output htmlFor={id} className="num">{shown}</output>
      <input type="range" id={id} {...rest} onChange={(event) => onChange(Number(event.target.value))} />
    </div>
  );
}
