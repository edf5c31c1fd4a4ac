/**
 * Elasticsearch's and OpenSearch's bulk API: an action and a document for each event; the answer tells of each what became
 * of it (https://www.elastic.co/guide/en/elasticsearch/reference/current/docs-bulk.html).
 */
import { type Batch, itemsOf } from '../delivery/batch.js';
import type { Outcome } from '../delivery/transport.js';
import { fieldsOf } from './item-fields.js';
import type { Answer } from './request.js';

/** Data streams take nothing but `create`. They ask for a `@timestamp`. */
const action = '{"create":{}}\n';

export function bulkBody(batch: Batch): Uint8Array {
  const now = new Date().toISOString();
  let text = '';
  for (const item of itemsOf(batch)) {
    const line = Buffer.from(item.buffer, item.byteOffset, item.byteLength).toString();
    text += `${action}{"@timestamp":"${fieldsOf(line).time ?? now}",${line.slice(1)}`;
  }
  return Buffer.from(text);
}

/** `retried`: whether a status asks for another try. An answer that is cut or is none of a bulk request tells nothing: all is sent again. */
export function bulkOutcome({ body, whole }: Answer, batch: Batch, retried: (status: number) => boolean): Outcome {
  const told = whole ? parsed(Buffer.from(body).toString()) : undefined;
  // Of successes alone: servers leave the items out where `filter_path` asks for that, and some always do.
  if (member(told, 'errors') === false && isEmpty(member(told, 'items'))) return { kind: 'delivered' };
  const statuses = itemStatuses(member(told, 'items'));
  if (statuses === undefined || statuses.length !== batch.count) return { kind: 'retry', reason: 'unclear answer' };
  const retry = new Set<number>();
  const refused = new Map<number, string>();
  let reason = '';
  statuses.forEach((status, index) => {
    if (status >= 200 && status < 300) return;
    if (retried(status)) {
      retry.add(index);
      reason = String(status);
    } else refused.set(index, `refused (${status})`);
  });
  return retry.size + refused.size === 0 ? { kind: 'delivered' } : { kind: 'partial', retry, refused, reason };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isEmpty(items: unknown): boolean {
  return items === undefined || (Array.isArray(items) && items.length === 0);
}

function itemStatuses(items: unknown): readonly number[] | undefined {
  if (!Array.isArray(items)) return undefined;
  return items.map((item) => {
    const status = member(member(item, 'create'), 'status');
    return typeof status === 'number' ? status : 0;
  });
}

function member(of: unknown, name: string): unknown {
  return typeof of === 'object' && of !== null ? Object.entries(of).find(([key]) => key === name)?.[1] : undefined;
}
