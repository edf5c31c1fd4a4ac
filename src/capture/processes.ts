/** What is known of processes beyond what the kernel's programs tell: read from /proc when one is first seen, and again after a while, since a process may become another program. */
import { readFileSync, readlinkSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { BoundedCache } from '../events/bounded-cache.js';
import { containerIdOf, containerOf } from '../events/containers.js';
import type { ServiceRule } from '../language/spec.js';
import { containerService } from './container-service.js';

export interface ProcessFacts {
  /** The path of its program; empty where the process is gone or is none of ours to see. */
  readonly exe: string;
  readonly args: readonly string[];
  readonly cgroup: string;
  readonly container: string;
  /** What its runtime calls the service in its container. */
  readonly contained: string;
  /** OTEL_SERVICE_NAME of its environment at the start. */
  readonly named: string;
}

const keptMs = 30_000;
const most = 4_096;
const facts = new BoundedCache<ProcessFacts>(most, keptMs);
const containers = new BoundedCache<string>(most, keptMs);

export function processFacts(pid: number): ProcessFacts {
  return facts.get(String(pid), () => {
    const cgroup = /^0::(.*)$/m.exec(read(pid, 'cgroup'))?.[1] ?? '';
    const container = containerIdOf(cgroup);
    return {
      exe: exeOf(pid),
      args: read(pid, 'cmdline').split('\0').slice(0, -1),
      cgroup,
      container: containerOf(cgroup),
      contained: container === '' ? '' : containers.get(container, () => containerService(container)),
      named: /(?:^|\0)OTEL_SERVICE_NAME=([^\0]+)/.exec(read(pid, 'environ'))?.[1] ?? '',
    };
  });
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function exeOf(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, '');
  } catch {
    return '';
  }
}

export interface Served {
  readonly comm: string;
  /** 0 where it is not known. */
  readonly port: number;
}

/** What a process is called: by the user's rules, by its own environment, by its container, by systemd, or by what it runs. */
export function serviceName(process: ProcessFacts, served: Served, rules: readonly ServiceRule[]): string {
  const ruled = rules.find((rule) => holds(rule, process, served));
  if (ruled !== undefined) return ruled.name;
  return process.named || process.contained || unitOf(process.cgroup) || programOf(process) || served.comm;
}

function holds(rule: ServiceRule, { exe, args, cgroup }: ProcessFacts, { comm, port }: Served): boolean {
  return (
    (rule.exe === undefined || matches(rule.exe, exe)) &&
    (rule.comm === undefined || matches(rule.comm, comm)) &&
    (rule.cmdline === undefined || matches(rule.cmdline, args.join(' '))) &&
    (rule.cgroup === undefined || matches(rule.cgroup, cgroup)) &&
    (rule.port === undefined || rule.port === port)
  );
}

/** `*` stands for any characters. */
export function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  const [first = ''] = parts;
  if (parts.length === 1) return text === first;
  if (!text.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  const last = parts.at(-1) ?? '';
  return text.length - last.length >= at && text.endsWith(last);
}

/** `/system.slice/shop.service` → `shop`; of what a user's session runs nothing is meant, nor by the unit that runs containers of those within. */
function unitOf(path: string): string {
  const container = containerIdOf(path);
  const cgroup = container === '' ? path : path.slice(path.indexOf(container) + container.length);
  const unit = cgroup.split('/').findLast((each) => each.endsWith('.service'));
  if (unit === undefined || /^user@/.test(unit)) return '';
  return unit.slice(0, -'.service'.length).replace(/@.*$/, '');
}

const interpreters = /^(?:python[0-9.]*|node(?:js)?|ruby[0-9.]*|perl[0-9.]*|php[0-9.-]*|bash|sh|dash|deno|bun|java)$/;
/** Of programs that serve others' code. */
const launchers = /^(?:gunicorn|uvicorn|uwsgi|hypercorn|waitress-serve|puma|unicorn|npm|npx)$/;
/** Names that every project has. */
const general = /^(?:index|main|server|app|start|run|cli|__main__|manage|wsgi|asgi)$/;

/** What an interpreter was told to run, else the program. */
function programOf({ exe, args }: ProcessFacts): string {
  const program = basename(exe || (args[0] ?? ''));
  if (!interpreters.test(program)) return program;
  const rest = args.slice(1);
  const jar = rest[rest.indexOf('-jar') + 1];
  if (program === 'java') return rest.includes('-jar') && jar !== undefined ? withoutEnding(jar) : program;
  const module = rest.indexOf('-m');
  const script = rest.findIndex((each) => !each.startsWith('-'));
  if (module >= 0 && (script < 0 || module < script)) return (rest[module + 1] ?? program).split('.')[0] ?? program;
  if (script < 0) return program;
  const path = rest[script] ?? '';
  const name = withoutEnding(path);
  if (launchers.test(name)) return launched(rest.slice(script + 1)) ?? name;
  const folder = basename(dirname(path));
  return general.test(name) && folder !== '' && folder !== '.' ? folder : name;
}

/** `gunicorn shop.wsgi:app` → `shop`. */
function launched(args: readonly string[]): string | undefined {
  const target = args.find((each) => /^[\w.]+:[\w.]+/.test(each));
  return target?.split(':')[0]?.split('.')[0];
}

const withoutEnding = (path: string): string => basename(path).replace(/\.[A-Za-z0-9]{1,4}$/, '');
