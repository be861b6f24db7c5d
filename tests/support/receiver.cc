// SPDX-License-Identifier: Apache-2.0
// A webhook receiver on blocking sockets.
#include "support/receiver.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <netinet/in.h>
#include <optional>
#include <sys/socket.h>

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

namespace waxwing::testing {

struct Receiver::Tls {
  explicit Tls(const Certificate& certificate) : context(SSL_CTX_new(TLS_server_method())) {
    BIO* const key_octets = BIO_new_mem_buf(certificate.key_pem.data(), -1);
    BIO* const own_octets = BIO_new_mem_buf(certificate.chain_pem.data(), -1);
    EVP_PKEY* const key = PEM_read_bio_PrivateKey(key_octets, nullptr, nullptr, nullptr);
    X509* const own = PEM_read_bio_X509(own_octets, nullptr, nullptr, nullptr);
    EXPECT_EQ(SSL_CTX_use_certificate(context, own), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context, key), 1);
    X509_free(own);
    EVP_PKEY_free(key);
    BIO_free(own_octets);
    BIO_free(key_octets);
  }
  ~Tls() { SSL_CTX_free(context); }
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  SSL_CTX* const context;
};

struct Receiver::Peer {
  Peer(int descriptor, const Tls* tls)
      : fd(descriptor), ssl(tls == nullptr ? nullptr : SSL_new(tls->context)) {
    if (ssl != nullptr) {
      SSL_set_fd(ssl, fd);
    }
  }
  ~Peer() { SSL_free(ssl); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  [[nodiscard]] bool shake_hands() const { return ssl == nullptr || SSL_accept(ssl) == 1; }
  [[nodiscard]] ssize_t receive(char* to, std::size_t size) const {
    return ssl == nullptr ? ::recv(fd, to, size, 0) : SSL_read(ssl, to, static_cast<int>(size));
  }
  [[nodiscard]] ssize_t send(const char* from, std::size_t size) const {
    return ssl == nullptr ? ::send(fd, from, size, MSG_NOSIGNAL)
                          : SSL_write(ssl, from, static_cast<int>(size));
  }

  const int fd;
  SSL* const ssl;  // null: in clear
};

namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

// Head and body of one request; false at the end of the connection.
template <class Peer>
bool read_request(const Peer& peer, std::string& buffer, Received& out) {
  std::size_t head_end = std::string::npos;
  std::size_t wanted = std::string::npos;
  char piece[16384];
  while (true) {
    if (head_end == std::string::npos) {
      head_end = buffer.find("\r\n\r\n");
      if (head_end != std::string::npos) {
        const std::string head = buffer.substr(0, head_end);
        const auto first_end = head.find("\r\n");
        const std::string first = head.substr(0, first_end);
        const auto space = first.find(' ');
        out.path = first.substr(space + 1, first.find(' ', space + 1) - space - 1);
        for (std::size_t at = first_end; at != std::string::npos;) {
          const auto next = head.find("\r\n", at + 2);
          const std::string line = head.substr(at + 2, next - at - 2);
          const auto colon = line.find(':');
          if (colon != std::string::npos) {
            const auto value = line.find_first_not_of(' ', colon + 1);
            out.headers[lower(line.substr(0, colon))] =
                value == std::string::npos ? "" : line.substr(value);
          }
          at = next;
        }
        const std::string length = out.header("content-length");
        wanted = head_end + 4 + (length.empty() ? 0 : std::stoul(length));
      }
    }
    if (wanted != std::string::npos && buffer.size() >= wanted) {
      out.body = buffer.substr(head_end + 4, wanted - head_end - 4);
      buffer.erase(0, wanted);
      return true;
    }
    const ssize_t got = peer.receive(piece, sizeof piece);
    if (got <= 0) {
      return false;
    }
    buffer.append(piece, static_cast<std::size_t>(got));
  }
}

}  // namespace

std::string Received::header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

Receiver::Receiver(React react, std::uint16_t port) : Receiver(nullptr, std::move(react), port) {}

Receiver::Receiver(const Certificate& certificate, React react)
    : Receiver(std::make_unique<Tls>(certificate), std::move(react), 0) {}

Receiver::Receiver(std::unique_ptr<Tls> tls, React react, std::uint16_t port)
    : tls_(std::move(tls)), react_(std::move(react)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_EQ(::listen(listener_, 512), 0);
  socklen_t size = sizeof address;
  ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

Receiver::~Receiver() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int fd : open_) {
      ::shutdown(fd, SHUT_RDWR);
    }
    changed_.notify_all();
  }
  acceptor_.join();
  for (std::thread& thread : threads_) {
    thread.join();
  }
  ::close(listener_);
}

std::string Receiver::url(const std::string& path) const {
  return (tls_ ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(port_) + path;
}

std::vector<Received> Receiver::all() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

std::size_t Receiver::count() const {
  const std::lock_guard lock(mutex_);
  return received_.size();
}

bool Receiver::wait(const std::function<bool(const std::vector<Received>&)>& condition,
                    Millis limit) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [&] { return condition(received_); });
}

bool Receiver::wait_count(std::size_t count, Millis limit) const {
  return wait([&](const auto& all) { return all.size() >= count; }, limit);
}

void Receiver::react_with(React react) {
  const std::lock_guard lock(mutex_);
  react_ = std::move(react);
}

void Receiver::accept_all() {
  while (true) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (fd < 0 || ending_) {
      if (fd >= 0) {
        ::close(fd);
      }
      return;
    }
    ++connections_;
    open_.push_back(fd);
    threads_.emplace_back([this, fd] { serve(fd); });
  }
}

void Receiver::serve(int fd) {
  // OpenSSL writes without MSG_NOSIGNAL, and some clients are gone by then.
  sigset_t broken_pipe;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
  std::string buffer;
  std::optional<Peer> peer(std::in_place, fd, tls_.get());
  for (bool going = peer->shake_hands(); going;) {
    Received request;
    if (!read_request(*peer, buffer, request)) {
      break;
    }
    request.at = std::chrono::steady_clock::now();
    Reaction reaction;
    {
      const std::lock_guard lock(mutex_);
      received_.push_back(request);
      if (react_) {
        reaction = react_(request);
      }
      changed_.notify_all();
    }
    going = answer(*peer, reaction);
  }
  peer.reset();
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  ::close(fd);
}

bool Receiver::answer(Peer& peer, const Reaction& reaction) {
  {
    std::unique_lock lock(mutex_);
    const Millis wait = reaction.silent ? Millis(3'600'000) : reaction.delay;
    if (wait.count() > 0 && changed_.wait_for(lock, wait, [&] { return ending_; })) {
      return false;
    }
  }
  if (reaction.reset) {
    const linger at_once{1, 0};
    ::setsockopt(peer.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    return false;
  }
  std::string out = "HTTP/1.1 " + std::to_string(reaction.status) + " Whatever\r\n";
  for (const std::string& header : reaction.headers) {
    out += header + "\r\n";
  }
  out += "Content-Length: " + std::to_string(reaction.body.size()) + "\r\n\r\n" + reaction.body;
  for (std::size_t sent = 0; sent < out.size();) {
    const ssize_t n = peer.send(out.data() + sent, out.size() - sent);
    if (n <= 0) {
      return false;
    }
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

}  // namespace waxwing::testing
