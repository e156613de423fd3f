import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import { useLoaded } from "../api/loaded";
import { dayAndTime } from "../app/format";
import { Button } from "../design/button";
import { isPushed, pushWorks, startPush, stopPush, type Pushed } from "./push";

interface Notice { id: number; kind: string; object_id: string; at: string; is_seen: boolean }
interface Wishes { by_email: boolean; browsers: number; push_key: string }

const SHOWN = 10;
const KINDS = ["ask.opened", "clip.held", "edge.doubled", "flag.raised", "item.damaged", "look.ended", "look.started", "mandate.recorded"] as const;

/** What I was told lately, and how I want to be told: e-mail and push only when I switch them on. */
export function Notices() {
  const { t, i18n } = useTranslation();
  const client = useQueryClient();
  const notices = useLoaded<Notice[]>("/notices");
  const told = notices.state === "ready" ? notices.data : [];
  const newest = told[0];
  useEffect(() => {
    if (newest && !newest.is_seen) void api("POST", "/notices/seen", { up_to: newest.id });
  }, [newest]);
  const known = told.flatMap((notice) => {
    const kind = KINDS.find((one) => one === notice.kind);
    return kind ? [{ ...notice, kind }] : [];
  });
  return (
    <section className="card stack tight">
      <h2>{t("door.notices")}</h2>
      <Choices onChange={() => void client.invalidateQueries({ queryKey: ["notices"] })} />
      {known.length === 0 && <p className="muted">{t("door.notices_none")}</p>}
      <ul className="stack tight" aria-label={t("door.notices")}>
        {known.slice(0, SHOWN).map((notice) => (
          <li key={notice.id} className="small">
            {t(`door.notice.${notice.kind.replace(".", "_") as NoticeWord}`)}<br />
            <span className="muted">{dayAndTime(new Date(notice.at).getTime(), i18n.language)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

type NoticeWord = "ask_opened" | "clip_held" | "edge_doubled" | "flag_raised" | "item_damaged" | "look_ended" | "look_started" | "mandate_recorded";

function Choices({ onChange }: { onChange: () => void }) {
  const { t } = useTranslation();
  const wishes = useLoaded<Wishes>("/notices/wishes");
  const [pushed, setPushed] = useState(false);
  const [fault, setFault] = useState<Exclude<Pushed, "on">>();
  useEffect(() => {
    if (pushWorks()) void isPushed().then(setPushed);
  }, []);
  if (wishes.state !== "ready") return null;

  async function email(wanted: boolean) {
    await api("PATCH", "/notices/wishes", { by_email: wanted });
    onChange();
  }
  async function push(key: string) {
    setFault(undefined);
    const done = pushed ? await stopPush() : await startPush(key);
    if (done && done !== "on") setFault(done);
    setPushed(await isPushed());
    onChange();
  }

  return (
    <>
      <label className="check">
        <input type="checkbox" checked={wishes.data.by_email} onChange={(event) => void email(event.target.checked)} />
        <span>{t("door.notices_email")}<br /><span className="muted small">{t("door.notices_email_hint")}</span></span>
      </label>
      {pushWorks()
        ? <div><Button onClick={() => void push(wishes.data.push_key)}>{t(pushed ? "door.push_stop" : "door.push_start")}</Button></div>
        : <p className="muted small">{t("door.push_cannot")}</p>}
      <p className="note bad" role="alert" hidden={!fault}>{fault && t(`door.push_fault.${fault}`)}</p>
    </>
  );
}
