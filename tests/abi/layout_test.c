/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of the ABI's structs, checked by compiling this file as C99. */
#include <waxwing/abi.h>

#define CHECK(name, condition) typedef char name[(condition) ? 1 : -1]

/* A struct that may grow says its size first and leaves no tail that two compilers might pad
 * differently. */
#define GROWS(type)                                                     \
  CHECK(type##_starts_with_its_size, offsetof(type, struct_size) == 0); \
  CHECK(type##_has_whole_words, sizeof(type) % 4 == 0);                 \
  extern const uint32_t* type##_size_is_u32(type* p);                   \
  const uint32_t* type##_size_is_u32(type* p) {                         \
    return &p->struct_size;                                             \
  }

GROWS(wax_engine_desc)
GROWS(wax_engine_factory)
GROWS(wax_engine_vtable)
GROWS(wax_error)
GROWS(wax_event)
GROWS(wax_host)
GROWS(wax_host_blob)
GROWS(wax_host_executor)
GROWS(wax_host_log)
GROWS(wax_host_metrics)
GROWS(wax_host_net)
GROWS(wax_host_proxy)
GROWS(wax_host_session)
GROWS(wax_host_store)
GROWS(wax_http_request)
GROWS(wax_http_response)
GROWS(wax_kv)
GROWS(wax_me)
GROWS(wax_module)
GROWS(wax_net_end)
GROWS(wax_op)
GROWS(wax_part)
GROWS(wax_proxy_desc)
GROWS(wax_proxy_factory)
GROWS(wax_proxy_lease)
GROWS(wax_proxy_vtable)
GROWS(wax_request)
GROWS(wax_response)
GROWS(wax_scan)
GROWS(wax_session_params)
GROWS(wax_state_change)
GROWS(wax_storage_desc)
GROWS(wax_storage_factory)
GROWS(wax_storage_vtable)
GROWS(wax_ws_events)
GROWS(wax_ws_options)

/* These never grow: they are passed by value and stand in arrays without a stride. */
CHECK(wax_str_is_two_words, sizeof(wax_str) == sizeof(void*) + 8);
CHECK(wax_bytes_is_two_words, sizeof(wax_bytes) == sizeof(void*) + 8);
CHECK(wax_field_is_two_texts, sizeof(wax_field) == 2 * sizeof(wax_str));
CHECK(wax_header_is_two_texts, sizeof(wax_header) == 2 * sizeof(wax_str));

/* What goes over the border has the same size everywhere. */
CHECK(wax_status_is_i32, sizeof(wax_status) == 4);
CHECK(wax_session_state_is_i32, sizeof(wax_session_state) == 4);
CHECK(wax_proxy_outcome_is_i32, sizeof(wax_proxy_outcome) == 4);
