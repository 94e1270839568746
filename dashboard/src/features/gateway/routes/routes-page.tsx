import { Link } from "@tanstack/react-router";
import { Plus, Split } from "lucide-react";

import { useRefusal } from "@/access/me";
import type { GatewayRoute } from "@/api/gateway-types";
import { paths } from "@/paths";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Card } from "@/ui/card";
import { PageHeader } from "@/ui/page";
import { Loaded, ReadOnlyNote } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { FileBadge } from "../managed-by";
import { useProviders, useRoutes } from "../queries";
import { wishOfRoute } from "./draft";
import { WeightBar } from "./weight-bar";
import { routeInWords } from "./words";

/** Names that callers give as their model, and what becomes of such calls. */
export function RoutesPage() {
  const query = useRoutes();
  const providers = useProviders();
  const refusal = useRefusal("gateway:write");
  const isEmpty = query.data?.length === 0;
  const needsProvider = providers.data?.length === 0;
  return (
    <>
      <PageHeader title="Routes" note={<span className="hidden lg:inline">Names that callers give as their model, and what becomes of such calls.</span>}>
        {refusal === null && query.data !== undefined && !isEmpty && <NewRoute />}
      </PageHeader>
      <div className="flex flex-col gap-3 px-4 pb-10 md:px-6">
        <ReadOnlyNote reason={refusal} />
        <Card>
          <Loaded query={query} label="Loading routes">
            {(routes) =>
              routes.length === 0 ? (
                <EmptyState icon={<Split />} title="No route yet">
                  <p>
                    {needsProvider
                      ? "First add a provider. Its models can be called as provider/model; a route gives them a name of your own, with shares, fallbacks, a cache and guardrails."
                      : "Models can be called as provider/model without one. A route gives them a name of your own, with shares, fallbacks, a cache and guardrails."}
                  </p>
                  {refusal === null && <div className="mt-3">{needsProvider ? <ToProviders /> : <NewRoute />}</div>}
                </EmptyState>
              ) : (
                <ul aria-label="Routes" className="divide-y divide-line">
                  {routes.map((route) => (
                    <RouteRow key={route.id} route={route} />
                  ))}
                </ul>
              )
            }
          </Loaded>
        </Card>
      </div>
    </>
  );
}

function NewRoute() {
  return (
    <Button look="primary" asChild>
      <Link {...paths.newGatewayRoute()}>
        <Plus />
        New route
      </Link>
    </Button>
  );
}

function ToProviders() {
  return (
    <Button look="primary" asChild>
      <Link {...paths.providers()}>
        <Plus />
        Add a provider
      </Link>
    </Button>
  );
}

function RouteRow({ route }: { route: GatewayRoute }) {
  const [first, ...more] = routeInWords(wishOfRoute(route));
  return (
    <li>
      <Link {...paths.gatewayRoute(route.id)} className="grid gap-x-6 gap-y-2 px-4 py-3.5 outline-offset-[-2px] hover:bg-hover md:grid-cols-[minmax(0,5fr)_minmax(0,4fr)]">
        <div className="min-w-0">
          <div className="flex min-w-0 flex-wrap items-center gap-2">
            <h2 className="truncate font-mono text-sm font-semibold">{route.name}</h2>
            {!route.enabled && <Badge tone="warn">off</Badge>}
            {route.cache.mode !== "off" && <Badge tone="info">cache</Badge>}
            {route.managed_by === "file" && <FileBadge />}
          </div>
          <p className="mt-0.5 text-xs text-muted">{first}</p>
          <p className="mt-0.5 text-xs text-faint">{more.join(" ")}</p>
        </div>
        <div className="min-w-0 self-center">
          <WeightBar targets={route.targets} />
        </div>
      </Link>
    </li>
  );
}
