"""MLflow tracing of the `anthropic` client, exported by OTLP."""

import long_cache
import mlflow

mlflow.anthropic.autolog()
long_cache.make_call()
mlflow.flush_trace_async_logging()
