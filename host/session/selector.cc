// SPDX-License-Identifier: Apache-2.0
// Choosing engine, storage and proxy module: nearest wins.
#include "session/selector.hpp"

#include <utility>

#include "config/config.hpp"

namespace waxwing::session {
namespace {

using Maybe = std::optional<std::string>;

std::string first_of(std::initializer_list<const Maybe*> from, const std::string& fallback) {
  for (const Maybe* maybe : from) {
    if (maybe != nullptr && maybe->has_value()) {
      return **maybe;
    }
  }
  return fallback;
}

Status check(const Selector::Catalogue& catalogue, std::string_view what, const std::string& id) {
  if (catalogue.has(id)) {
    return Status::ok();
  }
  return {Code::Invalid,
          "Unknown " + std::string(what) + " '" + id + "', there are: " + catalogue.list()};
}

}  // namespace

Selector::Selector(const config::Config& config, Catalogue engines, Catalogue storages,
                   Catalogue proxies)
    : config_(config),
      engines_(std::move(engines)),
      storages_(std::move(storages)),
      proxies_(std::move(proxies)) {}

Result<Selection> Selector::select(std::string_view name, const Choice& request,
                                   const std::optional<Selection>& stored) const {
  Choice has;
  if (stored.has_value()) {
    has = {stored->engine, stored->storage, stored->proxy};
  }
  const config::SessionSettings* yaml = nullptr;
  if (const auto it = config_.sessions.find(std::string(name)); it != config_.sessions.end()) {
    yaml = &it->second;
  }
  const config::Rule* rule = nullptr;
  for (const config::Rule& candidate : config_.rules) {
    if (glob_match(candidate.match, name)) {
      rule = &candidate;
      break;
    }
  }
  const auto pick = [&](auto of_choice, auto of_yaml, auto of_rule, const std::string& fallback) {
    return first_of(
        {&(request.*of_choice), &(has.*of_choice), yaml != nullptr ? &(yaml->*of_yaml) : nullptr,
         rule != nullptr ? &(rule->*of_rule) : nullptr},
        fallback);
  };
  using Yaml = config::SessionSettings;
  using config::Rule;
  const config::Defaults& defaults = config_.defaults;
  Selection selection{pick(&Choice::engine, &Yaml::engine, &Rule::engine, defaults.engine),
                      pick(&Choice::storage, &Yaml::storage, &Rule::storage, defaults.storage),
                      pick(&Choice::proxy, &Yaml::proxy, &Rule::proxy, defaults.proxy)};
  if (stored.has_value() && selection.storage != stored->storage) {
    return Status(Code::Invalid, "The storage of an existing session cannot change: it is '" +
                                     stored->storage + "'");
  }
  WAX_TRY_VOID(check(engines_, "engine", selection.engine));
  WAX_TRY_VOID(check(storages_, "storage", selection.storage));
  WAX_TRY_VOID(check(proxies_, "proxy module", selection.proxy));
  return selection;
}

bool glob_match(std::string_view pattern, std::string_view text) noexcept {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t after_star = 0;
  while (t < text.size()) {
    if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t]) && pattern[p] != '*') {
      ++p;
      ++t;
    } else if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after_star = t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++after_star;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') {
    ++p;
  }
  return p == pattern.size();
}

}  // namespace waxwing::session
