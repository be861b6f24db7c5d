// SPDX-License-Identifier: Apache-2.0
// Where the tests' own plugins lie, and how a folder of plugins is put together.
#include "test_plugins.hpp"

#include <filesystem>
#include <fstream>

#include "base/digest.hpp"
#include "support/file_content.hpp"
#include "support/server_process.hpp"

namespace waxwing::testing {

std::string test_plugin(const std::string& name) {
  return std::string(WAX_TEST_PLUGINS) + "/" + name + ".so";
}

std::string sha256_of(const std::string& path) {
  return sha256_hex(file_content(path));
}

PluginFolder::PluginFolder(std::string path) : path_(std::move(path)) {
  std::filesystem::create_directory(path_);
  for (const char* name : {"example-echo", "storage-local", "proxy-static"}) {
    add(built_plugins() + "/" + name + ".so", std::string(name) + ".so");
  }
}

void PluginFolder::add(const std::string& from, const std::string& as, bool listed) {
  std::filesystem::copy_file(from, path_ + "/" + as);
  if (listed) {
    list(as);
  }
}

void PluginFolder::write(const std::string& as, const std::string& content) {
  std::ofstream(path_ + "/" + as, std::ios::binary) << content;
  list(as);
}

void PluginFolder::list(const std::string& name) {
  std::ofstream(path_ + "/plugins.sha256", std::ios::app)
      << sha256_of(path_ + "/" + name) << "  " << name << "\n";
}

}  // namespace waxwing::testing
