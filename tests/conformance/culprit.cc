// SPDX-License-Identifier: Apache-2.0
// An engine that breaks one rule of the ABI: which one, WAX_CULPRIT says.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <waxwing/plugin.hpp>

namespace {

namespace wp = waxwing::plugin;

constexpr std::string_view kCrime = WAX_CULPRIT;

class Culprit final : public wp::Engine {
 public:
  static constexpr const char* kId = "CULPRIT";
  static constexpr const char* kName = "Culprit";
  static constexpr const char* kLicense = "Apache-2.0";
  static constexpr wax_op kOps[] = {
      wp::op(kCrime == "bad-name" ? "SendText" : "messages.sendText", WAX_OP_ANY_STATE)};

  explicit Culprit(const wp::Init& init) : Engine(init), borrowed_(init.config) {
    if (kCrime == "leaks") {
      leaked_ = new std::vector<char>(1'000);
    }
  }

  static void probe(const wp::Host&, std::string_view) {
    if (kCrime == "gives-no-reason") {
      throw wp::Error(WAX_E_UNAVAILABLE, "");
    }
  }

  void start(wp::Call&& call) override {
    if (kCrime == "forgets") {
      static auto* const kept = new std::vector<wp::Call>;
      kept->push_back(std::move(call));
      return;
    }
    if (kCrime == "moves") {
      state(WAX_SESSION_STOPPED);
    }
    if (kCrime == "threads") {
      std::thread([] { std::this_thread::sleep_for(std::chrono::seconds(5)); }).detach();
    }
    state(WAX_SESSION_WORKING);
    tick();
    call.ok();
  }

  void stop(wp::Call&& call) override {
    if (kCrime != "talks-on") {
      quiesce();
    }
    call.ok();
  }
  void logout(wp::Call&& call) override { stop(std::move(call)); }

  void invoke(const wp::Request& request, wp::Call&& call) override {
    if (kCrime == "blocks") {
      std::this_thread::sleep_for(std::chrono::milliseconds(120));
    }
    if (kCrime == "keeps") {
      borrowed_ = request.json;
    }
    if (kCrime == "crashes" && request.json.find("nonsense") != std::string_view::npos) {
      std::abort();
    }
    if (kCrime == "accepts" || request.op == kOps[0].name) {
      call.ok(R"({"id":"1","timestamp":1,"from":"1@c.us","fromMe":true,"body":"","hasMedia":false,)"
              R"("ack":1,"ackName":"SERVER"})");
    } else {
      call.fail(WAX_E_UNSUPPORTED, "no such operation");
    }
  }

 private:
  void tick() {
    presence(true);
    if (kCrime == "keeps" && !borrowed_.empty() && borrowed_.front() == '\0') {
      presence(false);
    }
    after(100, [this] { tick(); });
  }

  std::string_view borrowed_;
  std::vector<char>* leaked_ = nullptr;
};

}  // namespace

WAX_ENGINE_MODULE(Culprit, "waxwing.culprit", "1.0.0");
