import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { useLoaded, type Loaded } from "../api/loaded";
import type { Case, CustodyAct } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";

/** Every act, first to last: who, when, why, and its place in the public log. */
export function Custody({ acts }: { acts: CustodyAct[] }) {
  const { t, i18n } = useTranslation();
  const cases = useLoaded<Case[]>("/cases");
  return (
    <section className="card stack" aria-label={t("vault.custody")}>
      <h2>{t("vault.custody")}</h2>
      <ol className="custody">
        {acts.map((act, place) => (
          <li key={place} className={`act ${act.kind}`}>
            <p><strong>{codeText(t, "act", act.kind)}</strong></p>
            <p className="small muted">
              <span className="num">{dayAndTime(act.at, i18n.language)}</span> · {act.person ? `${act.person}, ${codeText(t, "role", act.role)}` : t("vault.by_itself")}
            </p>
            <CaseNumber of={act.about} cases={cases} />
            {whyText(t, act) && <p className="small">{whyText(t, act)}</p>}
            {act.ledger_index !== null && <p className="small muted num">{t("vault.in_log", { index: act.ledger_index })}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Which case an act concerns, if any of the agency's newest. */
function CaseNumber({ of, cases }: { of: string; cases: Loaded<Case[]> }) {
  const { t } = useTranslation();
  const found = cases.state === "ready" ? cases.data.find((one) => one.id === of) : undefined;
  return found ? <p className="small">{t("vault.case")} {found.number}</p> : null;
}

/** What people wrote stands as they wrote it; what the platform says of itself is a code. */
function whyText(t: TFunction, { kind, why, person }: CustodyAct): string {
  if (kind === "scanned" && why === "no scanner") return t("vault.no_scanner");
  if (kind === "shredded") return codeText(t, "keep_reason", why);
  if (kind !== "stopped") return why;
  if (person) return ""; // who kept it stopped keeping
  return why === "closed" ? t("vault.look_closed") : codeText(t, "end", why);
}
