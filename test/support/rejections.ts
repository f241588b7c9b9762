import type { SentBody } from './endpoint.ts'

/** What a request holds that the endpoint of a row turns down. */
const parts = {
  'system role': ({ messages }: SentBody) => messages.some(({ role }) => role === 'system'),
  json_schema: ({ response_format }: SentBody) => response_format?.type === 'json_schema',
  response_format: ({ response_format }: SentBody) => response_format !== undefined,
  'response_format and tools': (body: SentBody) => body.response_format !== undefined || 'tools' in body,
  'strict json_schema': ({ response_format }: SentBody) => response_format?.json_schema?.strict === true,
  'closed list': ({ response_format }: SentBody) => {
    const items = response_format?.json_schema?.schema.properties.tags.items
    return items !== undefined && 'enum' in items
  },
  maxItems: ({ response_format }: SentBody) =>
    response_format?.json_schema?.schema.properties.tags.maxItems !== undefined,
  temperature: (body: SentBody) => 'temperature' in body,
  logprobs: (body: SentBody) => 'logprobs' in body,
  max_tokens: (body: SentBody) => 'max_tokens' in body,
  max_completion_tokens: (body: SentBody) => 'max_completion_tokens' in body,
  reasoning_effort: (body: SentBody) => 'reasoning_effort' in body,
  prompt_cache_key: (body: SentBody) => 'prompt_cache_key' in body,
  'whole replies': (body: SentBody) => !('stream' in body),
} as const

export type Part = keyof typeof parts
export const holds = (part: Part, body: SentBody): boolean => parts[part](body)

export interface RejectionRow {
  /** Where these words or this shape were seen: a thread, a provider's document, or the source of a server. */
  readonly source: string
  readonly status: number
  readonly body: object | string
  readonly refused: Part
  /** What the words are read to mean; undefined where they say nothing that could be read. */
  readonly about: string | undefined
}

const openAi = (message: string, more: object = {}) => ({
  error: { message, type: 'invalid_request_error', param: null, code: null, ...more },
})
const vllm = (message: string) => ({ object: 'error', message, type: 'BadRequestError', param: null, code: 400 })
const google = (message: string) => [{ error: { code: 400, message, status: 'INVALID_ARGUMENT' } }]
const litellm = (message: string) => ({ error: { message, type: 'None', param: 'None', code: '400' } })
const row = (
  source: string,
  status: number,
  body: object | string,
  refused: Part,
  about: string | undefined,
): RejectionRow => ({ source, status, body, refused, about })

export const rejections: readonly RejectionRow[] = [
  // The system role
  row('vllm-project/vllm#2964', 400, vllm('System role not supported'), 'system role', 'system'),
  row(
    'abetlen/llama-cpp-python#1580',
    500,
    openAi('System role not supported', { type: 'internal_server_error' }),
    'system role',
    'system',
  ),
  row(
    'microsoft/autogen#1037',
    400,
    vllm('Conversation roles must alternate user/assistant/user/assistant/...'),
    'system role',
    'system',
  ),
  row(
    'suitenumerique/conversations#197',
    400,
    openAi(
      'Conversation roles must alternate user/assistant/user/assistant/... Conversation roles must alternate user/assistant/user/assistant/...',
      { type: 'BadRequestError', code: 400 },
    ),
    'system role',
    'system',
  ),
  row(
    'withcatai/node-llama-cpp#263, template of Mistral 7B',
    400,
    vllm('Only user and assistant roles are supported!'),
    'system role',
    'system',
  ),
  row(
    'worded after Yoosu-L/llmapibenchmark#6',
    400,
    openAi('roles must alternate between "user" and "assistant"'),
    'system role',
    'system',
  ),
  row(
    '0xPlaygrounds/rig#788',
    400,
    google('Developer instruction is not enabled for models/gemma-3-27b-it'),
    'system role',
    'system',
  ),
  row(
    'tailcallhq/forgecode#1177',
    400,
    openAi("Unsupported value: 'messages[0].role' does not support 'system' with this model.", {
      param: 'messages[0].role',
      code: 'unsupported_value',
    }),
    'system role',
    'system',
  ),
  row(
    'danny-avila/LibreChat#6456, Bedrock Titan',
    400,
    {
      message:
        "This model doesn't support system messages. Try again without a system message or use a model that supports system messages.",
    },
    'system role',
    'system',
  ),
  row(
    'anthropics/claude-code#61412',
    400,
    {
      type: 'error',
      error: { type: 'invalid_request_error', message: "role 'system' is not supported on this model" },
      request_id: 'req_1',
    },
    'system role',
    'system',
  ),
  row(
    'codexu/note-gen#918, MiniMax',
    400,
    {
      error: {
        message: 'invalid params, chat content has invalid message role: system (2013)',
        type: 'bad_request_error',
        param: '',
        code: null,
      },
    },
    'system role',
    'system',
  ),
  row(
    'volcengine/OpenViking#628, MiniMax behind LiteLLM',
    400,
    litellm('MinimaxException - invalid params, chat content has invalid message role: system (2013)'),
    'system role',
    'system',
  ),
  row(
    'BerriAI/litellm#4377',
    400,
    litellm(
      "OpenAIException - Error code: 400 - {'object': 'error', 'message': 'System role not supported', 'type': 'BadRequestError', 'param': None, 'code': 400}",
    ),
    'system role',
    'system',
  ),
  row(
    'ogx-ai/ogx#5982, FastAPI',
    400,
    {
      errors: [
        { loc: ['body', 'messages', 0, 'role'], msg: "Input should be 'user' or 'assistant'", type: 'literal_error' },
      ],
    },
    'system role',
    'system',
  ),
  row(
    'FastAPI documentation, Handling Errors',
    422,
    {
      detail: [
        {
          loc: ['body', 'messages', 0, 'role'],
          msg: "Input should be 'user' or 'assistant'",
          type: 'literal_error',
          input: 'system',
        },
      ],
    },
    'system role',
    'system',
  ),
  row(
    'worded after volcengine/volcengine-java-sdk#105',
    400,
    openAi(
      'The parameter `messages.role` specified in the request are not valid: invalid value: `system`, supported values are: `assistant`, `user`.',
      { code: 'InvalidParameter', param: 'messages.role' },
    ),
    'system role',
    'system',
  ),
  row(
    'worded after langchain-ai/langchain#13842, ERNIE',
    400,
    { error_code: 336_003, error_msg: 'messages中的role不支持system' },
    'system role',
    'system',
  ),
  row('worded after openai/codex#1674', 400, { detail: 'system role is not supported' }, 'system role', 'system'),
  row('after ericc-ch/copilot-api#179, without a reason', 400, 'bad request', 'system role', undefined),
  row('EricLBuehler/mistral.rs#506, without a body', 500, '', 'system role', undefined),
  row(
    'continuedev/continue#13259, Zhipu',
    400,
    { error: { code: '1214', message: 'The messages parameter is illegal. Please check the documentation.' } },
    'system role',
    undefined,
  ),

  // The reply's format
  row(
    'openai/openai-dotnet#276',
    400,
    openAi("Invalid parameter: 'response_format' of type 'json_schema' is not supported with model version `gpt-4o`.", {
      param: 'response_format',
    }),
    'json_schema',
    'format',
  ),
  row(
    'langchain-ai/langchain#31490',
    400,
    openAi(
      "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model. Learn more about supported models at the Structured Outputs guide: https://platform.openai.com/docs/guides/structured-outputs",
    ),
    'json_schema',
    'format',
  ),
  row(
    'DeepSeek, as quoted in ten threads',
    400,
    openAi('This response_format type is unavailable now', { code: 'invalid_request_error' }),
    'json_schema',
    'format',
  ),
  row(
    'browser-use/browser-use#215, DeepSeek',
    422,
    'Failed to deserialize the JSON body into the target type: response_format: response_format.type `json_schema` is unavailable now at line 1 column 12440',
    'json_schema',
    'format',
  ),
  row(
    'Groq documentation, Structured Outputs',
    400,
    openAi(
      'This model does not support response format `json_schema`. See supported models at https://console.groq.com/docs/structured-outputs#supported-models',
    ),
    'json_schema',
    'format',
  ),
  row(
    'danny-avila/LibreChat#8325, Azure',
    400,
    openAi('response_format value as json_schema is enabled only for api versions 2024-08-01-preview and later', {
      code: 'BadRequest',
    }),
    'json_schema',
    'format',
  ),
  row(
    'anomalyco/models.dev#5772, Volcengine',
    400,
    openAi(
      'The parameter `response_format.type` specified in the request are not valid: `json_schema` is not supported by this model',
      { code: 'InvalidParameter', param: 'response_format.type' },
    ),
    'response_format',
    'format',
  ),
  row(
    'BerriAI/litellm, UnsupportedParamsError',
    400,
    litellm(
      "litellm.UnsupportedParamsError: ollama_chat does not support parameters: ['response_format'], for model=llama2. To drop these, set `litellm.drop_params=True`",
    ),
    'response_format',
    'format',
  ),
  row(
    'langmanus/langmanus#125',
    400,
    litellm(
      "litellm.UnsupportedParamsError: volcengine does not support parameters: {'response_format': {'type': 'json_object'}}, for model=doubao-1-5",
    ),
    'response_format',
    'format',
  ),
  row(
    'dify-official-plugins#1083',
    500,
    { error: "Completions.create() got an unexpected keyword argument 'response_format'" },
    'response_format',
    'format',
  ),
  row(
    'OpenRouter documentation, provider routing',
    404,
    {
      error: {
        message:
          'No endpoints found that can handle the requested parameters. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing',
        code: 404,
      },
    },
    'json_schema',
    'format',
  ),
  row(
    'pydantic/pydantic-ai#2896',
    404,
    {
      error: {
        message:
          'No endpoints found that support tool use. To learn more about provider routing, visit: https://openrouter.ai/docs/provider-routing',
        code: 404,
      },
    },
    'response_format and tools',
    'format',
  ),
  row(
    'shape of OpenRouter documentation, errors: the raw error of a provider',
    400,
    {
      error: {
        message: 'Provider returned error',
        code: 400,
        metadata: {
          provider_name: 'x',
          raw: '{"error":{"message":"This response_format type is unavailable now","type":"invalid_request_error"}}',
        },
      },
    },
    'json_schema',
    'format',
  ),
  row(
    'musistudio/claude-code-router#708, Cerebras',
    400,
    {
      message: "Unsupported JSON schema fields: {'maxItems', 'items'}",
      type: 'invalid_request_error',
      param: 'response_format',
      code: 'wrong_api_format',
    },
    'maxItems',
    'keyword',
  ),
  row(
    'agentjido/req_llm#707, Anthropic',
    400,
    openAi("output_format.schema: For 'array' type, property 'maxItems' is not supported"),
    'maxItems',
    'keyword',
  ),
  row(
    'OpenAI, structured outputs',
    400,
    openAi(
      "Invalid schema for response_format 'assigned_tags': In context=('properties', 'tags'), 'maxItems' is not permitted.",
      { param: 'response_format' },
    ),
    'maxItems',
    'keyword',
  ),
  row(
    'python-genai#660',
    400,
    google('The specified schema produces a constraint that has too many states for serving.'),
    'closed list',
    'enum',
  ),
  row(
    'community.openai.com 974416',
    400,
    openAi(
      "Invalid schema for response_format 'assigned_tags': Expected at most 1000 enum values in total within a single schema when using structured outputs, but received 1200.",
      { param: 'response_format' },
    ),
    'closed list',
    'enum',
  ),
  row(
    'alphaXiv/agents#49, Anthropic',
    400,
    openAi(
      'The compiled grammar is too large, which would cause performance issues. Simplify your tool schemas or reduce the number of strict tools.',
    ),
    'closed list',
    'enum',
  ),
  row(
    'lidge-jun/opencodex#2135, llama.cpp',
    400,
    {
      error: {
        code: 400,
        message: 'Failed to initialize samplers: failed to parse grammar',
        type: 'invalid_request_error',
      },
    },
    'closed list',
    'enum',
  ),
  row(
    'am17an/llama.cpp#48',
    400,
    { error: { code: 400, message: 'Failed to initialize samplers: std::exception', type: 'invalid_request_error' } },
    'json_schema',
    'enum',
  ),
  row(
    'vLLM, backend_xgrammar.py',
    400,
    vllm('The provided JSON schema contains features not supported by xgrammar.'),
    'closed list',
    'enum',
  ),
  row('z-lab/paroquant#31, vLLM with guidance', 400, vllm('Grammar error: Unknown format: uri'), 'closed list', 'enum'),
  row(
    'FastAPI documentation, Handling Errors',
    422,
    {
      detail: [
        {
          type: 'extra_forbidden',
          loc: ['body', 'response_format', 'json_schema', 'strict'],
          msg: 'Extra inputs are not permitted',
          input: true,
        },
      ],
    },
    'strict json_schema',
    'strict',
  ),
  row(
    'Text Generation Inference, router',
    422,
    { error: 'Input validation error: grammar is not supported', error_type: 'validation' },
    'json_schema',
    'format',
  ),
  row(
    'huggingface/text-generation-inference#2899',
    422,
    'Failed to deserialize the JSON body into the target type: response_format: missing field `value` at line 1 column 168',
    'response_format',
    'format',
  ),
  row(
    'worded after Baidu Qianfan',
    400,
    {
      error: {
        code: 'invalid_argument',
        message: 'response_format参数不支持json_schema',
        type: 'invalid_request_error',
      },
    },
    'json_schema',
    'format',
  ),
  row(
    'worded after DashScope, structured output',
    400,
    {
      error: {
        code: 'invalid_parameter_error',
        param: null,
        message: '当前模型不支持结构化输出',
        type: 'invalid_request_error',
      },
    },
    'json_schema',
    'format',
  ),
  row(
    'fuzhengwei/chatglm-sdk-java#8, Zhipu',
    400,
    { error: { code: '1210', message: 'API 调用参数有误，请检查文档。' } },
    'json_schema',
    undefined,
  ),
  row(
    'charmbracelet/crush#1237, Z.ai',
    400,
    { code: '1210', message: 'Invalid API parameter, please check the documentation.' },
    'json_schema',
    undefined,
  ),
  row(
    'Gemini, googleapis/python-genai#2170',
    400,
    google('Request contains an invalid argument.'),
    'closed list',
    undefined,
  ),
  row('huggingface/huggingface_hub#2538, without a body', 422, '', 'response_format', undefined),
  row('microsoft/foundry-local#81, a 500 without a reason', 500, '', 'json_schema', undefined),
  row('a status alone: RFC 9110, 15.5.16', 415, { title: 'Unsupported Media Type' }, 'json_schema', undefined),
  row('a status alone: RFC 9110, 15.6.2', 501, { message: 'Not Implemented' }, 'response_format', undefined),

  // Parameters
  row(
    'mscraftsman/generative-ai#135',
    400,
    google('Logprobs is not enabled for models/gemini-2.5-pro'),
    'logprobs',
    'parameter',
  ),
  row(
    'GoogleCloudPlatform/generative-ai#1536',
    400,
    google('Logprobs is not supported for the current model'),
    'logprobs',
    'parameter',
  ),
  row(
    'GoogleCloudPlatform/generative-ai#2947',
    400,
    google('Unable to submit request because Logprobs is not supported for this model.'),
    'logprobs',
    'parameter',
  ),
  row(
    'groq/groq-python#25',
    400,
    openAi('`logprobs` is not supported with this model', { param: 'logprobs' }),
    'logprobs',
    'parameter',
  ),
  row(
    'vllm-project/vllm-gaudi#1098',
    400,
    openAi(
      "Gaudi doesn't support logprobs. Please remove 'logprobs'/'top_logprobs' from your request to receive a response.",
      { type: 'BadRequestError', code: 400 },
    ),
    'logprobs',
    'parameter',
  ),
  row(
    'confident-ai/deepeval#2184, OpenAI',
    403,
    openAi('You are not allowed to request logprobs from this model'),
    'logprobs',
    'parameter',
  ),
  row(
    'worded after Gemini, unknown names',
    400,
    google('Invalid JSON payload received. Unknown name "responseLogprobs": Cannot find field.'),
    'logprobs',
    'parameter',
  ),
  row(
    'logancyang/obsidian-copilot#2600, Bedrock',
    400,
    { message: '`temperature` is deprecated for this model.' },
    'temperature',
    'parameter',
  ),
  row(
    'cline/cline#10572, Bedrock',
    400,
    {
      message: 'The model returned the following errors: `temperature` is deprecated for this model.',
      modelId: 'arn:aws:bedrock:x',
      providerId: 'bedrock',
    },
    'temperature',
    'parameter',
  ),
  row(
    'OpenAI, o-series',
    400,
    openAi(
      "Unsupported value: 'temperature' does not support 0 with this model. Only the default (1) value is supported.",
      { param: 'temperature', code: 'unsupported_value' },
    ),
    'temperature',
    'parameter',
  ),
  row(
    'worded after OpenAI, with a capital letter',
    400,
    openAi('Temperature is not supported with this model.', { code: 'unsupported_parameter' }),
    'temperature',
    'parameter',
  ),
  row(
    'songquanpeng/one-api#1141, Zhipu',
    400,
    { error: { code: '1214', message: 'temperature参数非法。请检查文档。' } },
    'temperature',
    'parameter',
  ),
  row(
    'x3n0cr4735/celi#91, Bedrock',
    400,
    {
      message:
        'Malformed input request: #/temperature: expected type: Number, found: Null, please reformat your input and try again.',
    },
    'temperature',
    'parameter',
  ),
  row(
    'ITSpecialist111/ai_automation_suggester#38',
    400,
    openAi(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      { param: 'max_tokens', code: 'unsupported_parameter' },
    ),
    'max_tokens',
    'token_parameter',
  ),
  row(
    'caozhiyuan/copilot-api#164',
    400,
    {
      error: {
        message:
          "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        code: 'invalid_request_body',
      },
    },
    'max_tokens',
    'token_parameter',
  ),
  row(
    'voideditor/void#128, vLLM',
    400,
    vllm(
      "[{'type': 'extra_forbidden', 'loc': ('body', 'max_tokens'), 'msg': 'Extra inputs are not permitted', 'input': 8192}]",
    ),
    'max_tokens',
    'token_parameter',
  ),
  row(
    'Mistral documentation, error glossary',
    422,
    {
      object: 'error',
      message: {
        detail: [
          { type: 'extra_forbidden', loc: ['body', 'max_tokens'], msg: 'Extra inputs are not permitted', input: 256 },
        ],
      },
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
    'max_tokens',
    'token_parameter',
  ),
  row(
    'worded after quarkiverse/quarkus-langchain4j#285, Azure',
    400,
    openAi('Unrecognized request argument supplied: max_tokens'),
    'max_tokens',
    'token_parameter',
  ),
  row(
    'infiniflow/ragflow#5912, DashScope',
    400,
    {
      error: {
        code: 'invalid_parameter_error',
        param: null,
        message: 'This model only support stream mode, please enable the stream parameter to access the model. ',
        type: 'invalid_request_error',
      },
    },
    'whole replies',
    'stream',
  ),
  row(
    'langchain4j/langchain4j#3974, DashScope',
    400,
    {
      error: {
        code: 'invalid_parameter_error',
        message: 'parameter.enable_thinking must be set to false for non-streaming calls',
        param: null,
        type: 'invalid_request_error',
      },
    },
    'whole replies',
    'stream',
  ),
  row(
    'alibaba/spring-ai-alibaba#867, DashScope',
    400,
    {
      error: {
        code: 'invalid_parameter_error',
        param: null,
        message: 'parameter.enable_thinking必须设置为false才能进行非流式调用',
        type: 'invalid_request_error',
      },
    },
    'whole replies',
    'stream',
  ),
  row(
    'musistudio/claude-code-router#948, ModelScope',
    400,
    {
      error: {
        code: 'invalid_parameter_error',
        message: 'enable thinking can not be support when `stream=False`.',
        type: 'invalid_request_error',
      },
    },
    'whole replies',
    'stream',
  ),
  row('a gateway without a reason', 400, { error: {} }, 'whole replies', undefined),
]
