// The parts of the addon, each in the file of its name: every one adds its functions to what the addon exports.
#pragma once

#include <napi.h>

namespace egide::node {

void export_borders(Napi::Object exports);
void export_files(Napi::Object exports);
void export_index(Napi::Object exports);
void export_patch(Napi::Object exports);
void export_patch_index(Napi::Object exports);
void export_pdq(Napi::Object exports);
void export_search(Napi::Object exports);

}  // namespace egide::node
