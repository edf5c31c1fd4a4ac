// Reads all entries of a map. Safe on any thread, and while programs change the map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace probepipe {

struct MapShape {
  // BPF_MAP_TYPE_*
  uint32_t type;
  uint32_t key_size;
  uint32_t value_size;
  uint32_t max_entries;
};

// What a lookup copies: for per-CPU maps a value for each possible CPU, each rounded up to 8 bytes.
size_t LookupSize(const MapShape& shape);

struct MapEntries {
  size_t count = 0;
  std::vector<uint8_t> keys;
  std::vector<uint8_t> values;
};

// `name` is for the Failure. A key that is there during the whole of the reading comes exactly once.
MapEntries ReadEntries(int fd, const MapShape& shape, const std::string& name);

}  // namespace probepipe
