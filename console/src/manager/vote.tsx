import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { ManagedProgramme } from "../api/types";
import { day } from "../app/format";
import { Button } from "../design/button";
import { Failure } from "../design/failure";
import { DocumentField, instantOf } from "./document";
import { DayField, TextField } from "./fields";
import { useRecording } from "./recording";

/** The vote that allows the programme, and recording another one: it extends the programme, nothing else does. */
export function Vote({ programme }: { programme: ManagedProgramme }) {
  const { t, i18n } = useTranslation();
  const { vote } = programme;
  return (
    <section className="card stack">
      <h2>{t("open.vote")}</h2>
      {vote ? (
        <dl className="facts">
          <dt>{t("office.vote_body")}</dt><dd>{vote.body}</dd>
          <dt>{t("office.vote_instrument")}</dt><dd>{vote.instrument}</dd>
          <dt>{t("office.vote_held")}</dt><dd>{day(vote.held_at, i18n.language)}</dd>
          <dt>{t("office.vote_until")}</dt><dd>{day(vote.allows_until, i18n.language)}</dd>
          <dt>{t("open.hash")}</dt><dd className="mono">{vote.document_sha256}</dd>
        </dl>
      ) : <p className="note warn">{t("office.vote_none")}</p>}
      <details>
        <summary>{t("office.vote_record")}</summary>
        <VoteForm programme={programme} />
      </details>
    </section>
  );
}

function VoteForm({ programme }: { programme: ManagedProgramme }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [document_, setDocument] = useState("");
  const { busy, recorded, problem, record } = useRecording();

  async function send(text: (name: string) => string) {
    const done = await api("POST", `/agency/programmes/${programme.id}/votes`, {
      body: text("body"), instrument: text("instrument"), held_at: instantOf(text("held_at")),
      allows_until: instantOf(text("allows_until")), document_sha256: document_, ends_at: instantOf(text("ends_at")),
    });
    await client.invalidateQueries();
    return done;
  }

  return (
    <form className="stack in-details" onSubmit={(event) => void record(event, send)}>
      <div className="three">
        <TextField id="body" label={t("office.vote_body")} placeholder={t("office.vote_body_eg")} />
        <TextField id="instrument" label={t("office.vote_instrument")} />
        <DayField id="held_at" label={t("office.vote_held")} required />
        <DayField id="allows_until" label={t("office.vote_until")} required />
        {programme.ends_at && <DayField id="ends_at" label={t("office.vote_extends")} />}
      </div>
      <DocumentField id="vote-text" label={t("office.vote_document")} value={document_} onChange={setDocument} />
      <p className="muted small">{t("office.vote_sure")}</p>
      <div><Button type="submit" look="primary" busy={busy} disabled={document_ === ""}>{t("office.vote_do")}</Button></div>
      {recorded && <p className="note good" role="status">{t("office.vote_recorded")}</p>}
      {problem && <Failure problem={problem} />}
    </form>
  );
}
