// SPDX-License-Identifier: Apache-2.0
// A module that is wrong in one way; the macro says which.
#include <waxwing/abi.h>

namespace {

wax_status init(const wax_host*, wax_module_ctx** out, wax_error*) noexcept {
  static int context = 0;
  *out = reinterpret_cast<wax_module_ctx*>(&context);
  return WAX_OK;
}

void end(wax_module_ctx*) noexcept {}

const void* no_factory(wax_module_ctx*, const char*) noexcept {
  return nullptr;
}

const wax_module* module() {
  static const wax_module kModule = [] {
    wax_module m{};
    m.struct_size = sizeof m;
    m.abi_major = WAX_ABI_MAJOR;
    m.abi_minor = WAX_ABI_MINOR;
    m.id = "test.broken";
    m.name = "Broken";
    m.version = "1.0.0";
    m.init = init;
    m.shutdown = end;
    m.get_factory = no_factory;
#if defined(WAX_BROKEN_MAJOR)
    m.abi_major = WAX_ABI_MAJOR + 7;
#elif defined(WAX_BROKEN_MINOR)
    m.abi_minor_required = 999;
#elif defined(WAX_BROKEN_NO_INIT)
    m.init = nullptr;
#endif
    return m;
  }();
  return &kModule;
}

}  // namespace

#ifdef WAX_BROKEN_NO_SYMBOL
extern "C" __attribute__((visibility("default"))) const wax_module* other_name() noexcept;
const wax_module* other_name() noexcept {
  return module();
}
#else
WAX_EXPORT const wax_module* wax_module_v1(void) noexcept {
  return module();
}
#endif

#ifdef WAX_BROKEN_TWO_SYMBOLS
extern "C" __attribute__((visibility("default"))) int second_symbol();
int second_symbol() {
  return 0;
}
#endif
