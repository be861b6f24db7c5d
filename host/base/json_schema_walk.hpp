// SPDX-License-Identifier: Apache-2.0
// Walking a schema document beside a JSON document.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/result.hpp"

namespace waxwing::schema_walk {

using Nodes = std::vector<const Json*>;

struct Prepared {
  Json stripped;  // without what Valijson must not see
  bool has_pattern = false;
};

// Code::Invalid for endless recursion, references to other documents and bad expressions.
[[nodiscard]] Result<Prepared> prepare(const Json& schema);
[[nodiscard]] bool is_too_deep(const Json& value, int levels_left);

// Follows "$ref" within `root`; nullptr when it leads nowhere.
[[nodiscard]] const Json* resolve(const Json& root, const Json& node);
// The node and what its allOf adds: the schemas that hold in any case.
[[nodiscard]] Nodes certain(const Json& root, const Json& node);
// These and the branches of anyOf, oneOf, if, then and else: the schemas that may hold.
[[nodiscard]] Nodes possible(const Json& root, const Nodes& nodes);
// The schemas of a member or an element, from already expanded nodes.
[[nodiscard]] Nodes children(const Json& root, const Nodes& nodes, std::string_view key,
                             const Json& parent);
// True when one of the nodes lists members and allows no others, and this one is not listed.
[[nodiscard]] bool is_unknown(const Nodes& nodes, std::string_view key);
// As before, but saying "additionalProperties: false" is not needed.
[[nodiscard]] bool is_unlisted(const Nodes& nodes, std::string_view key);

// The first node's member of that name, or nullptr.
[[nodiscard]] const Json* keyword(const Nodes& nodes, const char* name);

// "must be a string" for the failing keyword of a node; `x-message` wins.
[[nodiscard]] std::string rule_text(const Nodes& nodes, const char* failing);

[[nodiscard]] std::string join(std::string_view path, std::string_view key);

}  // namespace waxwing::schema_walk
