/** Drafts of terms are in the owner's own time zone. */
export function consentsPath(camera: string): string {
  const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return `/cameras/${camera}/consents?time_zone=${encodeURIComponent(zone)}`;
}
