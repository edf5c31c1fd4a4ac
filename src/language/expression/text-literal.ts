/** The escapes of text literals; `undefined` for one that does not exist. */
export function unescapeText(raw: string): string | undefined {
  let failed = false;
  const value = raw.replace(/\\(x[0-9a-fA-F]{2}|[\s\S])/g, (whole, escaped: string) => {
    switch (escaped[0]) {
      case 'n':
        return '\n';
      case 't':
        return '\t';
      case 'r':
        return '\r';
      case '0':
        return '\0';
      case '"':
      case "'":
      case '\\':
        return escaped;
      case 'x':
        if (escaped.length === 3) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
        break;
    }
    failed = true;
    return whole;
  });
  return failed ? undefined : value;
}
