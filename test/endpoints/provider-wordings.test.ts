import { describe, expect, test } from 'vitest'
import type { UpstreamFailure } from '../../src/core/model/engine.ts'
import type { ErrorCode } from '../../src/core/outcome.ts'
import { judge } from '../../src/endpoints/upstream-failure.ts'

/** As an adapter reads an answer: the code beside the message, the body whole, a page as its text. */
function failureOf(status: number, body: unknown): UpstreamFailure {
  const error = (body as { error?: unknown } | undefined)?.error ?? body
  const { code, type, message } = (typeof error === 'object' ? error : {}) as Record<string, unknown>
  const word = [code, type].find(value => typeof value === 'string' && value !== '') as string | undefined
  const text = typeof message === 'string' ? message : typeof body === 'string' ? body : JSON.stringify(error)
  const kind = status === 200 ? 'malformed' : 'status'
  return { kind, status, code: word, text: `${status} ${text}`, body, headers: undefined }
}

type Row = readonly [source: string, status: number, body: unknown]
const page = (title: string, text: string) =>
  `<!DOCTYPE html>\n<html><head><title>${title}</title><style>body{color:red}</style></head><body><h1>${title}</h1><p>${text}</p></body></html>`
const openai = (message: string, code: string | null = null, type = 'invalid_request_error') => ({
  error: { message, type, param: null, code },
})

const blocked: readonly Row[] = [
  ['deepseek-ai/awesome-deepseek-integration#13', 400, openai('Content Exists Risk', 'invalid_request_error')],
  ['deepseek-ai/DeepSeek-V2#30', 400, { detail: 'Content Exists Risk' }],
  [
    'camel-ai/owl#432 (DashScope)',
    400,
    openai('Input data may contain inappropriate content.', 'data_inspection_failed', 'data_inspection_failed'),
  ],
  [
    'QwenLM/qwen-code#2905',
    400,
    openai('<400> InternalError.Algo.DataInspectionFailed: Input text data may contain inappropriate content.'),
  ],
  [
    'alan-turing-institute/t0-1#69 (OpenAI)',
    400,
    openai(
      'Invalid prompt: your prompt was flagged as potentially violating our usage policy. Please try again with a different prompt: https://platform.openai.com/docs/guides/reasoning#advice-on-prompting',
      'invalid_prompt',
    ),
  ],
  [
    'microsoft/PyRIT#1463 (OpenAI)',
    400,
    openai("Invalid prompt: we've limited access to this content for safety reasons.", 'invalid_prompt'),
  ],
  [
    'https://community.openai.com: images and later chat',
    400,
    openai('Your request was rejected as a result of our safety system.', 'content_policy_violation'),
  ],
  ['microsoft/PyRIT#1463 (OpenAI)', 400, openai('Your request was blocked.', 'moderation_blocked')],
  [
    'anthropics/claude-code#58367',
    400,
    { type: 'error', error: { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' } },
  ],
  [
    'https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter',
    400,
    {
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
        innererror: { code: 'ResponsibleAIPolicyViolation', content_filter_result: {} },
      },
    },
  ],
  [
    'https://learn.microsoft.com/azure (inner error alone)',
    400,
    { error: { message: 'Bad request', innererror: { code: 'ResponsibleAIPolicyViolation' } } },
  ],
  [
    'UKGovernmentBEIS/inspect_ai#2267 (xAI)',
    403,
    {
      code: 'permission-denied',
      error: 'Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO',
    },
  ],
  [
    'https://platform.kimi.ai/docs/api/errors',
    400,
    { error: { type: 'content_filter', message: 'The request was rejected because it was considered high risk' } },
  ],
  [
    'MoonshotAI/kimi-cli#1002',
    400,
    {
      error: {
        code: 400,
        message: 'The request was rejected because it was considered high risk',
        param: 'prompt',
        type: 'content_filter',
      },
    },
  ],
  [
    'https://docs.bigmodel.cn/cn/api/api-code',
    400,
    {
      error: {
        code: '1301',
        message: '系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语，感谢您的配合。',
      },
    },
  ],
  [
    'https://www.volcengine.com/docs/82379/1099476',
    400,
    {
      error: {
        code: 'InputTextRiskDetection',
        message:
          'The request could not be processed because the input text includes sensitive content that violates ContentSecurityDetection.',
        type: 'BadRequest',
      },
    },
  ],
  [
    'https://www.volcengine.com/docs/82379/1099476',
    400,
    { error: { code: 'SensitiveContentDetected', message: 'The request failed.', type: 'BadRequest' } },
  ],
  [
    'MiniMax-AI/MiniMax-M3#11',
    500,
    {
      error: { message: "input new_sensitive, messages[13]'s content[2] is sensitive, please check your input (1026)" },
    },
  ],
  [
    'https://platform.minimax.io/docs/api-reference/errorcode',
    200,
    { choices: null, base_resp: { status_code: 1026, status_msg: 'sensitive input' } },
  ],
  [
    'https://platform.minimax.io/docs/api-reference/errorcode',
    200,
    { choices: null, base_resp: { status_code: 1027, status_msg: 'sensitive output' } },
  ],
  ['https://platform.stepfun.com/docs/zh/guide/exception', 451, { error: { message: '', type: 'censorship_blocked' } }],
  ['https://platform.stepfun.com/docs/zh/guide/exception (no words)', 451, undefined],
  [
    'https://openrouter.ai/docs/api/reference/errors-and-debugging',
    403,
    {
      error: {
        code: 403,
        message:
          'openai/gpt-4o requires moderation on OpenAI. Your input was flagged for "violence". No credits were charged.',
        metadata: { reasons: ['violence'], flagged_input: 'some of the text', provider_name: 'OpenAI' },
      },
    },
  ],
  [
    'https://www.developersdigest.tech/errors/api/openrouter/403-content-policy-violation',
    403,
    { error: { code: 403, message: 'Provider returned error', metadata: { error_type: 'content_policy_violation' } } },
  ],
  [
    'https://www.developersdigest.tech/errors/api/openrouter/403-permission-denied',
    403,
    { error: { code: 'permission_denied', message: 'Request blocked: prompt injection patterns detected' } },
  ],
  [
    'lobehub/lobehub#8707 (Gemini)',
    200,
    { promptFeedback: { blockReason: 'PROHIBITED_CONTENT' }, usageMetadata: { promptTokenCount: 4438 } },
  ],
  [
    'https://ai.google.dev/gemini-api/docs/api-errors',
    400,
    { error: { code: 'prohibited_content', message: 'The request was blocked.' } },
  ],
  ['https://ai.google.dev/gemini-api/docs/api-errors', 400, { error: { code: 'safety', message: 'Blocked.' } }],
  ['https://ai.google.dev/gemini-api/docs/api-errors', 400, { error: { code: 'blocklist', message: 'Blocked.' } }],
  [
    'immersive-translate/immersive-translate#2505 (one-api)',
    429,
    openai(
      'blocked: prompt: BlockedReasonProhibitedContent () (request id: 20250202)',
      'do_request_failed',
      'one_api_error',
    ),
  ],
  [
    'openai/openai-cookbook#1224 (new-api)',
    400,
    openai('input contains sensitive words: [test] (request id: 2024)', 'sensitive_words_detected', 'new_api_error'),
  ],
  [
    'BerriAI/litellm#33299',
    400,
    {
      error: {
        message: 'Violated guardrail policy',
        code: '400',
        provider_specific_fields: { guardrail_name: 'checks' },
      },
    },
  ],
  [
    'BerriAI/litellm#13321 (a message that is an object)',
    400,
    {
      error: {
        message: { error: 'Violated guardrail policy', bedrock_guardrail_response: 'Sorry, the model cannot answer.' },
        type: 'None',
        code: '400',
      },
    },
  ],
  [
    'litellm: ContentPolicyViolationError',
    400,
    openai('litellm.ContentPolicyViolationError: AzureException - The response was filtered'),
  ],
  [
    'https://developers.cloudflare.com/ai-gateway/guardrails/set-up-guardrail/',
    424,
    { success: false, error: [{ code: 2016, message: 'Prompt blocked due to security configurations' }] },
  ],
  [
    'https://developers.cloudflare.com/ai-gateway/guardrails/set-up-guardrail/',
    424,
    { success: false, error: [{ code: 2017, message: 'Response blocked due to security configurations' }] },
  ],
  [
    'https://portkey.ai/docs/api-reference/inference-api/error-codes',
    446,
    { error: { message: 'The guardrail checks defined in the config failed.', type: 'hooks_failed' } },
  ],
  [
    'https://docs.venice.ai/api-reference/error-codes',
    400,
    { error: "Your generation was blocked due to the model provider's content policies." },
  ],
  [
    'https://help.aliyun.com (a green net before a model)',
    451,
    { code: 'ContentModeration', message: '请求中存在不合规内容' },
  ],
  [
    'anthropics/claude-code#2410',
    400,
    openai('Claude is unable to respond to this request, which appears to violate our Usage Policy'),
  ],
  [
    'Ekultek/WhatWaf#10 (Cloudflare)',
    403,
    page(
      'Attention Required! | Cloudflare',
      'Sorry, you have been blocked. There are several actions that could trigger this block including submitting a certain word or phrase, a SQL command or malformed data.',
    ),
  ],
  [
    'ariya/phantomjs#14601 (F5, with status 200)',
    200,
    page(
      'Request Rejected',
      'The requested URL was rejected. Please consult with your administrator. Your support ID is: 11243555349794389926',
    ),
  ],
  [
    'nginx with ModSecurity',
    403,
    '<html>\r\n<head><title>403 Forbidden</title></head>\r\n<body>\r\n<center>nginx</center></body></html>',
  ],
  [
    'Apache with ModSecurity',
    406,
    page(
      'Not Acceptable!',
      'An appropriate representation could not be found. This error was generated by Mod_Security.',
    ),
  ],
  [
    'Akamai',
    403,
    page(
      'Access Denied',
      'You don\'t have permission to access "http&#58;&#47;&#47;api" on this server. Reference #18.2d',
    ),
  ],
  ['Alibaba Cloud WAF', 405, page('405', '很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。攻击')],
  [
    'GitHub Copilot and GitHub Models',
    400,
    openai('Sorry, the request was rejected by the Responsible AI Service. Please rephrase your prompt.', 'unknown'),
  ],
  [
    'OpenAI, cyber safety checks',
    400,
    openai('This request has been flagged for potentially high-risk cyber activity.', 'cyber_policy'),
  ],
  [
    'https://www.xfyun.cn/doc/spark/HTTP调用文档.html',
    500,
    { error: { message: 'InputAuditError:(10013) input content audit failed, suspected violation', code: '10013' } },
  ],
  ['SiliconFlow', 403, { code: 20041, message: 'The content you provided or machine outputted is blocked.' }],
  [
    'Vertex AI',
    400,
    {
      error: {
        code: 400,
        message: "The prompt contains sensitive words that violate Google's Responsible AI practices.",
      },
    },
  ],
  ['Azure Front Door', 403, { error: { message: 'The request is blocked.' } }],
  ['a proxy of a company', 403, { error: 'Blocked by Zscaler DLP policy' }],
  [
    'a gateway that passes the answer of the one behind it on as text',
    400,
    openai('{"error":{"message":"Content Exists Risk","type":"invalid_request_error"}}', null, 'upstream_error'),
  ],
]

const auth: readonly Row[] = [
  [
    'https://platform.openai.com/docs/guides/error-codes',
    401,
    openai('Incorrect API key provided: sk-ab***yz.', 'invalid_api_key'),
  ],
  [
    'https://platform.openai.com/docs/guides/error-codes',
    429,
    openai(
      'You exceeded your current quota, please check your plan and billing details.',
      'insufficient_quota',
      'insufficient_quota',
    ),
  ],
  [
    'an account that is closed (OpenAI)',
    401,
    openai('Your access was terminated due to violation of our policies.', 'account_deactivated'),
  ],
  [
    'https://docs.x.ai/developers/debugging: a wrong key is a 400',
    400,
    { code: 'invalid-argument', error: 'Incorrect API key provided: xa***de.' },
  ],
  [
    'continuedev/continue#12670 (xAI)',
    403,
    { code: 'permission-denied', error: "Your newly created team doesn't have any credits or licenses yet." },
  ],
  [
    'decolua/9router#2559 (xAI)',
    403,
    {
      code: 'permission-denied',
      error: "Access to the chat endpoint is denied. Please ensure you're using the correct credentials.",
    },
  ],
  [
    'NousResearch/hermes-agent#26847 (xAI)',
    403,
    {
      code: 'permission-denied',
      error: 'Your team has either used all available credits or reached its monthly spending limit.',
    },
  ],
  [
    'https://ai.google.dev/gemini-api/docs/troubleshooting',
    400,
    [
      {
        error: {
          code: 400,
          message: 'API key not valid. Please pass a valid API key.',
          status: 'INVALID_ARGUMENT',
          details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
        },
      },
    ],
  ],
  [
    'google-gemini/gemini-cli#25760',
    403,
    [{ error: { code: 403, message: 'The caller does not have permission', status: 'PERMISSION_DENIED' } }],
  ],
  [
    'https://docs.anthropic.com/en/api/errors',
    400,
    {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the Anthropic API.' },
    },
  ],
  [
    'https://docs.anthropic.com/en/api/errors',
    401,
    { type: 'error', error: { type: 'authentication_error', message: 'invalid x-api-key' } },
  ],
  [
    'https://help.aliyun.com/en/model-studio/error-code',
    400,
    openai('Access denied, please make sure your account is in good standing.', 'Arrearage', 'Arrearage'),
  ],
  [
    'https://www.volcengine.com/docs/82379/1099476',
    403,
    {
      error: {
        code: 'AccountOverdueError',
        message: 'The request failed because your account has an overdue balance.',
      },
    },
  ],
  [
    'https://www.volcengine.com/docs/82379/1099476',
    403,
    {
      error: {
        code: 'AccessDenied',
        message: 'The request failed because you do not have access to the requested resource.',
      },
    },
  ],
  [
    'https://docs.bigmodel.cn/cn/api/api-code',
    429,
    { error: { code: '1113', message: '您的账户已欠费，请充值后重试' } },
  ],
  [
    'https://docs.bigmodel.cn/cn/api/api-code',
    429,
    { error: { code: '1121', message: '账户存违规行为，账号已被锁定' } },
  ],
  [
    'clacky-ai/openclacky#192 (Kimi)',
    403,
    { error: { message: 'Access terminated. Review our Community Guidelines', type: 'access_terminated_error' } },
  ],
  [
    'https://www.kimi.com/code/docs',
    403,
    { error: { message: "You've reached your usage limit for this billing cycle", type: 'permission_error' } },
  ],
  [
    'https://platform.kimi.ai/docs/api/errors',
    429,
    {
      error: {
        message: 'Your account is not active, please check your plan and billing details',
        type: 'exceeded_current_quota_error',
      },
    },
  ],
  [
    'https://openrouter.ai/docs/api/reference/errors-and-debugging',
    402,
    { error: { code: 402, message: 'Insufficient credits' } },
  ],
  [
    'OpenRouter, a key with a limit of its own',
    403,
    {
      error: {
        code: 403,
        message: 'Key limit exceeded (total limit). Manage it using https://openrouter.ai/settings/keys',
      },
    },
  ],
  [
    'https://platform.minimax.io/docs/api-reference/errorcode',
    200,
    { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
  ],
  [
    'https://platform.minimax.io/docs/api-reference/errorcode',
    200,
    { base_resp: { status_code: 1004, status_msg: 'not authorized / token not match group' } },
  ],
  [
    'OpenAI, from a country it does not serve',
    403,
    openai('Country, region, or territory not supported', 'unsupported_country_region_territory'),
  ],
  ['https://portkey.ai/docs/api-reference/inference-api/error-codes', 412, { error: { message: 'Budget exhausted' } }],
  [
    'LiteLLM, a key over its budget',
    400,
    openai('ExceededBudget: User has exceeded their budget', null, 'budget_exceeded'),
  ],
  ['a gateway that puts every answer into a 200', 200, { error: { code: 'invalid_api_key', message: 'nope' } }],
]

const later: readonly Row[] = [
  [
    'google-gemini/gemini-cli#8437: a minute, in the words of an empty account',
    429,
    [
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
            { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '4s' },
          ],
        },
      },
    ],
  ],
  [
    'diegosouzapw/OmniRoute#9504: the same with the delay alone',
    429,
    {
      error: {
        code: 'insufficient_quota',
        message: 'You exceeded your current quota, please check your plan and billing details.',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '21s' }],
      },
    },
  ],
  [
    'the same through a gateway that keeps the sentence alone',
    429,
    openai('You exceeded your current quota, please check your plan and billing details.\nPlease retry in 21.5s.'),
  ],
  [
    'https://help.aliyun.com/en/model-studio/error-code: tokens a minute',
    429,
    openai(
      'You exceeded your current quota, please check your plan and billing details. See https://help.aliyun.com/zh/model-studio/error-code#token-limit',
      'insufficient_quota',
      'insufficient_quota',
    ),
  ],
  [
    'https://help.aliyun.com/en/model-studio/error-code',
    429,
    openai('Allocated quota exceeded, please increase your quota limit.', 'Throttling.AllocationQuota'),
  ],
  [
    'https://platform.openai.com/docs/guides/rate-limits',
    429,
    openai(
      'Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000. Please visit https://platform.openai.com/account/billing to add credits.',
      'rate_limit_exceeded',
      'tokens',
    ),
  ],
  [
    'google-gemini/gemini-cli#2020',
    429,
    { error: { code: 429, message: 'Resource has been exhausted (e.g. check quota).', status: 'RESOURCE_EXHAUSTED' } },
  ],
  [
    'https://docs.bigmodel.cn/cn/api/api-code',
    429,
    { error: { code: '1302', message: '您当前使用该 API 的并发数过高，请降低并发' } },
  ],
  [
    'https://www.kimi.com/code/docs',
    429,
    { error: { message: 'The engine is currently overloaded', type: 'engine_overloaded_error' } },
  ],
  [
    'https://platform.minimax.io/docs/api-reference/errorcode',
    200,
    { base_resp: { status_code: 1002, status_msg: 'rate limit' } },
  ],
  [
    'https://docs.anthropic.com/en/api/errors',
    529,
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  ],
  [
    'OpenRouter, calls in progress',
    402,
    {
      error: {
        code: 402,
        message: 'Insufficient credits',
        metadata: { limit_source: 'openrouter_in_flight_budget', retryDelay: '3s' },
      },
    },
  ],
  [
    'Cloudflare 1015',
    429,
    page('Access denied | Cloudflare', 'You are being rate limited. The owner has banned you temporarily.'),
  ],
  ['nginx before a server that is down', 502, page('502 Bad Gateway', 'nginx')],
]

const config: readonly Row[] = [
  [
    'https://platform.openai.com/docs',
    404,
    openai('The model `gpt-9` does not exist or you do not have access to it.', 'model_not_found'),
  ],
  ['ConardLi/easy-dataset#9 (DeepSeek)', 400, openai('Model Not Exist', 'invalid_request_error')],
  ['OpenRouter', 400, { error: { code: 400, message: 'acme/nope is not a valid model ID' } }],
  ['https://docs.bigmodel.cn/cn/api/api-code', 400, { error: { code: '1211', message: '模型不存在，请检查模型代码' } }],
  [
    'https://www.volcengine.com/docs/82379/1099476',
    404,
    { error: { code: 'ModelNotOpen', message: 'Your account has not activated the model doubao.' } },
  ],
  ['https://docs.bigmodel.cn/cn/api/api-code', 400, { error: { code: '1261', message: 'Prompt 超长' } }],
  [
    'https://platform.kimi.ai/docs/api/errors',
    400,
    { error: { type: 'invalid_request_error', message: 'Your request exceeded model token limit : 8192' } },
  ],
  ['DashScope', 400, openai('Range of input length should be [1, 30720]', 'invalid_parameter_error')],
  [
    'microsoft/PyRIT#1463: a prompt that is malformed',
    400,
    openai('Invalid prompt: messages must not be empty.', 'invalid_prompt'),
  ],
  [
    'an address of a web site',
    200,
    page('Welcome', 'Terms. Content policy. Security policy. Access denied? Contact us.'),
  ],
  ['a login page', 200, page('Sign in', 'Your account is locked? Reset your password.')],
]

describe.each([
  ['a filter stopped the document', 'blocked', blocked],
  ['the key or its account', 'upstream_auth', auth],
  ['a matter of time', 'upstream_unavailable', later],
  ['the model, its context or the address', 'upstream_config', config],
] as const)('%s', (_, code, rows) => {
  test.each(rows)('%s: status %i %j', (_source, status, body) => {
    const verdict = judge(failureOf(status, body))
    expect(verdict.code).toBe<ErrorCode>(code)
    expect(verdict.retry).toBe(code === 'upstream_unavailable' || (code === 'upstream_config' && status === 200))
  })
})

test('there are more than fifty wordings, none of them twice', () => {
  const bodies = [...blocked, ...auth, ...later, ...config].map(row => JSON.stringify(row.slice(1)))
  expect(bodies.length).toBeGreaterThan(80)
  expect(new Set(bodies).size).toBe(bodies.length)
})

describe('words that stand in a quoted document decide nothing', () => {
  const document =
    'A tool for content moderation: it blocked prompt injection and sensitive words, see our content policy.'
  test.each<readonly [string, number, unknown]>([
    ['in quotation marks', 400, openai(`Invalid value in "${document}"`)],
    ['in single quotation marks', 400, openai(`Invalid value: '${document}'`)],
    ['in backticks', 400, openai(`Invalid value: \`${document}\``)],
    [
      'as the input of a validation error',
      422,
      {
        detail: [
          { type: 'extra_forbidden', loc: ['body', 'seed'], msg: 'Extra inputs are not permitted', input: document },
        ],
      },
    ],
    [
      'as a message of the request that is sent back',
      400,
      { error: { message: 'Bad request', code: 'bad' }, messages: [{ role: 'user', content: document }] },
    ],
  ])('%s', (_, status, body) => {
    expect(judge(failureOf(status, body)).code).toBe('upstream_config')
  })
})

describe('a 403 that says nothing', () => {
  const forbidden = failureOf(403, { error: 'Forbidden' })
  test('of an endpoint that has never answered is about the key', () => {
    expect(judge(failureOf(403, undefined)).code).toBe('upstream_auth')
  })
  test('of an endpoint that answers others with this key is about the request', () => {
    expect(judge(forbidden, { answered: true }).code).toBe('blocked')
  })
  test('that names the key is about the key, whoever was answered before', () => {
    expect(judge(failureOf(403, { error: 'This key is revoked.' }), { answered: true }).code).toBe('upstream_auth')
  })
})
