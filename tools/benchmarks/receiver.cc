// SPDX-License-Identifier: Apache-2.0
// A webhook receiver that costs little: takes POSTs on loopback, answers 200, and on each line of
// its standard input writes what came so far: count, seconds from the first to the last, p50 and
// p99 in ms from the event's own time to its arrival; from the time that a text begins with where
// it does (waxwing-simulator's load). Begins anew after each.
//
// The port it chose is the first line it writes.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unordered_map>
#include <vector>

namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr int kBacklog = 1024;

double now_ms() {
  using namespace std::chrono;
  return static_cast<double>(
             duration_cast<microseconds>(system_clock::now().time_since_epoch()).count()) /
         1000;
}

class Receiver {
 public:
  // Takes whole requests off the buffer; answers each.
  void feed(int fd, std::string& buffer) {
    while (true) {
      const auto end = buffer.find("\r\n\r\n");
      if (end == std::string::npos) {
        return;
      }
      const std::string_view head(buffer.data(), end);
      const std::size_t size = end + 4 + static_cast<std::size_t>(number(head, "Content-Length: "));
      if (buffer.size() < size) {
        return;
      }
      last_ = now_ms();
      if (delays_.empty()) {
        first_ = last_;
      }
      delays_.push_back(last_ - origin_ms(head, std::string_view(buffer).substr(end, size - end)));
      buffer.erase(0, size);
      if (::write(fd, kAnswer.data(), kAnswer.size()) < 0) {
        return;
      }
    }
  }

  void report() {
    std::sort(delays_.begin(), delays_.end());
    const auto at = [&](double share) {
      return delays_.empty()
                 ? 0
                 : delays_[std::min(
                       delays_.size() - 1,
                       static_cast<std::size_t>(share * static_cast<double>(delays_.size())))];
    };
    std::printf("%zu %.6f %.3f %.3f\n", delays_.size(), (last_ - first_) / 1000, at(0.5), at(0.99));
    std::fflush(stdout);
    delays_.clear();
  }

 private:
  static long long number(std::string_view head, std::string_view name) {
    const auto at = head.find(name);
    return at == std::string_view::npos ? 0 : std::atoll(head.data() + at + name.size());
  }

  static double origin_ms(std::string_view head, std::string_view body) {
    constexpr std::string_view kText = R"("body":")";
    constexpr long long kAnyTimeUs = 1'000'000'000'000'000;  // less is no time
    const long long written_us = number(body, kText);
    return written_us > kAnyTimeUs ? static_cast<double>(written_us) / 1000
                                   : static_cast<double>(number(head, "X-Webhook-Timestamp: "));
  }

  std::vector<double> delays_;
  double first_ = 0;
  double last_ = 0;
};

}  // namespace

int main() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::listen(listener, kBacklog) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("receiver");
    return 1;
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  const int poll = ::epoll_create1(0);
  const auto watch = [&](int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  };
  watch(listener);
  watch(STDIN_FILENO);
  Receiver receiver;
  std::unordered_map<int, std::string> buffers;
  std::vector<epoll_event> ready(256);
  char piece[65536];
  while (true) {
    const int count = ::epoll_wait(poll, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < count; ++i) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        for (int client = 0;
             (client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
          buffers[client];
          watch(client);
        }
        continue;
      }
      const ssize_t got = ::read(fd, piece, sizeof piece);
      if (fd == STDIN_FILENO) {
        if (got <= 0) {
          return 0;
        }
        receiver.report();
      } else if (got <= 0) {
        buffers.erase(fd);
        ::close(fd);
      } else {
        receiver.feed(fd, buffers[fd].append(piece, static_cast<std::size_t>(got)));
      }
    }
  }
}
