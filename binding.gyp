{
  'targets': [
    {
      'target_name': 'probepipe',
      'sources': [
        'native/addon.cc',
        'native/arguments.cc',
        'native/attach.cc',
        'native/errors.cc',
        'native/grace-period.cc',
        'native/inner-map.cc',
        'native/iterator.cc',
        'native/link.cc',
        'native/map-entries.cc',
        'native/map.cc',
        'native/object.cc',
        'native/perf-event.cc',
        'native/probing.cc',
        'native/ring-memory.cc',
        'native/ring-thread.cc',
        'native/ring.cc',
        'native/program-list.cc',
        'native/statistics.cc',
        'native/system.cc',
        'native/tracefs.cc',
        'native/uprobe-link.cc',
        'native/vmlinux-types.cc',
      ],
      # Exceptions are on, and none of any kind leaves a callback other than as a JavaScript error.
      'dependencies': ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      # 8 is the first whose array buffers can be detached and whose cleanup hooks can wait; Node 20 has 9.
      # A worker that is being terminated takes no exceptions, and that must not end the process.
      'defines': ['NAPI_VERSION=8', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'cflags': ["<!@(pkg-config --cflags libbpf libelf)"],
      'cflags_cc': ['-std=c++17', '-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc!': ['-Wno-unused-parameter', '-std=gnu++17', '-std=gnu++20', '-fno-rtti'],
      'cflags!': ['-Wno-unused-parameter'],
      # A worker that ends would unload the code that libbpf and background threads may still be in.
      'ldflags': ['-Wl,-z,nodelete'],
      'libraries': ["<!@(pkg-config --libs libbpf libelf)"],
    },
    {
      # Apart, since these libraries take time to load and a pipeline without functions of programs needs none of them.
      'target_name': 'binary-reader',
      'sources': [
        'native/arguments.cc',
        'native/binary-reader.cc',
        'native/debug-info.cc',
        'native/dwarf-read.cc',
        'native/dwarf-type.cc',
        'native/errors.cc',
      ],
      'dependencies': ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      'defines': ['NAPI_VERSION=8', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'cflags': ["<!@(pkg-config --cflags libbpf libdw capstone)"],
      'cflags_cc': ['-std=c++17', '-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc!': ['-Wno-unused-parameter', '-std=gnu++17', '-std=gnu++20', '-fno-rtti'],
      'cflags!': ['-Wno-unused-parameter'],
      'ldflags': ['-Wl,-z,nodelete'],
      # libiberty is a static library without a pkg-config file (binutils makes it).
      'libraries': ["<!@(pkg-config --libs libbpf libdw capstone)", '-liberty'],
    },
    {
      # Apart as well: only HTTP/2 needs it.
      'target_name': 'hpack',
      'sources': ['native/arguments.cc', 'native/errors.cc', 'native/hpack.cc'],
      'dependencies': ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      'defines': ['NAPI_VERSION=8', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'],
      'cflags': ["<!@(pkg-config --cflags libbpf libnghttp2)"],
      'cflags_cc': ['-std=c++17', '-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc!': ['-Wno-unused-parameter', '-std=gnu++17', '-std=gnu++20', '-fno-rtti'],
      'cflags!': ['-Wno-unused-parameter'],
      'ldflags': ['-Wl,-z,nodelete'],
      'libraries': ["<!@(pkg-config --libs libnghttp2)"],
    },
  ],
}
