// SPDX-License-Identifier: Apache-2.0
// TLS of clients: who is trusted, and the sessions that are taken up again.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/result.hpp"

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

namespace waxwing::net {

class TlsSessions;

// Settings of all connections that trust the same authorities. Immutable once made. [any-thread]
class TlsContext {
 public:
  // The system's authorities, and those of `ca_pem`. Code::Invalid when that holds no certificate.
  static Result<std::shared_ptr<TlsContext>> make(const std::string& ca_pem);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] ssl_ctx_st* get() const noexcept { return context_; }

 private:
  explicit TlsContext(ssl_ctx_st* context) noexcept : context_(context) {}

  ssl_ctx_st* context_;
};

// The contexts of the process, by their extra authorities. [any-thread]
class TlsContexts {
 public:
  Result<std::shared_ptr<TlsContext>> get(const std::string& ca_pem);

 private:
  static constexpr std::size_t kMostKept = 16;

  std::mutex mutex_;                                                     // guards kept_
  std::list<std::pair<std::string, std::shared_ptr<TlsContext>>> kept_;  // the latest first
};

// What servers gave one WhatsApp session to take up a TLS session again. Never shared between
// two of them: a server could tell from it that they belong together. One loop.
class TlsSessions {
 public:
  // For new connections of `ssl`; given back by the connection that it was given to. The key says
  // whom the session is with.
  void offer(ssl_st* ssl, const std::string& key);
  void keep(const std::string& key, ssl_session_st* session);
  [[nodiscard]] std::size_t size() const noexcept { return kept_.size(); }

 private:
  static constexpr std::size_t kMostKept = 8;

  std::map<std::string, std::string> kept_;  // in DER: a fraction of the object's size
};

// The context calls back with new sessions through this.
struct TlsSessionSink {
  std::weak_ptr<TlsSessions> sessions;
  std::string key;
  // For the lifetime of `ssl`; the caller keeps the sink alive as long.
  static void attach(ssl_st* ssl, TlsSessionSink* sink) noexcept;
};

}  // namespace waxwing::net
