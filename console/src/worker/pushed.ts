/** A push carries ids: the words are those of its kind; who and why are fetched by the page after sign-in. */
import { KINDS, pageOf, wordsOf } from "../notices/kinds";
import { showNoticed } from "./noticed";
import { scope, type PushData, type Shown } from "./scope";

interface Pushed { kind?: string; object?: string; language?: string }

export async function showPush(data: PushData | null): Promise<void> {
  const said = (data?.json() ?? {}) as Pushed;
  const name = String(said.kind), object = String(said.object), language = said.language ?? "en";
  const kind = KINDS[name];
  const words = kind && wordsOf(kind, language);
  const shown: Shown = {
    body: words?.short ?? "", icon: "/icon-192.png", badge: "/badge-96.png", lang: language,
    // One notice per thing: the end of a look takes the place of its beginning.
    tag: `${name.split(".")[0] ?? ""}:${object}`, renotify: true, data: { page: pageOf(kind, object) },
  };
  if (name === "camera.event") return showNoticed(object, language, words?.title ?? "Consentry", shown);
  await scope.registration.showNotification(words?.title ?? "Consentry", shown);
}
