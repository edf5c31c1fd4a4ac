/** `127.0.0.1:9435`, `[::1]:9435`, `localhost:9435`, and `:9435` for every address of the host. */
export interface ListenAddress {
  /** Empty for all. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
}

/** `undefined` for what is none. */
export function listenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+(?:%[A-Za-z0-9]+)?)\]|([A-Za-z0-9._-]*)):([0-9]{1,5})$/.exec(text.trim());
  if (match === null) return undefined;
  const port = Number(match[3]);
  return port > 65_535 ? undefined : { host: match[1] ?? match[2] ?? '', port };
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.[0-9]{1,3}){3}$/.test(host);
}
