#include "repo/hash_library.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/err.h"
#include "sys/dynlib.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Changes once, under pthread_once. */
static struct gv_hash_library library;
static bool is_loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void
load(void)
{
	/* what it calls its functions may change from one to the next */
	static const char *const names[] = { "libgit2.so." LIBGIT2_SOVERSION,
		"libgit2." LIBGIT2_SOVERSION ".dylib" };
	static const struct gv_dynlib_symbol symbols[] = {
		{ &library.error_last, "git_error_last" },
		{ &library.libgit2_init, "git_libgit2_init" },
		{ &library.libgit2_version, "git_libgit2_version" },
		{ &library.odb_add_backend, "git_odb_add_backend" },
		{ &library.odb_free, "git_odb_free" },
		{ &library.odb_hash, "git_odb_hash" },
		{ &library.odb_init_backend, "git_odb_init_backend" },
		{ &library.odb_new, "git_odb_new" },
		{ &library.odb_open_wstream, "git_odb_open_wstream" },
		{ &library.odb_stream_finalize_write,
		    "git_odb_stream_finalize_write" },
		{ &library.odb_stream_free, "git_odb_stream_free" },
		{ &library.odb_stream_write, "git_odb_stream_write" },
	};

	is_loaded =
	    gv_dynlib_load(names, COUNT(names), symbols, COUNT(symbols));
}

int
gv_hash_library(const struct gv_hash_library **out)
{
	pthread_once(&once, load);
	if (!is_loaded)
		return gv_err(GV_EREFUSED,
		    "naming objects needs libgit2 " LIBGIT2_SOVERSION
		    " (libgit2.so." LIBGIT2_SOVERSION
		    "), and it is not installed");
	*out = &library;
	return 0;
}
