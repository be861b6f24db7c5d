// SPDX-License-Identifier: Apache-2.0
// The load of `tools/bench net`: net_load <wss URL> <CA file> <connections>. One loop; prints
// figures.
#include <unistd.h>

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <netinet/in.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <thread>
#include <vector>

#include "net/network.hpp"
#include "net/websocket.hpp"
#include "net/websocket_codec.hpp"
#include "runtime/loop.hpp"

namespace {

using namespace waxwing;
using std::chrono::steady_clock;

double resident_kb() {
  std::ifstream in("/proc/self/statm");
  long total = 0;
  long resident = 0;
  in >> total >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

double cpu_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double seconds_since(steady_clock::time_point then) {
  return std::chrono::duration<double>(steady_clock::now() - then).count();
}

struct Client final : net::WebSocketHandler {
  void on_opened(const net::Headers&) override { opened->fetch_add(1); }
  void on_message(std::string_view, bool) override { messages->fetch_add(1); }
  void on_writable() override {}
  void on_closed(const net::End& end) override {
    std::fprintf(stderr, "closed: %s %s\n", end.reason.c_str(), end.text.c_str());
    std::_Exit(1);
  }

  std::atomic<std::size_t>* opened = nullptr;
  std::atomic<std::size_t>* messages = nullptr;
  std::shared_ptr<net::WebSocket> socket;
};

struct Load {
  Load() { loop.start(); }
  ~Load() {
    on_loop([this] {
      for (const auto& client : clients) {
        client->socket->abandon();
      }
    });
    network.stop();
    loop.stop();
  }
  void on_loop(const std::function<void()>& task) {
    std::promise<void> done;
    loop.post([&] {
      task();
      done.set_value();
    });
    done.get_future().wait();
  }
  void open(const std::string& url, const std::string& ca_pem, std::size_t count, Millis ping) {
    constexpr std::size_t kAtOnce = 32;
    while (clients.size() < count) {
      on_loop([&] {
        for (std::size_t i = 0; i < kAtOnce && clients.size() < count; ++i) {
          auto client = std::make_unique<Client>();
          client->opened = &opened;
          client->messages = &messages;
          net::WebSocket::Options options;
          options.dial.target = *net::parse_url(url);
          options.dial.ca_pem = ca_pem;
          options.connect_timeout = Millis(60'000);
          options.ping_interval = ping;
          client->socket = net::WebSocket::open(network, loop, std::move(options), *client);
          clients.push_back(std::move(client));
        }
      });
      while (opened < clients.size()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
  }

  runtime::Loop loop{"load"};
  net::Network network;
  std::atomic<std::size_t> opened{0};
  std::atomic<std::size_t> messages{0};
  std::vector<std::unique_ptr<Client>> clients;
};

// Idle connections under TLS, then each with a ping every two seconds.
void idle(const std::string& url, const std::string& ca_pem, std::size_t count) {
  Load load;
  constexpr Millis kPing(2000);
  load.open(url, ca_pem, 32, kPing);  // what is made once
  const double before = resident_kb();
  const auto began = steady_clock::now();
  load.open(url, ca_pem, count, kPing);
  const double opening_s = seconds_since(began);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  std::printf("idle_tls_kb %.2f KB\n", (resident_kb() - before) / static_cast<double>(count - 32));
  std::printf("tls_opened_per_s %.0f 1/s\n", static_cast<double>(count - 32) / opening_s);
  const double cpu = cpu_seconds();
  const auto measured = steady_clock::now();
  std::this_thread::sleep_for(std::chrono::seconds(8));
  const double share = (cpu_seconds() - cpu) / seconds_since(measured);
  // For 5,000 a second, whatever the number of connections is.
  const double per_s = static_cast<double>(count) / 2;
  std::printf("keepalive_5000_cpu %.1f %%\n", share * 100 * 5000 / per_s);
}

// A far end in a process of its own sends small messages as fast as they are taken.
void messages() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener, raw, size) != 0 || ::listen(listener, 8) != 0 ||
      ::getsockname(listener, raw, &size) != 0) {
    std::_Exit(1);
  }
  const pid_t child = ::fork();
  if (child == 0) {
    const int peer = ::accept(listener, nullptr, nullptr);
    std::string head;
    char octet = 0;
    while (!head.ends_with("\r\n\r\n") && ::recv(peer, &octet, 1, 0) == 1) {
      head += octet;
    }
    const std::size_t at = head.find("Sec-WebSocket-Key: ") + 19;
    std::string out =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: " +
        net::ws_accept_of_key(head.substr(at, 24)) + "\r\n\r\n";
    static_cast<void>(::send(peer, out.data(), out.size(), MSG_NOSIGNAL));
    out.clear();
    for (int i = 0; i < 1000; ++i) {
      net::ws_append_frame(out, net::WsRole::Server, net::WsOpcode::Binary, std::string(64, 'x'));
    }
    while (::send(peer, out.data(), out.size(), MSG_NOSIGNAL) > 0) {
    }
    ::_exit(0);
  }
  ::close(listener);
  {
    Load load;
    load.open("ws://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/", "", 1, Millis(0));
    const std::size_t before = load.messages;
    const double cpu = cpu_seconds();
    const auto began = steady_clock::now();
    std::this_thread::sleep_for(std::chrono::seconds(3));
    const auto got = static_cast<double>(load.messages - before);
    std::printf("messages_per_s %.0f 1/s\n", got / seconds_since(began));
    std::printf("message_cpu_us %.3f us\n", (cpu_seconds() - cpu) / got * 1e6);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: net_load <wss URL> <CA file> <connections>\n", stderr);
    return 2;
  }
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  messages();  // first: it forks
  std::ifstream in(argv[2]);
  idle(argv[1], {std::istreambuf_iterator<char>(in), {}}, std::strtoul(argv[3], nullptr, 10));
  return 0;
}
