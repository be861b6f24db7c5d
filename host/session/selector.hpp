// SPDX-License-Identifier: Apache-2.0
// Which engine, storage and proxy module a session uses.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace waxwing::config {
struct Config;
}

namespace waxwing::session {

// What a request asks for. Absent = does not say.
struct Choice {
  std::optional<std::string> engine;
  std::optional<std::string> storage;
  std::optional<std::string> proxy;
};

struct Selection {
  std::string engine;
  std::string storage;
  std::string proxy;
};

// Nearest wins: the request, what the session already has, YAML `sessions.<name>`, the first YAML
// rule whose pattern matches, the defaults. [any-thread]
class Selector {
 public:
  // Is there one of this id? And, for error messages, the list of those there are.
  struct Catalogue {
    std::function<bool(std::string_view)> has;
    std::function<std::string()> list;
  };

  Selector(const config::Config& config, Catalogue engines, Catalogue storages, Catalogue proxies);

  // Code::Invalid when the engine, storage or proxy module does not exist (with the list of what
  // does), or when the request would move an existing session to another storage.
  [[nodiscard]] Result<Selection> select(std::string_view name, const Choice& request,
                                         const std::optional<Selection>& stored) const;

 private:
  const config::Config& config_;
  Catalogue engines_;
  Catalogue storages_;
  Catalogue proxies_;
};

// Does `text` match `pattern`, where * stands for any run of characters and ? for one?
[[nodiscard]] bool glob_match(std::string_view pattern, std::string_view text) noexcept;

}  // namespace waxwing::session
