// SPDX-License-Identifier: Apache-2.0
// The standard operations' JSON Schemas, embedded from plugin-api/schema.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"
#include "base/json_schema.hpp"

namespace waxwing::plugin_host {
struct OpInfo;
}

namespace waxwing::api {

struct SchemaFile {
  std::string_view name;  // "auth.requestCode", "WAMessage"
  std::string_view text;  // of its JSON file
};
// Defined by the build, in the order of their names. A file refers to a type by its file's name.
[[nodiscard]] std::span<const SchemaFile> operation_files();
[[nodiscard]] std::span<const SchemaFile> type_files();

// The file as JSON, null for an operation that is not a standard one. [any-thread]
[[nodiscard]] const Json& operation_document(std::string_view name);
// Violations of a request's arguments: by the engine's own schema where `op` has one, else by the
// standard one, else none. [any-thread]
[[nodiscard]] std::vector<Violation> check_arguments(std::string_view name,
                                                     const plugin_host::OpInfo* op,
                                                     const Json& arguments);

}  // namespace waxwing::api
