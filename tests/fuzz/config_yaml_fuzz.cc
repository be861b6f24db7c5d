// SPDX-License-Identifier: Apache-2.0
// Any bytes as the YAML file: a Config or errors, never a crash, and errors always name the file.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "config/loader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waxwing;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto loaded =
      config::load_text(text, "fuzz.yaml", {"", std::vector<std::string>{"A=b", "N=1"}});
  if (loaded) {
    if (config::print(*loaded).empty()) {
      std::abort();
    }
  } else if (loaded.error().message().rfind("fuzz.yaml", 0) != 0) {
    std::abort();
  }
  return 0;
}
