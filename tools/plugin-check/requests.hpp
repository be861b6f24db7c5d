// SPDX-License-Identifier: Apache-2.0
// Requests for operations: good ones from the schemas' examples, bad ones made from them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "plugin/module.hpp"

namespace waxwing::plugin_check {

// Requests that are valid for `op`, as JSON: the examples of <schemas>/ops/<op>.json, else those of
// the engine's own schema, else one made from that schema. Empty = nothing is known of the
// operation.
[[nodiscard]] std::vector<std::string> valid_requests(const std::string& schemas,
                                                      const plugin_host::OpInfo& op);
// Requests that break the schema or are plain nonsense (but JSON objects, as the host promises).
[[nodiscard]] std::vector<std::string> broken_requests(const std::string& schemas,
                                                       const plugin_host::OpInfo& op,
                                                       std::uint64_t seed);
// Empty, or how `json` breaks the standard schema of an operation's response or an event's payload.
[[nodiscard]] std::string response_problem(const std::string& schemas, const std::string& op,
                                           const std::string& json);
[[nodiscard]] std::string payload_problem(const std::string& schemas, const std::string& event,
                                          const std::string& json);
// Is there a standard schema of this operation?
[[nodiscard]] bool is_standard(const std::string& schemas, const std::string& op);

// A configuration that satisfies `schema_text`, with directories in `tmp`.
[[nodiscard]] std::string config_from_schema(const std::string& schema_text,
                                             const std::string& tmp);

}  // namespace waxwing::plugin_check
