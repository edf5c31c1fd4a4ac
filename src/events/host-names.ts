/** Host names of addresses. The name service is asked beside the events, so an address is shown as it is until the answer is there. */
import { BoundedCache } from './bounded-cache.js';

const keptMs = 600_000;
const mostAsked = 64;
const names = new BoundedCache<string>(10_000, keptMs);
let asked = 0;

export function hostName(address: string): string {
  return names.get(address, () => {
    if (asked < mostAsked) ask(address);
    return address;
  });
}

/** Loaded with the first question: most pipelines ask none. */
function ask(address: string): void {
  asked++;
  import('node:dns/promises')
    .then(({ reverse }) => reverse(address))
    .then(([name]) => {
      if (name !== undefined) names.set(address, name);
    })
    .catch(() => {
      // It has no name, or the service does not answer: the address is shown, and asked for again later.
    })
    .finally(() => {
      asked--;
    });
}
