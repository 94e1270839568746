import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { ArrowLeft, FlaskConical, Server, Trash2 } from "lucide-react";

import { useRefusal } from "@/access/me";
import { fetchGatewayRoute, removeGatewayRoute, saveGatewayRoute } from "@/api/gateway-endpoints";
import type { GatewayRoute, GatewayRouteWish } from "@/api/gateway-types";
import { useChange } from "@/api/use-change";
import { paths } from "@/paths";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { FormProblem } from "@/ui/form";
import { PageHeader } from "@/ui/page";
import { Loaded, ReadOnlyNote, Section, SettingsBody } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { FileBadge, OF_THE_FILE } from "../managed-by";
import { CONFIGURED, ROUTES, useProviders } from "../queries";
import { FIRST_ROUTE, wishOfRoute } from "./draft";
import { RouteForm } from "./route-form";
import { WeightBar } from "./weight-bar";
import { routeInWords } from "./words";

function Back() {
  return (
    <Button look="ghost" asChild>
      <Link {...paths.gatewayRoutes()}>
        <ArrowLeft />
        All routes
      </Link>
    </Button>
  );
}

export function NewRoutePage() {
  const navigate = useNavigate();
  const refusal = useRefusal("gateway:write");
  const providers = useProviders();
  const save = useChange((wish: GatewayRouteWish) => saveGatewayRoute(null, wish), CONFIGURED, () => void navigate(paths.gatewayRoutes()));
  return (
    <>
      <PageHeader title="New route">
        <Back />
      </PageHeader>
      <SettingsBody wide>
        <ReadOnlyNote reason={refusal} />
        {refusal === null && (
          <Loaded query={providers} label="Loading providers">
            {(known) => (known.length === 0 ? <NoProvider /> : <RouteForm first={FIRST_ROUTE} providers={known} action="Make this route" pending={save.isPending} error={save.error} onSave={save.mutate} />)}
          </Loaded>
        )}
      </SettingsBody>
    </>
  );
}

function NoProvider() {
  return (
    <EmptyState icon={<Server />} title="No provider yet" className="rounded-lg border border-dashed border-line-strong">
      <p>A route leads to models of a provider. Add one with its key first.</p>
      <div className="mt-3">
        <Button look="primary" asChild>
          <Link {...paths.providers()}>Add a provider</Link>
        </Button>
      </div>
    </EmptyState>
  );
}

export function RoutePage() {
  const { routeId } = useParams({ from: "/routes/$routeId" });
  // Above the form, which begins anew with what was saved.
  const save = useChange((wish: GatewayRouteWish) => saveGatewayRoute(routeId, wish), CONFIGURED);
  const query = useQuery({ queryKey: [ROUTES, "one", routeId], queryFn: ({ signal }) => fetchGatewayRoute(routeId, signal) });
  return (
    <>
      {query.data === undefined && (
        <PageHeader title="Route">
          <Back />
        </PageHeader>
      )}
      <Loaded query={query} label="Loading the route">
        {(route) => <OneRoute key={route.updated_at} route={route} save={save} />}
      </Loaded>
    </>
  );
}

function OneRoute({ route, save }: { route: GatewayRoute; save: { isPending: boolean; isSuccess: boolean; error: Error | null; mutate: (wish: GatewayRouteWish) => void } }) {
  const navigate = useNavigate();
  const refusal = useRefusal("gateway:write") ?? (route.managed_by === "file" ? OF_THE_FILE : null);
  const providers = useProviders();
  const remove = useChange(() => removeGatewayRoute(route.id), CONFIGURED, () => void navigate(paths.gatewayRoutes()));
  return (
    <>
      <PageHeader title={route.name} note={route.managed_by === "file" && <FileBadge />}>
        <Back />
        <Button asChild>
          <Link {...paths.playground(route.name)}>
            <FlaskConical />
            Try it
          </Link>
        </Button>
        {refusal === null && (
          <Confirm
            trigger={
              <Button look="danger" disabled={remove.isPending}>
                <Trash2 />
                Remove
              </Button>
            }
            title={`Remove “${route.name}”?`}
            text="Calls that name it are refused from then on. Calls that are under way go on."
            action="Remove"
            danger
            onConfirm={() => remove.mutate()}
          />
        )}
      </PageHeader>
      <SettingsBody wide>
        <FormProblem error={remove.error} />
        <ReadOnlyNote reason={refusal} />
        {refusal === null ? (
          <Loaded query={providers} label="Loading providers">
            {(known) => <RouteForm first={wishOfRoute(route)} providers={known} action="Save changes" pending={save.isPending} error={save.error} saved={save.isSuccess} onSave={save.mutate} />}
          </Loaded>
        ) : (
          <Section title="What it does">
            <div className="flex flex-col gap-3 p-4">
              <WeightBar targets={route.targets} />
              {routeInWords(wishOfRoute(route)).map((sentence) => (
                <p key={sentence} className="text-sm">
                  {sentence}
                </p>
              ))}
            </div>
          </Section>
        )}
      </SettingsBody>
    </>
  );
}
