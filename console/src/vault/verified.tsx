import { useTranslation } from "react-i18next";
import type { ItemDetail } from "../api/types";
import { codeText } from "../app/codes";
import { dayAndTime } from "../app/format";

/** How an item can be checked, and what checking it said: read again, in the log, stamped by an outside clock, stored. */
export function Verified({ item }: { item: ItemDetail }) {
  const { t, i18n } = useTranslation();
  const { findings, looked_at: lookedAt, stamp, stamp_at: stampAt, stamp_authority: authority, store } = item.wholeness;
  const time = (at: string) => dayAndTime(at, i18n.language);
  const entry = item.custody.find((act) => act.kind === "sealed")?.ledger_index ?? undefined;
  const look = findings.length > 0 ? "bad" : lookedAt ? "good" : "";
  return (
    <section className="card stack" aria-label={t("vault.verified")}>
      <h2>{t("vault.verified")}</h2>
      <p className={`note ${look}`} role="status">
        {findings.length > 0 ? t("vault.verified_bad") : lookedAt ? t("vault.verified_good", { when: time(lookedAt) }) : t("vault.verified_not_yet")}
      </p>
      {findings.length > 0 && (
        <ul className="stack tight">
          {findings.map((one) => (
            <li key={`${one.file} ${one.at}`} className="small">
              <span className="chip live">{codeText(t, "finding_state", one.state)}</span> <span className="mono">{one.file}</span> · <span className="num">{time(one.at)}</span>
            </li>
          ))}
        </ul>
      )}
      <dl className="facts">
        <dt>{t("vault.verified_log")}</dt><dd className="num">{entry === undefined ? t("vault.verified_log_not") : t("vault.in_log", { index: entry })}</dd>
        <dt>{t("vault.verified_stamp")}</dt>
        <dd>{stamp === "kept" && stampAt ? t("vault.verified_stamped", { when: time(stampAt), by: authority }) : t(stamp === "pending" ? "vault.verified_stamp_pending" : "vault.verified_stamp_none")}</dd>
        <dt>{t("vault.verified_store")}</dt><dd>{t(store === "stored" ? "vault.verified_stored" : store === "waiting" ? "vault.verified_store_waits" : "vault.verified_store_folder")}</dd>
        <dt>{t("vault.hash")}</dt><dd className="mono">{item.payload_sha256}</dd>
      </dl>
      <p className="muted small">{t("vault.verified_hint")}</p>
    </section>
  );
}
