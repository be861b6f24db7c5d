// SPDX-License-Identifier: Apache-2.0
// Sockets in clear and under TLS.
#include "net/stream.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <sys/socket.h>
#include <system_error>
#include <utility>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/check.hpp"
#include "net/resolver.hpp"

namespace waxwing::net {
namespace {

// OpenSSL's own socket BIO would raise SIGPIPE.
int bio_descriptor(BIO* bio) noexcept {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int bio_write(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto sent = ::send(bio_descriptor(bio), data, static_cast<std::size_t>(size),
                           MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
    BIO_set_retry_write(bio);
  }
  return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(bio_descriptor(bio), data, static_cast<std::size_t>(size), MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    BIO_set_retry_read(bio);
  } else if (got == 0) {
    BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  }
  return static_cast<int>(got);
}

long bio_control(BIO* bio, int command, long, void*) {
  switch (command) {
    case BIO_CTRL_FLUSH:
      return 1;
    case BIO_CTRL_EOF:
      return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    default:
      return 0;
  }
}

BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* const made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wax socket");
    WAX_CHECK(made != nullptr);
    BIO_meth_set_write(made, &bio_write);
    BIO_meth_set_read(made, &bio_read);
    BIO_meth_set_ctrl(made, &bio_control);
    BIO_meth_set_create(made, [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    return made;
  }();
  return method;
}

int capped(std::size_t size) noexcept {
  return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max()));
}

// Why a handshake did not come about.
End tls_failure(SSL* ssl, unsigned long error) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) {
    const char* const reason =
        verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID
            ? "certificate_expired"
        : verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH
            ? "certificate_wrong_host"
            : "certificate_invalid";
    return End::failed(
        reason, std::string("the server's certificate: ") + X509_verify_cert_error_string(verdict));
  }
  const char* const text = ERR_reason_error_string(error);
  return End::failed("tls_failed", text != nullptr
                                       ? std::string("TLS with the server failed: ") + text
                                       : "the far end closed in the middle of the TLS handshake");
}

}  // namespace

struct Stream::Tls {
  explicit Tls(SSL* made) noexcept : ssl(made) {}
  ~Tls() { SSL_free(ssl); }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  SSL* ssl;
  TlsSessionSink sink;
};

Stream::Stream() noexcept = default;

Stream::Stream(int descriptor) noexcept : descriptor_(descriptor) {}

Stream::Stream(Stream&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      wants_write_(other.wants_write_),
      tls_(std::move(other.tls_)),
      failure_(std::move(other.failure_)) {}

Stream& Stream::operator=(Stream&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    wants_write_ = other.wants_write_;
    tls_ = std::move(other.tls_);
    failure_ = std::move(other.failure_);
  }
  return *this;
}

Stream::~Stream() {
  close();
}

void Stream::close() noexcept {
  tls_.reset();
  if (descriptor_ >= 0) {
    ::close(std::exchange(descriptor_, -1));
  }
}

void Stream::shut_down() noexcept {
  if (tls_ && SSL_is_init_finished(tls_->ssl) == 1) {
    ERR_clear_error();
    static_cast<void>(SSL_shutdown(tls_->ssl));
    ERR_clear_error();
  }
  if (descriptor_ >= 0) {
    ::shutdown(descriptor_, SHUT_WR);
  }
}

void Stream::start_tls(const TlsContext& context, const std::string& host,
                       const std::shared_ptr<TlsSessions>& sessions, const std::string& key) {
  SSL* const ssl = SSL_new(context.get());
  WAX_CHECK(ssl != nullptr);
  tls_ = std::make_unique<Tls>(ssl);
  BIO* const bio = BIO_new(socket_method());
  WAX_CHECK(bio != nullptr);
  BIO_set_data(bio, reinterpret_cast<void*>(std::intptr_t{descriptor_}));
  SSL_set_bio(ssl, bio, bio);
  SSL_set_connect_state(ssl);
  if (literal_addresses(host).empty()) {
    std::string name = host;  // SSL_set_tlsext_host_name() is a macro with a cast of C
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(ssl, host.c_str());
  } else {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str());
  }
  if (sessions) {
    tls_->sink = {sessions, key};
    TlsSessionSink::attach(ssl, &tls_->sink);
    sessions->offer(ssl, key);
  }
}

Stream::Io Stream::handshake() {
  ERR_clear_error();
  return take_result(SSL_do_handshake(tls_->ssl), true);
}

bool Stream::resumed() const noexcept {
  return tls_ && SSL_session_reused(tls_->ssl) == 1;
}

bool Stream::has_pending() const noexcept {
  return tls_ && SSL_has_pending(tls_->ssl) == 1;
}

Stream::Io Stream::read(std::span<char> into, std::size_t& got) {
  got = 0;
  if (tls_) {
    ERR_clear_error();
    const int result = SSL_read(tls_->ssl, into.data(), capped(into.size()));
    got = result > 0 ? static_cast<std::size_t>(result) : 0;
    return take_result(result, false);
  }
  while (true) {
    const auto result = ::recv(descriptor_, into.data(), into.size(), MSG_DONTWAIT);
    if (result > 0) {
      got = static_cast<std::size_t>(result);
      return Io::Some;
    }
    if (result == 0) {
      return Io::End;
    }
    if (errno == EAGAIN) {
      wants_write_ = false;
      return Io::Blocked;
    }
    if (errno != EINTR) {
      return broken(errno);
    }
  }
}

Stream::Io Stream::write(std::string_view from, std::size_t& sent) {
  sent = 0;
  if (tls_) {
    ERR_clear_error();
    const int result = SSL_write(tls_->ssl, from.data(), capped(from.size()));
    sent = result > 0 ? static_cast<std::size_t>(result) : 0;
    return take_result(result, false);
  }
  while (true) {
    const auto result = ::send(descriptor_, from.data(), from.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (result >= 0) {
      sent = static_cast<std::size_t>(result);
      return Io::Some;
    }
    if (errno == EAGAIN) {
      wants_write_ = true;
      return Io::Blocked;
    }
    if (errno != EINTR) {
      return broken(errno);
    }
  }
}

Stream::Io Stream::take_result(int result, bool handshaking) {
  if (result > 0) {
    return Io::Some;
  }
  const int system_error = errno;
  switch (SSL_get_error(tls_->ssl, result)) {
    case SSL_ERROR_WANT_READ:
      wants_write_ = false;
      return Io::Blocked;
    case SSL_ERROR_WANT_WRITE:
      wants_write_ = true;
      return Io::Blocked;
    case SSL_ERROR_ZERO_RETURN:
      return handshaking ? fail(tls_failure(tls_->ssl, 0)) : Io::End;
    case SSL_ERROR_SYSCALL:
      return system_error != 0 ? broken(system_error)
             : handshaking     ? fail(tls_failure(tls_->ssl, 0))
                               : Io::End;
    default:
      return fail(tls_failure(tls_->ssl, ERR_peek_error()));
  }
}

Stream::Io Stream::fail(End end) {
  failure_ = std::move(end);
  return Io::Failed;
}

Stream::Io Stream::broken(int error) {
  return fail(End::failed("connection_reset",
                          "the connection broke off: " + std::generic_category().message(error)));
}

}  // namespace waxwing::net
