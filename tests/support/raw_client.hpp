// SPDX-License-Identifier: Apache-2.0
// A raw TCP client that sends exactly what a test wants, whenever it wants, and reads answers.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace waxwing::http::test {

inline constexpr std::chrono::milliseconds kPatience{20'000};  // a test fails after this long

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string head;                            // as received
  std::string body;

  [[nodiscard]] std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

// Blocking with a limit; every failure is a value, never an exception.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer_bytes = 0);
  // A socket that is not connected yet, and its connection (without waiting for an accept()).
  Client();
  bool connect(std::uint16_t port);
  ~Client();
  Client(Client&& other) noexcept;
  Client& operator=(Client&& other) noexcept;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  [[nodiscard]] bool connected() const noexcept { return descriptor_ >= 0; }
  // False when the connection broke before all of it went.
  bool send(std::string_view data);
  // What the kernel takes at once, without waiting.
  std::size_t send_some(std::string_view data);
  // Closes the sending half.
  void finish();
  // Closes with a reset.
  void reset();
  void close();

  // The next whole answer, or nothing when the connection ended or time ran out. `to_head`: the
  // request was a HEAD.
  std::optional<Reply> receive(bool to_head = false,
                               std::chrono::milliseconds patience = kPatience);
  // Octets as they come, until `size` are there, the other side ends, or time runs out.
  std::string receive_octets(std::size_t size, std::chrono::milliseconds patience = kPatience);
  // What is there, or comes next; "" when the other side ends or time runs out.
  std::string receive_some(std::chrono::milliseconds patience = kPatience);
  // True when the other side closes (or resets) and sends nothing more before.
  bool ended(std::chrono::milliseconds patience = kPatience);
  // True when nothing at all comes for that long.
  bool silent(std::chrono::milliseconds span);

  std::optional<Reply> roundtrip(std::string_view request) {
    return send(request) ? receive() : std::nullopt;
  }

 private:
  // False at the end of the stream or of `deadline`.
  bool fill(std::chrono::steady_clock::time_point deadline);

  int descriptor_ = -1;
  std::string buffer_;
};

// "GET /path HTTP/1.1" with a Host and `extra` fields, each with its line end.
std::string get(std::string_view path, std::string_view extra = {});
std::string post(std::string_view path, std::string_view body, std::string_view extra = {});

}  // namespace waxwing::http::test
