import { useQueryClient } from "@tanstack/react-query";
import { useState, type ChangeEvent } from "react";
import { useTranslation } from "react-i18next";
import { api, type Problem } from "../api/client";
import { useLoaded } from "../api/loaded";
import type { PostPicture } from "../api/types";
import { Failure } from "../design/failure";
import { Cover } from "./cover";
import { Pictures } from "./parts";
import { sendPicture } from "./sending";

const MOST = 4;

interface Props { pictures: string[]; onChange: (pictures: string[]) => void; mayVideo: boolean }

/** Pictures of a post: chosen, made anew, covered. */
export function PictureField({ pictures, onChange, mayVideo }: Props) {
  const { t } = useTranslation();
  const [busy, setBusy] = useState(false);
  const [coverFaces, setCoverFaces] = useState(true);
  const [problem, setProblem] = useState<Problem>();

  async function add(event: ChangeEvent<HTMLInputElement>) {
    const [file] = event.target.files ?? [];
    event.target.value = "";
    if (!file) return;
    setBusy(true);
    const sent = await sendPicture(file, coverFaces);
    setBusy(false);
    setProblem(sent.ok ? undefined : sent.problem);
    if (sent.ok) onChange([...pictures, sent.data.id]);
  }
  async function drop(name: string) {
    await api("DELETE", `/neighbors/pictures/${name}`);
    onChange(pictures.filter((one) => one !== name));
  }

  return (
    <div className="card stack">
      {pictures.map((name) => <One key={name} name={name} onDrop={() => void drop(name)} />)}
      {pictures.length < MOST && (
        <div className="field">
          <label htmlFor="n-picture">{t("neighbors.add_picture")}</label>
          <input className="input file" id="n-picture" type="file" accept={mayVideo ? "image/*,video/*" : "image/*"} disabled={busy}
            aria-describedby="n-picture-hint" onChange={(event) => void add(event)} />
          <p className="hint" id="n-picture-hint">{t("neighbors.picture_hint")}</p>
          {mayVideo && (
            <label className="check">
              <input type="checkbox" checked={coverFaces} onChange={(event) => setCoverFaces(event.target.checked)} />
              <span>{t("neighbors.cover_video")}</span>
            </label>
          )}
        </div>
      )}
      <p role="status" className="hint" hidden={!busy}>{t("neighbors.picture_wait")}</p>
      {problem && <Failure problem={problem} />}
    </div>
  );
}

function One({ name, onDrop }: { name: string; onDrop: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const path = `/neighbors/pictures/${name}`;
  const found = useLoaded<PostPicture>(path, { refetchInterval: 2_000, isSettled: (one) => one.state !== "waiting" });
  if (found.state !== "ready") return <p className="hint">{t("neighbors.picture_wait")}</p>;
  const picture = found.data;
  if (picture.state === "waiting") return <p className="hint" role="status">{t("neighbors.picture_wait")}</p>;
  if (picture.state === "refused") return <Failure problem={{ kind: picture.said, status: 400, title: "" }} />;
  if (picture.kind === "video") return <Pictures pictures={[picture]} />;
  return <Cover picture={picture} onDrop={onDrop} onChange={() => void client.invalidateQueries({ queryKey: ["neighbors", "pictures", name] })} />;
}
