import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Show, useLoaded } from "../api/loaded";
import type { Consents, Home, OwnCamera, Session } from "../api/types";
import { Seated } from "../app/session";
import { Empty } from "../design/empty";
import { CameraState, PauseButton, Warnings } from "./camera-card";
import { ConsentCard } from "./consent-card";
import { Obligations } from "./obligations";
import { consentsPath } from "./paths";
import "./home.css";
import { Looks } from "./looks";
import { LowAddress } from "./low-address";
import { Officers } from "./officers";
import { OwnLook } from "./own-look";
import { OwnReel } from "./own-reel";
import { Refusals } from "./refusals";
import { Remove } from "./remove";
import { TestPicture } from "./test-picture";

export function CameraPage() {
  return <Seated roles={["owner"]}>{(session) => <One session={session} />}</Seated>;
}

/** One camera: on or paused, what was agreed, what it sees, and every look through it. */
function One({ session }: { session: Session }) {
  const { t } = useTranslation();
  const { camera: id = "" } = useParams({ strict: false });
  const person = session.person ?? "";
  const navigate = useNavigate();
  const home = useLoaded<Home>("/home");
  const own = useLoaded<OwnCamera>(`/cameras/${id}`);
  return (
    <main className="page" id="main">
      <p><Link to="/home">← {t("home.title")}</Link></p>
      <Show of={home} lines={2}>
        {(data) => {
          const camera = data.cameras.find((one) => one.id === id);
          if (!camera) return <Empty title={t("problem.not-found")} />;
          return (
            <>
              <header className="row between">
                <div className="stack tight"><h1>{camera.name}</h1><CameraState camera={camera} /></div>
                <PauseButton camera={camera} person={person} />
              </header>
              <Warnings camera={camera} />
              <OwnLook camera={id} person={person} name={camera.name} />
              <section className="card stack" aria-labelledby="own-reel">
                <div className="stack tight"><h2 id="own-reel">{t("home.reel")}</h2><p className="muted small">{t("home.reel_text")}</p></div>
                <OwnReel camera={id} person={person} name={camera.name} />
              </section>
            </>
          );
        }}
      </Show>
      <Show of={own} lines={5}>
        {(camera) => camera.participation === "voluntary" ? <Agreed camera={id} /> : <Obligations camera={camera} />}
      </Show>
      {own.state === "ready" && <Reach camera={own.data} />}
      <TestPicture camera={id} person={person} />
      {own.state === "ready" && <LowAddress camera={own.data} person={person} />}
      <p className="note small">{t("home.motion_hint")}</p>
      <Looks camera={id} />
      <Refusals camera={id} />
      <Officers camera={id} />
      <Remove path={`/cameras/${id}`} words={t("home.remove")} text={t("home.remove_text")} then={() => navigate({ to: "/home" })} />
    </main>
  );
}

/** Where distances are counted from: never this home alone, and where that cannot be, no call opens the camera. */
function Reach({ camera }: { camera: OwnCamera }) {
  const { t } = useTranslation();
  if (camera.block_radius_m === null) return <p className="note">{t("home.block_none")}</p>;
  return <p className="note small">{t("home.block_reach", { metres: camera.block_radius_m })}</p>;
}

function Agreed({ camera }: { camera: string }) {
  const { t } = useTranslation();
  const consents = useLoaded<Consents>(consentsPath(camera));
  return (
    <section className="stack">
      <h2>{t("home.agreed")}</h2>
      <Show of={consents} lines={5}>
        {({ consents: items, drafts }) => (
          <>
            {items.length === 0 && <Empty title={t("home.no_consent")}><p>{t("home.no_consent_text")}</p></Empty>}
            {items.map((consent) => <ConsentCard key={consent.id} consent={consent} drafts={drafts} />)}
            {!items.some((consent) => consent.state === "given") && (
              <p><Link to="/home/cameras/$camera/consent" params={{ camera }} className="btn primary">
                {t("home.give")}
              </Link></p>
            )}
          </>
        )}
      </Show>
    </section>
  );
}
