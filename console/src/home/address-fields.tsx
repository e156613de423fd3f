import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Edge } from "../api/types";
import { edgeName } from "./edges";
import { FindCameras, onvifAddress, type FoundCamera } from "./find-cameras";

/** Which box, and where the camera is: found in one's own home, or typed. */
export function AddressFields({ edges, person }: { edges: Edge[]; person: string }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState(edges[0]?.id ?? "");
  const [picked, setPicked] = useState<FoundCamera>();
  const edge = edges.find((one) => one.id === chosen);
  return (
    <>
      <div className="field">
        <label htmlFor="edge">{t("home.add_edge")}</label>
        <select className="input" id="edge" name="edge" value={chosen} onChange={(event) => {
          setChosen(event.target.value);
          setPicked(undefined);
        }}>
          {edges.map((one) => <option key={one.id} value={one.id}>{edgeName(t, one, edges)}</option>)}
        </select>
      </div>
      {edge && <FindCameras key={edge.id} edge={edge} person={person} onPick={setPicked} />}
      {picked ? <Login key={picked.url} picked={picked} /> : (
        <div className="field">
          <label htmlFor="address">{t("home.add_address")}</label>
          <input className="input" id="address" name="address" placeholder="rtsp://" autoComplete="off" spellCheck={false} />
          <p className="hint">{t("home.add_address_hint")}</p>
        </div>
      )}
    </>
  );
}

/** The camera's own user and password: sealed to the box with its address, kept nowhere else. */
function Login({ picked }: { picked: FoundCamera }) {
  const { t } = useTranslation();
  return (
    <>
      <input type="hidden" name="onvif" value={picked.url} />
      {picked.certificate && (
        <div className="note warn stack tight">
          <p>{t("home.find_certificate")}</p>
          <p className="fingerprint num">{picked.certificate.toUpperCase().match(/.{2}/g)?.join(":")}</p>
          <label className="check">
            <input type="checkbox" name="certificate" value={picked.certificate} required />
            <span>{t("home.find_certificate_yes")}</span>
          </label>
        </div>
      )}
      <div className="field">
        <label htmlFor="camera-user">{t("home.find_user")}</label>
        <input className="input" id="camera-user" name="camera-user" autoComplete="off" spellCheck={false} maxLength={64} />
      </div>
      <div className="field">
        <label htmlFor="camera-password">{t("home.find_password")}</label>
        <input className="input" id="camera-password" name="camera-password" type="password" autoComplete="off" maxLength={64} />
        <p className="hint">{t("home.find_password_hint")}</p>
      </div>
    </>
  );
}

/** What the form says of the address; "" when nothing. */
export function addressIn(said: FormData): string {
  const text = (name: string) => {
    const value = said.get(name);
    return typeof value === "string" ? value : "";
  };
  const onvif = text("onvif");
  if (onvif) return onvifAddress(onvif, text("camera-user").trim(), text("camera-password"), text("certificate"));
  return text("address").trim();
}
