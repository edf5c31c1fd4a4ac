/** Debian's ClickHouse on this host's loopback, with a configuration and data of its own. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from './prometheus-server.js';
import { RealServer } from './real-server.js';

const program = '/usr/sbin/clickhouse-server';

export function hasClickHouse(): boolean {
  const found = existsSync(program);
  if (!found) console.warn('skipped: needs clickhouse-server, which scripts/setup --test installs');
  return found;
}

const configuration = (folder: string, port: number, other: number) => `<yandex>
  <logger><level>warning</level><console>1</console></logger>
  <listen_host>127.0.0.1</listen_host><http_port>${port}</http_port><tcp_port>${other}</tcp_port>
  <path>${folder}/data/</path><tmp_path>${folder}/tmp/</tmp_path><users_config>users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>16777216</mark_cache_size><timezone>UTC</timezone>
</yandex>`;

const users = `<yandex>
  <profiles><default></default></profiles><quotas><default></default></quotas>
  <users><default>
    <password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile><quota>default</quota>
  </default></users>
</yandex>`;

export class ClickHouseServer extends RealServer {
  private constructor(
    folder: string,
    readonly port: number,
  ) {
    super(program, [`--config-file=${join(folder, 'config.xml')}`], `http://127.0.0.1:${port}/ping`);
  }

  /** `folder`: one that is there and empty. */
  static async started(folder: string): Promise<ClickHouseServer> {
    for (const each of ['data', 'tmp']) mkdirSync(join(folder, each));
    const port = await freePort();
    writeFileSync(join(folder, 'config.xml'), configuration(folder, port, await freePort()));
    writeFileSync(join(folder, 'users.xml'), users);
    const server = new ClickHouseServer(folder, port);
    await server.start();
    return server;
  }

  /** Where the rows of a table are sent. */
  insertUrl(table: string): string {
    return `http://127.0.0.1:${this.port}/?query=INSERT%20INTO%20${table}%20FORMAT%20JSONEachRow`;
  }

  /** Columns by tabs, as text. */
  async query(text: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${this.port}/`, { method: 'POST', body: text });
    const answer = await response.text();
    if (!response.ok) throw new Error(answer);
    return answer.trim();
  }
}
