import { useTranslation } from "react-i18next";
import { useLoaded } from "../api/loaded";
import type { Case, Where } from "../api/types";
import { codeText } from "../app/codes";

export interface Filter { text: string; kind: string; state: string; case: string; cell: string; camera: string; since: string; until: string }

export const NO_FILTER: Filter = { text: "", kind: "", state: "", case: "", cell: "", camera: "", since: "", until: "" };

const KINDS = ["look", "answer", "order", "upload", "derivative"] as const;
const STATES = ["open", "closing", "logging", "sealed", "shredded"] as const;
const DAY_MS = 86_400_000;

/** The query for a filter. `since`, `until` are days of this browser's zone, both included. */
export function queryOf(filter: Filter): string {
  const said = new URLSearchParams();
  for (const name of ["text", "kind", "state", "case", "cell", "camera"] as const) {
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
  const where = useLoaded<Where>("/vault/where", { staleTime: 60_000 });
  const { places, sources } = where.state === "ready" ? where.data : { places: [], sources: [] };
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
      <div className="field"><label htmlFor="v-cell">{t("vault.place")}</label>
        <select className="input" id="v-cell" value={filter.cell} onChange={set("cell")}>
          <option value="">{t("vault.any")}</option>
          {places.map((one) => <option key={one.cell} value={one.cell}>{one.near ? t("vault.place_near", { near: one.near, count: one.items }) : t("vault.place_cell", { cell: one.cell.slice(-5), count: one.items })}</option>)}
        </select></div>
      <div className="field phone-wide"><label htmlFor="v-camera">{t("vault.source")}</label>
        <select className="input" id="v-camera" value={filter.camera} onChange={set("camera")}>
          <option value="">{t("vault.any")}</option>
          {sources.map((one) => <option key={one.camera} value={one.camera}>{t("vault.source_count", { name: one.name || t("vault.source_private", { end: one.camera.slice(-4) }), count: one.items })}</option>)}
        </select></div>
      <div className="field"><label htmlFor="v-since">{t("vault.since")}</label>
        <input className="input" id="v-since" type="date" value={filter.since} onChange={set("since")} /></div>
      <div className="field"><label htmlFor="v-until">{t("vault.until")}</label>
        <input className="input" id="v-until" type="date" value={filter.until} onChange={set("until")} /></div>
    </search>
  );
}
