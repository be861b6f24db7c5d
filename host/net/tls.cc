// SPDX-License-Identifier: Apache-2.0
// Contexts and sessions of TLS, over OpenSSL.
#include "net/tls.hpp"

#include <algorithm>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include "base/check.hpp"

namespace waxwing::net {
namespace {

int sink_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int on_new_session(SSL* ssl, SSL_SESSION* session) {
  const auto* const sink = static_cast<TlsSessionSink*>(SSL_get_ex_data(ssl, sink_index()));
  if (sink != nullptr) {
    if (const auto sessions = sink->sessions.lock()) {
      sessions->keep(sink->key, session);
    }
  }
  return 0;  // not kept as an object
}

Status add_authorities(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  X509_STORE* const store = SSL_CTX_get_cert_store(context);
  int added = 0;
  while (X509* const certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    added += X509_STORE_add_cert(store, certificate);
    X509_free(certificate);
  }
  ERR_clear_error();  // the end of the text is one
  return added > 0 ? Status::ok()
                   : Status(Code::Invalid, "ca_pem holds no certificate in PEM form");
}

}  // namespace

Result<std::shared_ptr<TlsContext>> TlsContext::make(const std::string& ca_pem) {
  SSL_CTX* const context = SSL_CTX_new(TLS_client_method());
  WAX_CHECK(context != nullptr);
  std::shared_ptr<TlsContext> made(new TlsContext(context));
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_default_verify_paths(context);
  // Buffers come and go with the octets: an idle connection has none. What is to be written may
  // lie elsewhere when it is tried again.
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // WebSocket and HTTP tell a cut-off message by themselves.
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &on_new_session);
  if (!ca_pem.empty()) {
    WAX_TRY_VOID(add_authorities(context, ca_pem));
  }
  return made;
}

TlsContext::~TlsContext() {
  SSL_CTX_free(context_);
}

Result<std::shared_ptr<TlsContext>> TlsContexts::get(const std::string& ca_pem) {
  const std::lock_guard lock(mutex_);
  const auto it = std::find_if(kept_.begin(), kept_.end(),
                               [&](const auto& entry) { return entry.first == ca_pem; });
  if (it != kept_.end()) {
    kept_.splice(kept_.begin(), kept_, it);
    return kept_.front().second;
  }
  WAX_TRY(auto made, TlsContext::make(ca_pem));
  kept_.emplace_front(ca_pem, made);
  if (kept_.size() > kMostKept) {
    kept_.pop_back();
  }
  return made;
}

void TlsSessions::offer(SSL* ssl, const std::string& key) {
  const auto it = kept_.find(key);
  if (it == kept_.end()) {
    return;
  }
  const auto* at = reinterpret_cast<const unsigned char*>(it->second.data());
  SSL_SESSION* const session = d2i_SSL_SESSION(nullptr, &at, static_cast<long>(it->second.size()));
  if (session != nullptr) {
    SSL_set_session(ssl, session);
    SSL_SESSION_free(session);
  }
  kept_.erase(it);  // a ticket is used once, RFC 8446, C.4
}

void TlsSessions::keep(const std::string& key, SSL_SESSION* session) {
  if (!SSL_SESSION_is_resumable(session) || (kept_.size() >= kMostKept && !kept_.contains(key))) {
    return;
  }
  const int size = i2d_SSL_SESSION(session, nullptr);
  if (size > 0) {
    std::string& der = kept_[key];
    der.resize(static_cast<std::size_t>(size));
    der.shrink_to_fit();
    auto* to = reinterpret_cast<unsigned char*>(der.data());
    i2d_SSL_SESSION(session, &to);
  }
}

void TlsSessionSink::attach(SSL* ssl, TlsSessionSink* sink) noexcept {
  SSL_set_ex_data(ssl, sink_index(), sink);
}

}  // namespace waxwing::net
