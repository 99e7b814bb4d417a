// What each piece of a text is, for its colour only: SQL and YAML. A piece that is not understood is plain text.
const SQL = /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|(?<text>'(?:[^']|'')*(?:'|$))|(?<quoted>"(?:[^"]|"")*(?:"|$))|(?<number>\b\d[\d.]*(?:e[+-]?\d+)?\b)|(?<word>[\p{L}_][\p{L}\p{N}_]*)/giu;
const YAML = /(?<comment>(?<=^|\s)#[^\n]*)|(?<text>(?<=^|[\s[{,:-])(?:'(?:[^']|'')*'|"(?:[^"\\]|\\.)*"))|(?<key>[\p{L}\p{N}_*-]+(?=:(?:\s|$)))|(?<number>(?<=[\s[,{:])-?\d+(?:\.\d+)?(?=[\s,\]}]|$))|(?<word>\b(?:true|false|null)\b)/gimu;
const KEYWORDS = new Set(`all and any as asc between by case cast cross cube current date desc distinct double else end except exists extract
 false filter first following for from full group grouping having in inner integer intersect interval into is join last left like limit not null
 nulls offset on or order outer over partition preceding qualify range right rollup row rows select sets some table then time timestamp true
 try_cast unbounded union using values varchar when where window with within`.split(/\s+/));
const LONGEST = 40000;

// [from, to, kind] of every coloured piece, in order.
export function pieces(text, language) {
  if (text.length > LONGEST) return [];
  const found = [];
  for (const match of text.matchAll(language === "sql" ? SQL : YAML)) {
    let [kind] = Object.entries(match.groups).find(([, value]) => value !== undefined);
    if (language === "sql" && kind === "word") {
      const called = /^\s*\(/.test(text.slice(match.index + match[0].length, match.index + match[0].length + 20));
      kind = KEYWORDS.has(match[0].toLowerCase()) ? "keyword" : called ? "function" : "";
    }
    if (kind) found.push([match.index, match.index + match[0].length, kind]);
  }
  return found;
}

// Whether a place in SQL is inside a comment or a text, also one that has no end yet: nothing is offered there.
export function insideText(text, at) {
  return pieces(text, "sql").some(([from, to, kind]) => {
    if (from >= at || at > to || !["comment", "text"].includes(kind)) return false;
    const piece = text.slice(from, to);
    const ended = kind === "text" ? piece.length > 1 && piece.endsWith("'") : piece.startsWith("/*") && piece.endsWith("*/");
    return at < to || !ended;
  });
}
