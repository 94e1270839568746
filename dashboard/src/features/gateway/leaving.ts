import type { GatewayRouteWish } from "@/api/gateway-types";
import type { Choice } from "@/ui/form";

/** What becomes of an answer whose client leaves. */
export const LEAVING: readonly Choice<GatewayRouteWish["when_client_leaves"]>[] = [
  { value: "cancel", label: "Cancel the answer" },
  { value: "drain", label: "Read the answer on" },
];
