import type { SecretKind } from '../../../recipe/secret-kinds.ts'
import type { ContentRule } from '../types.ts'
import { decoded, entropy, isRandom } from '../values.ts'

/** A token that says by its first letters whose it is. `least`: bits a character, as machines make them. */
function token(
  kind: SecretKind,
  what: string,
  pattern: RegExp,
  needles: readonly string[],
  least = 2.8,
): ContentRule {
  return {
    kind,
    what,
    needles,
    pattern,
    word: true,
    accept: (match) => isRandom(match[1] ?? match[0], least),
  }
}

const service = (what: string, pattern: RegExp, ...needles: string[]) =>
  token('service-token', what, pattern, needles)

/** Tokens and keys of services, by prefixes that are theirs. */
export const tokenRules: readonly ContentRule[] = [
  token('aws-key', 'access key of AWS', /(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])/y, ['AKIA', 'ASIA']),
  {
    kind: 'aws-key',
    what: 'secret key of AWS',
    needles: [
      'secret_access_key',
      'secretaccesskey',
      'aws_secret_key',
      'aws_session_token',
      'secret-access-key',
    ],
    fold: true,
    pattern:
      /(?:secret[_-]?access[_-]?key|aws_secret_key|aws_session_token)["']?\s{0,8}(?:=>|[:=])?\s{0,8}["'>]?([A-Za-z0-9/+=]{40,128})/iy,
    span: 256,
    accept: (match) => isRandom(match[1]!, 3.5),
  },
  token('gcp-key', 'API key of Google', /AIza([0-9A-Za-z_-]{35})(?![0-9A-Za-z_-])/y, ['AIza'], 3.5),
  token('gcp-key', 'client secret of Google', /GOCSPX-([0-9A-Za-z_-]{28})/y, ['GOCSPX-'], 3.5),
  token('gcp-key', 'access token of Google', /ya29\.([0-9A-Za-z_-]{40,})/y, ['ya29.'], 3.5),
  {
    kind: 'gcp-key',
    what: 'key of a Google service account',
    needles: ['"private_key"'],
    pattern:
      /"private_key"\s{0,4}:\s{0,4}"-----BEGIN (?:[A-Z]{1,12} ){0,2}PRIVATE KEY-----(?:\\r|\\n){1,4}[A-Za-z0-9+/]{16}/y,
  },
  token('azure-key', 'key of an Azure account', /AccountKey=([A-Za-z0-9+/]{86}==)/y, ['AccountKey='], 4),
  token(
    'azure-key',
    'shared access key of Azure',
    /SharedAccess(?:Key|Signature)=([A-Za-z0-9+/]{43}=)/y,
    ['SharedAccessKey=', 'SharedAccessSignature='],
    3.5,
  ),
  {
    kind: 'azure-key',
    what: 'shared access signature of Azure',
    needles: ['&sig=', '?sig='],
    pattern: /[&?]sig=([A-Za-z0-9%+/]{43,90}(?:%3[dD]|=))/y,
    accept: (match) => isRandom(match[1]!, 3.5),
  },
  {
    kind: 'azure-key',
    what: 'client secret of Azure',
    needles: ['client_secret', 'clientsecret', 'client-secret', 'aadclientsecret'],
    fold: true,
    pattern:
      /(?:aad)?client[_-]?secret["']?\s{0,8}[:=]\s{0,8}["']?([A-Za-z0-9_~.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34})/iy,
  },
  token('github-token', 'token of GitHub', /gh[pousr]_([A-Za-z0-9]{36,255})/y, [
    'ghp_',
    'gho_',
    'ghu_',
    'ghs_',
    'ghr_',
  ]),
  token('github-token', 'token of GitHub', /github_pat_([A-Za-z0-9_]{50,255})/y, ['github_pat_']),
  token(
    'gitlab-token',
    'token of GitLab',
    /gl(?:pat|dt|rt|cbt|ptt|ft|soat|imt|agent|oas|ffct)-([A-Za-z0-9_.-]{20,})/y,
    [
      'glpat-',
      'gldt-',
      'glrt-',
      'glcbt-',
      'glptt-',
      'glft-',
      'glsoat-',
      'glimt-',
      'glagent-',
      'gloas-',
      'glffct-',
    ],
  ),
  token('gitlab-token', 'registration token of GitLab', /GR1348941([A-Za-z0-9_-]{20})/y, ['GR1348941']),
  token('slack-token', 'token of Slack', /xox[abeoprs](?:\.xox[bp])?-([A-Za-z0-9-]{10,250})/y, [
    'xoxa',
    'xoxb',
    'xoxe',
    'xoxo',
    'xoxp',
    'xoxr',
    'xoxs',
  ]),
  token('slack-token', 'application token of Slack', /xapp-(\d-[A-Z0-9]{9,13}-\d{10,14}-[a-f0-9]{20,80})/y, [
    'xapp-',
  ]),
  token(
    'slack-token',
    'webhook of Slack',
    /hooks\.slack\.com\/(?:services|workflows|triggers)\/(T?[A-Za-z0-9]{6,14}\/[A-Za-z0-9]{6,14}\/[A-Za-z0-9/]{16,60})/y,
    ['hooks.slack.com/'],
  ),
  token('stripe-key', 'key of Stripe', /[rs]k_(?:live|test|prod)_([A-Za-z0-9]{16,247})/y, [
    'sk_live_',
    'rk_live_',
    'sk_test_',
    'rk_test_',
    'sk_prod_',
    'rk_prod_',
  ]),
  token('stripe-key', 'webhook secret of Stripe', /whsec_([A-Za-z0-9+/]{24,64})/y, ['whsec_'], 3.5),
  token('npm-token', 'token of npm', /npm_([A-Za-z0-9]{36})(?![A-Za-z0-9])/y, ['npm_'], 3.3),
  {
    kind: 'npm-token',
    what: 'login for an npm registry',
    needles: ['_authToken', ':_auth', '_auth=', '_auth =', ':_password'],
    pattern: /(?::?_authToken|:?_auth|:_password)\s{0,4}=\s{0,4}"?([A-Za-z0-9_+/.=-]{8,512})/y,
    accept: (match) => isRandom(match[1]!, 2.5),
  },
  token('pypi-token', 'token of PyPI', /pypi-(AgE[A-Za-z0-9_-]{50,})/y, ['pypi-AgE']),
  token('vault-token', 'token of Vault', /hv[sbr]\.([A-Za-z0-9_-]{24,300})/y, ['hvs.', 'hvb.', 'hvr.'], 3.3),
  {
    kind: 'jwt',
    what: 'signed token (JWT)',
    // Header and payload are JSON objects, so both parts begin like that.
    needles: ['.eyJ'],
    pattern: /\.eyJ[A-Za-z0-9_-]{10,1000}\.([A-Za-z0-9_-]{20,700})/y,
    span: 2048,
    before: 600,
    accept: (match, before) => {
      const header = /eyJ[A-Za-z0-9_-]{10,590}$/.exec(before)?.[0]
      return header !== undefined && /"alg"\s*:/.test(decoded(header)) && entropy(match[1]!) > 3.5
    },
  },
  {
    kind: 'docker-login',
    what: 'login for a container registry',
    needles: ['"auth"', '"identitytoken"', '"registrytoken"'],
    pattern: /"(auth|identitytoken|registrytoken)"\s{0,8}:\s{0,8}"([A-Za-z0-9+/_.-]{8,2048}={0,2})"/y,
    span: 2200,
    accept: (match) =>
      match[1] === 'auth'
        ? /^[\x21-\x7e]{1,200}:[\x20-\x7e]{1,1500}$/.test(decoded(match[2]!))
        : isRandom(match[2]!, 3),
  },
  {
    kind: 'docker-login',
    what: 'login for a container registry, in base64',
    needles: ['eyJhdXRocyI6', 'ewogICJhdXRocyI6', 'ewoJImF1dGhzIjog', 'ewogICAgImF1dGhzIj'],
    pattern: /[A-Za-z0-9+/]{40,4096}={0,2}/y,
    span: 4100,
    accept: (match) => /"(auth|password|identitytoken)"\s*:\s*"[^"]{4}/.test(decoded(match[0])),
  },
  {
    kind: 'service-token',
    what: 'token of a Telegram bot',
    needles: [':AAA', ':AAE', ':AAF', ':AAG', ':AAH'],
    pattern: /:(AA[A-Za-z0-9_-]{33})(?![A-Za-z0-9_-])/y,
    before: 12,
    accept: (match, before) => /(?<!\d)\d{8,10}$/.test(before) && isRandom(match[1]!, 3.5),
  },
  service(
    'key of SendGrid',
    /SG\.([A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{30,64})/y,
    ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-'.split('').map((c) => `SG.${c}`),
  ),
  service(
    'webhook of Discord',
    /discord(?:app)?\.com\/api\/webhooks\/\d{8,24}\/([A-Za-z0-9_-]{40,100})/y,
    'discord.com/api/webhooks/',
    'discordapp.com/api/webhooks/',
  ),
  service('token of DigitalOcean', /do[opr]_v1_([a-f0-9]{64})/y, 'dop_v1_', 'doo_v1_', 'dor_v1_'),
  service(
    'token of Shopify',
    /shp(?:at|ca|pa|ss)_([a-fA-F0-9]{32})/y,
    'shpat_',
    'shpca_',
    'shppa_',
    'shpss_',
  ),
  service('token of Square', /sq0(?:atp|csp)-([A-Za-z0-9_-]{22,60})/y, 'sq0atp-', 'sq0csp-'),
  {
    kind: 'service-token',
    what: 'key of OpenAI',
    needles: ['T3BlbkFJ'],
    pattern: /T3BlbkFJ[A-Za-z0-9_-]{20,200}/y,
    before: 220,
    accept: (_match, before) => /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{20,200}$/.test(before),
  },
  service('key of Anthropic', /sk-ant-([A-Za-z0-9_-]{32,200})/y, 'sk-ant-'),
  service(
    'token of Hugging Face',
    /hf_([A-Za-z]{34})(?![A-Za-z0-9])/y,
    ...[...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'].map((c) => `hf_${c}`),
  ),
  service('token of Databricks', /dapi([a-f0-9]{32})(?![a-f0-9])/y, 'dapi'),
  service(
    'token of Grafana',
    /(?:glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_[A-Za-z0-9+/]{32,400}={0,2})/y,
    'glsa_',
    'glc_',
  ),
  service('key of New Relic', /NRAK-([A-Z0-9]{27})/y, 'NRAK-'),
  service('token of Sentry', /sntr(?:ys|yu)_([A-Za-z0-9_+/=]{40,400})/y, 'sntrys_', 'sntryu_'),
  service('token of Atlassian', /AT(?:ATT|CTT)3xFf([A-Za-z0-9+/=_-]{60,400})/y, 'ATATT3xFf', 'ATCTT3xFf'),
  service('token of RubyGems', /rubygems_([a-f0-9]{48})/y, 'rubygems_'),
  service('token of Terraform Cloud', /\.atlasv1\.([A-Za-z0-9_=-]{60,70})/y, '.atlasv1.'),
  service('token of Tailscale', /tskey-(?:[a-z]{2,12}-)?([A-Za-z0-9]{10,20}-[A-Za-z0-9]{20,40})/y, 'tskey-'),
  service(
    'token of Doppler',
    /dp\.(?:pt|st|ct|sa|scim|audit)\.([A-Za-z0-9_.-]{40,60})/y,
    'dp.pt.',
    'dp.st.',
    'dp.ct.',
    'dp.sa.',
  ),
  service('token of Pulumi', /pul-([a-f0-9]{40})/y, 'pul-'),
  service('key of Postman', /PMAK-([a-f0-9]{24}-[a-f0-9]{34})/y, 'PMAK-'),
  service('token of Dynatrace', /dt0[a-z]\d\d\.([A-Z0-9]{24}\.[A-Z0-9]{64})/y, 'dt0c', 'dt0s'),
  service('key of Alibaba Cloud', /LTAI([A-Za-z0-9]{17,26})(?![A-Za-z0-9])/y, 'LTAI'),
  service('key of Tencent Cloud', /AKID([A-Za-z0-9]{32})(?![A-Za-z0-9])/y, 'AKID'),
  service('token of Linear', /lin_(?:api|oauth)_([A-Za-z0-9]{32,64})/y, 'lin_api_', 'lin_oauth_'),
  service('token of Notion', /ntn_([A-Za-z0-9]{40,50})/y, 'ntn_'),
  service('key of Mailgun', /key-([a-f0-9]{32})(?![a-f0-9])/y, 'key-'),
  service('token of Heroku', /HRKU-([A-Za-z0-9_-]{36,64})/y, 'HRKU-'),
  service('token of PlanetScale', /pscale_(?:tkn|pw|oauth)_([A-Za-z0-9_.=-]{32,64})/y, 'pscale_'),
  service('token of Netlify', /nfp_([A-Za-z0-9_]{36,48})/y, 'nfp_'),
  service('token of Supabase', /sbp_([a-f0-9]{40})/y, 'sbp_'),
  service('token of Buildkite', /bk[uap]{2}_([a-f0-9]{40})/y, 'bkua_'),
  service('token of CircleCI', /CCIP(?:AT|RJ)_([A-Za-z0-9_]{20,80})/y, 'CCIPAT_', 'CCIPRJ_'),
  service('token of JFrog', /AKCp([A-Za-z0-9]{60,80})/y, 'AKCp'),
]
