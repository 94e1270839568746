import { Pause, Play } from "lucide-react";

import type { LiveState } from "@/api/live";
import { Button } from "@/ui/button";
import { cn } from "@/ui/cn";

/** Follows news, or holds still. */
export function LiveToggle({ live, state, onChange }: { live: boolean; state: LiveState; onChange: (live: boolean) => void }) {
  const isBroken = live && state === "broken";
  return (
    <Button title={isBroken ? "The live connection is lost; trying again" : live ? "Pause" : "Follow new calls"} onClick={() => onChange(!live)}>
      {live ? (
        <span aria-hidden className="relative flex size-2">
          {state === "open" && <span className="absolute inline-flex size-full animate-ping rounded-full bg-good opacity-50" />}
          <span className={cn("relative inline-flex size-2 rounded-full", isBroken ? "bg-bad" : state === "open" ? "bg-good" : "bg-faint")} />
        </span>
      ) : (
        <Play className="text-faint" />
      )}
      {live ? "Live" : "Paused"}
      {live && <Pause className="text-faint" />}
    </Button>
  );
}
