import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { HomeOfficer } from "../api/types";
import { codeText } from "../app/codes";
import { day } from "../app/format";

/** Who knows where this camera is: its exact place was told to them inside a grant, and cannot be untold. */
export function Officers({ camera }: { camera: string }) {
  const { t, i18n } = useTranslation();
  const officers = useLoaded<HomeOfficer[]>(`/home/cameras/${camera}/officers`);
  return (
    <section className="card stack">
      <div className="stack tight"><h2>{t("home.officers")}</h2><p className="muted small">{t("home.officers_text")}</p></div>
      <Show of={officers} lines={2}>
        {(found) => found.length === 0 ? <p>{t("home.officers_none")}</p> : (
          <ul className="refusals">
            {found.map((one) => (
              <li key={`${one.agency}${one.officer_number}${one.role}`}>
                <strong>{one.agency} · {codeText(t, "role", one.role)} {one.officer_number}</strong>
                <p className="small muted">{t("home.officers_looks", { count: one.looks, day: day(one.last_at, i18n.language) })}</p>
              </li>
            ))}
          </ul>
        )}
      </Show>
    </section>
  );
}
