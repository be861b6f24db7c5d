// SPDX-License-Identifier: Apache-2.0
// HTTP requests to others: the short way, and the one over libcurl.
#include "net/http_client.hpp"

#include <curl/curl.h>
#include <sys/socket.h>
#include <unordered_map>
#include <utility>

#include "base/check.hpp"
#include "net/address.hpp"
#include "net/curl_loop.hpp"
#include "net/http_head.hpp"
#include "net/http_pool.hpp"
#include "net/url.hpp"
#include "runtime/loop.hpp"

namespace waxwing::net {
namespace {

constexpr std::size_t kIdleHandles = 64;
// Answers are short; libcurl allocates this much for each request.
constexpr long kBufferBytes = 1024;

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

// The same, sent to where an answer says; libcurl goes on from there. Like libcurl it keeps from
// another server what was meant for the first.
HttpRequest redirected(const HttpRequest& request, const std::string& location) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), &curl_url_cleanup);
  HttpRequest next = request;
  next.url = location;
  --next.max_redirects;
  char* absolute = nullptr;
  if (url != nullptr &&
      curl_url_set(url.get(), CURLUPART_URL, request.url.c_str(), 0) == CURLUE_OK &&
      curl_url_set(url.get(), CURLUPART_URL, location.c_str(), 0) == CURLUE_OK &&
      curl_url_get(url.get(), CURLUPART_URL, &absolute, 0) == CURLUE_OK) {
    next.url = absolute;
  }
  curl_free(absolute);
  const auto before = parse_url(request.url);
  const auto after = parse_url(next.url);
  if (!after.has_value() || before->tls != after->tls ||
      before->authority() != after->authority()) {
    std::erase_if(next.headers, [](const std::string& header) {
      const std::string_view name = std::string_view(header).substr(0, header.find_first_of(":;"));
      return equal_ignoring_case(name, "authorization") || equal_ignoring_case(name, "cookie") ||
             equal_ignoring_case(name, "host");
    });
  }
  return next;
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
  HttpPool pool;
  std::unordered_map<CURL*, std::unique_ptr<Transfer>> transfers;
  std::vector<Easy> idle;  // kept for the next requests
  CurlLoop curl;

  Impl(Network& network, runtime::Loop& on, long connections)
      : loop(on),
        pool(network, on, static_cast<std::size_t>(connections)),
        curl(on, {connections, connections},
             [this](CURL* easy, CURLcode code) { finish(easy, code); }) {}

  ~Impl() {
    for (const auto& [easy, transfer] : transfers) {
      curl.remove(easy);
    }
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void finish(CURL* easy, CURLcode code) {
    const auto it = transfers.find(easy);
    if (it == transfers.end()) {
      return;
    }
    const std::unique_ptr<Transfer> transfer = std::move(it->second);
    transfers.erase(it);
    Result<HttpResponse> outcome = outcome_of(*transfer, code);
    recycle(std::move(transfer->easy));
    transfer->done(std::move(outcome));  // may be the end of this
  }

  void send_by_curl(HttpRequest request, Done done) {
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    transfer->easy = fresh();
    if (!transfer->easy) {
      loop.post([done = std::move(transfer->done)] {
        done(Status(Code::NoMemory, "no memory for a request"));
      });
      return;
    }
    prepare(*transfer);
    CURL* easy = transfer->easy.get();
    transfers.emplace(easy, std::move(transfer));
    if (const CURLMcode code = curl.add(easy); code != CURLM_OK) {
      auto failed = std::move(transfers.at(easy));
      transfers.erase(easy);
      loop.post([failed = std::move(failed), code] {
        failed->done(Status(Code::Internal, curl_multi_strerror(code)));
      });
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

HttpClient::HttpClient(Network& network, runtime::Loop& loop, std::size_t connections)
    : impl_(std::make_unique<Impl>(network, loop, static_cast<long>(connections))) {}

HttpClient::~HttpClient() = default;

void HttpClient::send(HttpRequest request, Done done) {
  auto target = HttpPool::target_of(request);
  if (!target.has_value()) {
    impl_->send_by_curl(std::move(request), std::move(done));
    return;
  }
  auto shared = std::make_shared<const HttpRequest>(std::move(request));
  impl_->pool.send(shared, std::move(*target),
                   [impl = impl_.get(), shared, done = std::move(done)](
                       Result<HttpResponse> outcome, const std::string& location) mutable {
                     if (location.empty() || shared->max_redirects == 0) {
                       done(std::move(outcome));  // may be the end of this
                     } else {
                       impl->send_by_curl(redirected(*shared, location), std::move(done));
                     }
                   });
}

std::size_t HttpClient::under_way() const noexcept {
  return impl_->pool.under_way() + impl_->transfers.size();
}

}  // namespace waxwing::net
