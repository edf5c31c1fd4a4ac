/** Lines over logarithmic axes, as an SVG: what a thing costs at 1, 10 and 100 times its size, over what it cost at first. */

export interface Series {
  readonly name: string;
  readonly unit: string;
  /** At 1, 10 and 100 times the size. */
  readonly values: readonly number[];
}

const width = 720;
const height = 420;
const left = 60;
const top = 20;
const side = 300;
const decades = 2;
const colors = ['#1f77b4', '#d62728', '#2ca02c', '#9467bd', '#8c564b'];

export function plot(series: readonly Series[]): string {
  const x = (decade: number): number => left + (decade / decades) * side;
  const y = (factor: number): number => top + side - (Math.log10(Math.max(factor, 0.5)) / decades) * side;
  const grid = [0, 1, 2].map(
    (decade) =>
      `<path d="M${x(decade)} ${top}V${top + side}M${left} ${y(10 ** decade)}H${left + side}" stroke="#ddd"/>
<text x="${x(decade)}" y="${top + side + 18}" text-anchor="middle">× ${10 ** decade}</text>
<text x="${left - 8}" y="${y(10 ** decade) + 4}" text-anchor="end">× ${10 ** decade}</text>`,
  );
  const lines = series.map(({ name, unit, values }, index) => {
    const color = colors[index % colors.length];
    const [first = 1] = values;
    const points = values.map((value, decade) => `${x(decade).toFixed(1)},${y(value / first).toFixed(1)}`);
    const label = `${name}: ${values.map((value) => amount(value)).join(', ')} ${unit}`;
    const at = top + side + 40 + index * 14;
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>
<text x="${left}" y="${at}" fill="${color}">${label.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + 20}" font-family="sans-serif" font-size="11">
<rect width="100%" height="100%" fill="#fff"/>
${grid.join('\n')}
<path d="M${x(0)} ${y(1)}L${x(2)} ${y(100)}" stroke="#999" stroke-dasharray="4 4"/>
<text x="${left + side + 6}" y="${y(100) + 4}" fill="#666">linear</text>
${lines.join('\n')}
</svg>
`;
}

const amount = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
