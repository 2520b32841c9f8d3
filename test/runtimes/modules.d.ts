/** As workers and bundlers import it: compiled, not yet instantiated. */
declare module 'egide/core.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

/** As esbuild's text loader and Vite's `?raw` give it. */
declare module '*.tsv' {
  const text: string;
  export default text;
}
declare module '*.tsv?raw' {
  const text: string;
  export default text;
}

/** As Vite gives it: where the file is served. */
declare module '*.wasm?url' {
  const url: string;
  export default url;
}
