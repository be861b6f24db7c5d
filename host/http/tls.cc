// SPDX-License-Identifier: Apache-2.0
// The server's certificate and its connections, over OpenSSL.
#include "http/tls.hpp"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/check.hpp"
#include "base/log.hpp"

namespace waxwing::http {
namespace {

std::string last_error() {
  const char* const text = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return text != nullptr ? text : "it cannot be used";
}

// Certificates that the client needs to find its way to an authority.
void add_chain(SSL_CTX* context, const std::string& path) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> file(BIO_new_file(path.c_str(), "r"), &BIO_free);
  while (file) {
    X509* const certificate = PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr);
    if (certificate == nullptr) {
      break;
    }
    SSL_CTX_add1_chain_cert(context, certificate);
    X509_free(certificate);
  }
  ERR_clear_error();
}

}  // namespace

// One connection ---------------------------------------------------------------------------------

TlsConnection::~TlsConnection() {
  SSL_free(connection_);
}

IoResult TlsConnection::result(int returned) noexcept {
  wants_write_ = false;
  if (returned > 0) {
    return {IoResult::Kind::Some, static_cast<std::size_t>(returned)};
  }
  switch (SSL_get_error(connection_, returned)) {
    case SSL_ERROR_WANT_READ:
      return {IoResult::Kind::WouldBlock, 0};
    case SSL_ERROR_WANT_WRITE:
      wants_write_ = true;
      return {IoResult::Kind::WouldBlock, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {IoResult::Kind::End, 0};
    default:
      return {IoResult::Kind::Broken, 0};
  }
}

IoResult TlsConnection::receive(std::span<char> into) noexcept {
  ERR_clear_error();
  return result(SSL_read(connection_, into.data(),
                         static_cast<int>(std::min<std::size_t>(into.size(), INT_MAX))));
}

IoResult TlsConnection::transmit(std::span<const iovec> pieces) noexcept {
  std::size_t sent = 0;
  for (const iovec& piece : pieces) {
    for (std::size_t at = 0; at < piece.iov_len;) {
      ERR_clear_error();
      const IoResult one =
          result(SSL_write(connection_, static_cast<const char*>(piece.iov_base) + at,
                           static_cast<int>(std::min<std::size_t>(piece.iov_len - at, INT_MAX))));
      if (one.kind != IoResult::Kind::Some) {
        return sent > 0 && one.kind == IoResult::Kind::WouldBlock
                   ? IoResult{IoResult::Kind::Some, sent}
                   : one;
      }
      at += one.bytes;
      sent += one.bytes;
    }
  }
  return {IoResult::Kind::Some, sent};
}

void TlsConnection::shut_down() noexcept {
  if (SSL_is_init_finished(connection_) == 1) {
    ERR_clear_error();
    static_cast<void>(SSL_shutdown(connection_));
    ERR_clear_error();
  }
}

// The certificate --------------------------------------------------------------------------------

Result<std::shared_ptr<TlsServer>> TlsServer::load(TlsFiles files) {
  std::shared_ptr<TlsServer> server(new TlsServer(std::move(files)));
  server->read_at_ = server->times();
  WAX_TRY(server->context_, server->read());
  server->looked_at_ = Clock::now();
  return server;
}

TlsServer::~TlsServer() = default;

Result<std::shared_ptr<SSL_CTX>> TlsServer::read() const {
  const std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  WAX_CHECK(context != nullptr);
  SSL_CTX* const raw = context.get();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF |
                               SSL_OP_CIPHER_SERVER_PREFERENCE);
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(raw, files_.cert.c_str()) != 1) {
    return Status(Code::Invalid, "the certificate " + files_.cert + ": " + last_error());
  }
  if (SSL_CTX_use_PrivateKey_file(raw, files_.key.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_check_private_key(raw) != 1) {
    return Status(Code::Invalid, "the key " + files_.key + ": " + last_error());
  }
  if (!files_.chain.empty()) {
    add_chain(raw, files_.chain);
  }
  return context;
}

TlsServer::Times TlsServer::times() const {
  std::error_code missing;
  return {std::filesystem::last_write_time(files_.key, missing),
          std::filesystem::last_write_time(files_.cert, missing),
          std::filesystem::last_write_time(files_.chain, missing)};
}

void TlsServer::refresh() {
  const auto now = Clock::now();
  if (now - looked_at_ < std::chrono::seconds(1)) {
    return;
  }
  looked_at_ = now;
  const Times changed_at = times();
  if (changed_at == read_at_) {
    return;
  }
  read_at_ = changed_at;
  if (auto context = read(); context.has_value()) {
    context_ = std::move(*context);
    log::info("http.certificate_reloaded");
  } else {
    log::warn("http.certificate_unusable", {{"why", context.error().message()}});
  }
}

std::unique_ptr<TlsConnection> TlsServer::accept(int descriptor) {
  std::shared_ptr<SSL_CTX> context;
  {
    const std::lock_guard lock(mutex_);
    refresh();
    context = context_;
  }
  SSL* const connection = SSL_new(context.get());
  WAX_CHECK(connection != nullptr);
  WAX_CHECK(SSL_set_fd(connection, descriptor) == 1);
  SSL_set_accept_state(connection);
  return std::make_unique<TlsConnection>(connection);
}

}  // namespace waxwing::http
