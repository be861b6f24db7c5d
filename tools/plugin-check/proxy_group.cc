// SPDX-License-Identifier: Apache-2.0
// Group proxy: leases, stickiness, reports, and secrets that stay secret.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <set>
#include <sys/mman.h>
#include <thread>

#include "base/log.hpp"
#include "lab.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/proxy_module.hpp"
#include "plugin/table.hpp"
#include "process_state.hpp"
#include "requests.hpp"

namespace waxwing::plugin_check {
namespace {

using plugin_host::Lease;
using plugin_host::ProxyModule;

constexpr const char* kHint = R"({"proxy":null,"purpose":"websocket","running":1})";
constexpr const char* kSecret = "s3cret-Pa55word";

class ProxyScene {
 public:
  explicit ProxyScene(const Run& run) : lab_(run.subject) {
    auto& module = lab_.module();
    std::string config = run.subject.config;
    for (const auto& info : module.proxies()) {
      if (info.id == run.target && config.empty()) {
        config = config_from_schema(info.config_schema, run.tmp);
      }
    }
    const wax_proxy_vtable* table = nullptr;
    wax_proxy* self = nullptr;
    wax_error error = plugin_host::empty_error();
    const wax_status status = module.proxy_factory().create(
        module.context(), run.target.c_str(), plugin_host::to_abi(config), &table, &self, &error);
    expect_ok(plugin_host::status_from_abi(status, error, "no reason given"), "create() failed");
    auto made =
        ProxyModule::adopt(plugin_host::normalised(table), self, run.target, lab_.shared_module());
    expect_ok(made ? Status::ok() : made.error(), "the proxy's table is refused");
    proxy_ = std::move(made).value();
  }

  ProxyModule& proxy() noexcept { return *proxy_; }
  Lease acquire(const std::string& session, const std::string& hint = kHint) {
    auto lease = proxy_->acquire(session, hint);
    expect_ok(lease ? Status::ok() : lease.error(), "acquire() failed");
    return std::move(lease).value();
  }

 private:
  Lab lab_;
  std::unique_ptr<ProxyModule> proxy_;
};

std::string own_proxy(const std::string& server) {
  return R"({"proxy":{"server":")" + server + R"(","username":"somebody","password":")" + kSecret +
         R"("},"purpose":"websocket","running":1})";
}

Verdict leases(const Run& run) {
  ProxyScene scene(run);
  std::set<std::uint64_t> ids;
  for (int i = 0; i < 100; ++i) {
    const Lease lease = scene.acquire("session-" + std::to_string(i));
    expect(lease.url.empty() || lease.url.find("://") != std::string::npos,
           "a lease's url is neither empty nor scheme://host:port: " + lease.url);
    expect(lease.url.find('@') == std::string::npos,
           "a lease's url carries credentials; they have fields of their own");
    expect(ids.insert(lease.id).second, "two leases at a time have the same id");
  }
  for (const std::uint64_t id : ids) {
    scene.proxy().release(id);
  }
  return pass();
}

Verdict sticky(const Run& run) {
  ProxyScene scene(run);
  const Lease first = scene.acquire("default");
  for (int running = 0; running < 20; ++running) {
    const Lease other = scene.acquire("other-" + std::to_string(running));
    const Lease again = scene.acquire(
        "default", R"({"proxy":null,"purpose":"media","running":)" + std::to_string(running) + "}");
    expect(again.url == first.url, "a session that holds a lease of " + first.url +
                                       " is given another proxy, " + again.url);
    scene.proxy().report(again.id, WAX_PROXY_CONNECTED, 10);
    scene.proxy().release(again.id);
    scene.proxy().release(other.id);
  }
  scene.proxy().release(first.id);
  return pass();
}

Verdict reports(const Run& run) {
  ProxyScene scene(run);
  for (int i = 0; i < 50; ++i) {
    const Lease lease = scene.acquire("default");
    // Two of them a later ABI may know.
    for (wax_proxy_outcome outcome = -1; outcome <= WAX_PROXY_BLOCKED + 1; ++outcome) {
      scene.proxy().report(lease.id, outcome, UINT32_MAX);
    }
    scene.proxy().release(lease.id);
    scene.proxy().release(lease.id);                       // twice
    scene.proxy().report(lease.id, WAX_PROXY_DROPPED, 0);  // too late
  }
  scene.proxy().report(0, WAX_PROXY_CONNECTED, 0);
  scene.proxy().release(UINT64_MAX);
  scene.acquire("default");
  return pass();
}

Verdict bad_hints(const Run& run) {
  ProxyScene scene(run);
  for (const char* hint : {"", "null", "[]", "{", R"({"proxy":7})", R"({"proxy":{"server":null}})",
                           R"({"running":-1})", R"({"running":"many"})"}) {
    const auto lease = scene.proxy().acquire("default", hint);
    if (!lease.has_value()) {
      expect(!lease.error().message().empty(), "acquire() fails without a message");
      expect(lease.error().code() != Code::Internal,
             "acquire() answers INTERNAL to the hint " + std::string(hint));
    }
  }
  scene.acquire("default");
  return pass();
}

Verdict secrets(const Run& run) {
  const int capture = ::memfd_create("capture", MFD_CLOEXEC);
  const int out = ::dup(STDOUT_FILENO);
  const int err = ::dup(STDERR_FILENO);
  std::fflush(nullptr);
  ::dup2(capture, STDOUT_FILENO);
  ::dup2(capture, STDERR_FILENO);
  log::start(log::Level::Trace, log::Format::Json);
  std::string leaked;
  {
    ProxyScene scene(run);
    for (const char* server : {"http://127.0.0.1:1", "127.0.0.1:1", "nonsense://:::", ""}) {
      const auto lease = scene.proxy().acquire("default", own_proxy(server));
      if (lease.has_value()) {
        if (lease->url.find(kSecret) != std::string::npos) {
          leaked = "the url of a lease";
        }
        scene.proxy().report(lease->id, WAX_PROXY_AUTH_FAILED, 5);
        scene.proxy().release(lease->id);
      } else if (lease.error().message().find(kSecret) != std::string::npos) {
        leaked = "the message of an error";
      }
    }
  }
  log::stop();
  std::fflush(nullptr);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(err, STDERR_FILENO);
  std::string text(static_cast<std::size_t>(::lseek(capture, 0, SEEK_END)), '\0');
  const ssize_t got = ::pread(capture, text.data(), text.size(), 0);
  expect(got == static_cast<ssize_t>(text.size()), "the log cannot be read back");
  ::close(capture);
  expect(leaked.empty(), "a password stands in " + leaked);
  expect(text.find(kSecret) == std::string::npos, "a password stands in the log");
  return pass();
}

Verdict concurrent(const Run& run) {
  ProxyScene scene(run);
  std::atomic<int> failures{0};
  std::vector<std::thread> workers;
  for (int n = 0; n < 8; ++n) {
    workers.emplace_back([&, n] {
      for (int i = 0; i < 500; ++i) {
        const auto lease = scene.proxy().acquire("s" + std::to_string((n + i) % 20), kHint);
        if (lease.has_value()) {
          scene.proxy().report(lease->id, WAX_PROXY_CONNECTED, 1);
          scene.proxy().release(lease->id);
        } else {
          ++failures;
        }
      }
    });
  }
  for (std::thread& worker : workers) {
    worker.join();
  }
  expect(failures == 0, std::to_string(failures) + " of 4000 concurrent acquire() failed");
  return pass();
}

Verdict growth(const Run& run) {
  constexpr std::uint64_t kAllowance = 64 * 1024;
  ProxyScene scene(run);
  const auto rounds = [&](int from) {
    for (int i = 0; i < 5'000; ++i) {
      scene.proxy().release(scene.acquire("session-" + std::to_string(from + i)).id);
    }
  };
  rounds(0);
  const std::uint64_t before = heap_bytes();
  rounds(5'000);
  const std::uint64_t after = heap_bytes();
  expect(after <= before + kAllowance,
         "released leases keep " + std::to_string((after - before) / 5'000) + " octets each");
  return pass();
}

}  // namespace

std::vector<Test> proxy_tests() {
  return {{"proxy.leases", "B12", Needs::Proxy, 20, leases},
          {"proxy.sticky", "B12", Needs::Proxy, 20, sticky},
          {"proxy.reports", "B12", Needs::Proxy, 20, reports},
          {"proxy.bad-hints", "WP-4", Needs::Proxy, 20, bad_hints},
          {"proxy.no-secrets-in-log", "WP-17", Needs::Proxy, 20, secrets},
          {"proxy.concurrent", "B6", Needs::Proxy, 30, concurrent},
          {"proxy.growth", "WP-9", Needs::Proxy, 20, growth}};
}

}  // namespace waxwing::plugin_check
