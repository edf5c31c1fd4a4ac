import { describe, expect, it } from 'vitest';
import { matches, type ProcessFacts, processFacts, serviceName } from './processes.js';

const of = (facts: Partial<ProcessFacts>): ProcessFacts => ({
  exe: '',
  args: [],
  cgroup: '',
  container: '',
  contained: '',
  named: '',
  ...facts,
});
const served = { comm: 'thread', port: 80 };

describe('a service', () => {
  it.each([
    ['its environment', { named: 'shop', cgroup: '/system.slice/other.service' }, 'shop'],
    ['systemd', { exe: '/usr/bin/node', cgroup: '/system.slice/shop.service' }, 'shop'],
    ['its container', { contained: 'shop', exe: '/usr/bin/node', args: ['node', '/app/index.js'] }, 'shop'],
    [
      'its program in a container whose name is not known, not by the unit that runs it',
      { cgroup: `/system.slice/k3s.service/kubepods/pod7/${'a1'.repeat(32)}`, exe: '/opt/shopd' },
      'shopd',
    ],
    [
      'a unit within a container',
      { cgroup: `/machine.slice/libpod-${'a1'.repeat(32)}.scope/system.slice/shop.service` },
      'shop',
    ],
    ['an instance of a unit', { cgroup: '/system.slice/shop@2.service' }, 'shop'],
    ['what a user runs in a session', { exe: '/usr/bin/shop', cgroup: '/user.slice/user@1000.service' }, 'shop'],
    ['a program', { exe: '/opt/shop/bin/shopd' }, 'shopd'],
    ['a script', { exe: '/usr/bin/node', args: ['node', '--inspect', '/srv/basket.mjs'] }, 'basket'],
    ['a script that every project has', { exe: '/usr/bin/python3.11', args: ['python3', '/srv/shop/app.py'] }, 'shop'],
    ['a module', { exe: '/usr/bin/python3.11', args: ['python3', '-m', 'http.server', '80'] }, 'http'],
    ['a jar', { exe: '/usr/bin/java', args: ['java', '-Xmx1g', '-jar', '/srv/shop-api.jar'] }, 'shop-api'],
    [
      'what a launcher serves',
      { exe: '/usr/bin/python3', args: ['python3', '/usr/bin/gunicorn', '-w', '2', 'shop.wsgi:app'] },
      'shop',
    ],
    ['a process that is gone', {}, 'thread'],
  ])('is called by %s', (_, facts, name) => expect(serviceName(of(facts), served, [])).toBe(name));

  it('is called by the first rule that holds', () => {
    const rules = [
      { name: 'other', exe: '/opt/*', port: 81 },
      { name: 'ours', cmdline: '*serve --all*' },
    ];
    expect(serviceName(of({ exe: '/opt/x', args: ['x', 'serve', '--all', 'now'] }), served, rules)).toBe('ours');
  });
});

it.each([
  ['/usr/bin/node', '/usr/bin/node', true],
  ['/usr/*', '/usr/bin/node', true],
  ['*node', '/usr/bin/node', true],
  ['/usr/*/node', '/usr/node', false],
  ['*a*a', 'a', false],
  ['', 'x', false],
])('%s matches %s: %s', (pattern, text, does) => expect(matches(pattern, text)).toBe(does));

it('knows this process', () => {
  const facts = processFacts(process.pid);
  expect(facts.exe).toMatch(/node/);
  expect(facts.args.length).toBeGreaterThan(0);
});
