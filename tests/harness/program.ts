/** The real program as a child process, with its ports chosen by the system, for tests that kill it or talk to it from outside. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

export interface Program {
  readonly url: string;
  /** Address of a port as the program prints it at its start (`osmand`, …). */
  addressOf(port: string): string;
  readonly child: ChildProcess;
  /** Sends the signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

function environment(env: Environment): NodeJS.ProcessEnv {
  const {
    KAFKA_BROKERS: _k,
    REDIS_URL: _r,
    DATABASE_URL: _d,
    MQTT_URL: _m,
    MLP_URL: _o,
    ...inherited
  } = process.env;
  return {
    ...inherited,
    HOST: '127.0.0.1',
    PORT: '0',
    OSMAND_PORT: '0',
    JT808_PORT: '0',
    WATCH_PORT: '0',
    WARDLINE_ADMIN_PASSWORD: 'test-password',
    ...env,
  };
}

/** Starts `wardline start` and waits until it says that it is ready. */
export async function startProgram(
  env: Environment,
  args: readonly string[] = ['--no-demo'],
): Promise<Program> {
  const child = spawn(process.execPath, [main, 'start', ...args], {
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString()).slice(-10_000);
  });
  const exited = once(child, 'exit');
  const addresses = new Map<string, string>();
  const ready = (async () => {
    for await (const line of createInterface({ input: child.stdout })) {
      const match = /^\s*(\w+)\s+(\w+:\/\/\S+)/.exec(line);
      if (match?.[1] !== undefined && match[2] !== undefined) addresses.set(match[1], match[2]);
      if (line.includes('Ctrl-C')) break;
    }
    child.stdout.resume();
  })();
  await Promise.race([ready, exited]);
  const url = addresses.get('page');
  if (url === undefined) {
    child.kill('SIGKILL');
    throw new Error(`wardline did not start: ${complaints}`);
  }
  return {
    url,
    addressOf: (port) => {
      const address = addresses.get(port);
      if (address === undefined) throw new Error(`the program has no port ${port}`);
      return address;
    },
    child,
    end: async (signal) => {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await exited;
    },
  };
}

/** Runs a `wardline` command to its end. */
export async function runCommand(
  env: Environment,
  args: readonly string[],
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}
