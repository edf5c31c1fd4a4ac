/** Did-you-mean: the nearest real names to a wrong one. */

/** Optimal string alignment distance (insert, delete, replace, swap of neighbours), given up past `limit`. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let best = row;
    for (let column = 1; column <= b.length; column++) {
      const same = a.charCodeAt(row - 1) === b.charCodeAt(column - 1);
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      const swapped =
        row > 1 &&
        column > 1 &&
        a.charCodeAt(row - 1) === b.charCodeAt(column - 2) &&
        a.charCodeAt(row - 2) === b.charCodeAt(column - 1);
      if (swapped) cost = Math.min(cost, (beforePrevious[column - 2] ?? 0) + 1);
      current.push(cost);
      if (cost < best) best = cost;
    }
    if (best > limit) return limit + 1;
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** Up to `count` names close to `wrong`, nearest first; ties in the order given. Case is forgiven. */
export function nearest(wrong: string, names: Iterable<string>, count = 3): string[] {
  const limit = Math.max(1, Math.min(3, Math.floor(wrong.length / 3)));
  const lowered = wrong.toLowerCase();
  const found: { name: string; distance: number }[] = [];
  for (const name of new Set(names)) {
    const distance = editDistance(lowered, name.toLowerCase(), limit);
    if (distance <= limit) found.push({ name, distance });
  }
  found.sort((a, b) => a.distance - b.distance);
  return found.slice(0, count).map((each) => each.name);
}

/** `did you mean "a" or "b"?` as a list of at most one hint. */
export function didYouMean(wrong: string, names: Iterable<string>, count = 3): string[] {
  return didYouMeanOneOf(nearest(wrong, names, count));
}

/** The same of names that were found near otherwise. */
export function didYouMeanOneOf(names: readonly string[]): string[] {
  const close = names.map((name) => `"${name}"`);
  if (close.length === 0) return [];
  const last = close.pop();
  return [close.length === 0 ? `did you mean ${last}?` : `did you mean ${close.join(', ')} or ${last}?`];
}

/** What there is, as a list of at most one hint: names that are more than `most`, too many to read, help nobody. */
export function listed(before: string, names: readonly string[], most = 12): string[] {
  const distinct = [...new Set(names)];
  return distinct.length === 0 || distinct.length > most ? [] : [`${before} ${distinct.join(', ')}`];
}
