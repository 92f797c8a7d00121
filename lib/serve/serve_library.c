#include "serve/serve_library.h"

#include "base/err.h"
#include "sys/dynlib.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

int
gv_serve_library_load(struct gv_serve_library *out)
{
	static const char *const names[] = { "libmicrohttpd.so.12",
		"libmicrohttpd.12.dylib" };
	const struct gv_dynlib_symbol symbols[] = {
		{ &out->start_daemon, "MHD_start_daemon" },
		{ &out->quiesce_daemon, "MHD_quiesce_daemon" },
		{ &out->stop_daemon, "MHD_stop_daemon" },
		{ &out->is_feature_supported, "MHD_is_feature_supported" },
		{ &out->get_connection_info, "MHD_get_connection_info" },
		{ &out->lookup_connection_value,
		    "MHD_lookup_connection_value" },
		{ &out->get_connection_values, "MHD_get_connection_values" },
		{ &out->create_response,
		    "MHD_create_response_from_buffer_with_free_callback_cls" },
		{ &out->add_response_header, "MHD_add_response_header" },
		{ &out->queue_response, "MHD_queue_response" },
		{ &out->destroy_response, "MHD_destroy_response" },
		{ &out->unescape, "MHD_http_unescape" },
	};

	if (gv_dynlib_load(names, COUNT(names), symbols, COUNT(symbols)))
		return 0;
	return gv_err(GV_EREFUSED,
	    "serving states needs libmicrohttpd 0.9.74 or newer "
	    "(libmicrohttpd.so.12), which is not installed");
}
