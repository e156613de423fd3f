/** Passkeys through the browser's own JSON forms (WebAuthn level 3). */
import { allauth, type Answer } from "./allauth";

interface OptionsAnswer { creation_options?: { publicKey: unknown }; request_options?: { publicKey: unknown } }

export function passkeysWork(): boolean {
  return (
    "PublicKeyCredential" in globalThis &&
    "parseRequestOptionsFromJSON" in PublicKeyCredential &&
    "parseCreationOptionsFromJSON" in PublicKeyCredential
  );
}

async function assertion(path: string): Promise<Answer> {
  const asked = await allauth("GET", path);
  const options = (asked.data as OptionsAnswer).request_options?.publicKey;
  if (asked.status !== 200 || !options) return asked;
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options as PublicKeyCredentialRequestOptionsJSON);
  const credential = (await navigator.credentials.get({ publicKey })) as PublicKeyCredential | null;
  return allauth("POST", path, { credential: credential?.toJSON() });
}

/** Sign in with a passkey alone. Rejects when the person cancels. */
export function signInWithPasskey(): Promise<Answer> {
  return assertion("/auth/webauthn/login");
}

/** The passkey as second factor of a sign-in under way. */
export function secondFactorWithPasskey(): Promise<Answer> {
  return assertion("/auth/webauthn/authenticate");
}

/** The passkey once more, before something that matters. */
export function proveWithPasskey(): Promise<Answer> {
  return assertion("/auth/webauthn/reauthenticate");
}

/** Add a passkey to the account that is signed in. */
export async function addPasskey(name: string): Promise<Answer> {
  const path = "/account/authenticators/webauthn";
  const asked = await allauth("GET", `${path}?passwordless`);
  const options = (asked.data as OptionsAnswer).creation_options?.publicKey;
  if (asked.status !== 200 || !options) return asked;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options as PublicKeyCredentialCreationOptionsJSON);
  const credential = (await navigator.credentials.create({ publicKey })) as PublicKeyCredential | null;
  return allauth("POST", path, { name, credential: credential?.toJSON() });
}
