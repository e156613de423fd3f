import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { AgencyOrders } from "../api/types";
import { codeText } from "../app/codes";
import { DataTable } from "../design/data-table";
import { Empty } from "../design/empty";

/** How many court orders each agency received and executed, by kind; sealed ones stand among them. */
export function PublicOrders() {
  const { t } = useTranslation();
  const found = useLoaded<AgencyOrders[]>("/public/orders");
  return (
    <section className="stack">
      <h2>{t("orders.public_title")}</h2>
      <p className="muted">{t("orders.public_text")}</p>
      <Show of={found} lines={3}>{(agencies) => <Counts rows={agencies.flatMap(({ agency_name: agency, kinds }) => kinds.map((one) => ({ agency, ...one })))} />}</Show>
    </section>
  );
}

type Row = { agency: string } & AgencyOrders["kinds"][number];

function Counts({ rows }: { rows: Row[] }) {
  const { t, i18n } = useTranslation();
  const count = (value: number) => value.toLocaleString(i18n.language);
  if (rows.length === 0) return <Empty title={t("orders.public_none")}><p>{t("orders.public_none_text")}</p></Empty>;
  return (
    <DataTable label={t("orders.public_title")} rows={rows} keyOf={(row) => row.agency + row.kind} columns={[
      { name: t("orders.public_agency"), cell: (row) => row.agency },
      { name: t("orders.kind"), cell: (row) => codeText(t, "order_kind", row.kind) },
      { name: t("orders.public_received"), cell: (row) => count(row.received), className: "num" },
      { name: t("orders.public_executed"), cell: (row) => count(row.executed), className: "num" },
      { name: t("orders.public_unreviewed"), cell: (row) => count(row.unreviewed), className: "num" },
    ]} />
  );
}
