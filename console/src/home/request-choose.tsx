import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { HomeRequest } from "../api/types";
import { typeOf } from "../vault/sending";

/** What an owner would send: a file of this telephone, or with `signed` a clip that their box cut and signed. */
export interface Recording { file: Blob; mediaType: string; camera: string; signed: string }

interface Props { cameras: HomeRequest["cameras"]; onChoose: (recording: Recording | undefined) => void }

/** A file, and beside it what proves that a box cut it. Whatever else makes a clip hands over a `Recording` too. */
export function ChooseRecording({ cameras, onChoose }: Props) {
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
