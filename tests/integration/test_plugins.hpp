// SPDX-License-Identifier: Apache-2.0
// Paths of the plugins that only tests load, and folders made of plugins.
#pragma once

#include <string>

namespace waxwing::testing {

[[nodiscard]] std::string test_plugin(const std::string& name);
[[nodiscard]] std::string sha256_of(const std::string& path);

// A plugin folder of the test's own, with those of the server and an allow-list.
class PluginFolder {
 public:
  explicit PluginFolder(std::string path);

  // Copies a file in; `listed` puts it on the allow-list as it is now.
  void add(const std::string& from, const std::string& as, bool listed = true);
  void write(const std::string& as, const std::string& content);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  void list(const std::string& name);

  std::string path_;
};

}  // namespace waxwing::testing
