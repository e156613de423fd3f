import { useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState, type FormEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { Show, useLoaded } from "../api/loaded";
import type { PublicCamera } from "../api/types";
import { codeText } from "../app/codes";
import { Seated } from "../app/session";
import { Button } from "../design/button";
import { Empty } from "../design/empty";
import { Failure } from "../design/failure";

export function CamerasPage() {
  return <Seated roles={["manager"]}>{() => <Page />}</Seated>;
}

/** The city's own cameras: how they are, and what a look at each may do besides seeing. */
function Page() {
  const { t } = useTranslation();
  const cameras = useLoaded<PublicCamera[]>("/public-cameras", { refetchInterval: 15_000 });
  return (
    <main className="page wide" id="main">
      <p><Link to="/manage">← {t("office.title")}</Link></p>
      <header className="stack tight">
        <h1>{t("office.cameras")}</h1>
        <p className="lead">{t("office.cameras_lead")}</p>
        <p className="muted small"><strong>{t("office.camera_sound")}.</strong> {t("office.camera_sound_text")}</p>
        <p className="muted small"><strong>{t("office.camera_turns")}.</strong> {t("office.camera_turns_text")}</p>
        <p className="muted small"><strong>{t("office.camera_small")}.</strong> {t("office.camera_small_text")}</p>
      </header>
      <Show of={cameras} lines={4}>
        {(items) => items.length === 0
          ? <Empty title={t("office.no_cameras")} />
          : <ul className="stack tight">{items.map((camera) => <li key={camera.id}><OneCamera camera={camera} /></li>)}</ul>}
      </Show>
    </main>
  );
}

function OneCamera({ camera }: { camera: PublicCamera }) {
  const { t } = useTranslation();
  const { busy, problem, put } = usePut(`/public-cameras/${camera.id}`);
  const [asking, setAsking] = useState<"turning" | "sub-stream">();
  const isFine = camera.health === "online" && camera.warnings.length === 0;
  return (
    <article className="card stack tight">
      <div className="row between">
        <h2 className="feed-name">{camera.name}</h2>
        <span className={`chip ${isFine ? "good" : "warn"}`}>{codeText(t, "health", camera.warnings[0] ?? camera.health)}</span>
      </div>
      <Switch on={camera.audio} label={t("office.camera_sound")}
        onChange={(on) => put("sound", { audio: on })} />
      <Switch on={camera.turns || asking === "turning"} label={t("office.camera_turns")}
        onChange={async (on) => {
          if (camera.turns) await put("turning", { address: null });
          else setAsking(on ? "turning" : undefined);
        }} />
      {asking === "turning" && !camera.turns && (
        <Address label={t("office.camera_motors", { camera: camera.name })} hint={t("office.camera_motors_hint")} example="http://user:password@192.168.1.20"
          words={t("office.camera_motors_do")} busy={busy} onGive={async (address) => {
            if (await put("turning", { address })) setAsking(undefined);
          }} />
      )}
      <Switch on={camera.sub_stream || asking === "sub-stream"} label={t("office.camera_small")}
        onChange={async (on) => {
          if (camera.sub_stream) await put("sub-stream", { url: "" });
          else setAsking(on ? "sub-stream" : undefined);
        }} />
      {asking === "sub-stream" && !camera.sub_stream && (
        <Address label={t("office.camera_small_address", { camera: camera.name })} hint={t("office.camera_small_hint")} example="rtsp://user:password@192.168.1.20/sub"
          words={t("office.camera_small_do")} busy={busy} onGive={async (url) => {
            if (await put("sub-stream", { url })) setAsking(undefined);
          }} />
      )}
      {problem && <Failure problem={problem} />}
    </article>
  );
}

/** Shows what was chosen at once, and what the server said of it once it did. */
function Switch({ on, label, onChange }: { on: boolean; label: string; onChange: (on: boolean) => Promise<unknown> }) {
  const [chosen, setChosen] = useState<boolean>();
  return (
    <label className="check">
      <input type="checkbox" checked={chosen ?? on} onChange={(event) => {
        setChosen(event.target.checked);
        void onChange(event.target.checked).finally(() => setChosen(undefined));
      }} />
      <span>{label}</span>
    </label>
  );
}

interface AddressProps {
  label: string; hint: string; example: string; words: string; busy: boolean; onGive: (address: string) => Promise<void>;
}

/** An address of the camera. It holds a password, so it is never shown again. */
function Address({ label, hint, example, words, busy, onGive }: AddressProps) {
  function give(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const address = new FormData(event.currentTarget).get("address");
    if (typeof address === "string" && address.trim()) void onGive(address.trim());
  }
  return (
    <form className="stack tight" onSubmit={give}>
      <label className="field">
        <span>{label}</span>
        <input className="input" name="address" required maxLength={500} autoComplete="off" spellCheck={false} placeholder={example} />
        <span className="hint">{hint}</span>
      </label>
      <div><Button type="submit" size="small" busy={busy}>{words}</Button></div>
    </form>
  );
}

function usePut(base: string) {
  const client = useQueryClient();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();
  async function put(what: string, body: object): Promise<boolean> {
    setBusy(true);
    const answer = await api("PUT", `${base}/${what}`, body);
    await client.invalidateQueries({ queryKey: ["public-cameras"] });
    setBusy(false);
    setProblem(answer.ok ? undefined : answer.problem);
    return answer.ok;
  }
  return { busy, problem, put };
}
