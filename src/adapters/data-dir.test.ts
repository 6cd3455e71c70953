import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockDataDir, ownerOf } from './data-dir.ts';

test('R1 a data folder serves one process at a time; a dead owner is followed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'wardline-test-'));
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  writeFileSync(join(dir, 'wardline.pid'), String(other.pid));
  expect(ownerOf(dir)).toBe(other.pid);
  expect(lockDataDir(dir)).toMatchObject({ ok: false, error: expect.stringContaining(String(other.pid)) });
  other.kill('SIGKILL');
  await once(other, 'exit');
  const locked = lockDataDir(dir);
  if (!locked.ok) throw new Error(locked.error);
  expect(ownerOf(dir)).toBe(process.pid);
  locked.value.release();
  expect(ownerOf(dir)).toBeUndefined();
});

test('R1 a folder that cannot be made is one clear line', () => {
  expect(lockDataDir('/dev/null/x')).toMatchObject({ ok: false, error: expect.stringContaining('DATA_DIR') });
});
