import { expect, test } from 'vitest';
import { withSecretFiles } from './secret-files.ts';

const read = (file: string) => {
  if (file !== '/run/secrets/url') throw new Error('no such file');
  return 'postgres://u:p@h/d\n';
};

test('C6 a secret is read from the file that NAME_FILE names, without its line end', () => {
  expect(withSecretFiles({ DATABASE_URL_FILE: '/run/secrets/url', PORT: '1' }, read)).toEqual({
    ok: true,
    value: { DATABASE_URL_FILE: '/run/secrets/url', PORT: '1', DATABASE_URL: 'postgres://u:p@h/d' },
  });
});

test('C6 every secret of the settings may stand in a file', () => {
  for (const name of [
    'SERVICE_DATABASE_URL',
    'REDIS_URL',
    'MQTT_URL',
    'MLP_PASSWORD',
    'IDENTITY_KEYS',
    'NOTICE_CHANNELS',
    'WARDLINE_ADMIN_PASSWORD',
  ]) {
    const found = withSecretFiles({ [`${name}_FILE`]: '/run/secrets/url' }, read);
    expect(found.ok && found.value[name]).toBe('postgres://u:p@h/d');
  }
});

test('C6 both at once, and a file that is not there, are faults that name no secret', () => {
  const faults = withSecretFiles(
    {
      DATABASE_URL: 'postgres://u:secret@h/d',
      DATABASE_URL_FILE: '/run/secrets/url',
      REDIS_URL_FILE: '/gone',
    },
    read,
  );
  if (faults.ok) throw new Error('must fail');
  expect(faults.error).toEqual([
    expect.stringContaining('DATABASE_URL_FILE are both set'),
    expect.stringContaining('REDIS_URL_FILE=/gone'),
  ]);
  expect(faults.error.join()).not.toContain('secret@');
});
