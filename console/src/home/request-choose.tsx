import { lazy, Suspense, useCallback, useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { HomeRequest } from "../api/types";
import { Button } from "../design/button";
import { Skeleton } from "../design/skeleton";
import { typeOf } from "../vault/sending";
import type { KeptClip } from "./reel-clip";

const OwnReel = lazy(() => import("./own-reel").then((module) => ({ default: module.OwnReel })));

/** What an owner would send: a file of this telephone, or with `signed` a clip that their box cut, signed and may `send` itself. */
export interface Recording { file: Blob; mediaType: string; camera: string; signed: string; sha256?: string; send?: KeptClip["send"] }

/** Which cameras and which window are asked for, by a request or by an order. */
export interface AskedWindow {
  cameras: HomeRequest["cameras"];
  request: Pick<HomeRequest["request"], "window_start" | "window_end">;
}

interface Props { asked: AskedWindow; person: string; onChoose: (recording: Recording | undefined) => void }

/** A span of one's own recordings, cut and signed by one's box, or a file. */
export function ChooseRecording({ asked, person, onChoose }: Props) {
  const { t } = useTranslation();
  const [isFile, setFile] = useState(asked.cameras.length === 0);
  if (isFile) return <ChooseFile cameras={asked.cameras} onChoose={onChoose} />;
  return (
    <>
      <ChooseSpan asked={asked} person={person} onChoose={onChoose} />
      <div><Button look="quiet" onClick={() => {
        onChoose(undefined);
        setFile(true);
      }}>{t("requests.rather_file")}</Button></div>
    </>
  );
}

/** The asked window on the time-line of the camera that one picks; what is kept there is what would be sent. */
function ChooseSpan({ asked, person, onChoose }: Props) {
  const { t } = useTranslation();
  const [camera, setCamera] = useState(asked.cameras[0]?.id ?? "");
  const [isChosen, setChosen] = useState(false);
  const { window_start, window_end } = asked.request;
  const bounds = useMemo(() => ({ from: Date.parse(window_start) * 1000, to: Date.parse(window_end) * 1000 }), [window_start, window_end]);
  const keep = useCallback(({ film, signed, sha256, send }: KeptClip) => {
    setChosen(true);
    onChoose({ file: film, mediaType: "video/mp4", camera, signed, sha256, send });
  }, [camera, onChoose]);
  const pick = (id: string) => {
    setCamera(id);
    setChosen(false);
    onChoose(undefined);
  };
  const name = asked.cameras.find((one) => one.id === camera)?.name ?? "";
  return (
    <div className="stack">
      <div className="field"><label htmlFor="a-reel">{t("requests.choose_span")}</label>
        <select className="input" id="a-reel" value={camera} onChange={(event) => pick(event.target.value)}>
          {asked.cameras.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
        </select></div>
      <Suspense fallback={<Skeleton lines={4} />}>
        <OwnReel key={camera} camera={camera} person={person} name={name} window={bounds} onKept={keep} />
      </Suspense>
      <p className="note good" role="status" hidden={!isChosen}>{t("requests.span_chosen")}</p>
    </div>
  );
}

interface FileProps { cameras: HomeRequest["cameras"]; onChoose: Props["onChoose"] }

/** A file, and beside it what proves that a box cut it. */
function ChooseFile({ cameras, onChoose }: FileProps) {
  const { t } = useTranslation();
  const [file, setFile] = useState<File>();
  const [camera, setCamera] = useState("");
  const [signed, setSigned] = useState("");

  useEffect(() => {
    onChoose(file ? { file, mediaType: typeOf(file), camera, signed } : undefined);
  }, [file, camera, signed, onChoose]);

  async function readSignature(chosen: File | undefined) {
    setSigned(chosen ? (await chosen.text()).trim() : "");
    if (chosen && !camera && cameras.length === 1) setCamera(cameras[0]?.id ?? "");
  }

  return (
    <>
      <div className="field"><label htmlFor="a-file">{t("requests.choose")}</label>
        <input className="input file" id="a-file" type="file" required accept="video/*,image/*,audio/*" aria-describedby="a-file-hint" onChange={(event) => setFile(event.target.files?.[0])} />
        <span className="hint" id="a-file-hint">{t("requests.choose_hint")}</span></div>
      {file && <Preview file={file} />}
      <details><summary>{t("requests.choose_signature")}</summary>
        <div className="stack in-details">
          <p className="small muted">{t("requests.from_box")}</p>
          <div className="field"><label htmlFor="a-camera">{t("requests.choose_camera")}</label>
            <select className="input" id="a-camera" value={camera} onChange={(event) => setCamera(event.target.value)}>
              <option value="">{t("requests.camera_none")}</option>
              {cameras.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
            </select></div>
          <div className="field"><label htmlFor="a-signed">{t("requests.signature")}</label>
            <input className="input file" id="a-signed" type="file" accept=".json,application/json" aria-describedby="a-signed-hint" onChange={(event) => void readSignature(event.target.files?.[0])} />
            <span className="hint" id="a-signed-hint">{t("requests.signature_hint")}</span></div>
        </div>
      </details>
    </>
  );
}

/** The file as it will be sent, from the telephone itself: nothing has left it yet. */
function Preview({ file }: { file: File }) {
  const { t } = useTranslation();
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setAddress(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  if (!address) return null;
  return (
    <figure className="stack tight">
      <figcaption className="small">{t("requests.preview")}</figcaption>
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- what cameras recorded has no captions */}
      {file.type.startsWith("video/") && <video className="preview" src={address} controls playsInline aria-label={t("requests.preview")} />}
      {file.type.startsWith("image/") && <img className="preview" src={address} alt={t("requests.preview")} />}
      {/* eslint-disable-next-line jsx-a11y/media-has-caption -- what people recorded has no captions */}
      {file.type.startsWith("audio/") && <audio className="preview sound" src={address} controls aria-label={t("requests.preview")} />}
    </figure>
  );
}
