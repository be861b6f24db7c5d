/* SPDX-License-Identifier: Apache-2.0 */
/* An engine in C99 with a shorter table than the host knows, as one built for an older ABI has. */
#include <stdlib.h>
#include <string.h>

#include <waxwing/abi.h>

/* The table ends with destroy(): get_extension() had not come yet. Optional slots are empty. */
#define OLD_TABLE_SIZE (offsetof(wax_engine_vtable, destroy) + sizeof(void (*)(wax_engine*)))

struct plain_engine {
  const wax_host* host;
  wax_session* session;
};

extern const wax_module* plain_c_module(void);

static struct plain_engine* of(wax_engine* self) {
  return (struct plain_engine*)(void*)self;
}

static wax_str text(const char* s) {
  wax_str view;
  view.data = s;
  view.size = strlen(s);
  return view;
}

static void answer(struct plain_engine* e, wax_call* call, wax_status status, const char* json) {
  wax_response response;
  memset(&response, 0, sizeof response);
  response.struct_size = (uint32_t)sizeof response;
  response.status = status;
  response.json = text(json);
  e->host->call_finish(e->host, call, &response);
}

static void start(wax_engine* self, wax_call* call) {
  struct plain_engine* e = of(self);
  const wax_host_session* sessions =
      (const wax_host_session*)e->host->get_extension(e->host, WAX_HOST_SESSION);
  if (WAX_HAS(sessions, wax_host_session, set_state)) {
    wax_state_change change;
    memset(&change, 0, sizeof change);
    change.struct_size = (uint32_t)sizeof change;
    change.state = WAX_SESSION_WORKING;
    sessions->set_state(e->host, e->session, &change);
  }
  answer(e, call, WAX_OK, "{}");
}

static void stop(wax_engine* self, wax_call* call) {
  answer(of(self), call, WAX_OK, "{}");
}

static void invoke(wax_engine* self, const wax_request* request, wax_call* call) {
  const int known = request->op.size == 9 && memcmp(request->op.data, "x-c.hello", 9) == 0;
  answer(of(self), call, known ? WAX_OK : WAX_E_UNSUPPORTED, known ? "{\"hello\":true}" : "{}");
}

static void destroy(wax_engine* self) {
  free(self);
}

static const wax_op k_ops[] = {{sizeof(wax_op), 0, 1, 0, "x-c.hello", NULL, NULL}};

static const wax_engine_desc* describe(wax_module_ctx* ctx, uint32_t index) {
  static wax_engine_desc desc;
  (void)ctx;
  desc.struct_size = (uint32_t)sizeof desc;
  desc.id = "PLAIN";
  desc.name = "Plain C";
  desc.version = "1.0.0";
  desc.ops = k_ops;
  desc.ops_count = 1;
  desc.storage_version = 1;
  return index == 0 ? &desc : NULL;
}

static const wax_host* g_host;

static wax_status create(wax_module_ctx* ctx, const char* id, const wax_session_params* params,
                         const wax_engine_vtable** vtable, wax_engine** self, wax_error* err) {
  /* On the heap and exactly that long: whoever reads beyond it is found by AddressSanitizer. */
  static unsigned char* table = NULL;
  struct plain_engine* e = (struct plain_engine*)malloc(sizeof *e);
  (void)ctx;
  (void)id;
  (void)err;
  if (table == NULL) {
    wax_engine_vtable full;
    memset(&full, 0, sizeof full);
    full.struct_size = (uint32_t)OLD_TABLE_SIZE;
    full.start = start;
    full.stop = stop;
    full.invoke = invoke;
    full.destroy = destroy;
    table = (unsigned char*)malloc(OLD_TABLE_SIZE);
    if (table != NULL) {
      memcpy(table, &full, OLD_TABLE_SIZE);
    }
  }
  if (e == NULL || table == NULL) {
    free(e);
    return WAX_E_NO_MEMORY;
  }
  e->host = g_host;
  e->session = params->session;
  *vtable = (const wax_engine_vtable*)(const void*)table;
  *self = (wax_engine*)(void*)e;
  return WAX_OK;
}

static wax_status init(const wax_host* host, wax_module_ctx** out, wax_error* err) {
  (void)err;
  g_host = host;
  *out = NULL;
  return WAX_OK;
}

static void shut_down(wax_module_ctx* ctx) {
  (void)ctx;
}

static const void* get_factory(wax_module_ctx* ctx, const char* id) {
  static const wax_engine_factory factory = {offsetof(wax_engine_factory, probe), 1, describe,
                                             create, NULL};
  (void)ctx;
  return strcmp(id, WAX_ENGINE_FACTORY) == 0 ? &factory : NULL;
}

/* Under a name of its own, because the test has an SDK module too. */
const wax_module* plain_c_module(void) {
  static wax_module module;
  module.struct_size = (uint32_t)sizeof module;
  module.abi_major = WAX_ABI_MAJOR;
  module.abi_minor = WAX_ABI_MINOR;
  module.abi_minor_required = WAX_ABI_MINOR;
  module.id = "waxwing.test-plain-c";
  module.name = "Plain C";
  module.version = "1.0.0";
  module.init = init;
  module.shutdown = shut_down;
  module.get_factory = get_factory;
  return &module;
}
