#ifndef GV_SERVE_LIBRARY_H
#define GV_SERVE_LIBRARY_H
/*
 * The functions of libmicrohttpd that serve_run.c uses, as serve_library.c
 * loads them. The library needs a dozen other libraries, so it is loaded only
 * when a server starts. Include it nowhere else.
 */

#include <microhttpd.h>

struct gv_serve_library {
	__typeof__(MHD_start_daemon) *start_daemon;
	__typeof__(MHD_quiesce_daemon) *quiesce_daemon;
	__typeof__(MHD_stop_daemon) *stop_daemon;
	__typeof__(MHD_is_feature_supported) *is_feature_supported;
	__typeof__(MHD_get_connection_info) *get_connection_info;
	__typeof__(MHD_lookup_connection_value) *lookup_connection_value;
	__typeof__(MHD_get_connection_values) *get_connection_values;
	__typeof__(MHD_create_response_from_buffer_with_free_callback_cls)
	    *create_response;
	__typeof__(MHD_add_response_header) *add_response_header;
	__typeof__(MHD_queue_response) *queue_response;
	__typeof__(MHD_destroy_response) *destroy_response;
	__typeof__(MHD_http_unescape) *unescape;
};

/* Load it. 0, or GV_EREFUSED where there is none, or too old a one. */
int gv_serve_library_load(struct gv_serve_library *out);

#endif
