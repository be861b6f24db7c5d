// SPDX-License-Identifier: Apache-2.0
// The steps to an open stream.
#include "net/dial.hpp"

#include <array>
#include <cerrno>
#include <span>
#include <system_error>
#include <utility>

namespace waxwing::net {

using runtime::Loop;

std::shared_ptr<Dial> Dial::start(Network& network, Loop& loop, Params params, Done done) {
  std::shared_ptr<Dial> self(new Dial(network, loop, std::move(params), std::move(done)));
  self->resolve();
  return self;
}

Dial::Dial(Network& network, Loop& loop, Params params, Done done)
    : network_(network), loop_(loop), params_(std::move(params)), done_(std::move(done)) {
  if (params_.route.kind == Route::Kind::Http) {
    tunnel_ = make_http_tunnel(params_.route, params_.target, network.takes_basic(params_.route));
  } else if (params_.route.kind == Route::Kind::Socks5) {
    tunnel_ = make_socks5_tunnel(params_.route, params_.target);
  }
}

Dial::~Dial() {
  cancel();
}

void Dial::cancel() {
  done_ = nullptr;
  connector_.reset();
  loop_.unwatch(std::exchange(watch_, 0));
  stream_.close();
}

End Dial::timeout() const {
  const auto late = [](const char* text, bool at_proxy) {
    End end{Code::Timeout, "timeout", text};
    end.at_proxy = at_proxy;
    return end;
  };
  switch (phase_) {
    case Phase::Resolving:
      return late("the name was not resolved in time", via_proxy());
    case Phase::Connecting:
      return via_proxy() ? late("the proxy did not take the connection in time", true)
                         : late("the server did not take the connection in time", false);
    case Phase::Tunnelling:
      return late("the proxy did not open the tunnel in time", true);
    case Phase::Handshaking:
      break;
  }
  return late("the TLS handshake was not over in time", false);
}

void Dial::resolve() {
  const std::string& host = via_proxy() ? params_.route.host : params_.target.host;
  network_.resolver().resolve(host, loop_, [weak = weak_from_this()](Result<Addresses> found) {
    const auto self = weak.lock();
    if (!self || !self->done_) {
      return;
    }
    if (found.has_value()) {
      self->connect(std::move(*found));
    } else if (self->via_proxy()) {
      self->finish(End::proxy("proxy_unreachable",
                              "the proxy's name is not known: " + found.error().message()));
    } else {
      self->finish(
          End::failed("dns_failed", "the server's name is not known: " + found.error().message()));
    }
  });
}

void Dial::connect(Addresses addresses) {
  phase_ = Phase::Connecting;
  for (Address& address : addresses) {
    address.set_port(via_proxy() ? params_.route.port : params_.target.port);
  }
  addresses_ = std::move(addresses);
  connector_ =
      Connector::start(loop_, addresses_, [weak = weak_from_this()](int descriptor, int error) {
        if (const auto self = weak.lock()) {
          self->on_connected(descriptor, error);
        } else if (descriptor >= 0) {
          Stream(descriptor).close();
        }
      });
}

void Dial::on_connected(int descriptor, int error) {
  connector_.reset();
  if (descriptor < 0) {
    const std::string why = std::generic_category().message(error);
    if (via_proxy()) {
      finish(End::proxy("proxy_unreachable", "the proxy cannot be reached: " + why));
    } else if (error == ECONNREFUSED) {
      finish(End::failed("connect_refused", "the server refuses the connection"));
    } else {
      finish(End::failed("target_unreachable", "the server cannot be reached: " + why));
    }
    return;
  }
  stream_ = Stream(descriptor);
  if (tunnel_) {
    phase_ = Phase::Tunnelling;
    to_proxy_.clear();
    tunnel_->begin(to_proxy_);
    tunnel();
  } else {
    begin_tls();
  }
}

void Dial::wait(std::uint32_t interest) {
  if (watch_ != 0) {
    loop_.update_watch(watch_, interest);
    return;
  }
  watch_ = loop_.watch(stream_.descriptor(), interest, [weak = weak_from_this()](std::uint32_t) {
    if (const auto self = weak.lock()) {
      self->on_ready();
    }
  });
  if (watch_ == 0) {
    finish(End::failed("target_unreachable", "the socket cannot be watched"));
  }
}

void Dial::on_ready() {
  if (!done_) {
    return;
  }
  if (phase_ == Phase::Tunnelling) {
    tunnel();
  } else {
    handshake();
  }
}

// The proxy --------------------------------------------------------------------------------------

void Dial::tunnel() {
  if (!to_proxy_.empty() && !send_pending()) {
    return;
  }
  read_tunnel();
}

// False when it has to wait or is over.
bool Dial::send_pending() {
  while (!to_proxy_.empty()) {
    std::size_t sent = 0;
    switch (stream_.write(to_proxy_, sent)) {
      case Stream::Io::Some:
        to_proxy_.erase(0, sent);
        break;
      case Stream::Io::Blocked:
        wait(Loop::kWrite);
        return false;
      case Stream::Io::End:
      case Stream::Io::Failed:
        finish(End::proxy("proxy_refused", "the proxy broke off the connection"));
        return false;
    }
  }
  return true;
}

void Dial::read_tunnel() {
  std::array<char, 2048> scratch;  // NOLINT(*-init): filled before it is read
  while (true) {
    std::size_t got = 0;
    switch (stream_.read(scratch, got)) {
      case Stream::Io::Some: {
        std::string_view input(scratch.data(), got);
        const Tunnel::Step step = tunnel_->feed(input, to_proxy_);
        if (step != Tunnel::Step::Read) {
          take_step(step);
          return;
        }
        if (!to_proxy_.empty() && !send_pending()) {
          return;
        }
        break;
      }
      case Stream::Io::Blocked:
        wait(Loop::kRead);
        return;
      case Stream::Io::End:
      case Stream::Io::Failed:
        take_step(tunnel_->on_closed());
        return;
    }
  }
}

void Dial::take_step(Tunnel::Step step) {
  if (tunnel_->learnt_basic() && step != Tunnel::Step::Failed) {
    network_.remember_basic(params_.route);
  }
  switch (step) {
    case Tunnel::Step::Reconnect:
      loop_.unwatch(std::exchange(watch_, 0));
      stream_.close();
      connect(std::move(addresses_));
      return;
    case Tunnel::Step::Done:
      begin_tls();
      return;
    case Tunnel::Step::Read:
    case Tunnel::Step::Failed:
      finish(tunnel_->end());
      return;
  }
}

// TLS --------------------------------------------------------------------------------------------

void Dial::begin_tls() {
  phase_ = Phase::Handshaking;
  if (!params_.target.tls) {
    finish({});
    return;
  }
  auto context = network_.tls(params_.ca_pem);
  if (!context.has_value()) {
    finish({Code::Invalid, "bad_url", context.error().message()});
    return;
  }
  stream_.start_tls(**context, params_.target.host, params_.sessions, params_.target.authority());
  handshake();
}

void Dial::handshake() {
  switch (stream_.handshake()) {
    case Stream::Io::Some:
      finish({});
      return;
    case Stream::Io::Blocked:
      wait(stream_.wants_write() ? Loop::kWrite : Loop::kRead);
      return;
    case Stream::Io::End:
    case Stream::Io::Failed:
      finish(stream_.failure());
      return;
  }
}

void Dial::finish(End end) {
  const auto self = shared_from_this();
  const Done done = std::exchange(done_, nullptr);
  loop_.unwatch(std::exchange(watch_, 0));
  if (!end.is_ok()) {
    stream_.close();
  }
  if (done) {
    done(std::move(stream_), std::move(end));
  }
}

}  // namespace waxwing::net
