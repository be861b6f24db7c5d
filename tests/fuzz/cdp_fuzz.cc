// SPDX-License-Identifier: Apache-2.0
// What a browser sends over the DevTools pipe, whole and in pieces.
#include <cstdlib>
#include <string>

#include <nlohmann/json.hpp>

#include "cdp.hpp"

namespace {

// What was understood of the octets, fed `step` at a time; ends with "!" when they are no protocol.
std::string understood(std::string_view octets, std::size_t step) {
  std::string log;
  webjs::Cdp cdp(
      [&](const std::string& session, const std::string& method, const webjs::Json& params) {
        log += session + method + std::to_string(params.size()) + "\n";
      });
  for (int i = 0; i < 3; ++i) {
    cdp.call("s", "A.b", webjs::Json::object(), 1,
             [&](const webjs::CdpResult& result) { log += result.ok ? "ok\n" : "no\n"; });
  }
  for (std::size_t at = 0; at < octets.size(); at += step) {
    if (!cdp.take(octets.substr(at, step))) {
      return log + "!";
    }
  }
  return log;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view octets(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (understood(octets, data[0] % 16U + 1) != understood(octets, size)) {
    std::abort();
  }
  return 0;
}
