import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sealWith, unsealWith } from './owntracks-secretbox.ts';

test('W11 what libsodium sealed is opened', () => {
  // PyNaCl 1.6: SecretBox(b'ce-shi-mi-yao' padded to 32).encrypt(…, nonce 0 … 23).
  const sealed =
    'AAECAwQFBgcICQoLDA0ODxAREhMUFRYX9cGjcvfhb8/dq5cABuWbho8x1cYy8U0BNDORKhXMP7jiFOaq9B4f5WX1D52JjjAzv4RiWW8NpZFVaZttu5ce';
  expect(unsealWith('ce-shi-mi-yao', sealed)).toEqual({
    ok: true,
    value: '{"_type":"location","lat":23.5,"desc":"测试"}',
  });
});

test('W11 what is sealed is opened with the same secret and with no other', () => {
  const secret = fc.string({ minLength: 1, maxLength: 32 }).filter((text) => !text.includes('\u0000'));
  fc.assert(
    fc.property(secret, secret, fc.string({ unit: 'binary' }), (own, other, text) => {
      const sealed = sealWith(own, text);
      expect(unsealWith(own, sealed)).toEqual({ ok: true, value: Buffer.from(text).toString() });
      if (own !== other) expect(unsealWith(other, sealed)).toMatchObject({ ok: false });
    }),
    { numRuns: 200 },
  );
});

test('W11 anything else is refused', () => {
  for (const data of ['', 'TestCipherText', 'A'.repeat(200), '☃'])
    expect(unsealWith('key', data)).toMatchObject({ ok: false });
});
