// SPDX-License-Identifier: Apache-2.0
// A running server with routes for every kind of handler, good and bad.
#include "unit/http/fixture.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <sys/resource.h>
#include <utility>

#include "http/event_stream.hpp"
#include "http/websocket.hpp"

namespace waxwing::http::test {

Answerer::Answerer()
    : thread_([this] {
        std::unique_lock lock(mutex_);
        for (;;) {
          changed_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
          auto jobs = std::exchange(jobs_, {});
          if (jobs.empty()) {
            return;
          }
          lock.unlock();
          for (const auto& job : jobs) {
            job();
          }
          jobs.clear();
          lock.lock();
        }
      }) {}

Answerer::~Answerer() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Answerer::run(std::function<void()> job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
}

void ServerTest::start(ServerOptions options) {
  Router router;
  const auto add = [&](const char* method, const char* pattern, Handler handler,
                       RouteOptions route_options = {}) {
    ASSERT_TRUE(router.add({method, pattern, std::move(handler), route_options}));
  };
  const auto echo_id = [](const Request& request, Responder& responder) {
    responder.send(Response::of_type(200, "text/plain", std::string(request.param("id"))));
  };
  add("GET", "/hello",
      [](Request&&, Responder&& responder) { responder.send_json(200, "{\"hello\":true}"); });
  add("GET", "/id/{id}",
      [echo_id](Request&& request, Responder&& responder) { echo_id(request, responder); });
  add("GET", "/async/{id}", [this, echo_id](Request&& request, Responder&& responder) {
    auto both =
        std::make_shared<std::pair<Request, Responder>>(std::move(request), std::move(responder));
    answerer.run([both, echo_id] { echo_id(both->first, both->second); });
  });
  add("POST", "/echo", [](Request&& request, Responder&& responder) {
    responder.send(Response::of_type(201, "text/plain", request.take_body()));
  });
  add("POST", "/big",
      [](Request&& request, Responder&& responder) {
        responder.send(Response::of_type(200, "text/plain", std::to_string(request.body().size())));
      },
      {50 * kMiB});
  add("GET", "/blob/{size}", [](Request&& request, Responder&& responder) {
    responder.send(Response::of_type(
        200, "application/octet-stream",
        std::make_shared<const std::string>(std::stoul(std::string(request.param("size"))), 'x')));
  });
  add("GET", "/held", [this](Request&&, Responder&& responder) {
    const std::lock_guard lock(mutex);
    responder.on_cancel([this] {
      const std::lock_guard inner(mutex);
      ++cancelled;
      changed.notify_all();
    });
    held.push_back(std::move(responder));
    changed.notify_all();
  });
  add("GET", "/drop", [](Request&&, Responder&&) {});
  add("GET", "/throw", [](Request&&, Responder&&) { throw std::runtime_error("secret"); });
  add("GET", "/throw-int", [](Request&&, Responder&&) { throw 42; });
  const auto open_stream = [this] {
    auto feed = std::make_shared<Feed>(feed_limits);
    ++listening;
    const std::shared_ptr<void> companion(nullptr, [this](void*) { --listening; });
    const std::lock_guard lock(mutex);
    feeds.push_back(feed);
    changed.notify_all();
    return Stream{std::move(feed), companion, pulse};
  };
  add("GET", "/ws", [open_stream](Request&& request, Responder&& responder) {
    auto problem = websocket_problem(request);
    responder.send(problem ? std::move(*problem) : websocket_response(request, open_stream()));
  });
  add("GET", "/events", [open_stream](Request&&, Responder&& responder) {
    responder.send(event_stream_response(open_stream()));
  });
  server = std::make_unique<Server>(std::move(options), std::move(router));
  ASSERT_TRUE(server->start());
}

void ServerTest::TearDown() {
  if (server) {
    EXPECT_TRUE(server->stop(std::chrono::milliseconds(0)));
  }
  drop_held();
}

void ServerTest::await_held(std::size_t count) {
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, kPatience, [&] { return held.size() >= count; }));
}

void ServerTest::answer_held(int status) {
  std::vector<Responder> mine;
  {
    const std::lock_guard lock(mutex);
    mine = std::exchange(held, {});
  }
  for (auto& responder : mine) {
    responder.send_json(status, "{\"held\":true}");
  }
}

void ServerTest::drop_held() {
  std::vector<Responder> mine;
  const std::lock_guard lock(mutex);
  mine = std::exchange(held, {});
}

std::shared_ptr<Feed> ServerTest::await_feed(std::size_t count) {
  std::unique_lock lock(mutex);
  const bool there = changed.wait_for(lock, kPatience, [&] { return feeds.size() >= count; });
  EXPECT_TRUE(there);
  return there ? feeds.back() : std::make_shared<Feed>();
}

bool ServerTest::eventually(const std::function<bool()>& reached,
                            std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!reached()) {
    if (std::chrono::steady_clock::now() > deadline) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // polling the outside world
  }
  return true;
}

void ServerTest::expect_service() {
  const auto reply = connect().roundtrip(get("/hello"));
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status, 200);
}

Message message(std::string text, std::string id) {
  Message out{std::make_shared<const std::string>(std::move(text)), nullptr};
  if (!id.empty()) {
    out.id = std::make_shared<const std::string>(std::move(id));
  }
  return out;
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator entries("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(entries), end(entries))) - 1;
}

std::chrono::microseconds cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

std::size_t scaled(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  const auto room = std::min<rlim_t>(limit.rlim_cur, 1'000'000);
  const auto affordable = static_cast<std::size_t>(room - room / 8) / 2 - 100;
  return std::min({wanted, affordable, kSanitized ? wanted / 5 : wanted});
}

}  // namespace waxwing::http::test
