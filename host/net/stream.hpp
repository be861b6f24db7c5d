// SPDX-License-Identifier: Apache-2.0
// One connected socket, in clear or under TLS; nothing here ever waits.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/end.hpp"
#include "net/tls.hpp"

namespace waxwing::net {

// Owns the descriptor. An idle connection under TLS holds no buffers. One thread at a time.
class Stream {
 public:
  enum class Io {
    Some,     // octets went, or the handshake is done
    Blocked,  // wait for wants_write() ? writable : readable
    End,      // the far end sends no more
    Failed,   // failure() says why
  };

  Stream() noexcept;
  explicit Stream(int descriptor) noexcept;
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream();

  [[nodiscard]] bool is_open() const noexcept { return descriptor_ >= 0; }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  void close() noexcept;
  // Says goodbye as far as the socket takes it at once, so that what was sent arrives.
  void shut_down() noexcept;

  // From here on everything goes through TLS with `host`, a name or an address. `sessions` may be
  // null; `key` says what a session is kept under.
  void start_tls(const TlsContext& context, const std::string& host,
                 const std::shared_ptr<TlsSessions>& sessions, const std::string& key);
  // Until Some. [after start_tls]
  [[nodiscard]] Io handshake();
  [[nodiscard]] bool resumed() const noexcept;

  [[nodiscard]] Io read(std::span<char> into, std::size_t& got);
  [[nodiscard]] Io write(std::string_view from, std::size_t& sent);
  [[nodiscard]] bool wants_write() const noexcept { return wants_write_; }
  // Octets that were taken from the socket and not read yet; the socket will not tell of them.
  [[nodiscard]] bool has_pending() const noexcept;
  [[nodiscard]] const End& failure() const noexcept { return failure_; }

 private:
  struct Tls;

  Io take_result(int result, bool handshaking);
  Io fail(End end);
  Io broken(int error);

  int descriptor_ = -1;
  bool wants_write_ = false;
  std::unique_ptr<Tls> tls_;
  End failure_;
};

}  // namespace waxwing::net
