import { useTranslation } from "react-i18next";
import type { Incident } from "../api/types";
import { codeText } from "../app/codes";
import { ANSWER_DAYS, AREAS, draftFor, LOOKING_FOR, type Draft } from "./draft";

interface Props { draft: Draft; calls: Incident[]; onChange: (draft: Draft) => void }

export function Fields({ draft, calls, onChange }: Props) {
  const { t, i18n } = useTranslation();
  const set = (change: Partial<Draft>) => onChange({ ...draft, ...change });
  const choose = (incident: string) => {
    const { from, to } = draftFor(calls.find((one) => one.id === incident));
    set({ incident, from, to });
  };
  return (
    <>
      <div className="field"><label htmlFor="r-call">{t("requests.call")}</label>
        <select className="input" id="r-call" value={draft.incident} onChange={(event) => choose(event.target.value)}>
          {calls.map((one) => <option key={one.id} value={one.id}>{one.number} · {one.type_name} · {one.block}</option>)}
        </select></div>
      <div className="two">
        <div className="field"><label htmlFor="r-case">{t("requests.case")}</label>
          <input className="input" id="r-case" maxLength={100} value={draft.caseNumber} onChange={(event) => set({ caseNumber: event.target.value })} /></div>
        <div className="field"><label htmlFor="r-days">{t("requests.days")}</label>
          <select className="input" id="r-days" value={draft.answerDays} onChange={(event) => set({ answerDays: Number(event.target.value) })}>
            {ANSWER_DAYS.map((days) => <option key={days} value={days}>{t("requests.days_count", { count: days })}</option>)}
          </select></div>
      </div>
      <div className="field"><label htmlFor="r-contact">{t("requests.contact")}</label>
        <input className="input" id="r-contact" maxLength={100} value={draft.contact} aria-describedby="r-contact-hint" onChange={(event) => set({ contact: event.target.value })} />
        <span className="hint" id="r-contact-hint">{t("requests.contact_hint")}</span></div>
      <fieldset className="field">
        <div className="two">
          <div className="field"><label htmlFor="r-from">{t("requests.from")}</label>
            <input className="input" id="r-from" type="datetime-local" value={draft.from} aria-describedby="r-window" onChange={(event) => set({ from: event.target.value })} /></div>
          <div className="field"><label htmlFor="r-to">{t("requests.to")}</label>
            <input className="input" id="r-to" type="datetime-local" value={draft.to} aria-describedby="r-window" onChange={(event) => set({ to: event.target.value })} /></div>
        </div>
        <span className="hint" id="r-window">{t("requests.window_hint", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}</span>
      </fieldset>
      <div className="field"><label htmlFor="r-area">{t("requests.area")}</label>
        <select className="input" id="r-area" value={draft.squareMiles} onChange={(event) => set({ squareMiles: Number(event.target.value) })}>
          {AREAS.map((area) => <option key={area} value={area}>{t("requests.area_mile", { miles: area.toLocaleString(i18n.language) })}</option>)}
        </select></div>
      <fieldset className="field"><legend>{t("requests.looking")}</legend>
        <div className="looking">
          {LOOKING_FOR.map((code) => (
            <label className="check" key={code}>
              <input type="checkbox" checked={draft.lookingFor.includes(code)} onChange={(event) => set({
                lookingFor: event.target.checked ? [...draft.lookingFor, code] : draft.lookingFor.filter((one) => one !== code),
              })} />
              <span>{codeText(t, "looking_for", code)}</span>
            </label>
          ))}
        </div></fieldset>
      <div className="field"><label htmlFor="r-words">{t("requests.words")}</label>
        <textarea className="input" id="r-words" maxLength={280} rows={3} value={draft.words} aria-describedby="r-words-hint" onChange={(event) => set({ words: event.target.value.replaceAll("\n", " ") })} />
        <span className="hint" id="r-words-hint">{t("requests.words_hint")}</span></div>
    </>
  );
}
