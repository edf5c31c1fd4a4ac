/** Chromium without a screen, spoken to over its DevTools pipe: NUL-terminated JSON, file descriptor 3 in and 4 out. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { nodeHost } from '../../src/host-node.js';

export const chromium = nodeHost().findProgram('chromium');

export interface Page {
  /** The value of an expression in the page, as JSON carries it. */
  evaluate(expression: string): Promise<unknown>;
  press(key: string, text?: string): Promise<void>;
  /** At the middle of the first element that a selector finds. */
  click(selector: string): Promise<void>;
  hover(selector: string): Promise<void>;
  /** Everything that the page asked for, itself included, and everything that it complained of. */
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
  close(): Promise<void>;
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly message: string };
}

export async function openPage(path: string): Promise<Page> {
  if (chromium === undefined) throw new Error('chromium is not installed');
  const profile = mkdtempSync(join(tmpdir(), 'probepipe-browser-'));
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe', '--window-size=1200,700'];
  const browser = spawn(chromium, [...options, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    // What it starts ends with it.
    detached: true,
  });
  const pipes: readonly unknown[] = browser.stdio;
  const [, , , commands, answers] = pipes;
  if (!isWritable(commands) || !isReadable(answers)) throw new Error('no pipes to the browser');
  const waiting = new Map<number, (message: Message) => void>();
  const events = new Map<string, () => void>();
  const requests: string[] = [];
  const complaints: string[] = [];
  let pending = '';
  answers.setEncoding('utf8').on('data', (chunk: string) => {
    const parts = (pending + chunk).split('\0');
    pending = parts.pop() ?? '';
    for (const part of parts) take(JSON.parse(part));
  });

  function take(message: Message): void {
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    const text = JSON.stringify(message.params ?? {});
    if (message.method === 'Network.requestWillBeSent') requests.push(text);
    if (message.method === 'Runtime.exceptionThrown' || message.method === 'Log.entryAdded') complaints.push(text);
    events.get(message.method ?? '')?.();
  }

  let last = 0;
  let session = '';
  const send = async (method: string, params: object = {}): Promise<Readonly<Record<string, unknown>>> => {
    last++;
    const id = last;
    const answer = new Promise<Message>((resolve) => waiting.set(id, resolve));
    commands.write(`${JSON.stringify({ id, method, params, ...(session === '' ? {} : { sessionId: session }) })}\0`);
    const { result, error } = await answer;
    waiting.delete(id);
    if (error !== undefined) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  };

  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  session = String(sessionId);
  for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await send(`${domain}.enable`);
  const loaded = new Promise<void>((resolve) => events.set('Page.loadEventFired', resolve));
  await send('Page.navigate', { url: `file://${path}` });
  await loaded;

  async function evaluate(expression: string): Promise<unknown> {
    const answer = await send('Runtime.evaluate', { expression, returnByValue: true });
    if ('exceptionDetails' in answer) throw new Error(JSON.stringify(answer.exceptionDetails));
    const { result } = answer;
    return typeof result === 'object' && result !== null && 'value' in result ? result.value : undefined;
  }

  async function mouse(selector: string, types: readonly string[]): Promise<void> {
    const place = await evaluate(`(() => {
      const { x, y, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect();
      return [x + width / 2, y + height / 2];
    })()`);
    const [x, y] = Array.isArray(place) ? place : [];
    for (const type of types) await send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
  }

  return {
    evaluate,
    requests,
    complaints,
    click: (selector) => mouse(selector, ['mousePressed', 'mouseReleased']),
    hover: (selector) => mouse(selector, ['mouseMoved']),
    async press(key, text) {
      await send('Input.dispatchKeyEvent', { type: 'keyDown', key, ...(text === undefined ? {} : { text }) });
      await send('Input.dispatchKeyEvent', { type: 'keyUp', key });
    },
    async close() {
      const ended = new Promise((resolve) => browser.once('exit', resolve));
      if (browser.pid !== undefined) process.kill(-browser.pid, 'SIGKILL');
      await ended;
      rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
    },
  };
}

function isWritable(stream: unknown): stream is Writable {
  return typeof stream === 'object' && stream !== null && 'write' in stream;
}

function isReadable(stream: unknown): stream is Readable {
  return typeof stream === 'object' && stream !== null && 'read' in stream;
}
