"""A LangChain chain with OpenInference's instrumentation."""

import os

import telemetry
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI
from openinference.instrumentation import using_session
from openinference.instrumentation.langchain import LangChainInstrumentor

telemetry.start()
LangChainInstrumentor().instrument()
model = ChatOpenAI(
    model="gpt-4o-mini", base_url=os.environ["PROVIDER_URL"] + "/v1", api_key="none", max_retries=0
)
prompt = ChatPromptTemplate.from_messages([("system", "Answer in one sentence."), ("user", "{question}")])
with using_session("session-42"):
    (prompt | model).invoke({"question": "What is the capital of France?"})
