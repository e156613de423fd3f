import { useTranslation } from "react-i18next";
import type { OrderKind } from "../api/types";
import { codeText } from "../app/codes";
import { Button } from "../design/button";
import { MOST_LINES, targetsOf, type DraftLine } from "./draft";

interface Props { kind: OrderKind; lines: DraftLine[]; onChange: (lines: DraftLine[]) => void }

/** What the order names, one by one. There is no field for a place: an order is particular, or it is none. */
export function LinesField({ kind, lines, onChange }: Props) {
  const { t } = useTranslation();
  const set = (at: number, change: Partial<DraftLine>) =>
    onChange(lines.map((line, place) => place === at ? { ...line, ...change } : line));
  const last = lines.at(-1);
  return (
    <fieldset className="stack">
      <legend>{t("orders.lines")}</legend>
      <p className="hint small muted">{t("orders.lines_hint")}</p>
      {lines.map((line, place) => (
        <LineField key={place} kind={kind} line={line} number={place + 1} onChange={(change) => set(place, change)}
          onRemove={lines.length > 1 ? () => onChange(lines.filter((_, at) => at !== place)) : undefined} />
      ))}
      {lines.length < MOST_LINES && last && (
        <div><Button size="small" onClick={() => onChange([...lines, { ...last, about: "" }])}>{t("orders.line_add")}</Button></div>
      )}
    </fieldset>
  );
}

interface LineProps {
  kind: OrderKind; line: DraftLine; number: number; onChange: (change: Partial<DraftLine>) => void;
  onRemove: (() => void) | undefined;
}

function LineField({ kind, line, number, onChange, onRemove }: LineProps) {
  const { t } = useTranslation();
  const id = (name: string) => `l-${number}-${name}`;
  return (
    <div className="card stack" role="group" aria-label={t("orders.line", { number })}>
      <div className="order-two">
        <div className="field"><label htmlFor={id("target")}>{t("orders.line_target")}</label>
          <select className="input" id={id("target")} value={line.target} onChange={(event) => onChange({ target: event.target.value as DraftLine["target"] })}>
            {targetsOf(kind).map((target) => <option key={target} value={target}>{codeText(t, "order_target", target)}</option>)}
          </select></div>
        <div className="field"><label htmlFor={id("about")}>{t("orders.line_about")}</label>
          <input className="input mono" id={id("about")} required maxLength={64} value={line.about} onChange={(event) => onChange({ about: event.target.value })} /></div>
      </div>
      {line.target === "camera" && (
        <div className="order-two">
          <div className="field"><label htmlFor={id("from")}>{t("orders.line_from")}</label>
            <input className="input" id={id("from")} type="datetime-local" required value={line.from} onChange={(event) => onChange({ from: event.target.value })} /></div>
          <div className="field"><label htmlFor={id("to")}>{t("orders.line_to")}</label>
            <input className="input" id={id("to")} type="datetime-local" required value={line.to} onChange={(event) => onChange({ to: event.target.value })} /></div>
        </div>
      )}
      {onRemove && <div><Button size="small" look="quiet" onClick={onRemove}>{t("orders.line_remove", { number })}</Button></div>}
    </div>
  );
}
