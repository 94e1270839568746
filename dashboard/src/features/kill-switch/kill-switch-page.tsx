import { useQuery } from "@tanstack/react-query";

import { useRefusal } from "@/access/me";
import { fetchKillSwitches, KILL_SWITCHES } from "@/api/budget-endpoints";
import { PageHeader } from "@/ui/page";
import { Loaded, Nothing, ReadOnlyNote, Rows, Section, SettingsBody } from "@/ui/settings";

import { Hooks } from "./hooks";
import { StopRow } from "./stop-row";
import { TriggerForm } from "./trigger-form";

const REFRESH_MS = 5_000;

/** Stops calls now, and shows what was stopped before. */
export function KillSwitchPage() {
  const refusal = useRefusal("kill_switch:write");
  const query = useQuery({ queryKey: [KILL_SWITCHES, "all"], queryFn: ({ signal }) => fetchKillSwitches(false, signal), refetchInterval: REFRESH_MS });
  return (
    <>
      <PageHeader title="Kill switch" note={<span className="hidden lg:inline">Stops calls in every app that enforces and in every gateway, within a second.</span>} />
      <SettingsBody wide>
        <ReadOnlyNote reason={refusal} />
        {refusal === null && <TriggerForm />}
        <Section title="Stops and dry runs" note="The latest 200, newest first.">
          <Loaded query={query} label="Loading kill switches">
            {(stops) =>
              stops.length === 0 ? (
                <Nothing>Nothing was ever stopped here.</Nothing>
              ) : (
                <Rows label="Stops and dry runs">
                  {stops.map((stop) => (
                    <StopRow key={stop.id} stop={stop} />
                  ))}
                </Rows>
              )
            }
          </Loaded>
        </Section>
        {refusal === null && <Hooks />}
      </SettingsBody>
    </>
  );
}
