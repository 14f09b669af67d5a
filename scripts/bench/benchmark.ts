/** What every benchmark is: it runs, and returns the rows of its table. */
export type Benchmark = (options: { readonly runs: number | undefined }) => Promise<Row[]>;

export type Row = Readonly<Record<string, string | number>>;
