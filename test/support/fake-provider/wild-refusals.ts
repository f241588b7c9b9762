import type { WildFault } from './wild-fault.ts'

const refused = (status: number, body: unknown, source: string): WildFault => ({
  source,
  answer: () => ({ status, body }),
})

const quoted = (status: number, body: (document: string) => unknown, source: string): WildFault => ({
  source,
  answer: document => ({ status, body: body(document) }),
})

/** What is sent in place of an answer. */
export const wildRefusals = {
  quoted_input: quoted(
    400,
    document => ({
      error: {
        message: `Could not tokenize the input "${document}"`,
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    }),
    'servers that repeat what they could not read',
  ),
  quoted_detail: quoted(
    422,
    document => ({
      detail: [
        {
          type: 'string_type',
          loc: ['body', 'messages', 1, 'content'],
          msg: 'Input should be a valid string',
          input: document,
        },
      ],
    }),
    'fastapi.tiangolo.com/tutorial/handling-errors: the body of a RequestValidationError holds the input',
  ),
  quoted_validation: quoted(
    400,
    document => ({
      object: 'error',
      message: `1 validation error: messages.1.content Input should be valid text [input_value='${document}', input_type=str]`,
      type: 'BadRequestError',
      param: null,
      code: 400,
    }),
    'vLLM, vllm/entrypoints/openai: the message of a pydantic ValidationError, with input_value',
  ),
  quoted_generation: quoted(
    500,
    () => ({
      error: {
        message: `error parsing tool call: raw='{"tags":[1}', err=invalid character '}' after array element`,
        type: 'api_error',
      },
    }),
    'ollama/ollama: "error parsing tool call" for one reply of the model',
  ),

  forbidden_safety: refused(
    403,
    { code: 'permission-denied', error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO' },
    'xAI; UKGovernmentBEIS/inspect_ai#2267',
  ),
  forbidden_moderation: refused(
    403,
    {
      error: {
        code: 403,
        message: 'The model requires moderation. Your input was flagged for "violence/graphic".',
        metadata: {
          reasons: ['violence/graphic'],
          flagged_input: 'A router…',
          provider_name: 'Fake',
          model_slug: 'fake',
        },
      },
    },
    'openrouter.ai/docs/api/reference/errors-and-debugging: moderation errors',
  ),
  forbidden_firewall: {
    source: 'the page of a web application firewall in front of a gateway (Cloudflare 1020)',
    answer: () => ({
      status: 403,
      type: 'text/html; charset=UTF-8',
      body: '<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body><h1>Sorry, you have been blocked</h1></body></html>',
    }),
  },

  filter_deepseek: refused(
    400,
    {
      error: {
        message: 'Content Exists Risk',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_request_error',
      },
    },
    'deepseek-ai/awesome-deepseek-integration#13',
  ),
  filter_dashscope: refused(
    400,
    {
      error: {
        code: 'data_inspection_failed',
        param: null,
        message: 'Input data may contain inappropriate content.',
        type: 'data_inspection_failed',
      },
    },
    'Alibaba Model Studio, error codes: DataInspectionFailed',
  ),
  filter_openai: refused(
    400,
    {
      error: {
        message:
          'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt.',
        type: 'invalid_request_error',
        param: null,
        code: 'invalid_prompt',
      },
    },
    'OpenAI, reasoning models',
  ),
  filter_anthropic: refused(
    400,
    { type: 'error', error: { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' } },
    'Anthropic; vectorize-io/hindsight#3690',
  ),
  filter_azure: refused(
    400,
    {
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: {
          code: 'ResponsibleAIPolicyViolation',
          content_filter_result: { jailbreak: { filtered: true, detected: true } },
        },
      },
    },
    'learn.microsoft.com, Azure OpenAI content filtering: scenario details',
  ),
  filter_zhipu: refused(
    400,
    {
      error: {
        code: '1301',
        message: '系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语，感谢您的配合。',
      },
    },
    'Zhipu (bigmodel.cn), error code 1301',
  ),
  filter_moonshot: refused(
    400,
    { error: { message: 'The request was rejected because it was considered high risk', type: 'content_filter' } },
    'platform.moonshot.ai, error content_filter',
  ),

  quota_a_minute: {
    source: 'google-gemini/gemini-cli#8437: a limit a minute, in the words of a quota',
    answer: (_document, waitMs) => ({
      status: 429,
      body: [
        {
          error: {
            code: 429,
            message: 'You exceeded your current quota, please check your plan and billing details.',
            status: 'RESOURCE_EXHAUSTED',
            details: [
              {
                '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
                violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier' }],
              },
              { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${waitMs / 1000}s` },
            ],
          },
        },
      ],
    }),
  },
} as const satisfies Record<string, WildFault>
