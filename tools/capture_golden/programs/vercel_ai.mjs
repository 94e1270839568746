// The Vercel AI SDK with its OpenTelemetry integration: text, stream and a tool call.
import { createOpenAI } from '@ai-sdk/openai';
import { createAnthropic } from '@ai-sdk/anthropic';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector } from '@opentelemetry/resources';
import { NodeTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-node';
import * as ai from 'ai';
import { z } from 'zod';

const processor = new BatchSpanProcessor(new OTLPTraceExporter(), { scheduledDelayMillis: 3_600_000 });
const resource = detectResources({ detectors: [envDetector] });
const tracers = new NodeTracerProvider({ resource, spanProcessors: [processor] });
tracers.register();
if (ai.registerTelemetry) {
  const { OpenTelemetry } = await import('@ai-sdk/otel');
  ai.registerTelemetry(new OpenTelemetry());
}

const base = process.env.PROVIDER_URL + '/v1';
const openai = createOpenAI({ baseURL: base, apiKey: 'none' });
const anthropic = createAnthropic({ baseURL: base, apiKey: 'none' });
const settings = {
  isEnabled: true,
  functionId: 'answer-question',
  metadata: { sessionId: 'session-42', userId: 'user-7' },
};
// `telemetry` is the name since version 7, `experimental_telemetry` before.
const telemetry = ai.registerTelemetry ? { telemetry: settings } : { experimental_telemetry: settings };

await ai.generateText({
  model: openai.chat('gpt-4o-mini'),
  prompt: 'What is the capital of France?',
  maxRetries: 0,
  ...telemetry,
});
const streamed = ai.streamText({
  model: anthropic('claude-sonnet-4-5'),
  prompt: 'What is the capital of France, streamed?',
  maxRetries: 0,
  ...telemetry,
});
for await (const _piece of streamed.textStream);
await ai.generateText({
  model: openai.chat('gpt-4o-mini'),
  prompt: 'What is the weather in Paris?',
  tools: {
    get_weather: ai.tool({
      description: 'The weather in a city.',
      inputSchema: z.object({ city: z.string() }),
      execute: async ({ city }) => `It is sunny in ${city}, 21 degrees.`,
    }),
  },
  stopWhen: ai.stepCountIs(2),
  maxRetries: 0,
  ...telemetry,
});
await tracers.forceFlush();
await tracers.shutdown();
