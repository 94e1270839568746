import { Undo2 } from "lucide-react";

import { ME_KEY, useMe, useRefusal } from "@/access/me";
import { restoreProject } from "@/api/identity-endpoints";
import { useChange } from "@/api/use-change";
import { formatDay, formatDistance } from "@/format/until";
import { Button } from "@/ui/button";

/** On every page of a project that waits for its deletion: until when, and the way back. */
export function DeletionNotice() {
  const me = useMe().data;
  const project = me?.projects.find((each) => each.id === me.project_id);
  const refusal = useRefusal("project:write");
  const restore = useChange(restoreProject, [ME_KEY]);
  if (project?.erase_after == null) return null;
  return (
    <div role="alert" className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-b border-bad/30 bg-bad-soft px-4 py-2 text-sm text-bad md:px-6">
      <strong className="font-semibold">This project is being deleted.</strong>
      <span className="min-w-0 flex-1 basis-72">
        It takes nothing in. Its data is erased {formatDistance(project.erase_after, new Date())}, on {formatDay(project.erase_after)}. {restore.error?.message ?? refusal ?? ""}
      </span>
      {refusal === null && (
        <Button size="sm" disabled={restore.isPending} onClick={() => restore.mutate(project.id)}>
          <Undo2 />
          Restore it
        </Button>
      )}
    </div>
  );
}
