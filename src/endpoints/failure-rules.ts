import type { Verdict } from '../core/model/engine.ts'

/** What a rule may ask beside the status and the words. */
export interface Circumstances {
  /** Whether the endpoint answers with a web page. */
  readonly page: boolean
  /** Whether the answer says when to come back. */
  readonly told: boolean
  /** Whether this model of the endpoint has answered before, with the same key. */
  readonly answered: boolean
  /** Whether it was asked for decisions. */
  readonly decides: boolean
}

/** Fits when all that it has fits; of `codes` and `says` one is enough. */
export interface FailureRule {
  /** Left out, any status does, also that of a failure inside a 200. */
  readonly statuses?: readonly number[]
  /** Matched against each word in a field that names the kind of an error. */
  readonly codes?: RegExp
  /** Matched against what is said in sentences. */
  readonly says?: RegExp
  readonly when?: (circumstances: Circumstances) => boolean
  readonly verdict: Verdict
}

const config = (message: string): Verdict => ({ code: 'upstream_config', retry: false, message })
const auth = (message: string): Verdict => ({ code: 'upstream_auth', retry: false, message })
const blocked = (message: string): Verdict => ({ code: 'blocked', retry: false, message })
export const unavailable = (message: string): Verdict => ({ code: 'upstream_unavailable', retry: true, message })

const noCredit = auth('OPENAI_API_KEY: the account of this key has no quota or credit left.')
const badKey = auth('OPENAI_API_KEY: the endpoint at OPENAI_BASE_URL does not accept this key.')
const noRight = auth('OPENAI_API_KEY: this key may not use the model named by OPENAI_MODEL.')
const filtered = blocked('The content filter of the model endpoint stopped the request.')
const firewall = blocked('A firewall in front of the model endpoint stopped the request.')
const later = unavailable('The model endpoint asks to come back later.')
const unknownModel = config('OPENAI_MODEL: the endpoint at OPENAI_BASE_URL does not know this model.')

/**
 * First rule that fits decides. The wordings of each row, with the document or report that each was taken from, are
 * rows of `test/endpoints/provider-wordings.test.ts`.
 */
export const failureRules: readonly FailureRule[] = [
  // Who is locked out hears of violated policies as well, but it is the account that is meant.
  {
    statuses: [400, 401, 403, 429],
    when: ({ page }) => !page,
    codes: /^(account_deactivated|access_terminated_error|organization_restricted|1112|1121)$/,
    says: /\b(account|organi[sz]ation|team|project|workspace|api key|key|access)\b (associated with this api key )?(has been|have been|was|is|are)? ?(been )?(deactivated|suspended|terminated|disabled|locked|banned|blocked)|账[户号].{0,20}(锁定|封禁|停用)/i,
    verdict: auth('OPENAI_API_KEY: the account of this key is closed or suspended.'),
  },
  {
    // A key that is refused (401) and a request too many (429) are never a matter of the document.
    statuses: [200, 400, 403, 406, 412, 418, 422, 424, 446, 451, 500, 502, 503],
    when: ({ page }) => !page,
    codes:
      /content_?filter|content_?polic|content_?blocked|content_?moderation|content_?risk|unsafe_?content|audit_?error|data_?inspection_?failed|responsibleai|moderation|sensitive_?words|sensitivecontent|risk_?detection|censorship|prompt_?blocked|prohibited_?content|blocked_?reason|policy_?violation|safety_check|guardrail|^(safety|blocklist|spii|recitation|cyber_policy|flagged|refusal|1026|1027|1301|2016|2017|10013|10014|10019)$/,
    says: /content[ _]filter|content management policy|content[ _]?polic(y|ies)|the (prompt|response) was filtered|content exists risk|inappropriate content|(flagged|rejected|blocked|denied|refused|filtered) (as|by|because|due|for|under)\b.{0,60}(usage polic|safety|moderation|guardrail|high[ -]risk|harmful|violation of|responsible ai)|violat.{0,30}(usage|content|safety|acceptable use|guardrail|moderation).{0,20}(polic|guideline|rule)|violat.{0,20}(contentsecurity|our (usage )?polic)|violated guardrail|guardrail.{0,20}(violat|interven|block)|SAFETY_CHECK_TYPE|considered high[ -]risk|responsible ai|audit failed|content audit|sensitive (content|words|information)|new_sensitive|(input|output|prompt|content|request) (was|has been|is)? ?flagged|content .{0,50}is blocked|requires moderation|prompt (was |has been |is )?blocked|response (was |has been |is )?blocked|blocked: prompt|prompt injection|prohibited.{0,10}content|limited access to this content for safety|unsafe (content|or sensitive)|敏感|违规|不合规|内容安全|安全审核|不安全/i,
    verdict: filtered,
  },
  // one-api and new-api pass Gemini's block on under the status of a channel that failed.
  { statuses: [429], says: /blocked: prompt|BlockedReason|sensitive words/i, verdict: filtered },
  // Portkey's guardrails, and StepFun's and others' reading of "unavailable for legal reasons".
  { statuses: [446, 451], verdict: filtered },
  {
    when: ({ page }) => page,
    says: /requested url was rejected|support id is|you have been blocked|web page blocked|incapsula incident|web application firewall|mod_security/i,
    verdict: firewall,
  },
  {
    statuses: [400, 405, 409, 418, 493, 501],
    when: ({ page }) => page,
    says: /request (was )?(blocked|denied|rejected)|access denied|incident id|\bwaf\b|potential(ly)? (malicious|threat)|security (policy|rule|solution)|拦截|攻击/i,
    verdict: firewall,
  },
  { statuses: [403, 406], when: ({ page }) => page, verdict: firewall },
  {
    statuses: [400, 403, 406],
    says: /request (is|was|has been) (blocked|denied by)|blocked by .{0,40}(security|firewall|administrator|zscaler|\bdlp\b)|data loss prevention|\bdlp\b.{0,20}polic|web application firewall|\bwaf\b/i,
    verdict: firewall,
  },
  // A free tier of nothing is no wait, whatever the seconds that are told with it.
  { statuses: [429], says: /\blimit: 0\b/, verdict: noCredit },
  // Words of an empty account are also used for a minute's share: then there is a moment to come back at.
  {
    statuses: [429],
    when: ({ told }) => told,
    says: /current quota|check (your plan|quota)|billing details/i,
    codes: /retryinfo|resource_exhausted/,
    verdict: later,
  },
  {
    statuses: [429],
    codes: /per(model)?(minute|second|day)|throttling|^(1302|1303|1304|1305|1308|1310|1312)$/,
    says: /requests? per|tokens? per|per minute|per second|\b(rpm|tpm|rpd|qps)\b|#token-limit|allocated quota|(retry|try again) (in|after) \d/i,
    verdict: later,
  },
  {
    statuses: [200, 400, 403, 429, 500],
    codes:
      /insufficient_?(quota|balance|credits?|funds)|billing_(hard_limit|not_active)|credit_balance|exceeded_current_quota|arrearage|overdue|payment_required|budget_exceeded|spend(ing)?_limit|^(1113|1008)$/,
    says: /exceeded your current quota|billing hard limit|(credit|account) balance|insufficient (balance|credit|quota|funds|account)|(out of|no|any|add|purchase|all available) credits?\b|run out of credits|spend(ing)? limit|budget (has been )?exceeded|ExceededBudget|exceeded.{0,20}budget|overdue|good standing|not enough (credit|balance|money)|usage limit for this billing|billing (details|account)|余额|欠费/i,
    verdict: noCredit,
  },
  // OpenRouter says how long an account's calls in progress keep its balance.
  { statuses: [402], when: ({ told }) => told, verdict: later },
  { statuses: [402, 412], verdict: auth('OPENAI_API_KEY: the account of this key has no credit left.') },
  {
    statuses: [200, 400, 403, 404, 422, 500],
    codes:
      /^(invalid_api_key|invalidapikey|api_key_invalid|incorrect_api_key(_error)?|invalid_authentication(_error)?|authentication(_error|error)?|unauthenticated|unauthorized|invalid_iam_token|invalid_token|token_expired|401)$/,
    says: /(incorrect|invalid|missing|expired|unknown|malformed|no) (api[ _-]?key|auth(entication|orization)?|bearer|access token|credentials)|api[ _-]?key (is |was )?(not valid|invalid|incorrect|expired|not found|missing)|correct credentials|unauthenticated|not authorized \/ token/i,
    verdict: badKey,
  },
  { statuses: [401], verdict: badKey },
  {
    statuses: [407],
    verdict: config('HTTPS_PROXY: the proxy asks for a name and a password; write them into its address.'),
  },
  // A 404 for a model that is not this account's is a matter of the model.
  {
    statuses: [403],
    codes:
      /permission_?denied|access_?denied|forbidden|unsupported_country|model_not_(allowed|available)|consumer_invalid|not_?allowed|key_limit/,
    says: /\bkeys?\b|permission|credential|\bteam\b|\bproject\b|organi[sz]ation|account|subscri|\bplan\b|country|region|territory|\bip address|access to|have access|not allowed|allowlist|whitelist|billing|authoriz|licen[cs]e|权限|无权/i,
    verdict: noRight,
  },
  {
    statuses: [403],
    when: ({ answered }) => answered,
    verdict: blocked(
      'The model endpoint refused this request with status 403, though it answers others with this key.',
    ),
  },
  { statuses: [403], verdict: noRight },
  {
    codes: /context_length_exceeded|exceed_context_size|^1261$|^1039$|max_prompt_tokens|string_too_long/,
    says: /context_length_exceeded|exceed_context_size|context (length|size|window)|maximum context|prompt is too long|request too large|(input|prompt).{0,20}(token|length).{0,30}(too long|exceed)|exceeded model token limit|range of input length|reduce the length|超长/i,
    statuses: [200, 400, 413, 422, 429, 500],
    verdict: config(
      'The prompt does not fit the context of the model: lower TEXT_BUDGET, shorten the tag list or set OPENAI_MODEL to a larger one.',
    ),
  },
  {
    statuses: [413],
    verdict: config('The model endpoint takes no request of this size: lower TEXT_BUDGET or shorten the tag list.'),
  },
  {
    statuses: [200, 400, 404, 422, 500],
    codes: /model_?not_?found|model_?not_?exist|invalidendpointormodel|modelnotopen|invalid_model|unknown_model|^1211$/,
    says: /model (does )?not (exist|found)|(unknown|invalid|no such) model\b|model .{0,80}(does not exist|not found|not exist|is not a valid model|no longer available|has been (deprecated|retired|removed))|is not a valid model|not activated the model|模型不存在/i,
    verdict: unknownModel,
  },
  // llama.cpp answers 501 for a model that writes; others say that there is no such address.
  {
    statuses: [404, 405, 501],
    when: ({ decides, page }) => decides && !page,
    verdict: config(
      'OPENAI_API: no decisions are to be had at OPENAI_BASE_URL of this model: set OPENAI_MODEL to a decision model, OPENAI_API to the contract that is served there (decisions or systemone), or OPENAI_API=chat.',
    ),
  },
  { statuses: [404], codes: /model/, says: /model/i, verdict: unknownModel },
  {
    statuses: [404, 405],
    verdict: config(
      'OPENAI_BASE_URL: there is no chat-completions endpoint at this address (most end in /v1); or OPENAI_MODEL is unknown to it.',
    ),
  },
  { statuses: [408, 409, 425, 429, 498], verdict: later },
]
