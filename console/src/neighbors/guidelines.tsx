import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Figures } from "../api/types";
import { codeText } from "../app/codes";
import "../public/public.css";
import "./neighbors.css";
import { REASONS } from "./parts";

/** The rules that anybody may read, and what was decided by them this year. */
export function GuidelinesPage() {
  const { t, i18n } = useTranslation();
  const figures = useLoaded<Figures>("/neighbors/figures");
  return (
    <main className="page" id="main">
      <header className="stack tight"><h1>{t("neighbors.guidelines")}</h1><p className="lead">{t("neighbors.guidelines_lead")}</p></header>
      <ol className="stack">
        {REASONS.map((reason) => (
          <li key={reason} className="card stack tight">
            <h2>{codeText(t, "post_reason", reason)}</h2>
            <p>{codeText(t, "post_reason_text", reason)}</p>
          </li>
        ))}
      </ol>
      <section className="stack tight">
        <h2>{t("neighbors.figures")}</h2>
        <Show of={figures} lines={2}>
          {({ counts }) => {
            const removed = Object.entries(counts).filter(([name]) => name.startsWith("removed.")).reduce((sum, [, count]) => sum + count, 0);
            const rows: [string, number][] = [
              [t("neighbors.figures_removed"), removed], [t("neighbors.figures_kept"), counts["kept"] ?? 0],
              [t("neighbors.figures_appeals"), counts["appeals"] ?? 0], [t("neighbors.figures_restored"), counts["restored"] ?? 0],
            ];
            return (
              <dl className="facts">
                {rows.map(([name, count]) => [<dt key={name}>{name}</dt>, <dd key={`${name}-count`} className="num">{count.toLocaleString(i18n.language)}</dd>])}
              </dl>
            );
          }}
        </Show>
      </section>
    </main>
  );
}
