// The core for Node: unpack arguments, call the core, pack the answer. The TypeScript side is src/backend/native.ts,
// which has checked every argument; here they are checked again only as far as memory safety needs.
#include "node/addon.hpp"

namespace {

Napi::Object initialise(Napi::Env, Napi::Object exports) {
  egide::node::export_borders(exports);
  egide::node::export_files(exports);
  egide::node::export_index(exports);
  egide::node::export_patch(exports);
  egide::node::export_patch_index(exports);
  egide::node::export_pdq(exports);
  egide::node::export_search(exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(egide, initialise)
