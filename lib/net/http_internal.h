#ifndef GV_HTTP_INTERNAL_H
#define GV_HTTP_INTERNAL_H
/*
 * What http.c uses of libcurl, as http_library.c found it. Include it nowhere
 * else.
 */

#ifndef CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_TYPECHECK
#endif
#include <curl/curl.h>

struct gv_http_library {
	__typeof__(curl_global_init_mem) *global_init_mem;
	__typeof__(curl_easy_init) *easy_init;
	__typeof__(curl_easy_reset) *easy_reset;
	__typeof__(curl_easy_setopt) *easy_setopt;
	__typeof__(curl_easy_perform) *easy_perform;
	__typeof__(curl_easy_getinfo) *easy_getinfo;
	__typeof__(curl_easy_strerror) *easy_strerror;
	__typeof__(curl_easy_cleanup) *easy_cleanup;
};

/* Load it, once in a process. 0, or GV_EREFUSED where there is none. */
int gv_http_library(const struct gv_http_library **out);

#endif
