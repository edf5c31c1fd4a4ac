/** Debian's nginx on this host's loopback, which keeps the body of every request that it answers well. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { freePort } from './prometheus-server.js';
import { RealServer } from './real-server.js';

const program = '/usr/sbin/nginx';

export function hasNginx(): boolean {
  const found = existsSync(program);
  if (!found) console.warn('skipped: needs nginx-light, which scripts/setup --test installs');
  return found;
}

/** A body is in its file before the request is passed on to what answers it. */
const configuration = (folder: string, port: number) => `
daemon off; master_process off; pid ${folder}/pid; error_log ${folder}/error.log;
events { worker_connections 64; }
http {
  access_log off; client_body_temp_path ${folder}/bodies; client_body_in_file_only on; client_max_body_size 8m;
  proxy_temp_path ${folder}/p; fastcgi_temp_path ${folder}/f; uwsgi_temp_path ${folder}/u; scgi_temp_path ${folder}/s;
  server { listen 127.0.0.1:${port};
    location /events { proxy_pass http://127.0.0.1:${port}/done; }
    location /done { return 204; } }
}`;

export class NginxServer extends RealServer {
  private constructor(
    private readonly folder: string,
    readonly port: number,
  ) {
    super(program, ['-p', folder, '-c', join(folder, 'nginx.conf')], `http://127.0.0.1:${port}/done`);
  }

  /** `folder`: one that is there and empty. */
  static async started(folder: string): Promise<NginxServer> {
    mkdirSync(join(folder, 'bodies'), { mode: 0o777 });
    const port = await freePort();
    writeFileSync(join(folder, 'nginx.conf'), configuration(folder, port));
    const server = new NginxServer(folder, port);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/events`;
  }

  /** Of all bodies that came whole: those that were being written when nginx was killed end early. */
  lines(): string[] {
    const bodies = join(this.folder, 'bodies');
    return readdirSync(bodies).flatMap((name) => {
      try {
        return gunzipSync(readFileSync(join(bodies, name)))
          .toString()
          .split('\n')
          .slice(0, -1);
      } catch {
        return [];
      }
    });
  }
}
