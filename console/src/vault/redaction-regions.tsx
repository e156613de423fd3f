import { useTranslation } from "react-i18next";
import type { DrawnRegion, RedactionFound } from "../api/types";
import { Button } from "../design/button";
import type { Change } from "./redaction-bench";
import { beginningAt, clock, endingAt, withRegion } from "./redacting";

interface Props {
  regions: DrawnRegion[]; found: RedactionFound; frame: number; chosen: string;
  onChoose: (name: string) => void; onAdd: () => void; change: (next: Change) => void; goTo: (frame: number) => void;
}

/** What was drawn by hand: from when to when, and at which frames it was placed. */
export function Regions({ regions, found, frame, chosen, onChoose, onAdd, change, goTo }: Props) {
  const { t } = useTranslation();
  return (
    <section className="card stack" aria-label={t("redaction.regions")}>
      <div className="row between"><h2>{t("redaction.regions")}</h2><Button size="small" onClick={onAdd}>{t("redaction.region_add")}</Button></div>
      <p className="muted small" id="region-keys">{t("redaction.region_hint")}</p>
      {regions.length > 0 && (
        <ul className="stack tight">
          {regions.map((region) => (
            <li key={region.name}>
              <One region={region} found={found} frame={frame} isChosen={region.name === chosen} onChoose={() => onChoose(region.name)} change={change} goTo={goTo} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

interface OneProps {
  region: DrawnRegion; found: RedactionFound; frame: number; isChosen: boolean;
  onChoose: () => void; change: (next: Change) => void; goTo: (frame: number) => void;
}

function One({ region, found, frame, isChosen, onChoose, change, goTo }: OneProps) {
  const { t } = useTranslation();
  const time = (at: number) => clock(found.at_us[Math.min(at, found.at_us.length - 1)] ?? 0);
  const first = region.keys[0]?.frame ?? 0;
  const put = (next: DrawnRegion) => change((edits) => withRegion(edits, next));

  function choose() {
    onChoose();
    if (frame < first || frame >= region.end) goTo(first);
  }

  return (
    <div className={`region-line ${isChosen ? "chosen" : ""}`}>
      <button type="button" className="line-name" aria-pressed={isChosen} onClick={choose}>
        <b>{t("redaction.region_name", { name: region.name })}</b>
        <span className="num small muted">{time(first)} – {time(region.end)} · {t("redaction.region_keys", { count: region.keys.length })}</span>
      </button>
      {isChosen && (
        <div className="row once">
          <Button size="small" onClick={() => put(beginningAt(region, frame))}>{t("redaction.begins_here")}</Button>
          <Button size="small" disabled={frame < first} onClick={() => put(endingAt(region, frame))}>{t("redaction.ends_here")}</Button>
          <Button size="small" look="quiet" onClick={() => change((edits) => ({ ...edits, regions: edits.regions.filter((one) => one.name !== region.name) }))}>{t("redaction.remove")}</Button>
        </div>
      )}
    </div>
  );
}
