// SPDX-License-Identifier: Apache-2.0
// How octets of one connection travel: in clear, or through TLS.
#pragma once

#include <memory>
#include <span>
#include <utility>

#include "http/io.hpp"
#include "http/tls.hpp"

namespace waxwing::http {

// The descriptor stays the worker's. [worker]
class Wire {
 public:
  Wire(int descriptor, std::unique_ptr<TlsConnection> tls) noexcept
      : descriptor_(descriptor), tls_(std::move(tls)) {}

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  [[nodiscard]] IoResult receive(std::span<char> into) noexcept {
    return tls_ ? tls_->receive(into) : http::receive(descriptor_, into);
  }
  [[nodiscard]] IoResult transmit(std::span<iovec> pieces) noexcept {
    return tls_ ? tls_->transmit(pieces) : http::transmit(descriptor_, pieces);
  }
  // Our side has said all it had to say.
  void shut_down() noexcept {
    if (tls_) {
      tls_->shut_down();
    }
    http::shut_down(descriptor_);
  }
  // Under TLS reading may wait for the socket to be writable, and the other way round.
  [[nodiscard]] bool reads_on_any_event() const noexcept { return tls_ != nullptr; }
  [[nodiscard]] bool wants_write() const noexcept { return tls_ && tls_->wants_write(); }

 private:
  int descriptor_;
  std::unique_ptr<TlsConnection> tls_;
};

}  // namespace waxwing::http
