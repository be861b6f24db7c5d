// SPDX-License-Identifier: Apache-2.0
// Beast behind Socket and Clock.
#include "edge.hpp"

#include <csignal>
#include <deque>
#include <optional>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include "connection.hpp"
#include "server.hpp"

namespace waxwing::simulator {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;
using boost::asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t kMaxMessageBytes = (std::size_t{1} << 24U) + (1U << 16U);
constexpr std::size_t kKeptBufferBytes = 4096;
constexpr std::size_t kMaxControlBytes = std::size_t{1} << 20U;
constexpr std::chrono::seconds kRequestTimeout{30};

class AsioClock : public Clock {
 public:
  explicit AsioClock(asio::io_context& io) : io_(io) {}

  [[nodiscard]] std::uint64_t now_s() const override {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(now).count());
  }

  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    if (delay.count() == 0) {
      asio::post(io_, std::move(task));
      return;
    }
    auto timer = std::make_shared<asio::steady_timer>(io_, delay);
    timer->async_wait([timer, task = std::move(task)](error_code error) {
      if (!error) {
        task();
      }
    });
  }

 private:
  asio::io_context& io_;
};

// One client's WebSocket; keeps itself alive while an operation runs.
class WebSocketClient : public Socket, public std::enable_shared_from_this<WebSocketClient> {
 public:
  WebSocketClient(tcp::socket socket, Server& server)
      : stream_(std::move(socket)), server_(server) {}

  void start(http::request<http::string_body> request) {
    stream_.set_option(
        websocket::stream_base::timeout{kRequestTimeout, websocket::stream_base::none(), false});
    stream_.read_message_max(kMaxMessageBytes);
    stream_.write_buffer_bytes(kKeptBufferBytes);
    stream_.auto_fragment(false);
    stream_.binary(true);
    connection_ = std::make_shared<Connection>(server_, *this);
    if (request[http::field::origin] != "https://web.whatsapp.com") {
      server_.violate(*connection_, "transport.origin", "the Origin header is another");
    }
    stream_.async_accept(request, [self = shared_from_this()](error_code error) {
      error ? self->gone() : self->read();
    });
  }

  void send(md::Bytes message) override {
    if (closing_) {
      return;
    }
    outbox_.push_back(std::move(message));
    if (!writing_) {
      write();
    }
  }

  void close() override {
    closing_ = true;
    if (!writing_) {
      shut();
    }
  }

 private:
  void read() {
    stream_.async_read(buffer_, [self = shared_from_this()](error_code error, std::size_t) {
      if (error) {
        return self->gone();
      }
      self->on_read();
      self->read();
    });
  }

  void on_read() {
    if (!stream_.got_binary()) {
      connection_->on_text_message();
    } else {
      const auto data = buffer_.cdata();
      connection_->on_message({static_cast<const std::uint8_t*>(data.data()), data.size()});
    }
    buffer_.clear();
    if (buffer_.capacity() > kKeptBufferBytes) {
      buffer_ = {};
    }
  }

  void write() {
    writing_ = true;
    stream_.async_write(asio::buffer(outbox_.front()),
                        [self = shared_from_this()](error_code error, std::size_t) {
                          self->writing_ = false;
                          self->outbox_.pop_front();
                          if (error) {
                            return;  // The read fails too, and tells of it.
                          }
                          if (!self->outbox_.empty()) {
                            self->write();
                          } else if (self->closing_) {
                            self->shut();
                          }
                        });
  }

  void shut() {
    stream_.async_close(websocket::close_code::normal, [self = shared_from_this()](error_code) {
      error_code ignored;
      beast::get_lowest_layer(self->stream_).close(ignored);
    });
  }

  void gone() {
    if (connection_ != nullptr) {
      std::exchange(connection_, nullptr)->on_closed();
    }
    error_code ignored;
    beast::get_lowest_layer(stream_).close(ignored);
  }

  websocket::stream<tcp::socket> stream_;
  Server& server_;
  beast::flat_buffer buffer_;
  std::shared_ptr<Connection> connection_;
  std::deque<md::Bytes> outbox_;
  bool writing_ = false;
  bool closing_ = false;
};

// Reads requests from one TCP connection; a WebSocket takes the socket over.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
 public:
  HttpSession(tcp::socket socket, Server* server, const OnHttp* on_http)
      : stream_(std::move(socket)), server_(server), on_http_(on_http) {}

  void read() {
    parser_.emplace();
    parser_->body_limit(kMaxControlBytes);
    stream_.expires_after(kRequestTimeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!error) {
                         self->stream_.expires_never();
                         self->on_request(self->parser_->release());
                       }
                     });
  }

 private:
  void on_request(http::request<http::string_body> request) {
    keep_alive_ = request.keep_alive();
    version_ = request.version();
    if (server_ != nullptr) {
      if (!websocket::is_upgrade(request)) {
        return reply({404, "text/plain", "this is a WebSocket\n"});
      }
      const Faults& faults = server_->faults();
      if (faults.outage) {
        return;  // The socket goes with this object.
      }
      if (faults.http_status != 0) {
        keep_alive_ = false;
        return reply({faults.http_status, "text/plain", "no WebSocket now\n"});
      }
      return std::make_shared<WebSocketClient>(stream_.release_socket(), *server_)
          ->start(std::move(request));
    }
    HttpRequest plain{std::string(request.method_string()), std::string(request.target()),
                      std::move(request.body())};
    (*on_http_)(std::move(plain),
                [self = shared_from_this()](HttpReply answer) { self->reply(std::move(answer)); });
  }

  void reply(HttpReply answer) {
    response_ = {};
    response_.version(version_);
    response_.result(answer.status);
    response_.set(http::field::content_type, answer.type);
    response_.body() = std::move(answer.body);
    response_.keep_alive(keep_alive_);
    response_.prepare_payload();
    http::async_write(stream_, response_,
                      [self = shared_from_this()](error_code error, std::size_t) {
                        if (!error && self->keep_alive_) {
                          self->read();
                        }
                      });
  }

  beast::tcp_stream stream_;
  Server* server_;
  const OnHttp* on_http_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  bool keep_alive_ = false;
  unsigned version_ = 11;
};

}  // namespace

struct Edge::Impl {
  // Accepts for ever.
  struct Listener {
    Listener(asio::io_context& io, Server* for_clients, OnHttp for_control)
        : acceptor(io), server(for_clients), on_http(std::move(for_control)) {}

    void accept() {
      acceptor.async_accept([this](error_code error, tcp::socket socket) {
        if (!error) {
          error_code ignored;
          socket.set_option(tcp::no_delay(true), ignored);
          std::make_shared<HttpSession>(std::move(socket), server, &on_http)->read();
        }
        if (error != asio::error::operation_aborted) {
          accept();
        }
      });
    }

    tcp::acceptor acceptor;
    Server* server;
    OnHttp on_http;
  };

  std::uint16_t listen(std::string_view address, std::uint16_t port, Server* server, OnHttp on_http,
                       std::string& error) {
    error_code failure;
    const auto ip = asio::ip::make_address(address, failure);
    auto listener = std::make_unique<Listener>(io, server, std::move(on_http));
    const tcp::endpoint endpoint(ip, port);
    if (!failure) {
      listener->acceptor.open(endpoint.protocol(), failure);
    }
    if (!failure) {
      listener->acceptor.set_option(tcp::acceptor::reuse_address(true), failure);
      listener->acceptor.bind(endpoint, failure);
    }
    if (!failure) {
      listener->acceptor.listen(asio::socket_base::max_listen_connections, failure);
    }
    if (failure) {
      error = std::string(address) + ":" + std::to_string(port) + ": " + failure.message();
      return 0;
    }
    listener->accept();
    listeners.push_back(std::move(listener));
    return listeners.back()->acceptor.local_endpoint().port();
  }

  asio::io_context io{1};
  AsioClock clock{io};
  asio::signal_set signals{io, SIGINT, SIGTERM};
  std::vector<std::unique_ptr<Listener>> listeners;
};

Edge::Edge() : impl_(std::make_unique<Impl>()) {}
Edge::~Edge() = default;

Clock& Edge::clock() noexcept {
  return impl_->clock;
}

std::uint16_t Edge::listen_clients(std::string_view address, std::uint16_t port, Server& server,
                                   std::string& error) {
  return impl_->listen(address, port, &server, {}, error);
}

std::uint16_t Edge::listen_control(std::string_view address, std::uint16_t port, OnHttp on_http,
                                   std::string& error) {
  return impl_->listen(address, port, nullptr, std::move(on_http), error);
}

void Edge::run() {
  impl_->signals.async_wait([this](error_code, int) { impl_->io.stop(); });
  impl_->io.run();
}

}  // namespace waxwing::simulator
