// SPDX-License-Identifier: Apache-2.0
// Conversations with proxies.
#include "net/proxy_tunnel.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstring>
#include <netinet/in.h>
#include <optional>
#include <utility>

#include "base/digest.hpp"
#include "base/ids.hpp"
#include "net/digest_auth.hpp"
#include "net/http_head.hpp"

namespace waxwing::net {

Tunnel::Step Tunnel::fail(End end) {
  end_ = std::move(end);
  return Step::Failed;
}

Tunnel::Step Tunnel::on_closed() {
  return fail(End::proxy("proxy_refused", "the proxy closed the connection without an answer"));
}

namespace {

// HTTP CONNECT -----------------------------------------------------------------------------------

class HttpTunnel final : public Tunnel {
 public:
  HttpTunnel(const Route& route, const Target& target, bool basic_at_once)
      : username_(route.username), password_(route.password), authority_(target.authority()) {
    if (basic_at_once && has_credentials()) {
      authorization_ = basic();
    }
  }

  void begin(std::string& out) override {
    reader_ = HttpHeadReader();
    out.append("CONNECT ").append(authority_).append(" HTTP/1.1\r\nHost: ").append(authority_);
    out.append("\r\nProxy-Connection: keep-alive\r\n");
    if (!authorization_.empty()) {
      out.append("Proxy-Authorization: ").append(authorization_).append("\r\n");
    }
    out.append("\r\n");
  }

  Step feed(std::string_view& input, std::string&) override {
    switch (reader_.feed(input)) {
      case HttpHeadReader::State::More:
        return Step::Read;
      case HttpHeadReader::State::Bad:
        return fail(End::proxy("proxy_protocol", "the proxy does not speak HTTP"));
      case HttpHeadReader::State::Done:
        break;
    }
    const int code = reader_.head().code;
    const std::string answered = "the proxy answered " + std::to_string(code);
    if (code >= 200 && code < 300) {
      // The far end speaks when it is spoken to: this is a page of somebody in between.
      return input.empty() ? Step::Done
                           : fail(End::proxy("proxy_protocol",
                                             answered + " with content instead of a tunnel", code));
    }
    if (code == 407) {
      return authenticate(answered);
    }
    if (code == 401) {  // said by some that have read wrong credentials
      return fail(End::proxy("proxy_authentication",
                             answered + ": it does not take these credentials", code));
    }
    if (code >= 500) {
      End end = End::failed("target_unreachable", answered);
      end.http_code = code;
      return fail(std::move(end));
    }
    return fail(End::proxy("proxy_refused", answered, code));
  }

 private:
  [[nodiscard]] bool has_credentials() const noexcept { return !username_.empty(); }
  [[nodiscard]] std::string basic() const {
    return "Basic " + base64_encode(username_ + ":" + password_);
  }

  Step authenticate(const std::string& answered) {
    const auto refuse = [&](const char* why) {
      return fail(End::proxy("proxy_authentication", answered + ": " + why, 407));
    };
    if (!has_credentials()) {
      return refuse("it wants username and password");
    }
    bool basic_offered = false;
    std::optional<DigestChallenge> digest;
    for (const auto& [name, value] : reader_.head().headers) {
      if (name == "proxy-authenticate") {
        basic_offered =
            basic_offered || equal_ignoring_case(std::string_view(value).substr(0, 5), "Basic");
        auto challenge = parse_digest_challenge(value);
        // The first that we know is the one that the proxy likes best.
        digest = digest ? std::move(digest) : std::move(challenge);
      }
    }
    // A second chance only for a nonce that was too old.
    if (answered_ && !(digest && digest->stale && !stale_)) {
      return refuse("it does not take these credentials");
    }
    stale_ = answered_;
    if (digest) {
      answered_ = true;
      authorization_ =
          digest_response(*digest, username_, password_, "CONNECT", authority_, random_hex(16));
    } else if (basic_offered && authorization_.empty()) {
      answered_ = true;
      authorization_ = basic();
      learnt_basic_ = true;
    } else {
      return refuse(basic_offered ? "it does not take these credentials"
                                  : "it wants a kind of authentication that is not known here");
    }
    return Step::Reconnect;
  }

  std::string username_;
  std::string password_;
  std::string authority_;
  std::string authorization_;  // what the next request says
  HttpHeadReader reader_;
  bool answered_ = false;  // a challenge
  bool stale_ = false;
};

// SOCKS5 -----------------------------------------------------------------------------------------

constexpr char kVersion = 5;
constexpr char kLoginVersion = 1;
constexpr char kNoLogin = 0;
constexpr char kLogin = 2;
constexpr std::uint8_t kNoneFits = 0xFF;
constexpr std::size_t kMaxText = 255;

class Socks5Tunnel final : public Tunnel {
 public:
  Socks5Tunnel(const Route& route, const Target& target)
      : username_(route.username),
        password_(route.password),
        host_(target.host),
        port_(target.port) {}

  void begin(std::string& out) override {
    phase_ = Phase::Method;
    out += kVersion;
    if (username_.empty()) {
      out += {1, kNoLogin};
    } else {
      out += {2, kNoLogin, kLogin};
    }
  }

  Step feed(std::string_view& input, std::string& out) override {
    while (true) {
      const std::size_t wanted = wanted_bytes();
      while (answer_.size() < wanted && !input.empty()) {
        answer_ += input.front();
        input.remove_prefix(1);
      }
      if (answer_.size() < wanted) {
        return Step::Read;
      }
      if (phase_ == Phase::Reply && octet(1) == 0 && answer_.size() < reply_bytes()) {
        continue;  // its length is known only now
      }
      const Step step = take_answer(out);
      if (step == Step::Done && !input.empty()) {
        return fail(End::proxy("proxy_protocol", "the proxy sent content before it was asked to"));
      }
      if (step != Step::Read) {
        return step;
      }
      answer_.clear();
    }
  }

  Step on_closed() override {
    return phase_ != Phase::Login ? Tunnel::on_closed()
                                  : fail(End::proxy("proxy_authentication",
                                                    "the proxy does not take these credentials"));
  }

 private:
  enum class Phase { Method, Login, Reply };

  [[nodiscard]] std::uint8_t octet(std::size_t at) const noexcept {
    return static_cast<std::uint8_t>(answer_[at]);
  }
  // Of a reply: up to the octet that tells the length of its address.
  [[nodiscard]] std::size_t wanted_bytes() const noexcept {
    return phase_ != Phase::Reply ? 2 : answer_.size() < 5 ? 5 : reply_bytes();
  }
  [[nodiscard]] std::size_t reply_bytes() const noexcept {
    switch (octet(3)) {
      case 1:
        return 4 + sizeof(in_addr) + 2;
      case 3:
        return std::size_t{5} + octet(4) + 2;
      case 4:
        return 4 + sizeof(in6_addr) + 2;
      default:
        return 5;  // take_answer() refuses it
    }
  }

  Step take_answer(std::string& out) {
    if (phase_ == Phase::Login) {
      if (octet(1) != 0) {
        return fail(
            End::proxy("proxy_authentication", "the proxy does not take these credentials"));
      }
      return ask(out);
    }
    if (answer_[0] != kVersion) {
      return fail(End::proxy("proxy_protocol", "the proxy does not speak SOCKS5"));
    }
    if (phase_ == Phase::Reply) {
      return take_reply();
    }
    if (answer_[1] == kNoLogin) {
      return ask(out);
    }
    if (answer_[1] == kLogin && !username_.empty()) {
      if (username_.size() > kMaxText || password_.size() > kMaxText) {
        return fail(End::proxy("proxy_authentication",
                               "SOCKS5 has no room for credentials longer than 255 octets"));
      }
      phase_ = Phase::Login;
      out += kLoginVersion;
      out.append(1, static_cast<char>(username_.size())).append(username_);
      out.append(1, static_cast<char>(password_.size())).append(password_);
      return Step::Read;
    }
    if (octet(1) == kNoneFits) {
      return fail(End::proxy("proxy_authentication",
                             username_.empty() ? "the proxy wants username and password"
                                               : "the proxy wants another kind of login"));
    }
    return fail(End::proxy("proxy_protocol", "the proxy chose a login that was not offered"));
  }

  Step ask(std::string& out) {
    phase_ = Phase::Reply;
    out += {kVersion, 1, 0};
    std::array<char, sizeof(in6_addr)> address{};
    if (::inet_pton(AF_INET, host_.c_str(), address.data()) == 1) {
      out.append(1, 1).append(address.data(), sizeof(in_addr));
    } else if (::inet_pton(AF_INET6, host_.c_str(), address.data()) == 1) {
      out.append(1, 4).append(address.data(), sizeof(in6_addr));
    } else {
      out.append(1, 3).append(1, static_cast<char>(host_.size())).append(host_);
    }
    out += {static_cast<char>(port_ >> 8), static_cast<char>(port_ & 0xFF)};
    return Step::Read;
  }

  // RFC 1928, 6.
  Step take_reply() {
    switch (octet(1)) {
      case 0:
        return octet(3) == 1 || octet(3) == 3 || octet(3) == 4
                   ? Step::Done
                   : fail(End::proxy("proxy_protocol", "the proxy answered with a broken address"));
      case 1:
        return fail(End::proxy("proxy_refused", "the proxy says: general failure"));
      case 2:
        return fail(End::proxy("proxy_refused", "the proxy's rules forbid the connection"));
      case 3:
        return fail(End::failed("target_unreachable", "the proxy says: network unreachable"));
      case 4:
        return fail(End::failed("target_unreachable", "the proxy says: host unreachable"));
      case 5:
        return fail(End::failed("connect_refused", "the proxy says: connection refused"));
      case 6:
        return fail(End::failed("target_unreachable", "the proxy says: timed out on the way"));
      default:
        return fail(
            End::proxy("proxy_refused", "the proxy refused with code " + std::to_string(octet(1))));
    }
  }

  std::string username_;
  std::string password_;
  std::string host_;
  std::uint16_t port_;
  std::string answer_;
  Phase phase_ = Phase::Method;
};

}  // namespace

std::unique_ptr<Tunnel> make_http_tunnel(const Route& route, const Target& target,
                                         bool basic_at_once) {
  return std::make_unique<HttpTunnel>(route, target, basic_at_once);
}

std::unique_ptr<Tunnel> make_socks5_tunnel(const Route& route, const Target& target) {
  return std::make_unique<Socks5Tunnel>(route, target);
}

}  // namespace waxwing::net
