/**
 * What a page begins with, by its address: asked for while its file is still on its way. The build hands the list to
 * the server, which names it in its first answer, so that these come before the program that shows them has run.
 */
export const AHEAD: Partial<Record<string, readonly string[]>> = { "/home": ["/session", "/home"] };
