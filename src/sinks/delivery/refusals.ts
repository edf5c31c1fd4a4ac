/** What a refusal usually means, for who set the sink up: the answer's own words are not shown, since they may hold what was sent. */

const meanings: ReadonlyMap<string, string> = new Map([
  ['refused (301)', 'it is at another URL, and redirects are not followed'],
  ['refused (302)', 'it is at another URL, and redirects are not followed'],
  ['refused (307)', 'it is at another URL, and redirects are not followed'],
  ['refused (308)', 'it is at another URL, and redirects are not followed'],
  ['refused (401)', 'it wants to know who sends, or does not believe it: see "auth"'],
  ['refused (403)', 'it does not let this sender in: see "auth" and "tls.cert"'],
  ['refused (404)', 'what its URL names is not there'],
  ['refused (405)', 'it takes another "method" there'],
  ['refused (413)', 'single events are larger than it takes'],
  ['refused (415)', 'it does not know this "encoding" or "compression"'],
]);

/** To put behind the cause; nothing for those that may mean anything. */
export function refusalMeaning(cause: string): string {
  const meaning = meanings.get(cause);
  return meaning === undefined ? '' : `, ${meaning}`;
}
