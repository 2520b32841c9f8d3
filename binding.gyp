{
  # For those who build without CMake: `npx node-gyp rebuild`. npm does not run it ("gypfile": false).
  "targets": [
    {
      "target_name": "egide",
      "sources": [
        "native/node/addon.cpp",
        "native/node/borders.cpp",
        "native/node/files.cpp",
        "native/node/index.cpp",
        "native/node/patch.cpp",
        "native/node/patch_index.cpp",
        "native/node/pdq.cpp",
        "native/node/search.cpp",
        "<!@(node -p \"require('fs').readFileSync('native/sources.txt','utf8').trim().split(/\\s+/).join(' ')\")"
      ],
      "include_dirs": ["native", "<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=8", "NAPI_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
      "cflags!": ["-fno-exceptions"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17"],
      "cflags_cc": ["-std=c++20", "-O3", "-ffp-contract=off", "-fvisibility=hidden", "-Wno-uninitialized", "-Wno-maybe-uninitialized"],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++20",
        "GCC_ENABLE_CPP_EXCEPTIONS": "YES",
        "OTHER_CPLUSPLUSFLAGS": ["-ffp-contract=off"]
      }
    }
  ]
}
