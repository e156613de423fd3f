import { useTranslation } from "react-i18next";
import type { Case } from "../api/types";
import { codeText } from "../app/codes";

export interface Filter { text: string; kind: string; state: string; case: string; since: string; until: string }

export const NO_FILTER: Filter = { text: "", kind: "", state: "", case: "", since: "", until: "" };

const KINDS = ["look", "answer", "order", "upload", "derivative"] as const;
const STATES = ["open", "closing", "logging", "sealed", "shredded"] as const;
const DAY_MS = 86_400_000;

/** The query for a filter. `since`, `until` are days of this browser's zone, both included. */
export function queryOf(filter: Filter): string {
  const said = new URLSearchParams();
  for (const name of ["text", "kind", "state", "case"] as const) {
    if (filter[name]) said.set(name, filter[name]);
  }
  if (filter.since) said.set("since", new Date(`${filter.since}T00:00`).toISOString());
  if (filter.until) said.set("until", new Date(new Date(`${filter.until}T00:00`).getTime() + DAY_MS).toISOString());
  return said.size > 0 ? `?${said.toString()}` : "";
}

interface Props { filter: Filter; cases: Case[]; onChange: (filter: Filter) => void }

/** What to look for. Every change searches at once. */
export function Filters({ filter, cases, onChange }: Props) {
  const { t } = useTranslation();
  const set = (name: keyof Filter) => (event: { target: { value: string } }) => onChange({ ...filter, [name]: event.target.value });
  return (
    <search className="card filters">
      <div className="field wide-field"><label htmlFor="v-text">{t("vault.text")}</label>
        <input className="input" id="v-text" type="search" maxLength={120} value={filter.text} onChange={set("text")} /></div>
      <div className="field"><label htmlFor="v-kind">{t("vault.kind")}</label>
        <select className="input" id="v-kind" value={filter.kind} onChange={set("kind")}>
          <option value="">{t("vault.any")}</option>
          {KINDS.map((kind) => <option key={kind} value={kind}>{codeText(t, "item_kind", kind)}</option>)}
        </select></div>
      <div className="field"><label htmlFor="v-state">{t("vault.state")}</label>
        <select className="input" id="v-state" value={filter.state} onChange={set("state")}>
          <option value="">{t("vault.any")}</option>
          {STATES.map((state) => <option key={state} value={state}>{codeText(t, "item_state", state)}</option>)}
        </select></div>
      <div className="field"><label htmlFor="v-case">{t("vault.case")}</label>
        <select className="input" id="v-case" value={filter.case} onChange={set("case")}>
          <option value="">{t("vault.any")}</option>
          {cases.map((one) => <option key={one.id} value={one.id}>{one.number} {one.name}</option>)}
        </select></div>
      <div className="field"><label htmlFor="v-since">{t("vault.since")}</label>
        <input className="input" id="v-since" type="date" value={filter.since} onChange={set("since")} /></div>
      <div className="field"><label htmlFor="v-until">{t("vault.until")}</label>
        <input className="input" id="v-until" type="date" value={filter.until} onChange={set("until")} /></div>
    </search>
  );
}
