/** Each channel against a real receiver of its kind. */
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type ChannelSettings, hostOf, readChannels } from '../channel-settings.ts';
import { createSender } from './channel.ts';
import { isPrivateAddress, post } from './http-post.ts';
import { withinBytes } from './robots.ts';
import { fill } from './sms.ts';

interface Request {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
let server: Server;
let smtp: SMTPServer;
let base: string;
let smtpUrl: string;
let answer = { status: 200, body: '', headers: {} as Record<string, string>, waitMs: 0 };
const requests: Request[] = [];
const mails: { to: string[]; text: string }[] = [];

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    requests.push({
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
    });
    setTimeout(() => response.writeHead(answer.status, answer.headers).end(answer.body), answer.waitMs);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  smtp = new SMTPServer({
    authOptional: false,
    allowInsecureAuth: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username, password }, _session, done) =>
      username === 'u' && password === 'right' ? done(null, { user: 'u' }) : done(new Error('no')),
    onRcptTo: ({ address }, _session, done) =>
      address.startsWith('nobody')
        ? done(Object.assign(new Error('no such mailbox'), { responseCode: 550 }))
        : address.startsWith('full')
          ? done(Object.assign(new Error('try later'), { responseCode: 452 }))
          : done(),
    onData: async (stream, session, done) => {
      const chunks: Buffer[] = [];
      for await (const chunk of stream) chunks.push(chunk as Buffer);
      mails.push({
        to: session.envelope.rcptTo.map(({ address }) => address),
        text: Buffer.concat(chunks).toString(),
      });
      done();
    },
  });
  smtp.on('error', () => {});
  smtp.listen(0, '127.0.0.1');
  await once(smtp.server, 'listening');
  smtpUrl = `smtp://u:right@127.0.0.1:${(smtp.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await new Promise<void>((resolve) => smtp.close(resolve));
});
beforeEach(() => {
  requests.length = 0;
  mails.length = 0;
  answer = { status: 200, body: '', headers: {}, waitMs: 0 };
});

const NOW = 1_772_000_000_123;
const outgoing = {
  id: '00000000-0000-8000-8000-000000000001',
  recipient: '13800000000',
  message: { title: '【守界】 新告警', text: '【守界】 "甲"&<乙>\n第二行' },
  data: [{ what: 'alert-opened' }],
};
const send = (settings: ChannelSettings, more: Partial<typeof outgoing> = {}) =>
  createSender(settings, () => NOW)({ ...outgoing, ...more });
const at = (path: string) => ({ name: 'c', url: base + path, isPrivate: true });
const secret = 'SECof-this-test';

test('O3 a webhook is signed over its timestamp and its bytes, and has the key of its delivery', async () => {
  expect(await send({ ...at('/hook'), kind: 'webhook', secret })).toEqual({ isSent: true, answer: '200' });
  const [got] = requests;
  const signed = createHmac('sha256', secret).update(`1772000000.${got?.body}`).digest('hex');
  expect(got?.headers['x-wardline-signature']).toBe(`v1=${signed}`);
  expect(got?.headers['x-wardline-timestamp']).toBe('1772000000');
  expect(got?.headers['idempotency-key']).toBe(outgoing.id);
  expect(JSON.parse(got?.body ?? '')).toEqual({
    id: outgoing.id,
    text: outgoing.message.text,
    notices: outgoing.data,
  });
});

test('O4 WeCom takes a text; its own code counts', async () => {
  const settings = { ...at('/cgi-bin/webhook/send?key=k'), kind: 'wecom' } as const;
  answer.body = '{"errcode":0,"errmsg":"ok"}';
  expect(await send(settings)).toEqual({ isSent: true, answer: '200' });
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
    msgtype: 'text',
    text: { content: outgoing.message.text },
  });
  answer.body = '{"errcode":93000,"errmsg":"invalid webhook url"}';
  expect(await send(settings)).toEqual({ isSent: false, answer: 'errcode 93000', isFinal: true });
  answer.body = '{"errcode":45009,"errmsg":"freq out of limit"}';
  expect(await send(settings)).toEqual({ isSent: false, answer: 'errcode 45009', isFinal: false });
  answer.body = 'maintenance';
  expect(await send(settings)).toEqual({ isSent: false, answer: 'answer-unreadable', isFinal: false });
  expect(Buffer.byteLength(withinBytes('守'.repeat(3000), 2048))).toBeLessThanOrEqual(2048);
});

test('O4 DingTalk: the sign of 加签 stands in the query', async () => {
  answer.body = '{"errcode":0,"errmsg":"ok"}';
  const settings = { ...at('/robot/send?access_token=t'), kind: 'dingtalk', secret } as const;
  expect(await send(settings)).toEqual({ isSent: true, answer: '200' });
  const query = new URL(requests[0]?.url ?? '', base).searchParams;
  expect(query.get('access_token')).toBe('t');
  expect(query.get('timestamp')).toBe(String(NOW));
  expect(query.get('sign')).toBe(createHmac('sha256', secret).update(`${NOW}\n${secret}`).digest('base64'));
  answer.body = '{"errcode":310000,"errmsg":"sign not match"}';
  expect(await send(settings)).toEqual({ isSent: false, answer: 'errcode 310000', isFinal: true });
});

test('O4 Feishu: the sign stands in the body', async () => {
  answer.body = '{"code":0,"msg":"success"}';
  const settings = { ...at('/open-apis/bot/v2/hook/t'), kind: 'feishu', secret } as const;
  expect(await send(settings)).toEqual({ isSent: true, answer: '200' });
  const body = JSON.parse(requests[0]?.body ?? '');
  expect(body).toEqual({
    timestamp: '1772000000',
    sign: createHmac('sha256', `1772000000\n${secret}`).digest('base64'),
    msg_type: 'text',
    content: { text: outgoing.message.text },
  });
  answer.body = '{"code":19021,"msg":"sign match fail"}';
  expect(await send(settings)).toEqual({ isSent: false, answer: 'code 19021', isFinal: true });
});

test('a gateway of short messages gets the request that its template says, each value escaped for its place', async () => {
  const json = {
    ...at('/sms?to={phone}'),
    kind: 'sms',
    headers: { 'content-type': 'application/json', authorization: 'Bearer x' },
    body: '{"phone":"{phone}","content":"{text}","serial":"{id}"}',
    success: '"code":"OK"',
  } as const;
  answer.body = '{"code":"OK"}';
  expect(await send(json)).toEqual({ isSent: true, answer: '200' });
  expect(requests[0]?.url).toBe('/sms?to=13800000000');
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
    phone: '13800000000',
    content: outgoing.message.text,
    serial: outgoing.id,
  });
  answer.body = '{"code":"LIMIT"}';
  expect(await send(json)).toEqual({ isSent: false, answer: 'not-taken', isFinal: false });
  const get = { ...at('/sms?to={phone}&text={text}'), kind: 'sms', method: 'GET' } as const;
  answer.body = '';
  expect(await send(get)).toEqual({ isSent: true, answer: '200' });
  expect(new URL(requests.at(-1)?.url ?? '', base).searchParams.get('text')).toBe(outgoing.message.text);
  expect(fill('{text}', { text: '{phone}', phone: 'x' }, String)).toBe('{phone}');
});

test('Q3 e-mail has the delivery’s Message-ID; a mailbox that is not there is final, a full one is not', async () => {
  const settings = { name: 'm', kind: 'email', url: smtpUrl, from: '守界 <notice@example.org>' } as const;
  const to = { recipient: 'officer@example.org' };
  expect(await send(settings, to)).toEqual({ isSent: true, answer: 'smtp 250' });
  expect(mails[0]?.to).toEqual(['officer@example.org']);
  expect(mails[0]?.text).toContain(`Message-ID: <${outgoing.id}@example.org>`);
  expect(await send(settings, { recipient: 'nobody@example.org' })).toEqual({
    isSent: false,
    answer: 'smtp 550',
    isFinal: true,
  });
  expect(await send(settings, { recipient: 'full@example.org' })).toEqual({
    isSent: false,
    answer: 'smtp 452',
    isFinal: false,
  });
  const wrong = { ...settings, url: smtpUrl.replace('right', 'wrong') };
  expect(await send(wrong, to)).toMatchObject({ isSent: false, isFinal: false });
  const away = { ...settings, url: 'smtp://127.0.0.1:1' };
  expect(await send(away, to)).toMatchObject({ isSent: false, isFinal: false });
});

test.each([
  [301, '301', true],
  [401, '401', true],
  [408, '408', false],
  [429, '429', false],
  [500, '500', false],
])('Q4 O2 an answer of %i is %s, final: %s; no redirect is followed', async (status, code, isFinal) => {
  answer = { ...answer, status, headers: { location: `${base}/elsewhere` } };
  const sent = await send({ ...at('/hook'), kind: 'webhook', secret });
  expect(sent).toEqual({ isSent: false, answer: code, isFinal });
  expect(requests).toHaveLength(1);
});

test('O2 private addresses are refused before a byte is sent, by number and by name', async () => {
  const asked = { headers: {}, body: '', isPrivate: false };
  expect(await post({ ...asked, url: `${base}/` })).toEqual({ fault: 'private-address' });
  const { port } = new URL(base);
  expect(await post({ ...asked, url: `http://localhost:${port}/` })).toEqual({ fault: 'private-address' });
  expect(await post({ ...asked, url: `http://[::ffff:127.0.0.1]:${port}/` })).toEqual({
    fault: 'private-address',
  });
  expect(requests).toHaveLength(0);
  for (const address of ['10.1.2.3', '169.254.169.254', '192.168.1.1', '::1', 'fd00::1', '100.64.0.1'])
    expect(isPrivateAddress(address), address).toBe(true);
  for (const address of ['8.8.8.8', '2400:3200::1']) expect(isPrivateAddress(address), address).toBe(false);
});

test('O2 time and answer are bounded', async () => {
  const asked = { url: `${base}/`, headers: {}, body: '', isPrivate: true };
  answer = { ...answer, body: 'x'.repeat(70_000) };
  expect(await post(asked)).toEqual({ fault: 'answer-too-large' });
  answer = { ...answer, body: '', waitMs: 500 };
  expect(await post({ ...asked, timeoutMs: 50 })).toEqual({ fault: 'timeout' });
});

test('O1 O2 a channel that is not as described is refused, without its secrets in the message', () => {
  const hook = { name: 'a', kind: 'webhook', url: 'https://example.org/h', secret: 'hidden-secret' };
  expect(readChannels(JSON.stringify([hook])).ok).toBe(true);
  expect(readChannels(undefined)).toEqual({ ok: true, value: [] });
  for (const wrong of [
    '{}',
    'x',
    JSON.stringify([hook, hook]),
    JSON.stringify([{ ...hook, url: 'http://example.org/h' }]),
    JSON.stringify([{ ...hook, secret: 'hidden' }]),
    JSON.stringify([{ ...hook, more: 1 }]),
    JSON.stringify([{ ...hook, url: 'https://user:hidden@example.org/' }]),
  ]) {
    const read = readChannels(wrong);
    expect(read.ok, wrong).toBe(false);
    if (!read.ok) expect(read.error).not.toContain('hidden');
  }
  const mail = { name: 'm', kind: 'email', url: 'smtps://u:p%40@mail.example.org:465', from: 'a@b' } as const;
  expect(hostOf(mail)).toBe('mail.example.org');
});
