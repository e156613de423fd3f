import "i18next";
import type { words } from "./en";
import type { desk } from "./en/desk";

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "translation";
    resources: { translation: typeof words & typeof desk };
  }
}
