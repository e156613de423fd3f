import { useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { Feed, FeedAdded } from "../api/types";
import { codeText } from "../app/codes";
import { Button } from "../design/button";
import { Copyable } from "../design/copyable";
import { Failure } from "../design/failure";

const KINDS = ["eido", "webhook", "table"] as const;
/** The last part of the address that a feed of each kind sends its calls to. */
const DOORS: Record<string, string> = { eido: "eido", webhook: "webhook", table: "csv" };

/** A new feed; its secret key is in the answer once and kept nowhere, not even here after this page. */
export function NewFeed({ agency }: { agency: string }) {
  const [added, setAdded] = useState<FeedAdded>();
  if (added) return <Added added={added} onDone={() => setAdded(undefined)} />;
  return <Form agency={agency} onAdded={setAdded} />;
}

function Form({ agency, onAdded }: { agency: string; onAdded: (added: FeedAdded) => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [kind, setKind] = useState<string>("eido");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  async function add(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const said = new FormData(event.currentTarget);
    const text = (name: string) => String(said.get(name) ?? "").trim();
    setBusy(true);
    const answer = await api<FeedAdded>("POST", "/feeds", {
      agency, kind, name: text("name"), preset: text("preset"), public_key: text("public_key"),
    });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    await client.invalidateQueries({ queryKey: ["feeds"] });
    onAdded(answer.data);
  }

  return (
    <form className="card stack" onSubmit={(event) => void add(event)}>
      <h2>{t("office.feed_new")}</h2>
      <div className="three">
        <div className="field"><label htmlFor="f-name">{t("office.name")}</label>
          <input className="input" id="f-name" name="name" required maxLength={120} placeholder={t("office.feed_name_eg")} /></div>
        <div className="field"><label htmlFor="f-kind">{t("office.feed_kind")}</label>
          <select className="input" id="f-kind" value={kind} onChange={(event) => setKind(event.target.value)}>
            {KINDS.map((one) => <option key={one} value={one}>{codeText(t, "feed_kind", one)}</option>)}
          </select></div>
        {kind === "table" && <PresetChoice />}
      </div>
      <div className="field"><label htmlFor="f-key">{t("office.feed_own_key")}</label>
        <input className="input mono" id="f-key" name="public_key" maxLength={64} autoComplete="off" spellCheck={false} aria-describedby="f-key-hint" />
        <p className="hint" id="f-key-hint">{t("office.feed_own_key_hint")}</p></div>
      <div><Button type="submit" look="primary" busy={busy}>{t("office.feed_add")}</Button></div>
      {problem && <Failure problem={problem} />}
    </form>
  );
}

function PresetChoice() {
  const { t } = useTranslation();
  const presets = useLoaded<Record<string, string>>("/feed-presets", { staleTime: 600_000 });
  const [chosen, setChosen] = useState("");
  const known = presets.state === "ready" ? presets.data : {};
  const name = chosen || Object.keys(known)[0] || "";
  return (
    <div className="field"><label htmlFor="f-preset">{t("office.feed_preset")}</label>
      <select className="input" id="f-preset" name="preset" value={name} onChange={(event) => setChosen(event.target.value)}>
        {Object.keys(known).map((one) => <option key={one} value={one}>{one.replaceAll("_", " ")}</option>)}
      </select>
      {/* What a table is, is said by its preset, in English. */}
      <p className="hint" lang="en">{known[name]}</p>
    </div>
  );
}

function Added({ added, onDone }: { added: FeedAdded; onDone: () => void }) {
  const { t } = useTranslation();
  return (
    <section className="card stack new-key">
      <h2>{t("office.feed_added", { name: added.feed.name })}</h2>
      {added.secret && (
        <div className="stack tight">
          <h3>{t("office.feed_key")}</h3>
          <p className="note warn">{t("office.feed_key_text")}</p>
          <Copyable text={added.secret} label={t("office.feed_key")} />
        </div>
      )}
      <div className="stack tight">
        <h3>{t("office.feed_address")}</h3>
        <p className="mono command">{addressOf(added.feed)}</p>
      </div>
      <div><Button look="primary" onClick={onDone}>{t("office.feed_kept")}</Button></div>
    </section>
  );
}

function addressOf(feed: Feed): string {
  return `POST ${location.origin}/api/feeds/${feed.id}/${DOORS[feed.kind] ?? feed.kind}`;
}
