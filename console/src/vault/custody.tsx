import { useTranslation } from "react-i18next";
import type { CustodyAct } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";

/** Every act, first to last: who, when, why, and its place in the public log. */
export function Custody({ acts }: { acts: CustodyAct[] }) {
  const { t, i18n } = useTranslation();
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
            {act.why && <p className="small">{act.why}</p>}
            {act.ledger_index !== null && <p className="small muted num">{t("vault.in_log", { index: act.ledger_index })}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}
