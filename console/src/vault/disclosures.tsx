import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { Disclosure, ItemDetail } from "../api/types";
import { codeText } from "../app/codes";
import { day, dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { TwoTaps } from "../design/two-taps";
import { NewDisclosure } from "./new-disclosure";

/** To whom an item is shown, until when, and when they opened it. */
export function Disclosures({ item, mayMake }: { item: ItemDetail; mayMake: boolean }) {
  const { t } = useTranslation();
  const [making, setMaking] = useState(false);
  const found = useLoaded<Disclosure[]>(`/disclosures?item=${item.id}`, { refetchInterval: 30_000 });
  return (
    <section className="card stack" aria-label={t("vault.disclosures")}>
      <h2>{t("vault.disclosures")}</h2>
      <Show of={found} lines={2}>
        {(rows) => (
          <>
            {rows.length === 0 && <p className="muted">{t("vault.no_disclosure")}</p>}
            <Sides rows={rows} />
            <ul className="stack">{rows.map((row) => <li key={row.id}><One row={row} mayRevoke={mayMake} /></li>)}</ul>
          </>
        )}
      </Show>
      {mayMake && <div><Button onClick={() => setMaking(true)}>{t("vault.disclose")}</Button></div>}
      {making && <NewDisclosure items={[item.id]} onClose={() => setMaking(false)} />}
    </section>
  );
}

/** One side of a case has it and the other has not: said plainly, nobody has to count. */
function Sides({ rows }: { rows: Disclosure[] }) {
  const { t } = useTranslation();
  const has = (kind: Disclosure["recipient_kind"]) => rows.some((row) => row.recipient_kind === kind && row.state !== "revoked");
  if (has("prosecution") === has("defence")) return null;
  return <p className="note warn">{t(has("prosecution") ? "vault.only_prosecution" : "vault.only_defence")}</p>;
}

function One({ row, mayRevoke }: { row: Disclosure; mayRevoke: boolean }) {
  const { t, i18n } = useTranslation();
  return (
    <div className="stack tight">
      <p className="row between">
        <span><strong>{row.recipient}</strong> · {codeText(t, "recipient", row.recipient_kind)}</span>
        <span className={`chip ${row.state === "open" ? "accent" : ""}`}>{codeText(t, "disclosure_state", row.state)}</span>
      </p>
      <p className="small muted">
        {t("vault.disclosed_by", { name: row.made_by, day: day(row.made_at, i18n.language), until: day(row.expires_at, i18n.language) })}
        {row.items.length > 1 && <> · {t("vault.disclosed_items", { count: row.items.length })}</>}
      </p>
      {row.openings.length === 0
        ? <p className="small muted">{t("vault.not_opened")}</p>
        : <p className="small">{t("vault.opened_times", { count: row.openings.length, last: dayAndTime(row.openings.at(-1)?.at ?? "", i18n.language) })}</p>}
      {row.passkeys > 0 && <p className="small muted">{t("vault.passkey_count", { count: row.passkeys })}</p>}
      {row.locked_until && new Date(row.locked_until) > new Date() && <p className="note bad small">{t("vault.locked")}</p>}
      {mayRevoke && row.state === "open" && (
        <div className="row"><TwoTaps ask={t("vault.revoke")} sure={t("vault.revoke_sure")} act={() => api("POST", `/disclosures/${row.id}/revoke`)} /></div>
      )}
    </div>
  );
}
