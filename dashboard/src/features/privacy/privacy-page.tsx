import { useInfiniteQuery } from "@tanstack/react-query";
import { Download, Eraser } from "lucide-react";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import { endUserExportUrl, eraseEndUser, fetchErasures } from "@/api/privacy-endpoints";
import { saveAnswer } from "@/api/save";
import { useChange } from "@/api/use-change";
import { Button } from "@/ui/button";
import { FormProblem, TextField, TypedConfirm } from "@/ui/form";
import { LoadMore, Loaded, Nothing, ReadOnlyNote, Rows, Section, SettingsBody } from "@/ui/settings";

import { ErasureRow } from "./erasure-row";

const WATCH_MS = 3_000;

/** What an end user may ask for: their data as a file, or gone. */
export function PrivacyPage() {
  const eraseRefusal = useRefusal("end_users:delete");
  return (
    <SettingsBody>
      <ReadOnlyNote reason={eraseRefusal} />
      <OneEndUser eraseRefusal={eraseRefusal} />
      {eraseRefusal === null && <Erasures />}
    </SettingsBody>
  );
}

function OneEndUser({ eraseRefusal }: { eraseRefusal: string | null }) {
  const exportRefusal = useRefusal("export:read");
  const [id, setId] = useState("");
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState("");
  const endUser = id.trim();
  const save = useChange(() => saveAnswer(endUserExportUrl(endUser), "end-user.ndjson"), []);
  const erase = useChange(
    () => eraseEndUser(endUser),
    [["erasures"]],
    () => {
      setAsking(false);
      setTyped("");
      setId("");
    },
  );
  return (
    <Section title="One end user" note="The person your app served, by the user id that it sends.">
      <div className="flex flex-col gap-3 p-4">
        <TextField label="End user id" value={id} onChange={setId} mono autoComplete="off" spellCheck={false} placeholder="customer-42" hint="Exactly as the spans have it." />
        <div className="flex flex-wrap gap-2">
          <Button disabled={endUser === "" || save.isPending || exportRefusal !== null} title={exportRefusal ?? undefined} onClick={() => save.mutate()}>
            <Download className="text-faint" />
            {save.isPending ? "Exporting…" : "Export their data"}
          </Button>
          <Button look="danger" disabled={endUser === "" || eraseRefusal !== null} title={eraseRefusal ?? undefined} onClick={() => setAsking(true)}>
            <Eraser />
            Erase their data
          </Button>
        </div>
        <FormProblem error={save.error} />
        {erase.isSuccess && (
          <p role="status" className="rounded-md bg-good-soft px-3 py-2 text-sm text-good">
            The erasure has begun. Its steps and its proof stand below.
          </p>
        )}
      </div>
      <TypedConfirm
        title="Erase an end user?"
        text="Every span of theirs is removed from every store, and the removal is checked. It takes some minutes and cannot be taken back. What arrives of them later is stored without anything that tells of them."
        word={endUser}
        typed={typed}
        onType={setTyped}
        action="Erase for good"
        open={asking}
        onOpenChange={setAsking}
        pending={erase.isPending}
        error={erase.error}
        onConfirm={() => erase.mutate()}
      />
    </Section>
  );
}

function Erasures() {
  const query = useInfiniteQuery({
    queryKey: ["erasures"],
    queryFn: ({ pageParam, signal }) => fetchErasures(null, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next_cursor,
    refetchInterval: ({ state }) => (state.data?.pages.some((page) => page.items.some((each) => each.finished_at === null && each.step !== "failed")) === true ? WATCH_MS : false),
  });
  return (
    <Section title="Erasures" note="Who asked, what was found, and that it is gone. End users appear as a salted hash: their id is forgotten too.">
      <Loaded query={query} label="Loading erasures">
        {({ pages }) => {
          const erasures = pages.flatMap((page) => page.items);
          if (erasures.length === 0) return <Nothing>Nobody was erased yet.</Nothing>;
          return (
            <Rows label="Erasures">
              {erasures.map((erasure) => (
                <ErasureRow key={erasure.id} erasure={erasure} />
              ))}
            </Rows>
          );
        }}
      </Loaded>
      <LoadMore query={query} className="border-t border-line p-3" />
    </Section>
  );
}
