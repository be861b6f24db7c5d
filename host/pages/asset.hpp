// SPDX-License-Identifier: Apache-2.0
// Files of the dashboard and of the API page, compressed at build time and part of the program.
#pragma once

#include <span>
#include <string_view>

#include "http/request.hpp"
#include "http/response.hpp"

namespace waxwing::pages {

// One file. Its octets lie in the program's read-only data.
struct Asset {
  std::string_view name;  // "dashboard/index.html"
  std::string_view content_type;
  std::string_view gzip;
  std::string_view brotli;
  std::string_view etag;   // with its quotes; of the uncompressed octets
  bool immutable = false;  // the name changes when the octets do
};

// Empty in a program that was built without them (WAXWING_DASHBOARD). [any-thread]
[[nodiscard]] std::span<const Asset> assets();
// nullptr for an unknown name. [any-thread]
[[nodiscard]] const Asset* find_asset(std::string_view name);

// Where a page may send requests to.
enum class Reach : unsigned char {
  Own,  // this server alone
  Any   // other servers, too, that the user names
};

// The file in the best encoding that the client takes, or 304 when the client has it already.
// [any-thread]
[[nodiscard]] http::Response asset_response(const http::Request& request, const Asset& asset,
                                            Reach reach);

}  // namespace waxwing::pages
