#include "compress/unpack_library.h"

#include <pthread.h>
#include <stdbool.h>

#include "sys/dynlib.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

#ifdef HAVE_BZLIB_H
/* Each changes once, under pthread_once. */
static struct gv_unpack_bzip2 bzip2;
static bool has_bzip2;

static void
load_bzip2(void)
{
	static const char *const names[] = { "libbz2.so.1.0", "libbz2.so.1",
		"libbz2.1.0.dylib" };
	static const struct gv_dynlib_symbol symbols[] = {
		{ &bzip2.init, "BZ2_bzDecompressInit" },
		{ &bzip2.run, "BZ2_bzDecompress" },
		{ &bzip2.end, "BZ2_bzDecompressEnd" },
	};

	has_bzip2 =
	    gv_dynlib_load(names, COUNT(names), symbols, COUNT(symbols));
}

const struct gv_unpack_bzip2 *
gv_unpack_library_bzip2(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_bzip2);
	return has_bzip2 ? &bzip2 : NULL;
}
#endif

#ifdef HAVE_LZMA_H
static struct gv_unpack_xz xz;
static bool has_xz;

static void
load_xz(void)
{
	static const char *const names[] = { "liblzma.so.5",
		"liblzma.5.dylib" };
	static const struct gv_dynlib_symbol symbols[] = {
		{ &xz.init, "lzma_stream_decoder" },
		{ &xz.run, "lzma_code" },
		{ &xz.end, "lzma_end" },
	};

	has_xz = gv_dynlib_load(names, COUNT(names), symbols, COUNT(symbols));
}

const struct gv_unpack_xz *
gv_unpack_library_xz(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_xz);
	return has_xz ? &xz : NULL;
}
#endif

#ifdef HAVE_ZSTD_H
static struct gv_unpack_zstd zstd;
static bool has_zstd;

static void
load_zstd(void)
{
	static const char *const names[] = { "libzstd.so.1",
		"libzstd.1.dylib" };
	static const struct gv_dynlib_symbol symbols[] = {
		{ &zstd.new, "ZSTD_createDCtx" },
		{ &zstd.free, "ZSTD_freeDCtx" },
		{ &zstd.run, "ZSTD_decompressStream" },
		{ &zstd.is_error, "ZSTD_isError" },
	};

	has_zstd = gv_dynlib_load(names, COUNT(names), symbols, COUNT(symbols));
}

const struct gv_unpack_zstd *
gv_unpack_library_zstd(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, load_zstd);
	return has_zstd ? &zstd : NULL;
}
#endif
