// SPDX-License-Identifier: Apache-2.0
// From a request of an engine's to its answer.
#include "plugin/engine_http.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "plugin/blob.hpp"
#include "plugin/engine_net.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/services.hpp"
#include "runtime/blocking_pool.hpp"

namespace waxwing::plugin_host {
namespace {

constexpr Millis kDeadline(60'000);
constexpr std::uint64_t kMaxResponseBytes = 100 << 20;

// Runs `work` on the pool and `then` with what it returned on the loop. A pool that is full is an
// answer, too.
template <class T, class Work, class Then>
void off_loop(runtime::BlockingPool& pool, runtime::Loop& loop, Work work, Then then) {
  auto shared = std::make_shared<Then>(std::move(then));
  const Status taken = pool.submit([work = std::move(work), shared, &loop]() mutable {
    auto result = std::make_shared<T>(work());
    loop.post([shared, result] { (*shared)(std::move(*result)); });
  });
  if (!taken.is_ok()) {
    loop.post([shared, taken] { (*shared)(T(taken)); });
  }
}

}  // namespace

class EngineHttp::Call : public std::enable_shared_from_this<Call> {
 public:
  Call(EngineHttp& http, std::uint64_t id, wax_http_fn answer, void* user)
      : http_(http),
        id_(id),
        answer_(answer),
        user_(user),
        began_(http.loop_.clock().monotonic()) {}

  void begin(net::FetchRequest request, std::shared_ptr<Blob> body, bool no_proxy) {
    attach(request, std::move(body));
    deadline_ = http_.loop_.start_timer(request.deadline, [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->deadline_ = 0;
        self->finish({Code::Timeout, "timeout", "the answer was not complete in time"}, {});
      }
    });
    http_.net_.resolve(
        "http", no_proxy,
        [weak = weak_from_this(), request = std::move(request)](Result<net::Route> route) mutable {
          const auto self = weak.lock();
          if (!self || self->over_) {
            return;
          }
          if (!route.has_value()) {
            self->finish(net::End::failed("no_proxy", route.error().message()), {});
            return;
          }
          self->proxied_ = route->kind != net::Route::Kind::Direct;
          self->lease_ = route->lease;
          request.route = std::move(*route);
          self->send(std::move(request));
        });
  }

  // The engine hears of it from the queue.
  void end_soon(net::End end) {
    if (over_) {
      return;
    }
    stop();
    http_.session_.enqueue(
        [self = shared_from_this(), end = std::move(end)] { self->tell(end, {}); });
  }

 private:
  friend class EngineHttp;

  void attach(net::FetchRequest& request, std::shared_ptr<Blob> body) {
    Services& services = http_.session_.module_->services();
    if (body) {
      request.body_bytes = body->size();
      request.pull = [body, &services, &loop = http_.loop_](
                         std::uint64_t offset, std::size_t most,
                         UniqueFunction<void(Result<std::string>)> give) {
        if (const std::string_view all = body->view(); !all.empty()) {
          give(std::string(all.substr(offset, most)));
          return;
        }
        off_loop<Result<std::string>>(
            services.pool, loop,
            [body, offset, most]() -> Result<std::string> {
              std::string octets(most, '\0');
              const auto got = body->read(offset, octets.data(), most);
              if (got <= 0) {
                return Status(Code::Internal, "the blob cannot be read");
              }
              octets.resize(static_cast<std::size_t>(got));
              return octets;
            },
            std::move(give));
      };
    }
    request.push = [response = response_, &services, &loop = http_.loop_](
                       std::string octets, UniqueFunction<void(Status)> taken) {
      if (response->size() + octets.size() <= Blob::kMaxInMemory) {
        taken(response->append(octets));
        return;
      }
      off_loop<Status>(
          services.pool, loop,
          [response, octets = std::move(octets)] { return response->append(octets); },
          std::move(taken));
    };
  }

  void send(net::FetchRequest request) {
    const Millis spent = http_.loop_.clock().monotonic() - began_;
    request.deadline = std::max(request.deadline - spent, Millis(1));
    transfer_ = http_.client_.start(
        std::move(request), [weak = weak_from_this()](const net::End& end, net::HttpHead head) {
          if (const auto self = weak.lock()) {
            self->transfer_ = 0;
            self->finish(end, std::move(head));
          }
        });
  }

  void stop() {
    over_ = true;
    http_.loop_.cancel_timer(std::exchange(deadline_, 0));
    if (transfer_ != 0) {
      http_.client_.cancel(std::exchange(transfer_, 0));
    }
  }

  void finish(const net::End& end, net::HttpHead head) {
    if (over_) {
      return;
    }
    stop();
    if (proxied_) {
      const Millis latency = http_.loop_.clock().monotonic() - began_;
      http_.net_.report(lease_, end, end.is_ok(), latency);
    }
    tell(end, head);
  }

  void tell(const net::End& end, const net::HttpHead& head) {
    const auto self = shared_from_this();
    http_.calls_.erase(id_);
    const wax_net_end raw_end = end_to_abi(end);
    if (!end.is_ok()) {
      http_.session_.enter([&] { answer_(user_, &raw_end, nullptr); });
      return;
    }
    std::vector<wax_header> headers;
    headers.reserve(head.headers.size());
    for (const auto& [name, value] : head.headers) {
      headers.push_back({to_abi(name), to_abi(value)});
    }
    wax_http_response raw{};
    raw.struct_size = sizeof raw;
    raw.http_code = head.code;
    raw.headers = headers.data();
    raw.headers_count = static_cast<std::uint32_t>(headers.size());
    Module& module = *http_.session_.module_;
    if (response_->size() > 0) {
      response_->seal();
      raw.body = reinterpret_cast<wax_blob*>(
          module.services().blobs.insert({response_, std::make_shared<std::atomic<int>>(1)}));
    }
    http_.session_.enter([&] { answer_(user_, &raw_end, &raw); });
    if (raw.body != nullptr) {
      blob_table()->release(module.host(), raw.body);
    }
  }

  EngineHttp& http_;
  const std::uint64_t id_;
  const wax_http_fn answer_;
  void* const user_;
  const Millis began_;
  std::shared_ptr<Blob> response_ = std::make_shared<Blob>();
  net::Fetcher::Id transfer_ = 0;
  runtime::Loop::TimerId deadline_ = 0;
  std::uint64_t lease_ = 0;
  bool proxied_ = false;
  bool over_ = false;
};

EngineHttp::EngineHttp(EngineNet& net, EngineSession& session, net::Network& network)
    : net_(net), session_(session), loop_(session.loop_), client_(network, session.loop_) {}

EngineHttp::~EngineHttp() = default;

std::uint64_t EngineHttp::start(const wax_http_request& request, wax_http_fn answer, void* user) {
  const std::uint64_t id = next_id();
  const auto call = std::make_shared<Call>(*this, id, answer, user);
  calls_.emplace(id, call);
  if (session_.closing_) {
    call->end_soon(net::End::cancelled());
    return id;
  }
  std::shared_ptr<Blob> body;
  if (request.body != nullptr) {
    body =
        session_.module_->services().blobs.get(reinterpret_cast<std::uint64_t>(request.body)).blob;
    if (!body) {
      call->end_soon(net::End::invalid("the body is no blob"));
      return id;
    }
    if (body->size() == 0) {
      body.reset();
    }
  }
  net::FetchRequest to;
  to.method = view(request.method);
  to.url = view(request.url);
  to.headers = copy_headers(request.headers, request.headers_count);
  to.ca_pem = view(request.ca_pem);
  to.deadline = request.deadline_ms != 0 ? Millis(request.deadline_ms) : kDeadline;
  to.max_response_bytes =
      request.max_response_bytes != 0 ? request.max_response_bytes : kMaxResponseBytes;
  call->begin(std::move(to), std::move(body), (request.flags & WAX_NET_NO_PROXY) != 0);
  return id;
}

void EngineHttp::cancel(std::uint64_t id) {
  if (const auto it = calls_.find(id); it != calls_.end()) {
    it->second->end_soon({Code::Cancelled, "cancelled", "the engine took it back"});
  }
}

void EngineHttp::end() {
  const auto calls = calls_;  // each is erased when the engine has heard of it
  for (const auto& [id, call] : calls) {
    call->end_soon(net::End::cancelled());
  }
}

}  // namespace waxwing::plugin_host
