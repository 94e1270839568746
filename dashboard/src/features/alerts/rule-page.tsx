import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Trash2 } from "lucide-react";

import { useRefusal } from "@/access/me";
import { fetchRule, removeRule, saveRule } from "@/api/alert-endpoints";
import type { AlertRuleDetail, AlertRuleWish } from "@/api/alert-types";
import { useChange } from "@/api/use-change";
import { formatListTime } from "@/format/time";
import { paths } from "@/paths";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { FormProblem } from "@/ui/form";
import { Loaded, Nothing, ReadOnlyNote, Row, Rows, Section, SettingsBody } from "@/ui/settings";

import { REFRESH_MS, RULES } from "./queries";
import { RuleForm } from "./rule-form";
import { FIRST_RULE } from "./words";

export function NewRulePage() {
  const navigate = useNavigate();
  const refusal = useRefusal("alerts:write");
  const save = useChange((wish: AlertRuleWish) => saveRule(null, wish), [[RULES]], (made) => void navigate(paths.alertRule(made.id)));
  return (
    <SettingsBody wide>
      <ReadOnlyNote reason={refusal} />
      {refusal === null && <RuleForm first={FIRST_RULE} action="Make this rule" pending={save.isPending} error={save.error} onSave={save.mutate} />}
    </SettingsBody>
  );
}

export function RulePage() {
  const { ruleId } = useParams({ from: "/alerts/rules/$ruleId" });
  const query = useQuery({ queryKey: [RULES, "one", ruleId], queryFn: ({ signal }) => fetchRule(ruleId, signal), refetchInterval: REFRESH_MS });
  return (
    <SettingsBody wide>
      <Loaded query={query} label="Loading the rule">
        {(rule) => <OneRule rule={rule} />}
      </Loaded>
    </SettingsBody>
  );
}

const PHASES: Record<AlertRuleDetail["groups"][number]["phase"], Tone> = { ok: "good", pending: "warn", firing: "bad" };

function OneRule({ rule }: { rule: AlertRuleDetail }) {
  const navigate = useNavigate();
  const refusal = useRefusal("alerts:write");
  const save = useChange((wish: AlertRuleWish) => saveRule(rule.id, wish), [[RULES]]);
  const remove = useChange(() => removeRule(rule.id), [[RULES, "list"]], () => void navigate(paths.alertRules()));
  return (
    <>
      <Section
        title={rule.name}
        note={`${rule.describes}.${rule.evaluated_at === null ? "" : ` Last looked at ${formatListTime(rule.evaluated_at, new Date())}.`}`}
        actions={
          refusal === null && (
            <Confirm
              trigger={
                <Button look="danger" disabled={remove.isPending}>
                  <Trash2 />
                  Remove
                </Button>
              }
              title={`Remove “${rule.name}”?`}
              text="Its open incidents are closed with it."
              action="Remove"
              danger
              onConfirm={() => remove.mutate()}
            />
          )
        }
      >
        <FormProblem error={remove.error} />
        {rule.failing_since !== null && <p role="alert" className="px-4 py-3 text-sm text-bad">Looking fails since {formatListTime(rule.failing_since, new Date())}: {rule.error}</p>}
        {rule.groups.length === 0 ? (
          <Nothing>Not looked at yet, or nothing to look at.</Nothing>
        ) : (
          <Rows label="Where it stands">
            {rule.groups.map((group) => (
              <Row key={group.group} actions={<span className="text-xs text-muted">since {formatListTime(group.since, new Date())}</span>}>
                <span className="flex flex-wrap items-center gap-2 text-sm">
                  <Badge tone={PHASES[group.phase]}>{group.phase}</Badge>
                  <span className="font-medium">{group.group === "" ? "all calls" : group.group_name}</span>
                  <span className="text-muted tabular">{group.value === null ? "no value" : group.value.toLocaleString("en-US", { maximumFractionDigits: 4 })}</span>
                </span>
              </Row>
            ))}
          </Rows>
        )}
      </Section>
      <ReadOnlyNote reason={refusal} />
      {refusal === null && <RuleForm key={rule.updated_at} first={wishOfRule(rule)} action="Save changes" pending={save.isPending} error={save.error} onSave={save.mutate} />}
    </>
  );
}

/** What of a rule can be changed. */
function wishOfRule(rule: AlertRuleDetail): AlertRuleWish {
  const names = Object.keys(FIRST_RULE) as (keyof AlertRuleWish)[];
  return Object.fromEntries(names.map((name) => [name, rule[name]])) as unknown as AlertRuleWish;
}
