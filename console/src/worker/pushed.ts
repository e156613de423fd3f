/** A push carries ids: the words are those of its kind; who and why are fetched by the page after sign-in. */
import { KINDS, pageOf, wordsOf } from "../notices/kinds";
import { scope, type PushData } from "./scope";

interface Pushed { kind?: string; object?: string; language?: string }

export async function showPush(data: PushData | null): Promise<void> {
  const said = (data?.json() ?? {}) as Pushed;
  const name = String(said.kind), object = String(said.object);
  const kind = KINDS[name];
  const words = kind && wordsOf(kind, said.language ?? "en");
  await scope.registration.showNotification(words?.title ?? "Consentry", {
    body: words?.short ?? "", icon: "/icon.svg", lang: said.language ?? "en",
    // One notice per thing: the end of a look takes the place of its beginning.
    tag: `${name.split(".")[0] ?? ""}:${object}`, renotify: true, data: { page: pageOf(kind, object) },
  });
}
