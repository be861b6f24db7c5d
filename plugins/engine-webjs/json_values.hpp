// SPDX-License-Identifier: Apache-2.0
// Values of JSON that the browser or the page wrote: whatever is missing or of another type reads
// as empty, and no `object` has to be one.
#pragma once

#include <cstdint>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace webjs {

using Json = nlohmann::json;

// Null when there is none.
[[nodiscard]] const Json& member(const Json& object, const char* key);
[[nodiscard]] std::string text_of(const Json& object, const char* key);
[[nodiscard]] Json text_or_null(const Json& object, const char* key);
[[nodiscard]] std::int64_t number_of(const Json& object, const char* key);
[[nodiscard]] bool flag_of(const Json& object, const char* key);
[[nodiscard]] Json object_of(const Json& object, const char* key);

// As text, which reads as JavaScript, too. Octets that are no UTF-8 are replaced.
[[nodiscard]] std::string dump(const Json& json);

}  // namespace webjs
