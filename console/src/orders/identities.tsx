import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import type { CourtOrder, OpenedIdentity } from "../api/types";
import { Button } from "../design/button";
import { Failure } from "../design/failure";

/** Who sent the answers that the order names. Nothing is shown before somebody asks, and asking stands in its history. */
export function Identities({ order }: { order: CourtOrder }) {
  const { t } = useTranslation();
  const [found, setFound] = useState<OpenedIdentity[]>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function read() {
    setBusy(true);
    const done = await api<OpenedIdentity[]>("POST", `/orders/${order.id}/identities`);
    setBusy(false);
    if (!done.ok) return setProblem(done.problem);
    setProblem(undefined);
    setFound(done.data);
  }

  return (
    <section className="card stack" aria-label={t("orders.identities")}>
      <h2>{t("orders.identities")}</h2>
      <p className="small muted">{t("orders.identities_text")}</p>
      {problem && <Failure problem={problem} />}
      {!found && <div><Button busy={busy} onClick={() => void read()}>{t("orders.identities_read")}</Button></div>}
      {found && (
        <ul className="stack">
          {found.map((one) => (
            <li key={one.answer} className="stack tight">
              <p><strong>{one.name}</strong> · {t("requests.resident", { pseudonym: one.pseudonym })}</p>
              <p className="small">{one.email || t("orders.identity_no_mail")}</p>
              {one.camera && <p className="small mono">{one.camera}</p>}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
