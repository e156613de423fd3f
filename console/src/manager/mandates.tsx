import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { ManagedProgramme, Mandate } from "../api/types";
import { codeText } from "../app/codes";
import { day } from "../app/format";
import { Button } from "../design/button";
import { DataTable } from "../design/data-table";
import { Failure } from "../design/failure";
import { DocumentField } from "./document";
import { TextField } from "./fields";
import { useRecording } from "./recording";

/** Cameras that an ordinance obliges: what is on record, and recording one. Nothing here opens a camera. */
export function Mandates({ programme }: { programme: ManagedProgramme }) {
  const { t, i18n } = useTranslation();
  const mandates = useLoaded<Mandate[]>("/agency/mandates");
  return (
    <section className="card stack">
      <h2>{t("office.mandates")}</h2>
      <p className="muted">{t("office.mandates_text")}</p>
      <Show of={mandates} lines={2}>
        {(all) => {
          const items = all.filter((one) => one.programme === programme.id);
          return items.length === 0 ? <p>{t("office.no_mandates")}</p> : (
            <DataTable label={t("office.mandates")} rows={items} keyOf={(one) => one.id} columns={[
              { name: t("open.when"), cell: (one) => day(one.recorded_at, i18n.language), className: "num" },
              { name: t("office.mandate_camera"), cell: (one) => one.camera, className: "mono" },
              { name: t("office.mandate_kind"), cell: (one) => codeText(t, "participation", one.participation) },
              { name: t("office.mandate_section"), cell: (one) => one.section },
              { name: t("office.mandate_scope"), cell: (one) => one.scope },
            ]} />
          );
        }}
      </Show>
      <details>
        <summary>{t("office.mandate_record")}</summary>
        <MandateForm programme={programme.id} />
      </details>
    </section>
  );
}

function MandateForm({ programme }: { programme: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [ordinance, setOrdinance] = useState("");
  const { busy, recorded, problem, record } = useRecording();

  async function send(text: (name: string) => string) {
    const done = await api("POST", `/cameras/${encodeURIComponent(text("camera"))}/mandates`, {
      programme, ordinance_sha256: ordinance, section: text("section"), scope: text("scope"),
    });
    await client.invalidateQueries({ queryKey: ["agency"] });
    return done;
  }

  return (
    <form className="stack in-details" onSubmit={(event) => void record(event, send)}>
      <TextField id="camera" label={t("office.mandate_camera")} placeholder="cam_…" most={30} hint={t("office.mandate_camera_hint")} />
      <TextField id="section" label={t("office.mandate_section")} placeholder={t("office.mandate_section_eg")} most={500} />
      <TextField id="scope" label={t("office.mandate_scope")} placeholder={t("office.mandate_scope_eg")} most={500} />
      <DocumentField id="ordinance" label={t("office.mandate_ordinance")} value={ordinance} onChange={setOrdinance} />
      <p className="muted small">{t("office.vote_sure")}</p>
      <div><Button type="submit" look="primary" busy={busy} disabled={ordinance === ""}>{t("office.mandate_do")}</Button></div>
      {recorded && <p className="note good" role="status">{t("office.mandate_recorded")}</p>}
      {problem && <Failure problem={problem} />}
    </form>
  );
}
