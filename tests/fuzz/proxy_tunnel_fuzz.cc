// SPDX-License-Identifier: Apache-2.0
// Any octets as the answers of an HTTP or SOCKS5 proxy, in any pieces and over several connections:
// never a crash, the pieces never matter, and no reason names the password.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "net/proxy_tunnel.hpp"

namespace {

using namespace waxwing::net;
using Step = Tunnel::Step;

constexpr std::string_view kPassword = "Pa55-of-the-proxy";
constexpr int kMostConnections = 4;

enum Choice : std::uint8_t { kSocks = 1, kLogin = 2, kBasicAtOnce = 4, kAddress = 8 };

std::unique_ptr<Tunnel> make(std::uint8_t choice) {
  Route route = *parse_route((choice & kSocks) != 0 ? "socks5://proxy:1080" : "http://proxy:3128");
  if ((choice & kLogin) != 0) {
    route.username = "wax";
    route.password = kPassword;
  }
  const Target target =
      *parse_url((choice & kAddress) != 0 ? "wss://[2001:db8::1]:443/" : "wss://example.com/chat");
  return (choice & kSocks) != 0 ? make_socks5_tunnel(route, target)
                                : make_http_tunnel(route, target, (choice & kBasicAtOnce) != 0);
}

struct Outcome {
  std::string told;    // all that must not depend on the pieces
  bool early = false;  // octets are left for a target that was not spoken to yet
};

Outcome talk(std::uint8_t choice, std::string_view octets, std::size_t piece) {
  const auto tunnel = make(choice);
  const bool told_by_proxy = octets.find(kPassword) != std::string_view::npos;
  std::string sent;
  tunnel->begin(sent);
  Step step = Step::Read;
  for (int connection = 1; step == Step::Read && !octets.empty();) {
    std::string_view input = octets.substr(0, piece);
    const std::size_t given = input.size();
    step = tunnel->feed(input, sent);
    octets.remove_prefix(given - input.size());
    if (step == Step::Read && !input.empty()) {
      std::abort();  // what is not taken is taken by nobody
    }
    if (step == Step::Reconnect && connection < kMostConnections) {
      ++connection;
      tunnel->begin(sent);
      step = Step::Read;
    }
  }
  if (step == Step::Read) {
    step = tunnel->on_closed();
  }
  const End& end = tunnel->end();
  const std::string all = end.text + ((choice & kSocks) == 0 ? sent : "");
  if ((step == Step::Failed) == end.is_ok() ||
      (!told_by_proxy && all.find(kPassword) != std::string::npos)) {
    std::abort();
  }
  return {std::to_string(static_cast<int>(step)) + " " + end.reason + " " +
              std::to_string(end.http_code),
          step == Step::Done && !octets.empty()};
}

}  // namespace

// The first octet chooses the proxy, the second the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) {
    return 0;
  }
  const std::string_view octets(reinterpret_cast<const char*>(data + 2), size - 2);
  const Outcome whole = talk(data[0], octets, octets.size() + 1);
  const Outcome pieces = talk(data[0], octets, 1U + data[1]);
  // In one piece with the proxy's answer such octets are found to be the proxy's own.
  if (pieces.early ? whole.told.find("proxy_protocol") == std::string::npos
                   : whole.told != pieces.told) {
    std::abort();
  }
  return 0;
}
