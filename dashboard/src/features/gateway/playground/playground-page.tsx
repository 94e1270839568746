import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { FlaskConical, Play, Plus, Server, Square, X } from "lucide-react";
import { useState } from "react";

import { useRefusal } from "@/access/me";
import { paths } from "@/paths";
import { Suggesting } from "@/scope/call-scope-fields";
import { Button, IconButton } from "@/ui/button";
import { onSubmit, TextArea } from "@/ui/form";
import { PageHeader } from "@/ui/page";
import { ReadOnlyNote, Section } from "@/ui/settings";
import { EmptyState } from "@/ui/state";

import { NumberField } from "../number-field";
import { useCallableNames, useProviders, useRoutes } from "../queries";
import { AnswerCard } from "./answer-card";
import { FIRST_DRAFT, hasProvider, suggestionsOf, wishesOf } from "./draft";
import { isUnderWay } from "./run";
import { useRuns } from "./use-runs";

/** One prompt, one or two models, their answers side by side. Every call is a real one: it is counted and paid for. */
export function PlaygroundPage() {
  const refusal = useRefusal("gateway:call");
  const providers = useProviders();
  return (
    <>
      <PageHeader title="Playground" note={<span className="hidden lg:inline">Real calls through the gateway: recorded, limited and paid for as any.</span>} />
      <div className="flex flex-col gap-4 px-4 pb-10 md:px-6">
        <ReadOnlyNote reason={refusal} />
        {hasProvider(providers.data) ? refusal === null && <Playground /> : <NoProvider />}
      </div>
    </>
  );
}

function Playground() {
  const { model = "", other } = useSearch({ from: "/playground" });
  const navigate = useNavigate({ from: "/playground" });
  const names = useCallableNames().data ?? [];
  const routes = useRoutes().data ?? [];
  const suggested = suggestionsOf(names, routes);
  const [draft, setDraft] = useState(FIRST_DRAFT);
  const [asked, setAsked] = useState<readonly string[]>([]);
  const { runs, start, stop } = useRuns();
  const [answers, setAnswers] = useState<HTMLDivElement | null>(null);
  // The address holds them; while one is typed, the field does.
  const [models, setModels] = useState<readonly string[]>(() => (other === undefined ? [model] : [model, other]));
  const setModel = (index: number, value: string) => keep(models.map((each, at) => (at === index ? value : each)));
  const keep = (next: readonly string[]) => {
    setModels(next);
    void navigate({ to: ".", search: (before) => ({ ...before, model: next[0] || undefined, other: next[1] || undefined }), replace: true });
  };
  const wishes = wishesOf(draft, models);
  const isBusy = runs.some(isUnderWay);
  const submit = () => {
    if (wishes === null || isBusy) return;
    setAsked(wishes.map((wish) => wish.model));
    start(wishes);
    // On a phone they are below the question.
    answers?.scrollIntoView({ block: "nearest" });
  };
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[340px_minmax(0,1fr)]">
      <form onSubmit={onSubmit(submit)}>
        <Section title="Ask">
          <div className="flex flex-col gap-4 p-4">
            {models.map((each, index) => (
              <div key={index} className="flex items-end gap-1">
                <div className="min-w-0 flex-1">
                  <Suggesting label={index === 0 ? "Model" : "Compare with"} value={each} onChange={(value) => setModel(index, value)} values={suggested} placeholder={suggested[index] ?? "provider/model"} required />
                </div>
                {index === 1 && (
                  <IconButton label="Do not compare" onClick={() => keep(models.slice(0, 1))}>
                    <X />
                  </IconButton>
                )}
              </div>
            ))}
            {models.length === 1 && (
              <Button size="sm" look="link" className="self-start" onClick={() => setModels([...models, ""])}>
                <Plus />
                Compare with another
              </Button>
            )}
            <TextArea label="System text" value={draft.system} onChange={(system) => setDraft({ ...draft, system })} rows={2} placeholder="You are brief." />
            <TextArea label="Prompt" value={draft.prompt} onChange={(prompt) => setDraft({ ...draft, prompt })} rows={6} required />
            <div className="grid grid-cols-2 gap-3">
              <NumberField label="Temperature" value={draft.temperature} onChange={(temperature) => setDraft({ ...draft, temperature })} optional placeholder="the model’s" />
              <NumberField label="Most tokens" value={draft.maxTokens} onChange={(maxTokens) => setDraft({ ...draft, maxTokens })} whole optional placeholder="the model’s" />
            </div>
            <div className="flex gap-2">
              <Button type="submit" look="primary" disabled={wishes === null || isBusy}>
                <Play />
                {models.length > 1 ? "Ask both" : "Ask"}
              </Button>
              {isBusy && (
                <Button onClick={stop}>
                  <Square />
                  Stop
                </Button>
              )}
            </div>
          </div>
        </Section>
      </form>
      <div ref={setAnswers} className={`grid min-w-0 scroll-mt-4 gap-4 ${runs.length > 1 ? "xl:grid-cols-2" : ""}`}>
        {runs.length === 0 && (
          <EmptyState icon={<FlaskConical />} title="Ask one model, or two side by side" className="rounded-lg border border-dashed border-line-strong">
            Answers come in here as they are written, with their latency, tokens and cost, and a link to their trace.
          </EmptyState>
        )}
        {runs.map((run, index) => (
          <AnswerCard key={index} model={asked[index] ?? ""} run={run} />
        ))}
      </div>
    </div>
  );
}

function NoProvider() {
  return (
    <EmptyState icon={<Server />} title="No provider yet" className="rounded-lg border border-dashed border-line-strong">
      <p>The playground calls models through the gateway. Add a provider with its key first.</p>
      <div className="mt-3">
        <Button look="primary" asChild>
          <Link {...paths.providers()}>Add a provider</Link>
        </Button>
      </div>
    </EmptyState>
  );
}
