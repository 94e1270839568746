/** What could not be processed: three letters, one of which is refused again. */
import type { DeadLetterDetail } from "@/api/types";

import { ok, problem, type Answer } from "../answer.ts";

export class LetterDesk {
  private letters: DeadLetterDetail[];

  constructor(now: number) {
    this.letters = deadLetters(now);
  }

  get count(): number {
    return this.letters.length;
  }

  answer(method: string, path: string, isEmpty: boolean): Answer {
    const letters = isEmpty ? [] : this.letters;
    const [, , , id, action] = path.split("/");
    if (id === undefined) return ok({ items: letters.map(({ events: _events, ...letter }) => letter), next_cursor: null });
    if (id === "replay-all") {
      const replayed = letters.length;
      this.letters = [];
      return ok({ replayed });
    }
    const found = letters.find((letter) => letter.id === id);
    if (!found) return problem(404, "not_found", `No dead letter ${id}.`);
    if (method === "GET") return ok(found);
    if (action === "replay" && found.attempts > 3) return problem(409, "still_failing", "The batch was refused again: " + found.reason);
    this.letters = this.letters.filter((letter) => letter.id !== id);
    return method === "DELETE" ? { status: 204 } : ok({ replayed: 1 });
  }
}

function deadLetters(now: number): DeadLetterDetail[] {
  const letter = (id: string, minutes: number, stage: string, reason: string, spans: number, attempts: number): DeadLetterDetail => ({
    id, stage, reason, spans, attempts, bytes: spans * 2_310, api_key_id: "key_demo",
    received_at: new Date(now - minutes * 60_000 - 4000).toISOString(), failed_at: new Date(now - minutes * 60_000).toISOString(),
    events: JSON.stringify([{ trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", name: "chat gpt-4.1", usage: { input_tokens: 1200, output_tokens: 310 } }], null, 2),
  });
  return [
    letter("dl_01hzx4k9", 6, "store", "The store does not take it: memory limit (total) exceeded while inserting", 128, 5),
    letter("dl_01hzx3a2", 47, "decode", "It cannot be read: not a batch of events: Input data was truncated", 40, 1),
    letter("dl_01hzwy7c", 380, "price", "It cannot be counted: usage: a count over 1000000000000000", 12, 2),
  ];
}
