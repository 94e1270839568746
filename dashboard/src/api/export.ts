/** GET /v1/export into a file of the reader's. */
import { apiUrl, type Parameters } from "./client";
import { saveAnswer } from "./save";

export type ExportFormat = "csv" | "ndjson" | "parquet";

export async function saveExport(scope: Parameters, format: ExportFormat): Promise<void> {
  const name = `lynex-spans-${new Date().toISOString().slice(0, 16).replace(/[T:]/g, "-")}.${format}`;
  await saveAnswer(apiUrl("/v1/export", { ...scope, format }), name);
}
