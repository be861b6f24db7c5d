// SPDX-License-Identifier: Apache-2.0
// waxwing-simulator: a WhatsApp on this machine, for tests and for trying Waxwing without a phone.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "control.hpp"
#include "edge.hpp"
#include "server.hpp"
#include "web.hpp"

int main(int argc, char** argv) {
  using namespace waxwing::simulator;
  namespace md = waxwing::multidevice;

  CLI::App app(
      "A local WhatsApp: chat server and phones, for tests. It prints one line of JSON that\n"
      "says where it listens and which root key its certificates end at.");
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::uint16_t control_port = 0;
  std::uint32_t qr_lifetime_s = 160;
  Options options;
  app.add_option("--address", address, "Where to listen")->capture_default_str();
  app.add_option("--port", port, "For clients; 0 takes a free port")->capture_default_str();
  app.add_option("--control-port", control_port, "For the control interface")
      ->capture_default_str();
  app.add_option("--qr-lifetime", qr_lifetime_s, "Seconds until an unlinked client has to go")
      ->capture_default_str();
  app.add_option("--transcript", options.transcript_lines,
                 "How many stanzas to keep for GET /transcript")
      ->capture_default_str();
  app.add_flag("--no-resume{false}", options.accept_resume, "Refuse to resume Noise sessions");
  CLI11_PARSE(app, argc, argv);
  options.qr_lifetime = std::chrono::seconds(qr_lifetime_s);

  Edge edge;
  Server server(edge.clock(), options);
  Web web(server);
  std::string error;
  port = edge.listen_clients(address, port, server, error);
  control_port = port == 0
                     ? std::uint16_t{0}
                     : edge.listen_control(address, control_port, make_control(server, web), error);
  if (port == 0 || control_port == 0) {
    std::fprintf(stderr, "waxwing-simulator: cannot listen on %s\n", error.c_str());
    return 1;
  }
  std::printf(
      "{\"endpoint\":\"ws://%s:%u/ws/chat\",\"control\":\"http://%s:%u\","
      "\"web\":\"http://%s:%u/web\",\"root_key\":\"%s\"}\n",
      address.c_str(), unsigned{port}, address.c_str(), unsigned{control_port}, address.c_str(),
      unsigned{control_port}, md::to_hex(server.certificates().root()).c_str());
  std::fflush(stdout);
  edge.run();
  return 0;
}
