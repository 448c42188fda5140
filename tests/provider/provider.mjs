// An OpenID provider for the tests: the certified oidc-provider, its tokens as JSON web tokens for the
// audience urn:vdk, with the name of who logged in as "username". Its keys are new at each start.
//
//   node provider.mjs PORT
//
// GET /-/count tells how often each grant type has succeeded and failed.

import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

const port = Number(process.argv[2]);
const issuer = `http://127.0.0.1:${port}`;
const jwk = (type, options, alg) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }),
  alg,
  use: 'sig',
  kid: `${alg}-${process.pid}`,
});
const ALL = 'openid offline_access';
const algorithms = { 'urn:vdk': 'RS256', 'urn:vdk:es': 'ES256', 'urn:vdk:ed': 'EdDSA' };

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'vdk-cli',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      redirect_uris: ['http://127.0.0.1'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    },
    {
      client_id: 'vdk-secret',
      client_secret: 's+e c&ret/%',
      application_type: 'native',
      redirect_uris: ['http://127.0.0.1'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    {
      client_id: 'etl',
      client_secret: 'etl-secret',
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    },
  ],
  jwks: {
    keys: [
      jwk('rsa', { modulusLength: 2048 }, 'RS256'),
      jwk('ec', { namedCurve: 'P-256' }, 'ES256'),
      jwk('ed25519', {}, 'EdDSA'),
    ],
  },
  cookies: { keys: ['only for tests'] },
  scopes: ALL.split(' '),
  rotateRefreshToken: true,
  ttl: { AccessToken: 3600, ClientCredentials: 3600, RefreshToken: 86400, DeviceCode: 600, Grant: 86400, Session: 86400, Interaction: 600, IdToken: 600, AuthorizationCode: 60 },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  extraTokenClaims: (_, token) => (token.accountId ? { username: token.accountId } : {}),
  features: {
    clientCredentials: { enabled: true },
    deviceFlow: { enabled: true },
    revocation: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => 'urn:vdk',
      useGrantedResource: () => true,
      getResourceServerInfo: (_, indicator) => ({
        scope: '',
        audience: indicator,
        accessTokenFormat: 'jwt',
        jwt: { sign: { alg: algorithms[indicator] ?? 'RS256' } },
      }),
    },
  },
});

const count = {};
const add = (ctx, outcome) => {
  const name = `${ctx.oidc.params?.grant_type ?? 'none'} ${outcome}`;
  count[name] = (count[name] ?? 0) + 1;
};
provider.on('grant.success', (ctx) => add(ctx, 'done'));
provider.on('grant.error', (ctx) => add(ctx, 'refused'));
provider.on('grant.revoked', () => { count.revoked = (count.revoked ?? 0) + 1; });

const handle = provider.callback();
createServer((request, response) => {
  if (request.url === '/-/count') {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(count));
  } else {
    handle(request, response);
  }
}).listen(port, '127.0.0.1');
