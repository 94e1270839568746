/** The name under which libraries that make style elements (menus and dialogs lock scrolling with one) look for it. */
declare global {
  var __webpack_nonce__: string | undefined;
}

/** The page's policy lets only those style elements work that carry the nonce which the server made for this page. */
export function allowOwnStyles(): void {
  globalThis.__webpack_nonce__ = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.nonce;
}
