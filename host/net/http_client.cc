// SPDX-License-Identifier: Apache-2.0
// HTTP requests to others over libcurl.
#include "net/http_client.hpp"

#include <unistd.h>

#include <curl/curl.h>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "base/check.hpp"
#include "base/log.hpp"
#include "net/address.hpp"
#include "runtime/loop.hpp"

namespace waxwing::net {
namespace {

constexpr std::size_t kIdleHandles = 64;
// Answers are short; libcurl allocates this much for each request.
constexpr long kBufferBytes = 1024;

void init_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct SlistDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};
using Slist = std::unique_ptr<curl_slist, SlistDeleter>;

struct EasyDeleter {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

// One request under way.
struct Transfer {
  Easy easy;
  HttpRequest request;
  HttpClient::Done done;
  Slist headers;
  HttpResponse response;
  bool address_refused = false;
  bool cut = false;  // we stopped reading the body
  char error[CURL_ERROR_SIZE] = {};
};

std::size_t on_body(const char* data, std::size_t, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t room = transfer.request.max_response_bytes - transfer.response.body.size();
  transfer.response.body.append(data, std::min(room, count));
  if (count <= room) {
    return count;
  }
  transfer.cut = true;
  return 0;  // ends the transfer
}

curl_socket_t on_open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.request.public_only && transfer.request.proxy.server.empty() &&
      !is_public_address(address->addr)) {
    transfer.address_refused = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

template <class... Args>
void set(CURL* easy, CURLoption option, Args... value) {
  const CURLcode code = curl_easy_setopt(easy, option, value...);
  WAX_DCHECK(code == CURLE_OK);
  static_cast<void>(code);
}

void prepare(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  const HttpRequest& request = transfer.request;
  set(easy, CURLOPT_PRIVATE, &transfer);
  set(easy, CURLOPT_ERRORBUFFER, transfer.error);
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  set(easy, CURLOPT_BUFFERSIZE, kBufferBytes);
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  set(easy, CURLOPT_FOLLOWLOCATION, request.max_redirects > 0 ? 1L : 0L);
  set(easy, CURLOPT_MAXREDIRS, request.max_redirects);
  set(easy, CURLOPT_POSTREDIR, static_cast<long>(CURL_REDIR_POST_ALL));
  set(easy, CURLOPT_SSL_VERIFYPEER, request.verify_tls ? 1L : 0L);
  set(easy, CURLOPT_SSL_VERIFYHOST, request.verify_tls ? 2L : 0L);
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy, CURLOPT_PROXY, request.proxy.server.c_str());
  if (!request.proxy.username.empty()) {
    set(easy, CURLOPT_PROXYUSERNAME, request.proxy.username.c_str());
    set(easy, CURLOPT_PROXYPASSWORD, request.proxy.password.c_str());
    set(easy, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC | CURLAUTH_DIGEST));
  }
  set(easy, CURLOPT_WRITEFUNCTION, &on_body);
  set(easy, CURLOPT_WRITEDATA, &transfer);
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &on_open_socket);
  set(easy, CURLOPT_OPENSOCKETDATA, &transfer);
  curl_slist* list = nullptr;
  for (const std::string& header : request.headers) {
    list = curl_slist_append(list, header.c_str());
  }
  if (request.body) {
    list = curl_slist_append(list, "Expect:");  // no "100-continue" round trip
    set(easy, CURLOPT_POST, 1L);
    set(easy, CURLOPT_POSTFIELDS, request.body->data());
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body->size()));
  }
  transfer.headers.reset(list);
  set(easy, CURLOPT_HTTPHEADER, list);
}

Status failure_of(const Transfer& transfer, CURLcode code) {
  if (transfer.address_refused) {
    return {Code::Unavailable, "the address of the host is not public"};
  }
  const char* text = transfer.error[0] != '\0' ? transfer.error : curl_easy_strerror(code);
  return {code == CURLE_OPERATION_TIMEDOUT ? Code::Timeout : Code::Unavailable, text};
}

Result<HttpResponse> outcome_of(Transfer& transfer, CURLcode code) {
  CURL* easy = transfer.easy.get();
  long status = 0;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  if (code != CURLE_OK && !(code == CURLE_WRITE_ERROR && transfer.cut && status != 0)) {
    return failure_of(transfer, code);
  }
  transfer.response.status = static_cast<int>(status);
  curl_off_t wait_s = 0;
  if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait_s) == CURLE_OK && wait_s > 0) {
    transfer.response.retry_after = std::chrono::seconds(wait_s);
  }
  return std::move(transfer.response);
}

}  // namespace

struct HttpClient::Impl {
  runtime::Loop& loop;
  CURLM* multi;
  std::unordered_map<curl_socket_t, runtime::Loop::WatchId> watches;
  runtime::Loop::TimerId timer = 0;
  bool acting_soon = false;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers;
  std::vector<Easy> idle;                                  // kept for the next requests
  std::shared_ptr<bool> alive = std::make_shared<bool>();  // expires with this

  Impl(runtime::Loop& on, std::size_t connections) : loop(on), multi(curl_multi_init()) {
    WAX_CHECK(multi != nullptr);
    curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &Impl::on_socket);
    curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &Impl::on_timer);
    curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(connections));
    curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(connections));
    curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  }

  ~Impl() {
    for (const auto& [easy, transfer] : transfers) {
      curl_multi_remove_handle(multi, easy);
    }
    transfers.clear();
    idle.clear();
    curl_multi_cleanup(multi);  // may still tell of its sockets
    loop.cancel_timer(timer);
    for (const auto& [socket, watch] : watches) {
      loop.unwatch(watch);
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  static int on_socket(CURL*, curl_socket_t socket, int what, void* user, void*) {
    auto& self = *static_cast<Impl*>(user);
    // CURL_POLL_REMOVE: nothing for now. The socket stays watched, for the next request on its
    // connection, until it is closed.
    const auto it = self.watches.find(socket);
    const std::uint32_t interest =
        ((what & CURL_POLL_IN) != 0 ? std::uint32_t{runtime::Loop::kRead} : 0U) |
        ((what & CURL_POLL_OUT) != 0 ? std::uint32_t{runtime::Loop::kWrite} : 0U);
    static_assert((CURL_POLL_REMOVE & CURL_POLL_INOUT) == 0);
    if (it != self.watches.end()) {
      self.loop.update_watch(it->second, interest);
      return 0;
    }
    if (interest == 0) {
      return 0;
    }
    const auto watch = self.loop.watch(socket, interest, [&self, socket](std::uint32_t ready) {
      int events = (ready & runtime::Loop::kRead) != 0 ? CURL_CSELECT_IN : 0;
      events |= (ready & runtime::Loop::kWrite) != 0 ? CURL_CSELECT_OUT : 0;
      events |= (ready & runtime::Loop::kError) != 0 ? CURL_CSELECT_ERR : 0;
      self.act(socket, events);
    });
    if (watch == 0) {
      return -1;
    }
    self.watches.emplace(socket, watch);
    return 0;
  }

  // The next socket gets its number.
  static int on_close_socket(void* user, curl_socket_t socket) {
    static_cast<Impl*>(user)->forget(socket);
    return ::close(socket);
  }

  void forget(curl_socket_t socket) {
    if (const auto it = watches.find(socket); it != watches.end()) {
      loop.unwatch(it->second);
      watches.erase(it);
    }
  }

  static int on_timer(CURLM*, long timeout_ms, void* user) {
    auto& self = *static_cast<Impl*>(user);
    self.loop.cancel_timer(std::exchange(self.timer, 0));
    if (timeout_ms == 0) {
      self.act_soon();
    } else if (timeout_ms > 0) {
      self.timer = self.loop.start_timer(Millis(timeout_ms), [&self] {
        self.timer = 0;
        self.act(CURL_SOCKET_TIMEOUT, 0);
      });
    }
    return 0;
  }

  // Every request begins like this; a task of the loop costs less than a timer of the system.
  void act_soon() {
    if (!std::exchange(acting_soon, true)) {
      loop.post([this, living = std::weak_ptr<bool>(alive)] {
        if (!living.expired()) {
          acting_soon = false;
          act(CURL_SOCKET_TIMEOUT, 0);
        }
      });
    }
  }

  void act(curl_socket_t socket, int events) {
    int running = 0;
    curl_multi_socket_action(multi, socket, events, &running);
    finish_completed();
  }

  void finish_completed() {
    std::vector<std::pair<std::unique_ptr<Transfer>, CURLcode>> completed;
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
      if (message->msg != CURLMSG_DONE) {
        continue;
      }
      const CURLcode code = message->data.result;
      CURL* easy = message->easy_handle;
      curl_multi_remove_handle(multi, easy);  // `message` is gone now
      if (const auto it = transfers.find(easy); it != transfers.end()) {
        completed.emplace_back(std::move(it->second), code);
        transfers.erase(it);
      }
    }
    const std::weak_ptr<bool> living = alive;
    for (auto& [transfer, code] : completed) {
      Result<HttpResponse> outcome = outcome_of(*transfer, code);
      const Done done = std::move(transfer->done);
      recycle(std::move(transfer->easy));
      transfer.reset();
      done(std::move(outcome));
      if (living.expired()) {
        return;
      }
    }
  }

  void recycle(Easy easy) {
    if (idle.size() < kIdleHandles) {
      curl_easy_reset(easy.get());
      idle.push_back(std::move(easy));
    }
  }

  [[nodiscard]] Easy fresh() {
    if (idle.empty()) {
      return Easy(curl_easy_init());
    }
    Easy easy = std::move(idle.back());
    idle.pop_back();
    return easy;
  }
};

HttpClient::HttpClient(runtime::Loop& loop, std::size_t connections) {
  init_curl();
  impl_ = std::make_unique<Impl>(loop, connections);
}

HttpClient::~HttpClient() = default;

void HttpClient::send(HttpRequest request, Done done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->request = std::move(request);
  transfer->done = std::move(done);
  transfer->easy = impl_->fresh();
  if (!transfer->easy) {
    impl_->loop.post([done = std::move(transfer->done)] {
      done(Status(Code::NoMemory, "no memory for a request"));
    });
    return;
  }
  prepare(*transfer);
  CURL* easy = transfer->easy.get();
  set(easy, CURLOPT_CLOSESOCKETFUNCTION, &Impl::on_close_socket);
  set(easy, CURLOPT_CLOSESOCKETDATA, impl_.get());
  impl_->transfers.emplace(easy, std::move(transfer));
  if (const CURLMcode code = curl_multi_add_handle(impl_->multi, easy); code != CURLM_OK) {
    auto failed = std::move(impl_->transfers.at(easy));
    impl_->transfers.erase(easy);
    impl_->loop.post([failed = std::move(failed), code] {
      failed->done(Status(Code::Internal, curl_multi_strerror(code)));
    });
  }
}

std::size_t HttpClient::under_way() const noexcept {
  return impl_->transfers.size();
}

}  // namespace waxwing::net
