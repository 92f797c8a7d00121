#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/http_internal.h"
#include "sys/dynlib.h"

/* Changes once, under pthread_once. */
static struct gv_http_library library;
static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- memory that is wiped when it is given back ---- */

/* libcurl copies what it sends and what it gets. Each block has its size before
 * it, in a room that keeps it aligned. */
#define ROOM ((size_t)16)

static void *
wiping_malloc(size_t size)
{
	unsigned char *p = size < SIZE_MAX - ROOM ? malloc(size + ROOM) : NULL;

	if (p == NULL)
		return NULL;
	memcpy(p, &size, sizeof(size));
	return p + ROOM;
}

static size_t
size_of(const void *block)
{
	size_t size;

	memcpy(&size, (const unsigned char *)block - ROOM, sizeof(size));
	return size;
}

static void
wiping_free(void *block)
{
	if (block == NULL)
		return;
	explicit_bzero(block, size_of(block));
	free((unsigned char *)block - ROOM);
}

static void *
wiping_realloc(void *block, size_t size)
{
	void *p = wiping_malloc(size);
	size_t old = block ? size_of(block) : 0;

	if (p == NULL)
		return NULL;
	if (block)
		memcpy(p, block, old < size ? old : size);
	wiping_free(block);
	return p;
}

static void *
wiping_calloc(size_t n, size_t size)
{
	void *p = size && n > SIZE_MAX / size ? NULL : wiping_malloc(n * size);

	if (p)
		memset(p, 0, n * size);
	return p;
}

static char *
wiping_strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *p = wiping_malloc(size);

	if (p)
		memcpy(p, text, size);
	return p;
}

/* ---- loading ---- */

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void
load(void)
{
	static const char *const names[] = { "libcurl.so.4",
		"libcurl-gnutls.so.4", "libcurl.4.dylib" };
	static const struct gv_dynlib_symbol symbols[] = {
		{ &library.global_init_mem, "curl_global_init_mem" },
		{ &library.easy_init, "curl_easy_init" },
		{ &library.easy_reset, "curl_easy_reset" },
		{ &library.easy_setopt, "curl_easy_setopt" },
		{ &library.easy_perform, "curl_easy_perform" },
		{ &library.easy_getinfo, "curl_easy_getinfo" },
		{ &library.easy_strerror, "curl_easy_strerror" },
		{ &library.easy_cleanup, "curl_easy_cleanup" },
	};

	is_loaded =
	    gv_dynlib_load(names, COUNT(names), symbols, COUNT(symbols)) &&
	    library.global_init_mem(CURL_GLOBAL_DEFAULT, wiping_malloc,
		wiping_free, wiping_realloc, wiping_strdup,
		wiping_calloc) == CURLE_OK;
}

int
gv_http_library(const struct gv_http_library **out)
{
	pthread_once(&once, load);
	if (!is_loaded)
		return gv_err(GV_EREFUSED,
		    "this needs libcurl (libcurl.so.4), which is not installed");
	*out = &library;
	return 0;
}
