/** The first elements of keys about prices: what changes one makes what hangs on it stale. */
export const PRICES = "prices";
export const OWN_PRICES = "own-prices";
export const UNPRICED = "unpriced";
export const REPRICINGS = "repricings";
export const REPORTS = "price-reports";
export const RECONCILIATION = "reconciliation";

/** What a change of an own price makes stale. */
export const AFTER_PRICE_CHANGE = [[PRICES], [OWN_PRICES], [UNPRICED]] as const;
