// SPDX-License-Identifier: Apache-2.0
// Both ends of connections under test.
#include "net/harness.hpp"

#include <unistd.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <future>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>

#include "net/http_head.hpp"
#include "net/websocket_codec.hpp"
#include "support/patience.hpp"

namespace waxwing::testing {

// Recorder ---------------------------------------------------------------------------------------

void Recorder::on_opened(const net::Headers& headers) {
  {
    const std::lock_guard lock(mutex_);
    opened_ = true;
    headers_ = headers;
  }
  if (when_opened) {
    when_opened();
  }
  changed_.notify_all();
}

void Recorder::on_message(std::string_view data, bool is_text) {
  const std::lock_guard lock(mutex_);
  messages_.push_back((is_text ? "text:" : "") + std::string(data));
  ++message_count_;
  changed_.notify_all();
}

void Recorder::on_writable() {
  const std::lock_guard lock(mutex_);
  ++writable_;
  changed_.notify_all();
}

void Recorder::on_closed(const net::End& end) {
  const std::lock_guard lock(mutex_);
  ++closings_;
  end_ = end;
  changed_.notify_all();
}

template <class Test>
bool Recorder::wait(std::unique_lock<std::mutex>& lock, Test test) {
  return changed_.wait_for(lock, kPatience, test);
}

bool Recorder::wait_opened() {
  std::unique_lock lock(mutex_);
  return wait(lock, [this] { return opened_ || end_; }) && opened_;
}

std::optional<std::string> Recorder::next_message() {
  std::unique_lock lock(mutex_);
  if (!wait(lock, [this] { return !messages_.empty() || end_; }) || messages_.empty()) {
    return std::nullopt;
  }
  std::string message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

bool Recorder::wait_writable() {
  std::unique_lock lock(mutex_);
  return wait(lock, [this] { return writable_ > 0; });
}

net::End Recorder::wait_closed() {
  std::unique_lock lock(mutex_);
  return wait(lock, [this] { return end_.has_value(); }) ? *end_
                                                         : net::End::failed("patience", "never");
}

net::Headers Recorder::headers() {
  const std::lock_guard lock(mutex_);
  return headers_;
}

std::size_t Recorder::message_count() {
  const std::lock_guard lock(mutex_);
  return message_count_;
}

std::size_t Recorder::closings() {
  const std::lock_guard lock(mutex_);
  return closings_;
}

// Wire -------------------------------------------------------------------------------------------

Wire::Wire(net::Resolver::Lookup lookup) : network(lookup) {
  loop.start();
}

Wire::~Wire() {
  network.stop();
  loop.stop();
}

void Wire::on_loop(const std::function<void()>& task) {
  std::promise<void> done;
  loop.post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

net::WebSocket::Options Wire::options(const std::string& url) {
  net::WebSocket::Options options;
  auto target = net::parse_url(url);
  if (!target.has_value()) {
    throw std::runtime_error(url + ": " + target.error().message());
  }
  options.dial.target = std::move(*target);
  options.connect_timeout = kPatience;
  return options;
}

std::shared_ptr<net::WebSocket> Wire::open(net::WebSocket::Options options, Recorder& recorder,
                                           const std::function<void(net::WebSocket&)>& then) {
  std::shared_ptr<net::WebSocket> socket;
  on_loop([&] {
    socket = net::WebSocket::open(network, loop, std::move(options), recorder);
    if (then) {
      then(*socket);
    }
  });
  net::WebSocket* const raw = socket.get();
  return {raw, [this, owner = std::move(socket)](net::WebSocket*) mutable {
            on_loop([&] {
              owner->abandon();
              owner.reset();
            });
          }};
}

Status Wire::send(const std::shared_ptr<net::WebSocket>& socket, const std::string& data,
                  bool is_text) {
  Status status;
  on_loop([&] { status = socket->send(data, is_text); });
  return status;
}

// RawServer --------------------------------------------------------------------------------------

RawServer::RawServer(std::function<void(int)> serve) : serve_(std::move(serve)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no listener");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { listen(); });
}

RawServer::~RawServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int descriptor : open_) {
      ::shutdown(descriptor, SHUT_RDWR);
    }
  }
  for (std::thread& thread : threads_) {
    thread.join();
  }
  for (const int descriptor : open_) {
    ::close(descriptor);
  }
}

std::size_t RawServer::connections() {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

void RawServer::listen() {
  while (true) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) {
      return;
    }
    const std::lock_guard lock(mutex_);
    open_.push_back(descriptor);
    threads_.emplace_back([this, descriptor] {
      serve_(descriptor);
      ::shutdown(descriptor, SHUT_RDWR);
    });
  }
}

bool write_all(int descriptor, std::string_view data) {
  while (!data.empty()) {
    const ssize_t sent = ::send(descriptor, data.data(), data.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      return false;
    }
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string read_head(int descriptor) {
  std::string head;
  char octet = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (::recv(descriptor, &octet, 1, 0) != 1) {
      return {};
    }
    head += octet;
  }
  return head;
}

std::string accept_websocket(const std::string& head) {
  constexpr std::string_view kName = "Sec-WebSocket-Key: ";
  const std::size_t at = head.find(kName);
  if (at == std::string::npos) {
    return "HTTP/1.1 400 Bad Request\r\n\r\n";
  }
  const std::string key = head.substr(at + kName.size(), 24);
  return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
         "Sec-WebSocket-Accept: " +
         net::ws_accept_of_key(key) + "\r\n\r\n";
}

void wait_for_end(int descriptor) {
  std::array<char, 4096> octets{};
  while (::recv(descriptor, octets.data(), octets.size(), 0) > 0) {
  }
}

// WsServer ---------------------------------------------------------------------------------------

WsServer::WsServer(const std::optional<Certificate>& certificate) : tls_(certificate.has_value()) {
  std::vector<std::string> command = {"node", WAX_NPM_FOLDER "/ws_server.mjs"};
  if (certificate) {
    write_file(files_ / "key.pem", certificate->key_pem);
    write_file(files_ / "chain.pem", certificate->chain_pem);
    command.push_back(files_ / "key.pem");
    command.push_back(files_ / "chain.pem");
  }
  program_ = std::make_unique<Program>(command);
  const std::string port = program_->line();
  if (port.empty()) {
    throw std::runtime_error("the WebSocket server did not start");
  }
  port_ = static_cast<std::uint16_t>(std::stoi(port));
}

}  // namespace waxwing::testing
