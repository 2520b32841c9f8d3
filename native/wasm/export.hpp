// How a function is exported from the WebAssembly module under its own name.
#pragma once

#define EGIDE_EXPORT(name) extern "C" __attribute__((export_name(#name)))
