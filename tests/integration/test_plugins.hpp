// SPDX-License-Identifier: Apache-2.0
// Paths of the plugins that only tests load, and folders made of plugins.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/digest.hpp"
#include "support/server_process.hpp"

namespace waxwing::testing {

[[nodiscard]] inline std::string test_plugin(const std::string& name) {
  return std::string(WAX_TEST_PLUGINS) + "/" + name + ".so";
}

[[nodiscard]] inline std::string file_content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

[[nodiscard]] inline std::string sha256_of(const std::string& path) {
  return sha256_hex(file_content(path));
}

// A plugin folder of the test's own, with those of the server and an allow-list.
class PluginFolder {
 public:
  explicit PluginFolder(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    for (const char* name : {"example-echo", "storage-local", "proxy-static"}) {
      add(built_plugins() + "/" + name + ".so", std::string(name) + ".so");
    }
  }

  // Copies a file in; `listed` puts it on the allow-list as it is now.
  void add(const std::string& from, const std::string& as, bool listed = true) {
    std::filesystem::copy_file(from, path_ + "/" + as);
    list(as, listed);
  }
  void write(const std::string& as, const std::string& content) {
    std::ofstream(path_ + "/" + as, std::ios::binary) << content;
    list(as, true);
  }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  void list(const std::string& name, bool listed) {
    if (listed) {
      std::ofstream(path_ + "/plugins.sha256", std::ios::app)
          << sha256_of(path_ + "/" + name) << "  " << name << "\n";
    }
  }

  std::string path_;
};

}  // namespace waxwing::testing
