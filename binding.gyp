{
  'targets': [
    {
      'target_name': 'probepipe',
      'sources': [
        'native/addon.cc',
        'native/arguments.cc',
        'native/attach.cc',
        'native/errors.cc',
        'native/inner-map.cc',
        'native/link.cc',
        'native/map-entries.cc',
        'native/map.cc',
        'native/object.cc',
        'native/perf-event.cc',
        'native/probing.cc',
        'native/ring-memory.cc',
        'native/ring-thread.cc',
        'native/ring.cc',
        'native/system.cc',
        'native/tracefs.cc',
        'native/vmlinux-types.cc',
      ],
      # Exceptions are on, and none of any kind leaves a callback other than as a JavaScript error.
      'dependencies': ["<!(node -p \"require('node-addon-api').targets\"):node_addon_api_except_all"],
      # 8 is the first whose array buffers can be detached and whose cleanup hooks can wait; Node 20 has 9.
      'defines': ['NAPI_VERSION=8'],
      'cflags': ["<!@(pkg-config --cflags libbpf libelf)"],
      'cflags_cc': ['-std=c++17', '-Wall', '-Wextra', '-fvisibility=hidden'],
      'cflags_cc!': ['-Wno-unused-parameter', '-std=gnu++17', '-std=gnu++20', '-fno-rtti'],
      'cflags!': ['-Wno-unused-parameter'],
      'libraries': ["<!@(pkg-config --libs libbpf libelf)"],
    },
  ],
}
