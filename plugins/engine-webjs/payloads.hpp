// SPDX-License-Identifier: Apache-2.0
// WAHA's payloads of what messaging.js tells. The page is not trusted: only known members of the
// right type are taken.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "json_values.hpp"

namespace webjs {

// One event for webhooks; `order_key` is its chat.
struct News {
  std::string type;
  std::string json;
  std::string order_key;
};

// Is it one of those that news_of() knows ("page.message", …)?
[[nodiscard]] bool is_news(std::string_view told);
// Empty when `data` is not of the form that it has to have.
[[nodiscard]] std::vector<News> news_of(std::string_view told, const Json& data);

// The answer of an operation, from what messaging.js gives as its result.
[[nodiscard]] Json answer_of(std::string_view operation, const Json& result);

}  // namespace webjs
