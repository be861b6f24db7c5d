// SPDX-License-Identifier: Apache-2.0
// Any octets as an HTTP answer, head and body, in any pieces, with the challenge that may be in it:
// never a crash, the pieces never matter, and no answer of ours holds a line break.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/digest_auth.hpp"
#include "net/http_body.hpp"
#include "net/http_head.hpp"

namespace {

using namespace waxwing::net;

void answer(std::string_view challenge) {
  if (const auto digest = parse_digest_challenge(challenge)) {
    const std::string value =
        digest_response(*digest, "wax", "Pa55", "CONNECT", "example.com:443", "0a4f113b");
    if (!are_sendable_headers({{"proxy-authorization", value}})) {
      std::abort();
    }
  }
}

std::string read_body(const HttpHead& head, std::string_view octets, std::size_t piece) {
  HttpBodyReader reader(head);
  std::string body;
  std::string_view nothing;
  auto state = reader.feed(nothing, body);
  const std::size_t size = octets.size();
  while (state == HttpBodyReader::State::More && !octets.empty()) {
    std::string_view input = octets.substr(0, piece);
    const std::size_t given = input.size();
    state = reader.feed(input, body);
    octets.remove_prefix(given - input.size());
  }
  if (body.size() > size) {
    std::abort();
  }
  const bool more = state == HttpBodyReader::State::More;
  return std::to_string(static_cast<int>(state)) + " " +
         std::to_string(more || state == HttpBodyReader::State::Done ? size - octets.size() : 0) +
         (more || state == HttpBodyReader::State::Done ? "\n" + body : "");
}

std::string read(std::string_view octets, std::size_t piece) {
  HttpHeadReader reader;
  const std::size_t size = octets.size();
  auto state = HttpHeadReader::State::More;
  while (state == HttpHeadReader::State::More && !octets.empty()) {
    std::string_view input = octets.substr(0, piece);
    const std::size_t given = input.size();
    state = reader.feed(input);
    octets.remove_prefix(given - input.size());
    if (state == HttpHeadReader::State::More && !input.empty()) {
      std::abort();
    }
  }
  std::string told = std::to_string(static_cast<int>(state));
  if (state != HttpHeadReader::State::Done) {
    return told;
  }
  told += " " + std::to_string(size - octets.size()) + " " + std::to_string(reader.head().code);
  std::size_t bytes = 0;
  for (const auto& [name, value] : reader.head().headers) {
    told += "\n" + name + ": " + value;
    bytes += name.size() + value.size();
    if (name == "proxy-authenticate") {
      answer(value);
    }
  }
  if (bytes > HttpHeadReader::kMaxBytes) {
    std::abort();
  }
  return told + "\n\n" + read_body(reader.head(), octets, piece);
}

}  // namespace

// The first octet chooses the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view octets(reinterpret_cast<const char*>(data + 1), size - 1);
  if (read(octets, octets.size() + 1) != read(octets, 1U + data[0])) {
    std::abort();
  }
  return 0;
}
