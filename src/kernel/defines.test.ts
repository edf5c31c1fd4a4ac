import { describe, expect, it } from 'vitest';
import { define, defineNames } from './defines.js';

describe('define', () => {
  it('has the names that pipelines use', () => {
    const expected: readonly (readonly [string, bigint])[] = [
      ['AF_INET', 2n],
      ['AF_INET6', 10n],
      ['AF_UNIX', 1n],
      ['SOCK_STREAM', 1n],
      ['SOCK_NONBLOCK', 0o4000n],
      ['IPPROTO_TCP', 6n],
      ['IPPROTO_UDP', 17n],
      ['O_CREAT', 0o100n],
      ['O_LARGEFILE', 0o100000n],
      ['O_CLOEXEC', 0o2000000n],
      ['S_IFREG', 0o100000n],
      ['S_IRUSR', 0o400n],
      ['ENOENT', 2n],
      ['SIGKILL', 9n],
      ['CLONE_NEWNET', 0x40000000n],
      ['MAP_ANONYMOUS', 0x20n],
      ['PROT_EXEC', 4n],
      ['MS_RDONLY', 1n],
      ['CAP_SYS_ADMIN', 21n],
      ['FUTEX_WAIT', 0n],
      ['EPOLLIN', 1n],
      ['EPOLLET', 0x80000000n],
      ['AT_FDCWD', -100n],
      ['SOL_SOCKET', 1n],
      ['TCP_NODELAY', 1n],
      ['SEEK_END', 2n],
      ['POLLIN', 1n],
      ['ETH_P_IP', 0x800n],
      ['EXT4_SUPER_MAGIC', 0xef53n],
      ['DT_DIR', 4n],
    ];
    for (const [name, value] of expected) expect(define(name, 'x86_64'), name).toBe(value);
    expect(define('NOT_THERE', 'x86_64')).toBeUndefined();
    expect([...defineNames()].length).toBeGreaterThan(2000);
  });

  it('knows what differs on arm64', () => {
    expect(define('O_DIRECTORY', 'x86_64')).toBe(0o200000n);
    expect(define('O_DIRECTORY', 'arm64')).toBe(0o40000n);
    expect(define('O_CREAT', 'arm64')).toBe(0o100n);
    expect(define('MAP_32BIT', 'arm64')).toBeUndefined();
  });
});
