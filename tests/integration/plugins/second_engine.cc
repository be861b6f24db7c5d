// SPDX-License-Identifier: Apache-2.0
// A second engine beside ECHO: WORKING at once, with a section and a schema of its own.
#include <string>
#include <string_view>

#include <waxwing/plugin.hpp>

namespace {

namespace wp = waxwing::plugin;

class SecondEngine final : public wp::Engine {
 public:
  static constexpr const char* kId = "SECOND";
  static constexpr const char* kName = "Second engine";
  static constexpr const char* kConfigSection = "second";
  static constexpr const char* kConfigSchema = R"({
      "type": "object", "additionalProperties": false,
      "properties": {
        "colour": {"type": "string", "enum": ["red", "green"]},
        "number": {"type": "integer", "minimum": 1, "default": 7},
        "namedLate": {"type": "boolean", "description": "WORKING, and again, and only then the account."}
      }})";
  static constexpr wax_op kOps[] = {wp::op("second.config", WAX_OP_READ_ONLY),
                                    wp::op("second.throw")};

  explicit SecondEngine(const wp::Init& init)
      : Engine(init), config_(init.config), session_config_(init.session_config) {}

  void start(wp::Call&& call) override {
    call.ok();
    if (config_.find("\"namedLate\":true") != std::string::npos) {
      state(WAX_SESSION_WORKING);
      state(WAX_SESSION_WORKING);
    }
    me({"20000@c.us", "Second"});
    state(WAX_SESSION_WORKING);
  }

  void invoke(const wp::Request& request, wp::Call&& call) override {
    if (request.op == "second.throw") {
      throw 42;  // not even a std::exception
    }
    call.ok("{\"config\":" + config_ + ",\"sessionConfig\":" + session_config_ + "}");
  }

 private:
  std::string config_;
  std::string session_config_;
};

}  // namespace

WAX_ENGINE_MODULE(SecondEngine, "test.second", "1.2.3");
