/** Secrets out of files: `NAME_FILE` names the file whose text is the setting `NAME`, as container platforms hand them out. */
import { fail, ok, type Result } from './kernel/result.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that hold a secret, or a URL with one in it. */
const SECRETS = [
  'DATABASE_URL',
  'SERVICE_DATABASE_URL',
  'REDIS_URL',
  'MQTT_URL',
  'MLP_PASSWORD',
  'IDENTITY_KEYS',
  'WARDLINE_ADMIN_PASSWORD',
  'NOTICE_CHANNELS',
] as const;

/** Answers the environment with what the files hold, or every fault. `read` throws where a file can't be read. */
export function withSecretFiles(
  env: Environment,
  read: (file: string) => string,
): Result<Environment, string[]> {
  const found: Record<string, string> = {};
  const faults: string[] = [];
  for (const name of SECRETS) {
    const file = env[`${name}_FILE`];
    if (file === undefined || file === '') continue;
    if (env[name] !== undefined && env[name] !== '') {
      faults.push(`${name} and ${name}_FILE are both set: give one of the two`);
      continue;
    }
    try {
      found[name] = read(file).replace(/\r?\n$/, '');
    } catch {
      faults.push(`${name}_FILE=${file}: this file can't be read`);
    }
  }
  return faults.length > 0 ? fail(faults) : ok({ ...env, ...found });
}
